"""The program that kills banks: one pass of the crash sweep.

It runs in a process of its own (`in_a_process`), which has one thread and no connection to MongoDB,
so that it may fork: what the banks need is imported once, before.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.faults.history import History, Movement
from tests.faults.killed_bank import (
    Design,
    Fate,
    Said,
    open_accounts,
    post_and_die,
    post_together,
)
from tests.faults.wrong_design import Answer
from tests.running import ROOT

OPENING_MINOR = 10_000
KINDS = {
    "deposit": ("deposit", 7),
    "withdrawal": ("withdrawal", 5),
    "transfer": ("transfer", 3),
    "receipt": ("transfer", 2),
    "refused": ("withdrawal", 900_000),
}
"""What the movements of a form are, and how many minor units; a receipt comes from the other."""
_AT_ONCE = 12
_HANGING_SECONDS = 60.0
_FORK = multiprocessing.get_context("fork")
_PROGRAM = "from tests.faults.crashing import main; main()"

Work = Callable[[], Any]
Job = Generator[Work, Any, None]
"""Yields what its next child is to do, and receives what that returned: None from a killed one."""
Asking = Generator[Work, Any, list[list[Answer]]]


@dataclass(frozen=True)
class Form:
    """An operation alone, or a batch: its first movement leads, the rest share a transaction."""

    name: str
    kinds: Sequence[str]


@dataclass(frozen=True)
class Pass:
    """Which banks are killed, and where."""

    name: str
    design: Design
    history: Path
    forms: Sequence[Form]
    every: bool = True
    """At every event; else only at the last before the commit's answer, `delay` seconds later."""
    delay: float = 0.0
    repeats: int = 1

    def fates(self, events: int) -> list[Fate]:
        """Where to kill a bank whose driver has so many events."""
        # The last but one: the commit is about to be sent, all is written and nothing is in.
        chosen = range(1, events + 1) if self.every else [events - 1]
        return [Fate(event, self.delay) for event in chosen for _ in range(self.repeats)]


@dataclass(frozen=True)
class Crash:
    """A bank that was killed, and what the ones after it answered."""

    form: Form
    fate: Fate
    events: int
    """How many the form has without a crash."""
    accounts: tuple[str, str]
    killed: bool
    rounds: Sequence[Sequence[Answer]]
    """By new process; the last one answered everything for good."""


def in_a_process(plan: Pass) -> list[Crash]:
    """Run a pass where forking is safe."""
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(
        command, cwd=ROOT, input=pickle.dumps(plan), stdout=subprocess.PIPE, check=True
    )
    crashes: list[Crash] = pickle.loads(done.stdout)
    return crashes


def main() -> None:
    """One pass, from standard input to standard output."""
    sweep = _Sweep(pickle.load(sys.stdin.buffer))
    pickle.dump(sweep.run(), sys.stdout.buffer)


class _Sweep:
    def __init__(self, plan: Pass) -> None:
        self._plan = plan
        self._history = History(plan.history)
        self._crashes: list[Crash] = []

    def run(self) -> list[Crash]:
        """Each form without a crash, to count its events; then a bank for each fate."""
        whole = self._crashed([(form, Fate(0), 0) for form in self._plan.forms])
        points = [
            (each.form, fate, each.events)
            for each in whole
            for fate in self._plan.fates(each.events)
        ]
        crashes = self._crashed(points)
        self._history.close()
        return crashes

    def _crashed(self, points: Sequence[tuple[Form, Fate, int]]) -> list[Crash]:
        self._crashes = []
        numbers: list[str] = []
        _run([self._opening(2 * len(points), numbers)])
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        _run([self._crash(*point, pair) for point, pair in zip(points, pairs, strict=True)])
        return self._crashes

    def _opening(self, count: int, numbers: list[str]) -> Job:
        """Accounts with money on them."""
        numbers += yield partial(open_accounts, self._plan.design, count)
        for number in numbers:
            self._history.account(number)
        deposits = [Movement("deposit", number, OPENING_MINOR, uuid4().hex) for number in numbers]
        yield from self._ask(deposits, "opening")

    def _crash(self, form: Form, fate: Fate, events: int, pair: tuple[str, str]) -> Job:
        """Kill a bank, and ask others."""
        movements = [_movement(kind, *pair) for kind in form.kinds]
        name = f"{self._plan.name}: {form.name}, event {fate.event}"
        ids = [self._history.invoke(movement, name) for movement in movements]
        said: Said | None = yield partial(post_and_die, self._plan.design, fate, movements)
        if said:
            self._note(ids, said.answers)
            events = said.events
        rounds = yield from self._ask(movements, f"{name}, again")
        self._crashes.append(Crash(form, fate, events, pair, said is None, rounds))

    def _ask(self, movements: Sequence[Movement], process: str) -> Asking:
        """Ask banks in new processes, until one has answered everything for good."""
        rounds: list[list[Answer]] = []
        while not rounds or any(event not in ("ok", "refused") for event, _, _ in rounds[-1]):
            ids = [self._history.invoke(movement, process) for movement in movements]
            said: Said = yield partial(post_together, self._plan.design, movements)
            self._note(ids, said.answers)
            rounds.append(list(said.answers))
        return rounds

    def _note(self, ids: Sequence[int], answers: Sequence[Answer]) -> None:
        for id, (event, told, replayed) in zip(ids, answers, strict=True):
            if event == "ok":
                self._history.ok(id, told, replayed=replayed)
            else:
                getattr(self._history, event)(id, told)


def _movement(kind: str, mine: str, other: str) -> Movement:
    asked, minor = KINDS[kind]
    account, to = (other, mine) if kind == "receipt" else (mine, other)
    return Movement(asked, account, minor, uuid4().hex, to if asked == "transfer" else None)


def _run(jobs: Sequence[Job]) -> None:
    """Run the children of all jobs, each job's one after the other, some jobs at once."""
    waiting = iter(jobs)
    running = [_Running(job) for job in islice(waiting, _AT_ONCE)]
    try:
        while running:
            heard = wait([each.said for each in running], _HANGING_SECONDS)
            if not heard:
                raise TimeoutError("a bank hangs")
            for each in [each for each in running if each.said in heard]:
                if not each.goes_on():
                    running.remove(each)
                    running += [_Running(job) for job in islice(waiting, 1)]
    finally:
        for each in running:
            each.process.kill()


class _Running:
    """A job and its present child."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._start(next(job))

    def goes_on(self) -> bool:
        """The child has said something or was killed: start the job's next one, if there is one."""
        said = self._hear()
        self.process.join()
        if self.process.exitcode not in (0, -signal.SIGKILL):
            raise ChildProcessError(f"a bank ended with {self.process.exitcode}")
        self.said.close()
        try:
            self._start(self._job.send(said))
        except StopIteration:
            return False
        return True

    def _hear(self) -> Any:
        with suppress(EOFError):
            return self.said.recv()
        return None

    def _start(self, work: Work) -> None:
        self.said, says = _FORK.Pipe(duplex=False)
        self.process = _FORK.Process(target=_say, args=(work, says))
        self.process.start()
        says.close()


def _say(work: Work, says: Connection) -> None:
    says.send(work())
