"""Reads of single documents that share a query: those who ask while one runs share the next.

As in the ledger's grouping there is no helper thread and no delay. Who asks first reads at once;
who asks meanwhile waits, and the first of them reads for all. Every answer was read after it was
asked for, so nobody is told of a past that was over when the question came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

from app.errors import Unavailable

Value = TypeVar("Value")


class _Question(Generic[Value]):
    """One who asks, and the gate that is opened with the answer, an error, or the lead."""

    __slots__ = ("answer", "error", "gate", "key", "led")

    def __init__(self, key: str) -> None:
        self.key = key
        self.answer: Value | None = None
        self.error: Exception | None = None
        self.led: list[_Question[Value]] | None = None
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
            if self._reading:
                self._waiting.append(question)
            else:
                self._reading = True
                question.led = [question]
        if question.led is None:
            self._wait(question)
        if question.led is not None:
            self._lead(question.led)
        if question.error is not None:
            raise question.error
        return question.answer

    def _wait(self, question: _Question[Value]) -> None:
        """Wait for the gate; a thread that is ended meanwhile leaves nobody waiting for it."""
        try:
            question.gate.acquire()
        except BaseException:
            with self._mutex:
                if question in self._waiting:
                    self._waiting.remove(question)
            if question.led is not None:
                self._lead(question.led)
            raise

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
            waiting, self._waiting = self._waiting, []
            self._reading = keep and bool(waiting)
        if not keep:
            return waiting
        if waiting:
            waiting[0].led = waiting
            waiting[0].gate.release()
        return []
