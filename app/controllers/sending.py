"""Sending what waits, in threads: the loop that mails and webhooks share, and what may go wrong.

What is to be sent is claimed for longer than a try can take, so no two processes try one thing at
one time; a process that is killed while it tries leaves it to the next claim.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from app.models.database import DriverError

LEASE = timedelta(minutes=2)
"""How long what was claimed is one sender's alone."""

_LOOK_SECONDS = 1.0
_LONGEST_WAIT = 7 * 24 * 3600.0
_log = logging.getLogger(__name__)
Taken = TypeVar("Taken")


class NotSent(Exception):
    """Something did not go out.

    `final`: no later try will do better; `after`: somebody asked to wait so many seconds; `status`:
    the answer over HTTP, where there was one.
    """

    def __init__(
        self,
        reason: str,
        *,
        final: bool = False,
        after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.final = final
        self.after = after
        self.status = status


class Sending(Generic[Taken]):
    """Takes what is due and sends it, in so many threads; without `start` only when told to.

    One thread at a time watches for what comes due; while it sends, another one watches.
    """

    def __init__(
        self,
        name: str,
        take: Callable[[], Taken | None],
        send: Callable[[Taken], object],
        *,
        threads: int = 1,
    ) -> None:
        self._take = take
        self._send = send
        self._watching = Lock()
        self._woken = Event()
        self._ended = Event()
        self._threads = [
            Thread(target=self._run, name=f"{name} {number}", daemon=True)
            for number in range(threads)
        ]

    def look(self) -> None:
        """Let the threads look at once: there is something to send."""
        self._woken.set()

    def start(self) -> None:
        """Send from now on, until `end`."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Finish what is being sent; all else waits for another process."""
        self._ended.set()
        self._woken.set()

    def join(self, seconds: float) -> None:
        """Wait until it is finished, for so many seconds at most."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(deadline - time.monotonic(), 0.0))

    def send_next(self) -> bool:
        """Try what is due for longest; False when nothing is."""
        taken = self._take()
        if taken is None:
            return False
        self._send(taken)
        return True

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._watching:
                taken = self._next()
            if taken is not None:
                self._send_safely(taken)

    def _next(self) -> Taken | None:
        """What comes due next; None at the end, and where the database cannot be reached."""
        while not self._ended.is_set():
            try:
                if (taken := self._take()) is not None:
                    return taken
            except DriverError as error:
                _log.warning("the database is not there", extra={"error": type(error).__name__})
            self._woken.wait(_LOOK_SECONDS)
            self._woken.clear()
        return None

    def _send_safely(self, taken: Taken) -> None:
        try:
            self._send(taken)
        except DriverError as error:
            # What is not marked is sent again when its claim is over.
            _log.warning("the database is not there", extra={"error": type(error).__name__})


def seconds_asked(retry_after: str) -> float | None:
    """What Retry-After says (RFC 9110): seconds, or a date; None where it says nothing of use."""
    if retry_after.isascii() and retry_after.isdigit():
        asked = float(retry_after)
    else:
        try:
            asked = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            return None
    return min(max(asked, 0.0), _LONGEST_WAIT)
