"""Webhook deliveries: what shops are to be told, written in the transaction of what it tells about.

One for each event and endpoint. A sender claims one for a while, as `leases` has it. The body is
frozen as text when it is written; what became of each try is noted beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import WebhookNotFound
from app.models import leases
from app.models.claims import Told
from app.models.database import Database, Document, Shape, closed
from app.models.ids import sortable_id

NAME = "webhook_deliveries"
STATUSES = ("waiting", "delivered", "given_up")
TRIES_KEPT = 20
_KEPT_SECONDS = 90 * 24 * 3600
_TEXT = {"bsonType": "string"}
_DATE = {"bsonType": "date"}
_LONG = {"bsonType": "long", "minimum": 0}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "event": {"bsonType": "string", "pattern": "^evt_"},
            "type": _TEXT,
            "merchant": _TEXT,
            "endpoint": _TEXT,
            "intent": _TEXT,
            "body": _TEXT,
            "status": {"enum": list(STATUSES)},
            "created_at": _DATE,
            "next_at": _DATE,
            "fence": _LONG,
            "failed": _LONG,
            "delivered_at": {"bsonType": ["date", "null"]},
            "tries": {
                "bsonType": "array",
                "items": closed({
                    "at": _DATE,
                    "status": {"bsonType": ["long", "null"]},
                    "error": {"bsonType": ["string", "null"]},
                }),
                "maxItems": TRIES_KEPT,
            },
        })
    },
    indexes=[
        leases.WAITING,
        IndexModel([("status", ASCENDING), ("_id", DESCENDING)], name="status"),
        IndexModel([("merchant", ASCENDING), ("_id", DESCENDING)], name="merchant"),
        # What was delivered is of no use for ever; what was given up may be sent again.
        IndexModel(
            [("created_at", ASCENDING)], name="expired", expireAfterSeconds=_KEPT_SECONDS,
            partialFilterExpression={"status": "delivered"},
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Try:
    """One try: the status that was answered, if any, and why it failed, if it did."""

    at: datetime
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one endpoint is to be told; `fence` is how often it was claimed, `failed` how often it
    failed since somebody let it go out, `tries` the last ones."""

    id: str
    event: str
    type: str
    merchant: str
    endpoint: str
    intent: str
    body: str
    status: str
    created_at: datetime
    next_at: datetime
    fence: int
    failed: int
    delivered_at: datetime | None
    tries: tuple[Try, ...]

    @property
    def due_at(self) -> datetime | None:
        """When it is tried next, while it waits."""
        return self.next_at if self.status == "waiting" else None


def new_delivery(
    *, event: str, type: str, merchant: str, endpoint: str, intent: str, body: str, now: datetime
) -> Delivery:
    """A delivery that waits to be sent."""
    return Delivery(
        id=sortable_id(), event=event, type=type, merchant=merchant, endpoint=endpoint,
        intent=intent, body=body, status="waiting", created_at=now, next_at=now, fence=0, failed=0,
        delivered_at=None, tries=(),
    )  # fmt: skip


def to_tell(delivery: Delivery) -> Told:
    """What inserts it together with the money."""
    return Told(NAME, _document(delivery))


def claim(
    database: Database, now: datetime, lease: timedelta, *, passing: Iterable[str] = ()
) -> Delivery | None:
    """The delivery that is due for longest, but of shops that are to be passed over, for one
    sender alone until the lease is over."""
    passed = list(passing)
    only = {"merchant": {"$nin": passed}} if passed else {}
    document = leases.claim(database, NAME, now, lease, only)
    return _delivery(document) if document else None


def mark_delivered(database: Database, delivery: Delivery, tried: Try) -> bool:
    """Note that it was taken; False when somebody else has claimed it since."""
    values = {"status": "delivered", "delivered_at": tried.at}
    return _settle(database, delivery, tried, values)


def try_later(database: Database, delivery: Delivery, tried: Try, at: datetime) -> bool:
    """Note a try that failed, and when the next one is; False as `mark_delivered`."""
    values = {"next_at": at, "failed": Int64(delivery.failed + 1)}
    return _settle(database, delivery, tried, values)


def give_up(database: Database, delivery: Delivery, tried: Try) -> bool:
    """Note a try that failed and is the last; False as `mark_delivered`."""
    values = {"status": "given_up", "failed": Int64(delivery.failed + 1)}
    return _settle(database, delivery, tried, values)


def put_off(database: Database, endpoint: str, now: datetime, until: datetime) -> None:
    """Let all that is due at an endpoint, and that nobody has claimed, wait until then."""
    database.collection(NAME).update_many(
        {"endpoint": endpoint, "status": "waiting", "next_at": {"$lte": now}},
        {"$set": {"next_at": until}},
    )


def take_up(database: Database, delivery: Delivery, now: datetime, lease: timedelta) -> bool:
    """Let it go out now, whatever became of it; False while somebody may be sending it."""
    # Whoever has claimed it has it for a lease from now at most; twice, as clocks differ.
    idle = {"$or": [{"status": {"$ne": "waiting"}}, {"next_at": {"$gt": now + 2 * lease}}]}
    values = {"next_at": now, "failed": Int64(0), "delivered_at": None}
    return leases.reopen(database, NAME, delivery.id, delivery.fence, idle, values)


def get_delivery(database: Database, id: str, merchant: str | None = None) -> Delivery:
    """The delivery of that id, to that shop or to any. Raises WebhookNotFound."""
    criterion: Document = {"_id": {"$eq": id}}
    if merchant is not None:
        criterion["merchant"] = {"$eq": merchant}
    if document := database.collection(NAME).find_one(criterion):
        return _delivery(document)
    raise WebhookNotFound()


def page(
    database: Database, status: str | None, merchant: str | None, below: str | None, limit: int
) -> list[Delivery]:
    """Up to `limit` deliveries of a status and to a shop, or of any, below an id, newest first."""
    criterion: Document = {"status": {"$eq": status}} if status else {}
    if merchant:
        criterion["merchant"] = {"$eq": merchant}
    if below:
        criterion["_id"] = {"$lt": below}
    rows = database.collection(NAME).find(criterion).sort("_id", DESCENDING).limit(limit)
    return [_delivery(row) for row in rows]


def _settle(database: Database, delivery: Delivery, tried: Try, values: Document) -> bool:
    kept = {"tries": {"$each": [_try(tried)], "$slice": -TRIES_KEPT}}
    change = {"$set": values, "$push": kept}
    return leases.settle(database, NAME, delivery.id, delivery.fence, change)


def _try(tried: Try) -> Document:
    return {**asdict(tried), "status": None if tried.status is None else Int64(tried.status)}


def _document(delivery: Delivery) -> Document:
    values = {name: getattr(delivery, name) for name in Delivery.__slots__ if name != "id"}
    return {
        "_id": delivery.id,
        **values,
        "fence": Int64(delivery.fence),
        "failed": Int64(delivery.failed),
        "tries": [_try(each) for each in delivery.tries],
    }


def _delivery(document: Mapping[str, Any]) -> Delivery:
    values: dict[str, Any] = dict(document)
    values |= {name: int(values[name]) for name in ("fence", "failed")}
    values["tries"] = tuple(
        Try(each["at"], None if each["status"] is None else int(each["status"]), each["error"])
        for each in values["tries"]
    )
    return Delivery(id=values.pop("_id"), **values)
