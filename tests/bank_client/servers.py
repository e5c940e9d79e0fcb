"""Real HTTP servers for the client: one that answers by a script, one that loses answers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, ClassVar, TypeVar

L = TypeVar("L", bound="Listener")


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """Its Idempotency-Key."""
        return self.headers.get("Idempotency-Key", "")

    @property
    def json(self) -> Any:
        """Its body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """An answer; `lost` hangs up instead, `silent` says nothing until the test is over, and one
    that `drips` comes byte by byte and never ends."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    silent: bool = False
    drips: bool = False


LOST = Says(lost=True)
SILENT = Says(silent=True)
DRIPS = Says(drips=True)


def problem(status: int, slug: str, headers: dict[str, str] | None = None, **facts: object) -> Says:
    """A problem as the bank writes it."""
    body = {"type": f"/problems/{slug}", "title": slug.capitalize(), "status": status, **facts}
    return Says(status, body, headers or {})


class Listener:
    """What takes requests; `answer` says what becomes of each."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.over = Event()
        self.address = ""

    def answer(self, asked: Asked) -> Says:
        """What to say."""
        raise NotImplementedError


class Scripted(Listener):
    """Answers by a script; the last line of it is said again and again."""

    def __init__(self, *script: Says) -> None:
        super().__init__()
        self._script = list(script)

    def answer(self, asked: Asked) -> Says:
        """The next line of the script."""
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]


class Forgetful(Listener):
    """Stands before a bank: passes every request on, and says something else `instead` of the first
    answers to `path`."""

    def __init__(self, bank: str, path: str, lost: int, *, instead: Says = LOST) -> None:
        super().__init__()
        self._bank, self._path, self._lost = bank.removeprefix("http://"), path, lost
        self._instead, self._seconds = instead, 0.0
        self.passed: list[int] = []

    def lose(self, lost: int, *, seconds: float = 0.0) -> None:
        """Begin anew, with so many answers; all of them come so much later."""
        self._lost, self._seconds, self.passed = lost, seconds, []

    def answer(self, asked: Asked) -> Says:
        """What the bank said, if it is not lost."""
        connection = http.client.HTTPConnection(self._bank)
        connection.request(asked.method, asked.target, asked.body or None, asked.headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if asked.target == self._path:
            self.passed.append(response.status)
            self.over.wait(self._seconds)
            if len(self.passed) <= self._lost:
                return self._instead
        return Says(response.status, json.loads(text) if text else None, dict(response.headers))


@contextmanager
def listening(listener: L) -> Iterator[L]:
    """The listener at its `address`, over real HTTP."""
    bound = type("Bound", (_Handler,), {"listener": listener})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    server.daemon_threads = False
    listener.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listener
    finally:
        listener.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Hands over to the listener."""

    listener: ClassVar[Listener]

    def handle_one_request(self) -> None:
        """Take one request of any method."""
        self.raw_requestline = self.rfile.readline(65537)
        self.close_connection = True
        if self.raw_requestline and self.parse_request():
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            self.listener.asked.append(asked)
            self._say(self.listener.answer(asked))

    def _say(self, says: Says) -> None:
        if says.silent:
            self.listener.over.wait()
        if says.drips:
            self._drip()
        if says.silent or says.lost or says.drips:
            return
        text = b"" if says.body is None else _text(says.body)
        self.send_response(says.status)
        kept = {name: value for name, value in says.headers.items() if name in _KEPT}
        for name, value in {"Content-Type": "application/json", **kept}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        # The client hangs up some time.
        with suppress(OSError):
            while not self.listener.over.wait(0.01):
                self.wfile.write(b" ")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing in the tests' output."""


_KEPT = ("Content-Type", "Retry-After", "Idempotency-Replayed", "Location")


def _text(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
