"""Verifications of the books: who started them, how far they are, what they found.

One runs at a time, whichever process it is in: a unique index allows no second one. Who runs it has
a lease and renews it all the time; where the lease is over, the process was killed, and the
verification counts as interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import NotFound
from app.models.database import Database, Document, Shape, closed
from app.models.ids import sortable_id

NAME = "verifications"
_TEXT = {"bsonType": "string"}
_DATE = {"bsonType": "date"}
_COUNT = {"bsonType": ["int", "long"], "minimum": 0}
# Of documents that somebody has tampered with.
_NUMBER = {"bsonType": ["int", "long", "double"]}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "full": {"bsonType": "bool"},
            "by": _TEXT,
            "status": {"enum": ["running", "done", "failed", "interrupted"]},
            "started_at": _DATE,
            "lease_until": _DATE,
            "ended_at": {"bsonType": ["date", "null"]},
            "walked": closed({
                "accounts": _COUNT, "of_accounts": _COUNT, "lines": _COUNT,
                "of_lines": _COUNT, "events": _COUNT, "of_events": _COUNT,
            }),
            "found": _COUNT,
            "findings": {"bsonType": "array", "items": closed({
                "rule": _TEXT, "account": _TEXT, "seq": _NUMBER, "detail": _TEXT,
            })},
            "error": _TEXT,
        })
    },
    indexes=[
        IndexModel(
            [("status", ASCENDING)], name="one_runs", unique=True,
            partialFilterExpression={"status": "running"},
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Walked:
    """How much of the books was walked, and how much there is about."""

    accounts: int = 0
    of_accounts: int = 0
    lines: int = 0
    of_lines: int = 0
    events: int = 0
    of_events: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is broken, and which."""

    rule: str
    account: str
    seq: int
    detail: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a verification ended: of all that it `found`, the first are kept as `findings`."""

    status: str
    walked: Walked
    found: int = 0
    findings: Sequence[Place] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification; `full` means that nothing was taken on trust."""

    id: str
    full: bool
    by: str
    status: str
    started_at: datetime
    lease_until: datetime
    ended_at: datetime | None = None
    walked: Walked = field(default_factory=Walked)
    found: int = 0
    findings: tuple[Place, ...] = ()
    error: str = ""


def new_verification(*, full: bool, by: str, now: datetime, lease_until: datetime) -> Verification:
    """A verification that begins now."""
    return Verification(sortable_id(), full, by, "running", now, lease_until)


def begin(database: Database, verification: Verification) -> None:
    """Keep a new one, in a transaction; it ends with Duplicate where another one runs."""
    database.collection(NAME).update_many(
        {"status": "running", "lease_until": {"$lte": verification.started_at}},
        {"$set": {"status": "interrupted"}},
    )
    document = asdict(verification)
    document["_id"] = document.pop("id")
    database.collection(NAME).insert_one(document | {"findings": []})


def go_on(database: Database, id: str, walked: Walked, lease_until: datetime) -> bool:
    """Note how far it is, and renew the lease; False when it was taken for interrupted."""
    values = {"walked": asdict(walked), "lease_until": lease_until}
    return _change(database, id, values)


def end(database: Database, id: str, outcome: Outcome, now: datetime) -> bool:
    """Note how it ended; False as `go_on`."""
    return _change(database, id, asdict(outcome) | {"ended_at": now})


def _change(database: Database, id: str, values: Document) -> bool:
    running = {"_id": id, "status": "running"}
    return database.collection(NAME).update_one(running, {"$set": values}).matched_count == 1


def get_verification(database: Database, id: str, now: datetime) -> Verification:
    """The verification of that id. Raises NotFound."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    if document is None:
        raise NotFound("the list of verifications shows those that there are")
    return _verification(document, now)


def newest(database: Database, now: datetime, limit: int) -> list[Verification]:
    """The last verifications, newest first."""
    rows = database.collection(NAME).find({}).sort("_id", DESCENDING).limit(limit)
    return [_verification(row, now) for row in rows]


def _verification(document: Mapping[str, Any], now: datetime) -> Verification:
    values = dict(document)
    values["walked"] = Walked(**values["walked"])
    values["findings"] = tuple(Place(**each) for each in values["findings"])
    if values["status"] == "running" and values["lease_until"] <= now:
        values["status"] = "interrupted"
    return Verification(id=values.pop("_id"), **values)
