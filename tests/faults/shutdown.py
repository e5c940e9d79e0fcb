"""The bank is told to end (SIGTERM) under load, again and again, and started again each time.

MongoDB runs on beside it. In every other round its commits take a third of a second, so that many
requests are under way when the signal comes; in the last round it answers nothing at all. A bank
that ends finishes what it took: an answer that began is whole, no transaction stays open in
MongoDB, the exit code is 0, and all that within ten seconds. A round in which the machine itself
stood still is not judged by its time, and made once more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient

from embedded_mongo import EmbeddedMongo
from tests.faults import checker
from tests.faults.figures import Figures, Scale, percentile
from tests.faults.history import History, read
from tests.faults.load import ROOMY, Load, customers
from tests.faults.pulse import Pulse
from tests.faults.replica_set import await_until, quiet_ports
from tests.faults.troubles import blocked, stopped
from tests.running import POLL_SECONDS, RunningBank

DATABASE = "strongroom"
SEED = 20240613
_ACCOUNTS = 40
_WORKERS = 16
_WRITES_BETWEEN = 50
_SLOW_COMMIT_MS = 300
_EXIT_SECONDS = 10.0
_HANGS_AFTER_SECONDS = 30.0
_MOMENT_SECONDS = 0.2
_STILL_SECONDS = 2.0
_SPARE_ROUNDS = 3
# What MongoDB was sent before it was stopped it does later: then it may take the transactions'
# lifetime (5 s) and a half until it has given up the last of them.
_LIFETIME_SECONDS = 10.0


def run(scale: Scale, folder: Path) -> Figures:
    """End and start the bank in rounds; what was wrong, and what the checker says."""
    began = time.monotonic()
    history = History(folder / "history.jsonl")
    port = quiet_ports(1)[0]
    with (
        EmbeddedMongo(folder / "mongo", test_commands=True) as mongo,
        MongoClient[dict[str, Any]](mongo.uri, tz_aware=True) as administrator,
        RunningBank(folder / "bank", port=port, MONGO_URI=mongo.uri, **ROOMY) as bank,
    ):
        people = customers(bank.start(), _ACCOUNTS)
        load = Load(("127.0.0.1", port), people, history, workers=_WORKERS, seed=SEED)
        with load, Pulse(folder) as pulse:
            scene = Scene(bank, load, administrator, pulse)
            made = scene.rounds(40 if scale.long else 12)
            made.append(scene.end_and_start(stopped(mongo), _LIFETIME_SECONDS))
            load.stop()
        history.close()
        rounds = [each for each in made if not each.disturbed]
        disturbed = [each.span for each in made if each.disturbed]
        mute = done_without_an_answer(history.path, disturbed)
        violations = [
            *load.surprises("no connection", "lost"),
            *(f"round {n}: {wrong}" for n, each in enumerate(rounds, 1) for wrong in each.wrong),
            *(f"unanswered: {key} was done, and its client heard nothing" for key in mute),
            *checker.check(history.path, administrator[DATABASE]),
        ]
    counted: dict[str, int | float | str] = {
        "rounds": len(rounds),
        "not judged": len(disturbed),
        "answered after SIGTERM": sum(each.answered for each in rounds),
        "closed before an answer": load.statuses["lost"],
        "done without an answer": len(mute),
        "cut": load.statuses["cut"],
        "open transactions": sum(each.open for each in rounds),
        **load.counted(),
        **checker.tallied(violations),
        "exit p50 s": round(percentile([each.seconds for each in rounds], 50), 2),
        "exit max s": round(max(each.seconds for each in rounds), 2),
        "seed": SEED,
        "seconds": round(time.monotonic() - began),
    }
    return Figures("shutdown", counted, tuple(violations))


@dataclass(frozen=True)
class Round:
    """One end of the bank: when, whom it still answered, what was wrong, and for how long the
    machine stood still meanwhile."""

    span: tuple[float, float]
    answered: int
    open: int
    wrong: list[str]
    still: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.span[1] - self.span[0]

    @property
    def disturbed(self) -> bool:
        """Whether it says nothing about the bank."""
        return self.still > _STILL_SECONDS


@dataclass
class Scene:
    """A bank under load, and a look into its MongoDB."""

    bank: RunningBank
    load: Load
    administrator: MongoClient[dict[str, Any]]
    pulse: Pulse

    def rounds(self, count: int) -> list[Round]:
        """Ends and starts, so many that can be judged; in every other one, commits are slow."""
        made: list[Round] = []
        while sum(not each.disturbed for each in made) < count:
            if len(made) == count + _SPARE_ROUNDS:
                break
            made.append(
                self.end_and_start(self._slow_commits() if len(made) % 2 else nullcontext())
            )
        return made

    def end_and_start(self, trouble: AbstractContextManager[None], grace: float = 0.0) -> Round:
        """SIGTERM while MongoDB has that trouble, and a new start without it."""
        goal = len(self.load.acknowledged_at) + _WRITES_BETWEEN
        await_until(lambda: len(self.load.acknowledged_at) >= goal, "acknowledged write")
        with trouble:
            time.sleep(_MOMENT_SECONDS)
            before, began = self._answers(), time.time()
            code = self._end()
            ended = time.time()
            answered = self._answers() - before
        open = self._open_after(grace)
        wrong = [
            *([f"exit code {code}"] if code else []),
            *([f"took {ended - began:.1f} s"] if ended - began > _EXIT_SECONDS else []),
            *([f"{open} transactions are open"] if open else []),
            *(f"process {left.pid} is left" for left in self.bank.left_behind()),
        ]
        self.bank.start()
        return Round((began, ended), answered, open, wrong, self.pulse.still(began, ended))

    def _slow_commits(self) -> AbstractContextManager[None]:
        return blocked(self.administrator, _SLOW_COMMIT_MS, "commitTransaction")

    def _answers(self) -> int:
        counted = list(self.load.statuses.items())  # at once: the clients go on counting
        return sum(times for status, times in counted if isinstance(status, int))

    def _end(self) -> int:
        """SIGTERM; the exit code, which is -9 for a bank that hangs."""
        self.bank.processes()
        self.bank.process.terminate()
        try:
            return int(self.bank.process.wait(_HANGS_AFTER_SECONDS))
        except psutil.TimeoutExpired:
            self.bank.kill()
            return self.bank.exit_code()

    def _open_after(self, grace: float) -> int:
        """How many transactions are open in MongoDB now, or still after that many seconds."""
        until = time.monotonic() + grace
        while (found := open_transactions(self.administrator)) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return found


def open_transactions(administrator: MongoClient[dict[str, Any]]) -> int:
    """How many transactions of a bank MongoDB has open, also those that nobody works in."""
    everything = {"$currentOp": {"allUsers": True, "idleSessions": True}}
    of_a_bank = {"transaction": {"$exists": True}, "appName": "strongroom"}
    return len(list(administrator.admin.aggregate([everything, {"$match": of_a_bank}])))


def done_without_an_answer(path: Path, but: Sequence[tuple[float, float]] = ()) -> set[str]:
    """Keys of which a client first heard that they were done before, and not that it is unknown;
    none whose connection was lost in those spans of time."""
    tries: dict[int, str] = {}
    told: set[str] = set()
    repeated: set[str] = set()
    for line in read(path):
        if line["event"] == "invoke":
            tries[line["id"]] = line["key"]
        elif line["event"] == "ok":
            (repeated if line["replayed"] else told).add(tries[line["id"]])
        elif line["event"] == "unknown" and (
            line["problem"] != "lost" or any(began <= line["at"] <= ended for began, ended in but)
        ):
            told.add(tries[line["id"]])
    return repeated - told
