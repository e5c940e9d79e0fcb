"""Payment intents as they are kept; every change is a claim on what was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import IntentNotFound
from app.models.claims import Claim
from app.models.database import Database, Document, Shape, closed
from app.models.intent import STEPS, Capture, Intent, Refund

NAME = "payment_intents"
_LONG = {"bsonType": "long", "minimum": 0}
_TEXT = {"bsonType": "string"}
_TEXT_OR_NOT = {"bsonType": ["string", "null"]}
_DATE = {"bsonType": "date"}
_DATE_OR_NOT = {"bsonType": ["date", "null"]}
_PART = {"id": _TEXT, "minor": {"bsonType": "long", "minimum": 1}, "at": _DATE, "key": _TEXT_OR_NOT}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string", "pattern": "^pi_"},
            "merchant": _TEXT,
            "name": _TEXT,
            "account": _TEXT,
            "amount": {"bsonType": "long", "minimum": 1},
            "currency": {"bsonType": "string", "pattern": "^[A-Z]{3}$"},
            "order": _TEXT,
            "description": _TEXT,
            "return_url": _TEXT,
            "capture": {"enum": ["automatic", "manual"]},
            "status": {"enum": list(STEPS)},
            "created_at": _DATE,
            "expires_at": _DATE,
            "held_until": _DATE_OR_NOT,
            "paid_at": _DATE_OR_NOT,
            "ended_at": _DATE_OR_NOT,
            "key": _TEXT,
            "fingerprint": _TEXT,
            "tries": _LONG,
            "browser": _TEXT_OR_NOT,
            "payer": _TEXT_OR_NOT,
            "payer_account": _TEXT_OR_NOT,
            "held": _LONG,
            "captured": _LONG,
            "refunded": _LONG,
            "captures": {"bsonType": "array", "items": closed(_PART), "maxItems": 100},
            "refunds": {
                "bsonType": "array",
                "items": closed({**_PART, "reason": _TEXT_OR_NOT}),
                "maxItems": 100,
            },
            "reason": _TEXT_OR_NOT,
            "revision": {"bsonType": "long", "minimum": 1},
        }, optional={"looking_until": _DATE_OR_NOT}),
        "$expr": {
            "$and": [
                {"$lte": [{"$add": ["$held", "$captured"]}, "$amount"]},
                {"$lte": ["$refunded", "$captured"]},
                {"$eq": [{"$sum": "$captures.minor"}, "$captured"]},
                {"$eq": [{"$sum": "$refunds.minor"}, "$refunded"]},
            ]
        },
    },
    indexes=[
        IndexModel([("merchant", ASCENDING), ("order", ASCENDING)], name="order", unique=True),
        IndexModel([("merchant", ASCENDING), ("key", ASCENDING)], name="key", unique=True),
        IndexModel(
            [("merchant", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)],
            name="merchant_newest",
        ),
        IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        IndexModel(
            [("order", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)],
            name="order_newest",
        ),
        IndexModel(
            [("status", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)],
            name="status_newest",
        ),
        IndexModel(
            [("payer_account", ASCENDING)], name="holding",
            partialFilterExpression={"held": {"$gt": 0}},
        ),
        IndexModel(
            [("expires_at", ASCENDING)], name="unpaid",
            partialFilterExpression={"status": "requires_customer"},
        ),
        IndexModel(
            [("held_until", ASCENDING)], name="held",
            partialFilterExpression={"status": "requires_capture"},
        ),
        IndexModel(
            [("payer", ASCENDING), ("merchant", ASCENDING), ("paid_at", DESCENDING)], name="payer",
            partialFilterExpression={"payer": {"$type": "string"}},
        ),
    ],
)  # fmt: skip


def insert_intent(database: Database, intent: Intent) -> None:
    """Store a new one. Duplicate where the shop has used its order or its key before."""
    database.collection(NAME).insert_one(to_document(intent))


def get_intent(database: Database, id: str, merchant: str | None = None) -> Intent:
    """The intent of that id, of that merchant or of anyone. Raises IntentNotFound."""
    criterion: Document = {"_id": {"$eq": id}}
    if merchant is not None:
        criterion["merchant"] = {"$eq": merchant}
    if document := database.collection(NAME).find_one(criterion):
        return from_document(document)
    raise IntentNotFound()


def find_intent(
    database: Database, merchant: str, *, order: str | None = None, key: str | None = None
) -> Intent | None:
    """The merchant's intent for an order, or under a key of its own, if there is one."""
    criterion: Document = {"merchant": {"$eq": merchant}}
    criterion |= {"order": {"$eq": order}} if order is not None else {"key": {"$eq": key}}
    document = database.collection(NAME).find_one(criterion)
    return from_document(document) if document else None


