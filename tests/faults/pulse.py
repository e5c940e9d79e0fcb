"""Whether the machine itself stood still: then the time a bank took says nothing about the bank.

A thread writes a byte through to the disk again and again, beside all that is measured. Where it
did not come to that for seconds, the processor or the disk was away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Self

_EVERY_SECONDS = 0.1


class Pulse:
    """Beats from `with` on, in a file of that folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "pulse"
        self._beats = [time.time()]
        self._over = Event()
        self._thread = Thread(target=self._run, name="pulse")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def still(self, began: float, ended: float) -> float:
        """The longest time without a beat that touches this span of the wall clock, in seconds."""
        moments = [*self._beats, max(ended, self._beats[-1])]
        return max(
            (b - a for a, b in pairwise(moments) if b > began and a < ended),
            default=0.0,
        )

    def _run(self) -> None:
        with self._path.open("wb", buffering=0) as file:
            self._beat(lambda: (file.write(b"."), os.fsync(file.fileno())))

    def _beat(self, write: Callable[[], object]) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            write()
            self._beats.append(time.time())
