"""Ways that HTTP takes between the shop and the bank, on which one exchange can be stopped.

The programs speak to each other through a passage; a trap in it keeps the exchange that it is for,
before the server hears of it or before the client hears the answer, until it is opened.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

_LONGEST_SECONDS = 120.0
_OWN = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})


@dataclass(eq=False)
class Trap:
    """Keeps exchanges of one buyer on one passage: the first of them sets `caught`.

    `place` is a pattern of "METHOD /path"; `heard` says whether the server is to hear the request
    before; `is_mine` tells the buyer's exchanges by their path and body.
    """

    passage: str
    place: str
    heard: bool
    is_mine: Callable[[str], bool]
    caught: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)
    forwards: bool = False
    """Whether a request that the server has not heard is to reach it late."""

    def open(self, *, forwards: bool) -> None:
        """Let go of what it keeps; it catches nothing any more."""
        self.forwards = forwards
        self.opened.set()

    def catches(self, place: str, text: str) -> bool:
        """Whether it is for this exchange."""
        fits = not self.opened.is_set() and re.fullmatch(self.place, place)
        return bool(fits) and self.is_mine(text)

    def keep(self) -> None:
        """Wait until it is opened."""
        self.caught.set()
        self.opened.wait(_LONGEST_SECONDS)


@dataclass
class Passage:
    """Takes requests on one port and hands them to the server on another one."""

    name: str
    port: int
    to: int
    traps: list[Trap] = field(default_factory=list)

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Hand one request over, and its answer back; hang up where there is none."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        place = f"{handler.command} {handler.path.partition('?')[0]}"
        text = f"{handler.path}\n{body.decode('utf-8', 'replace')}"
        trap = next((each for each in self.traps if each.catches(place, text)), None)
        if trap and not trap.heard:
            trap.keep()
            if not trap.forwards:
                raise ConnectionError("nobody hears it")
        status, headers, content = self._forward(handler, body)
        if trap and trap.heard:
            trap.keep()
            raise ConnectionError("nobody hears the answer")
        handler.send_response_only(status)
        for name, value in [*headers, ("Content-Length", str(len(content)))]:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def _forward(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.to, timeout=30)
        headers = {name: text for name, text in handler.headers.items() if name.lower() not in _OWN}
        try:
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            told = [pair for pair in answer.getheaders() if pair[0].lower() not in _OWN]
            return answer.status, told, content
        finally:
            connection.close()


@contextmanager
def opened(passage: Passage) -> Iterator[Passage]:
    """The passage, with requests on their way through it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.close_connection = True
            with suppress(OSError, http.client.HTTPException):
                passage.take(self)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", passage.port), Handler)
    listening.daemon_threads = True
    thread = Thread(target=listening.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield passage
    finally:
        for trap in passage.traps:
            trap.open(forwards=False)
        listening.shutdown()
        thread.join()
        listening.server_close()