def step(intent: Intent, then: Intent) -> Claim:
    """The claim that makes `intent`, as it was read, into `then`; one of two at once is Overtaken,
    and so is who takes or reserves money for it when its time is over.

    ValueError where no such step is allowed.
    """
    if then.status not in STEPS[intent.status]:
        raise ValueError(f"an intent that is {intent.status} does not become {then.status}")
    before, after = to_document(intent), to_document(replace(then, revision=intent.revision + 1))
    changed = {name: value for name, value in after.items() if before[name] != value}
    changed.pop("status", None)
    takes = then.held_minor > intent.held_minor or then.captured_minor > intent.captured_minor
    return Claim(
        NAME, intent.id, when=intent.status, then=then.status, facts=changed,
        only={"revision": Int64(intent.revision)}, until=intent.deadline if takes else None,
    )  # fmt: skip


def due(
    database: Database, now: datetime, limit: int, *, but: Collection[str] = ()
) -> list[Intent]:
    """Intents whose time is over and that nobody has ended yet, but those of some ids."""
    criterion = due_criterion(now)
    if but:
        criterion["_id"] = {"$nin": list(but)}
    return [from_document(row) for row in database.collection(NAME).find(criterion).limit(limit)]


def due_criterion(now: datetime) -> Document:
    """The query behind what is due; public so that a test can explain it."""
    unpaid = {"status": "requires_customer", "expires_at": {"$lte": now}}
    held = {"status": "requires_capture", "held_until": {"$lte": now}}
    return {"$or": [unpaid, held]}


def _parts(parts: Sequence[Capture | Refund]) -> list[Document]:
    return [{**asdict(part), "minor": Int64(part.minor)} for part in parts]


def to_document(intent: Intent) -> Document:
    """The intent as it is stored."""
    same = (
        "merchant", "name", "account", "currency", "order", "description", "return_url", "capture",
        "status", "created_at", "expires_at", "held_until", "paid_at", "ended_at", "key",
        "fingerprint", "browser", "payer", "payer_account", "reason",
    )  # fmt: skip
    return {
        "_id": intent.id,
        **{name: getattr(intent, name) for name in same},
        "amount": Int64(intent.amount_minor),
        "tries": Int64(intent.tries),
        "held": Int64(intent.held_minor),
        "captured": Int64(intent.captured_minor),
        "refunded": Int64(intent.refunded_minor),
        "captures": _parts(intent.captures),
        "refunds": _parts(intent.refunds),
        "revision": Int64(intent.revision),
    }


def from_document(document: Mapping[str, Any]) -> Intent:
    """The stored document as an Intent."""
    values: dict[str, Any] = dict(document)
    values.pop("looking_until", None)
    for name in ("amount", "held", "captured", "refunded"):
        values[f"{name}_minor"] = int(values.pop(name))
    values |= {name: int(values[name]) for name in ("tries", "revision")}
    values["captures"] = tuple(Capture(**_whole(part)) for part in values["captures"])
    values["refunds"] = tuple(Refund(**_whole(part)) for part in values["refunds"])
    return Intent(id=values.pop("_id"), **values)


def _whole(part: Mapping[str, Any]) -> dict[str, Any]:
    return {**part, "minor": int(part["minor"])}
