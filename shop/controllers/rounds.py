"""Work in the background that is looked for again and again, each kind in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from shop.errors import Unavailable
from shop.models.database import DriverError

_LOOK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Round:
    """Does `step` until it says that nothing is left, then again when told, or in a second."""

    def __init__(self, name: str, step: Callable[[], bool]) -> None:
        self._name, self._step = name, step
        self._woken, self._ended = Event(), Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Work from now on, until `close`."""
        self._thread = Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Look at once: there is something to do."""
        self._woken.set()

    def close(self, *, seconds: float = 5.0) -> None:
        """Finish the step that is being done; the database keeps the others."""
        self._ended.set()
        self._woken.set()
        if self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                while not self._ended.is_set() and self._step():
                    pass
            except (DriverError, Unavailable) as error:
                _log.warning("a round is put off", extra={"error": type(error).__name__})
            except Exception as error:  # noqa: BLE001 - one order or mail must not end the round for all
                _log.exception("a round failed", extra={"error": type(error).__name__})
            self._woken.wait(_LOOK_SECONDS)
            self._woken.clear()
