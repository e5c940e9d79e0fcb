"""Crash sweep: kill -9 of the bank at every event of its driver, then the same keys again.

Every driver command has two events: it is about to be sent, and its answer is there. For each
operation, alone and in a batch, one bank is killed at its first event, another one at its second,
and so on to the last one; then banks in new processes are asked again, under the same keys, until
they answer. Three passes:

- "every event" of every form;
- "in flight": the commit was sent and MongoDB takes its time, so that it commits after the bank's
  death, while the next bank is asked already;
- "held": the transaction that a dead bank left open outlives the patience of the next one, so that
  the first repeats are answered "unavailable".

The same sweep over the wrong design must find what is wrong with it, or it proves nothing. What it
proves is about processes that end at once, not about power cuts: MongoDB itself lives on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from app.controllers.bank import migrate
from app.models.database import connect
from embedded_mongo import EmbeddedMongo
from tests.faults.checker import check
from tests.faults.crashing import OPENING_MINOR, Crash, Form, Pass, in_a_process
from tests.faults.figures import Figures, Scale
from tests.faults.killed_bank import Design

KINDS = ("deposit", "withdrawal", "transfer")
MIXED = ("deposit", "withdrawal", "transfer", "refused", "receipt")
EFFECTS = {
    "deposit": (7, 0),
    "withdrawal": (-5, 0),
    "transfer": (-3, 3),
    "receipt": (2, -2),
    "refused": (0, 0),
}
"""What each kind does to the two accounts of a form, in minor units."""
LIFETIME_SECONDS = 1
HOLDING_SECONDS = 7  # longer than a bank's patience, which is 5 seconds
COMMIT_MILLISECONDS = 400
Client = MongoClient[dict[str, Any]]


def run(scale: Scale, folder: Path) -> Figures:
    """Sweep the bank and the wrong design."""
    forms, repeats = _forms(scale), 2 if scale.long else 1
    with (
        EmbeddedMongo(
            folder / "mongo", test_commands=True, lifetime_limit_seconds=LIFETIME_SECONDS
        ) as mongo,
        Client(mongo.uri, tz_aware=True) as client,
    ):
        bank = _Ground(mongo.uri, client, folder)
        every = bank.sweep("every event", forms, repeats=repeats)
        with _slow_commits(client):
            late = bank.sweep("in flight", forms, every=False, delay=0.1, repeats=repeats)
        with _held_long(client):
            held = bank.sweep("held", forms if scale.long else forms[:4], every=False)
        wrong = _Ground(mongo.uri, client, folder, wrong=True)
        found = wrong.sweep("wrong design", _forms_alone(KINDS if scale.long else KINDS[1:2]))
    counted = {
        "crash points": len([*every, *late, *held]),
        "at every event": len(every),
        "committed after the kill": sum(_found_done(crash) for crash in late),
        "told to come back": sum(_told_to_come_back(crash) for crash in held),
        "crash points of the wrong design": len(found),
        "wrong ones among them": len(wrong.guilty),
    }
    return Figures("crash sweep", counted, tuple(bank.violations))


class _Ground:
    """A MongoDB to sweep on, and what was wrong there; each pass has a database of its own."""

    def __init__(self, uri: str, client: Client, folder: Path, *, wrong: bool = False) -> None:
        self.violations: list[str] = []
        self.guilty: list[Crash] = []
        self._uri = uri
        self._client = client
        self._folder = folder
        self._wrong = wrong

    def sweep(self, name: str, forms: Sequence[Form], **more: Any) -> list[Crash]:
        """Run a pass and judge it."""
        database = name.replace(" ", "_")
        administrator = connect(self._uri, database)
        migrate(administrator)
        administrator.close()
        history = self._folder / f"{database}.jsonl"
        design = Design(self._uri, database, self._wrong)
        crashes = in_a_process(Pass(name, design, history, forms, **more))
        raw = self._client[database]
        for crash in crashes:
            if found := list(_violations(crash, raw, name)):
                self.violations += found
                self.guilty.append(crash)
        if not self._wrong:  # which keeps its keys where the checker does not look for them
            self.violations += check(history, raw)
        return crashes


def _violations(crash: Crash, raw: Database[dict[str, Any]], name: str) -> Iterator[str]:
    """Every movement was made once, or refused; seen from the two accounts, which are its own."""
    place = f"{name}: {crash.form.name}, event {crash.fate.event} of {crash.events}"
    if not crash.killed:
        yield f"{place}: the bank lived on"
    outcomes = [event for event, _, _ in crash.rounds[-1]]
    if outcomes != ["refused" if kind == "refused" else "ok" for kind in crash.form.kinds]:
        yield f"{place}: answered {outcomes}"
    for side, number in enumerate(crash.accounts):
        effects = [EFFECTS[kind][side] for kind in crash.form.kinds if EFFECTS[kind][side]]
        expected = (OPENING_MINOR + sum(effects), 1 + len(effects))
        account = raw["accounts"].find_one({"_id": number}) or {"balance": 0}
        made = raw["transactions"].count_documents({"entries.account": number})
        found = (int(account["balance"]), made)
        if found != expected:
            yield f"{place}: balance and number of transactions are {found}, not {expected}"


def _found_done(crash: Crash) -> bool:
    """Whether the bank that died had done it, as the next one saw."""
    return any(replayed for _, _, replayed in crash.rounds[0])


def _told_to_come_back(crash: Crash) -> bool:
    return any(event == "not_applied" for event, _, _ in crash.rounds[0])


def _forms(scale: Scale) -> list[Form]:
    """Each operation alone and in batches: one leads, and the others share the next transaction."""
    forms = _forms_alone((*KINDS, "refused"))
    for size in (2, 4, 8, 16) if scale.long else (4,):
        forms += [Form(f"{size} of {kind}", ["deposit", *[kind] * size]) for kind in KINDS]
    return [*forms, Form("a mixed batch", ["deposit", *MIXED])]


def _forms_alone(kinds: Sequence[str]) -> list[Form]:
    return [Form(kind, [kind]) for kind in kinds]


@contextmanager
def _slow_commits(client: Client) -> Iterator[None]:
    data = {
        "failCommands": ["commitTransaction"],
        "blockConnection": True,
        "blockTimeMS": COMMIT_MILLISECONDS,
        "appName": "strongroom",
    }
    point = {"configureFailPoint": "failCommand"}
    client.admin.command({**point, "mode": "alwaysOn", "data": data})
    try:
        yield
    finally:
        client.admin.command({**point, "mode": "off"})


@contextmanager
def _held_long(client: Client) -> Iterator[None]:
    limit = "transactionLifetimeLimitSeconds"
    client.admin.command({"setParameter": 1, limit: HOLDING_SECONDS})
    try:
        yield
    finally:
        client.admin.command({"setParameter": 1, limit: LIFETIME_SECONDS})
