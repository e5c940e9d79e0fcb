"""The bank on a replica set of three whose primary is killed again and again, and paused.

Eight hot and a hundred cold accounts, eight workers, `kill -9` of the primary while they move
money, each time followed by a restart; then the primary is stopped for 15 seconds (SIGSTOP) and
goes on believing that it is one. All the while a reader takes the total of all money in snapshots.

A killed process keeps what it gave to the system, so this proves nothing about a loss of power;
and three members on one machine prove nothing about a network between machines.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.faults import checker
from tests.faults.figures import Figures, Scale, percentile
from tests.faults.history import History
from tests.faults.load import ROOMY, Load, customers
from tests.faults.replica_set import Node, ReplicaSet, await_until
from tests.running import RunningBank

DATABASE = "strongroom"
SEED = 20240607
_HOT, _COLD, _WORKERS = 8, 100, 8
_PAUSED_SECONDS = 15.0
_WORKING_SECONDS = 1.0
_PATIENCE = 1.0
"""Seconds after which clients hang up: an election takes longer, so each one leaves unknowns."""


@dataclass(frozen=True)
class Plan:
    """How often what happens: at most so many kills and pauses, in `seconds` all in all."""

    kills: int = 3
    pauses: int = 1
    seconds: float = 600.0
    every: float = 0.0
    down: float = 2.0


SHORT_PLAN = Plan()
LONG_PLAN = Plan(kills=40, pauses=2, every=15.0, down=5.0)
"""Ten minutes: a kill every 15 seconds, or as soon as the one before is mended, and two pauses."""


def run(scale: Scale, folder: Path) -> Figures:
    """Kill and pause primaries under load; what the checker says of it."""
    began = time.monotonic()
    plan = LONG_PLAN if scale.long else SHORT_PLAN
    history = History(folder / "history.jsonl")
    with (
        ReplicaSet(folder / "set") as members,
        RunningBank(folder / "bank", MONGO_URI=members.uri, **ROOMY) as bank,
    ):
        people = customers(bank.start(), _HOT + _COLD)
        address = ("127.0.0.1", bank.port)
        with (
            Totals(members.uri) as totals,
            Load(
                address, people, history, workers=_WORKERS, seed=SEED, hot=_HOT, patience=_PATIENCE
            ) as load,
        ):
            term = members.term()
            killed, paused = _disturb(members, load, plan)
            load.stop()
        elections = members.term() - term
        history.close()
        violations = [*load.surprises("silent"), *totals.wrong, *_judge(members, history)]
    gaps = _gaps(load.acknowledged_at, [*killed, *paused])
    after_kills, after_pauses = gaps[: len(killed)], gaps[len(killed) :]
    counted: dict[str, int | float | str] = {
        "kills": len(killed),
        "pauses": len(paused),
        "elections": elections,
        **load.counted(),
        **checker.tallied(violations),
        "totals read": totals.read,
        "without writes after a kill p50 s": round(percentile(after_kills, 50), 1),
        "after a kill p99 s": round(percentile(after_kills, 99), 1),
        "after a pause max s": round(max(after_pauses), 1),
        "seed": SEED,
        "seconds": round(time.monotonic() - began),
    }
    return Figures("failover", counted, tuple(violations))


def _disturb(members: ReplicaSet, load: Load, plan: Plan) -> tuple[list[float], list[float]]:
    """Kill and then pause one primary after the other; when each was."""
    killed: list[float] = []
    paused: list[float] = []
    pauses_begin = time.time() + plan.seconds - 2 * _PAUSED_SECONDS * plan.pauses
    while len(killed) < plan.kills and time.time() < pauses_begin:
        primary = _working_primary(members, load, [*killed, 0.0][-1] + plan.every)
        killed.append(time.time())
        members.kill(primary)
        time.sleep(plan.down)
        members.restart(primary)
        members.await_whole()
    while len(paused) < plan.pauses:
        primary = _working_primary(members, load)
        paused.append(time.time())
        members.pause(primary)
        time.sleep(_PAUSED_SECONDS)
        members.resume(primary)
        members.await_whole()
    _working_primary(members, load)
    return killed, paused


def _working_primary(members: ReplicaSet, load: Load, not_before: float = 0.0) -> Node:
    """The primary, when it has acknowledged writes for a while and it is time."""
    _await_writes(load)
    time.sleep(max(_WORKING_SECONDS, not_before - time.time()))
    return members.primary()


def _await_writes(load: Load) -> None:
    seen = len(load.acknowledged_at)
    await_until(lambda: len(load.acknowledged_at) > seen, "acknowledged write")


def _judge(members: ReplicaSet, history: History) -> list[str]:
    with MongoClient[dict[str, Any]](
        members.uri, tz_aware=True, readConcernLevel="majority"
    ) as administrator:
        violations = checker.check(history.path, administrator[DATABASE])
    same = members.await_same(DATABASE)
    return violations if same else [*violations, "replicas: the members hold different documents"]


def _gaps(acknowledged: Sequence[float], moments: Sequence[float]) -> list[float]:
    """The longest time without an acknowledged write after each of the moments."""
    ordered = sorted(acknowledged)
    gaps = []
    for moment, until in zip(moments, [*moments[1:], float("inf")], strict=True):
        times = [moment, *(at for at in ordered if moment < at < until)]
        gaps.append(max(b - a for a, b in pairwise(times)))
    return gaps


@dataclass
class Totals:
    """Reads, again and again and each time in one snapshot, that all money adds up to nothing."""

    uri: str
    read: int = 0
    wrong: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._over = Event()
        self._thread = Thread(target=self._look, name="totals")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with MongoClient[dict[str, Any]](self.uri, timeoutMS=3000) as client:
            wait = 0.0
            while not self._over.wait(wait):
                began = time.monotonic()
                self._look_once(client)
                # A tenth of the time at most, however much there is to add up.
                wait = max(0.05, 9 * (time.monotonic() - began))

    def _look_once(self, client: MongoClient[dict[str, Any]]) -> None:
        database = client[DATABASE]
        try:
            with client.start_session(snapshot=True) as snapshot:
                held = _sum(database["accounts"].aggregate(_HELD, session=snapshot))
                owed = _sum(database["transactions"].aggregate(_OWED, session=snapshot))
        except PyMongoError:
            return  # there is no primary just now
        self.read += 1
        if held + owed != 0:
            self.wrong.append(f"zero-sum: a snapshot held {held} against {owed}")


_HELD: list[dict[str, Any]] = [{"$group": {"_id": None, "minor": {"$sum": "$balance"}}}]
_OWED: list[dict[str, Any]] = [
    {"$unwind": "$contra"},
    {"$group": {"_id": None, "minor": {"$sum": "$contra.amount"}}},
]


def _sum(rows: Any) -> int:
    return sum(row["minor"] for row in rows)
