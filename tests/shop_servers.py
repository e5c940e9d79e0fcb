"""Real servers of shops: they note what they are told, and answer as they are asked to."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Heard:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        """The id by which a shop knows what it has heard already."""
        return self.headers["webhook-id"]

    def proven(self, secret: str) -> object:
        """What it says, where the reference library of Standard Webhooks finds it signed."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class ShopServer:
    """What a shop's server was told, and what it answers: a status, headers and a body.

    `before` is called with each request before it is answered; `writes` answers in its place.
    """

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    before: Callable[[Heard], object] = lambda _: None
    writes: Callable[[BaseHTTPRequestHandler], object] | None = None
    heard: list[Heard] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    url: str = ""

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Note a request and answer it."""
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        headers = {name.lower(): text for name, text in handler.headers.items()}
        heard = Heard(handler.path, headers, body)
        with self.lock:
            self.heard.append(heard)
        self.before(heard)
        if self.writes:
            self.writes(handler)
            return
        handler.send_response(self.status)
        for name, text in {**self.headers, "Content-Length": str(len(self.body))}.items():
            handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(self.body)


@contextmanager
def shop_server(server: ShopServer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A real HTTP server at "localhost", or an HTTPS server; the address of its webhooks."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                server.take(self)
            except OSError:
                self.close_connection = True  # the bank did not wait for all of it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    if tls:
        listening.socket = tls.wrap_socket(listening.socket, server_side=True)
    thread = Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    scheme = "https" if tls else "http"
    server.url = f"{scheme}://localhost:{listening.server_address[1]}/webhooks"
    try:
        yield server.url
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
