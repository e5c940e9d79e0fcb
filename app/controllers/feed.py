"""The live feed: while somebody listens, the process watches for new transactions and tells all.

Who listens holds a thread of the server, so few may. Whoever finds no place, or cannot be told,
asks for the latest ones instead.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Condition, Event, Lock, Thread, current_thread

from app.errors import Overloaded, Unavailable
from app.models.arrivals import Arrivals
from app.models.database import Database, DriverError, is_lost
from app.models.transactions import Transaction

PLACES = 8
KEPT = 20
"""So many wait at most to be taken; the newest are those that count."""

_BEGIN_SECONDS = 3.0
_PAUSE_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Listener:
    """Somebody who is told; `ended` says that nothing comes any more."""

    def __init__(self, leave: Callable[[Listener], None]) -> None:
        self.ended = False
        self._leave = leave
        self._told: deque[Transaction] = deque(maxlen=KEPT)
        self._change = Condition()

    def take(self, seconds: float) -> list[Transaction]:
        """What has come, the oldest first; nothing after so many seconds without, or at the end."""
        with self._change:
            self._change.wait_for(lambda: self._told or self.ended, seconds)
            found = list(self._told)
            self._told.clear()
        return found

    def tell(self, transaction: Transaction) -> None:
        """Let it come."""
        with self._change:
            self._told.append(transaction)
            self._change.notify()

    def end(self) -> None:
        """Nothing comes any more, and nobody needs to wait for it."""
        with self._change:
            self.ended = True
            self._change.notify()

    def close(self) -> None:
        """Give the place back."""
        self._leave(self)


class Feed:
    """One for each process: a thread from the first listener to the last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mutex = Lock()
        self._listeners: list[Listener] = []
        self._thread: Thread | None = None
        self._begun = Event()
        self._closed = False

    def listen(self) -> Listener:
        """A place, from which on everything is told. Raises Overloaded where all are taken, and
        Unavailable where MongoDB cannot be watched."""
        listener = Listener(self._leave)
        with self._mutex:
            if self._closed or len(self._listeners) >= PLACES:
                raise Overloaded("too many listen already; ask for the latest ones")
            self._listeners.append(listener)
            if self._thread is None:
                self._begun = Event()
                self._thread = Thread(
                    target=self._run, args=(self._begun,), name="feed", daemon=True
                )
                self._thread.start()
            begun = self._begun
        if not begun.wait(_BEGIN_SECONDS) or listener.ended:
            listener.close()
            raise Unavailable("the database cannot be watched now; ask for the latest ones")
        return listener

    def start(self) -> None:
        """Nothing yet: its thread begins with the first listener."""

    def end(self) -> None:
        """Let all go, and take nobody any more: the process ends."""
        with self._mutex:
            self._closed = True
            self._end_all()

    def join(self, seconds: float) -> None:
        """Wait until nothing is watched, for so many seconds at most."""
        with self._mutex:
            thread = self._thread
        if thread:
            thread.join(seconds)

    def _leave(self, listener: Listener) -> None:
        with self._mutex:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _end_all(self) -> None:
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()

    def _wanted(self) -> bool:
        """Whether anybody listens; if not, the thread is over, and the next one begins anew."""
        with self._mutex:
            if not self._listeners:
                self._thread = None
            return bool(self._listeners)

    def _run(self, begun: Event) -> None:
        arrivals = Arrivals(self._database)
        try:
            while self._wanted():
                self._watch(arrivals, begun)
        except DriverError as error:
            if not self._closed:
                _log.warning("the feed ends", extra={"error": type(error).__name__})
        finally:
            arrivals.close()
            with self._mutex:
                if self._thread is current_thread():
                    self._thread = None
                    self._end_all()
            begun.set()

    def _watch(self, arrivals: Arrivals, begun: Event) -> None:
        """Tell of all that comes, until nobody listens or the database is lost for a while."""
        try:
            arrivals.begin()
            begun.set()
            while self._wanted():
                if found := arrivals.next():
                    self._tell(found)
        except DriverError as error:
            if not is_lost(error) or self._closed:
                raise
            Event().wait(_PAUSE_SECONDS)

    def _tell(self, transaction: Transaction) -> None:
        with self._mutex:
            for listener in self._listeners:
                listener.tell(transaction)
