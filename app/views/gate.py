"""The gate: how many requests are served at once, and what the others hear.

The server has more threads than there are places, so that somebody is left to answer. Who finds no
place waits in line for a moment. Where nobody has got one for that long, the bank is stuck, as on a
slow database, and waiting would only make the line longer: then the answer is 503 at once.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Lock

from flask import Flask, g, request

from app.errors import Overloaded

WAITING = 64
"""Threads for those who wait or are refused, beside one for each request that is served."""

_PATIENCE_SECONDS = 1.0


class Gate:
    """So many places, given in the order of arrival."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._line: deque[Lock] = deque()
        self._mutex = Lock()
        self._given_at = time.monotonic()

    def enter(self) -> None:
        """Take a place; raises Overloaded where none becomes free soon."""
        with self._mutex:
            if self._free:
                self._free -= 1
                self._given_at = time.monotonic()
                return
            if time.monotonic() - self._given_at > _PATIENCE_SECONDS:
                raise Overloaded("too many requests are being served")
            turn = Lock()
            turn.acquire()
            self._line.append(turn)
        if not turn.acquire(timeout=_PATIENCE_SECONDS):
            self._give_up(turn)

    def leave(self) -> None:
        """Give the place to the next in line."""
        with self._mutex:
            if self._line:
                self._given_at = time.monotonic()
                self._line.popleft().release()
            else:
                self._free += 1

    def _give_up(self, turn: Lock) -> None:
        with self._mutex:
            if turn in self._line:  # else it got its place in the last moment
                self._line.remove(turn)
                raise Overloaded("too many requests are being served")


def init_gate(app: Flask, places: int) -> None:
    """Let all requests through a gate but those that ask whether the bank lives."""
    gate = Gate(places)

    @app.before_request
    def _enter() -> None:
        if request.blueprint == "machines":
            return
        try:
            gate.enter()
        except Overloaded:
            request.get_data()  # the server hangs up on who is answered before all was read
            raise
        g.entered = True

    @app.teardown_request
    def _leave(_: BaseException | None) -> None:
        if g.pop("entered", False):
            gate.leave()
