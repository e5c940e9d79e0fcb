"""Reads of single documents that share a query: those who ask while one runs share the next.

As in the ledger's grouping there is no helper thread. Who asks first reads at once; who asks
meanwhile waits, and the first of them reads for all, after a pause so short that only a busy bank
notices it: by fewer queries. Every answer was read after it was asked for, so nobody is told of a
past that was over when the question came.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

from app.errors import Unavailable

Value = TypeVar("Value")


PAUSE_SECONDS = 0.002


class _Question(Generic[Value]):
    """One who asks, and the gate that is opened with the answer, an error, or the lead."""

    __slots__ = ("answer", "error", "gate", "key", "leads")

    def __init__(self, key: str) -> None:
        self.key = key
        self.answer: Value | None = None
        self.error: Exception | None = None
        self.leads = False
        self.gate = Lock()
        self.gate.acquire()


class Gathering(Generic[Value]):
    """Finds values by key; `read` finds several at once. Threads share it."""

    def __init__(self, read: Callable[[Sequence[str]], Mapping[str, Value]]) -> None:
        self._read = read
        self._mutex = Lock()
        self._reading = False
        self._waiting: list[_Question[Value]] = []

    def find(self, key: str) -> Value | None:
        """The value of that key, if there is one. Raises what `read` raises."""
        question: _Question[Value] = _Question(key)
        with self._mutex:
            alone = not self._reading
            self._reading = True
            if not alone:
                self._waiting.append(question)
        if alone:
            self._lead([question])
        elif self._wait(question):
            self._lead(self._take())
        if question.error is not None:
            raise question.error
        return question.answer

    def _wait(self, question: _Question[Value]) -> bool:
        """Wait for the answer, or for the lead and those who come a moment later; whether it leads.

        A thread that is ended meanwhile leaves nobody waiting for it.
        """
        try:
            question.gate.acquire()
            if question.leads:
                time.sleep(PAUSE_SECONDS)
        except BaseException:
            with self._mutex:
                if question in self._waiting and not question.leads:
                    self._waiting.remove(question)
            if question.leads:
                self._lead(self._take())
            raise
        return question.leads

    def _take(self) -> list[_Question[Value]]:
        """All who wait, the leader first."""
        with self._mutex:
            waiting, self._waiting = self._waiting, []
        return waiting

    def _lead(self, questions: list[_Question[Value]]) -> None:
        """Read for all of them, hand the lead on, then tell the others."""
        # What the others are told when this thread is ended by what is no Exception.
        failure: Exception | None = Unavailable("the bank is stopping")
        try:
            found = self._read([question.key for question in questions])
            for question in questions:
                question.answer = found.get(question.key)
            failure = None
        except Exception as error:
            failure = error
            raise
        finally:
            # Whoever waits for a database that does not answer has waited long enough.
            failed = self._hand_on(keep=failure is None)
            for question in [*questions[1:], *failed]:
                question.error = failure
                question.gate.release()

    def _hand_on(self, *, keep: bool) -> list[_Question[Value]]:
        """Let the first who waits lead the next read; without `keep` nobody is to wait on."""
        with self._mutex:
            if keep and self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].gate.release()
                return []
            self._reading = False
            waiting, self._waiting = self._waiting, []
        return waiting
