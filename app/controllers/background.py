"""What runs beside the requests (mails, webhooks, payments that are over, the feed), and its end.

All of it is told at one moment and ends at once, while the last requests are still answered: one
after the other would take longer than a process has that was told to end.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from app.controllers.bank import Bank
from app.controllers.payments.expiry import Expiry

_SECONDS = 5.0


class Worker(Protocol):
    """Something with threads of its own."""

    def start(self) -> None:
        """Work from now on."""

    def end(self) -> None:
        """Begin nothing any more; does not wait."""

    def join(self, seconds: float) -> None:
        """Wait until what was begun is finished, for so many seconds at most."""


class Background:
    """All workers of a process."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._until: float | None = None

    def start(self) -> None:
        """Work from now on, until `end`."""
        for worker in self._workers:
            worker.start()

    def end(self) -> None:
        """Finish what is being done; all else waits for another process. Returns at once."""
        if self._until is None:
            self._until = time.monotonic() + _SECONDS
        for worker in self._workers:
            worker.end()

    def close(self) -> None:
        """End, and wait for what is being done, until some seconds after `end` was called first."""
        self.end()
        for worker in self._workers:
            worker.join(max((self._until or 0.0) - time.monotonic(), 0.0))


def background_of(bank: Bank) -> Background:
    """The workers of this bank."""
    return Background((bank.feed, Expiry(bank), bank.hooks, bank.post))
