"""Loaded banks that are being served, and people who visit them over HTTP."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self
from urllib.parse import urlencode

import psutil

from benchmarks.tables import latencies
from tests.running import RunningBank

CUSTOMER = "customer-000007"
_LOOK_SECONDS = 0.02
_DEPOSIT = json.dumps({"amount": "0.01"})
Asking = Callable[[], object]
"""Sends one request and reads the answer."""


class Visit:
    """Somebody who is logged in and keeps one connection open."""

    def __init__(self, bank: RunningBank, username: str) -> None:
        self.headers = {**bank.log_in(username).headers, "Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", bank.port)

    def get(self, path: str) -> bytes:
        """The body of the answer, which must be a good one."""
        return self._ask("GET", path, None, self.headers)

    def deposit(self, key: str) -> bytes:
        """A cent more on the default account."""
        return self._ask("POST", "/deposit", _DEPOSIT, {**self.headers, "Idempotency-Key": key})

    def page(self, path: str, **query: object) -> Any:
        """A page of a list, read."""
        return json.loads(self.get(f"{path}?{asked(**query)}"))

    def down(self, path: str, rows: int) -> str | None:
        """The cursor of the page after so many rows, or of the last one; None of the only one."""
        cursor: str | None = None
        while rows > 0:
            found = self.page(path, limit=min(rows, 100), cursor=cursor)["next"]
            if found is None:
                break
            cursor, rows = found, rows - 100
        return cursor

    def streamed(self, path: str) -> tuple[int, int]:
        """Bytes and lines of a long answer, which is not kept. An answer that is cut off raises."""
        size = lines = 0
        answer = self._answer("GET", path, None, self.headers)
        while part := answer.read(1 << 16):
            size += len(part)
            lines += part.count(b"\n")
        return size, lines

    def leave(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> bytes:
        answer = self._answer(method, path, body, headers)
        content = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content

    def _answer(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """The bank lets go of connections on which nothing was asked for a while; then again."""
        with suppress(http.client.RemoteDisconnected, ConnectionError):
            self._connection.request(method, path, body, dict(headers))
            return self._connection.getresponse()
        self._connection.close()
        self._connection.request(method, path, body, dict(headers))
        return self._connection.getresponse()


class Town:
    """A loaded bank that is served, and who visits it; use it with `with`."""

    def __init__(self, size: int, bank: RunningBank) -> None:
        self.name = f"{size:,}"
        self.bank = bank
        self._visits: dict[str, Visit] = {}

    def __enter__(self) -> Self:
        self.bank.start()
        return self

    def __exit__(self, *_: object) -> None:
        for visit in self._visits.values():
            visit.leave()
        self.bank.__exit__()

    def visit(self, username: str) -> Visit:
        """That person, logged in, on one connection."""
        if username not in self._visits:
            self._visits[username] = Visit(self.bank, username)
        return self._visits[username]


def asked(**query: object) -> str:
    """A query string of what is not None."""
    return urlencode({name: value for name, value in query.items() if value is not None})


def in_turn(asking: Sequence[Asking], requests: int) -> list[dict[str, float]]:
    """The latencies of each, so many requests of each, one of each after the other."""
    seconds: list[list[float]] = [[] for _ in asking]
    for _ in range(requests):
        for ask, own in zip(asking, seconds, strict=True):
            begun = time.perf_counter()
            ask()
            own.append(time.perf_counter() - begun)
    return [latencies(own) for own in seconds]


@contextmanager
def watched(process: psutil.Process) -> Iterator[list[float]]:
    """The most MB of memory that a process holds meanwhile: the one item of the list."""
    ended = threading.Event()
    peak = [0.0]

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            with suppress(psutil.NoSuchProcess):
                peak[0] = max(peak[0], process.memory_info().rss / 1e6)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield peak
    finally:
        ended.set()
        watching.join()
