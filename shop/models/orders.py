"""Orders: what was ordered, by whom, and what became of it and of its payment.

    placed ──> paid ──> shipped          placed     its goods are reserved, its payment awaited
      │         │                        paid       the bank has the money for us
      │         └──> cancelled           shipped    on its way, or picked up
      ├──> cancelled                     cancelled  by the customer or the shop; paid: refunded
      └──> expired                       expired    not paid in time

There are no other ways: the state that a step starts from stands in the filter of its write.
Beside its state an order has a refund: none, `due` (the bank is to be asked, again and again with
the same key), or `done`. A payment that arrives for a cancelled or expired order is a refund that
is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument

from shop.errors import OrderNotFound, WrongState
from shop.models.database import Database, Document, Shape
from shop.models.order import Event, Order, OrderLine, Refund, from_document, plain, to_document
from shop.models.order_shape import NAME, VALIDATOR

__all__ = ["SHAPE", "STATUSES", "Event", "Order", "OrderLine", "Refund"]

STATUSES = ("placed", "paid", "shipped", "cancelled", "expired")
STEPS = frozenset({
    ("placed", "paid"), ("placed", "cancelled"), ("placed", "expired"),
    ("paid", "shipped"), ("paid", "cancelled"),
})  # fmt: skip

SHAPE = Shape(
    NAME,
    validator=VALIDATOR,
    indexes=[
        IndexModel([("number", ASCENDING)], name="number", unique=True),
        IndexModel([("link", ASCENDING)], name="link", unique=True),
        IndexModel([("form", ASCENDING)], name="form", unique=True),
        IndexModel([("customer", ASCENDING), ("_id", DESCENDING)], name="customer"),
        IndexModel([("status", ASCENDING), ("_id", DESCENDING)], name="status"),
        IndexModel(
            [("intent", ASCENDING)],
            name="intent",
            unique=True,
            partialFilterExpression={"intent": {"$type": "string"}},
        ),
        IndexModel(
            [("look_at", ASCENDING)],
            name="look_at",
            partialFilterExpression={"look_at": {"$type": "date"}},
        ),
    ],
)


def insert_order(database: Database, order: Order) -> None:
    """Store a new one; inside the transaction that reserves its goods."""
    database.collection(NAME).insert_one(to_document(order))


def step(database: Database, order: Order, to: str, at: datetime, what: str, **facts: Any) -> Order:
    """Take the order from its state to another one. Raises WrongState where that is no step, or
    somebody else has taken one meanwhile."""
    if (order.status, to) not in STEPS:
        raise WrongState(f"it is {order.status}", status=order.status)
    return change(database, order, at, what, status=to, **facts)


def change(database: Database, order: Order, at: datetime, what: str, **facts: Any) -> Order:
    """Set facts of an order, with a line in its history. Raises WrongState where its state, or its
    refund, is not the one of `order` any more."""
    refund = order.refund.status if order.refund else None
    criterion = {"_id": order.id, "status": order.status, "refund.status": refund}
    return _changed(database, criterion, facts, Event(at, what))


def attach(
    database: Database, order: Order, intent: str, pay_url: str, until: datetime, look_at: datetime
) -> Order:
    """Note the payment that the bank has made for the order, once. Raises WrongState where one is
    noted already."""
    facts = {"intent": intent, "pay_url": pay_url, "expires_at": until, "look_at": look_at}
    facts["refused"] = None
    criterion = {"_id": order.id, "intent": None}
    return _changed(database, criterion, facts, None)


def asked(database: Database, order: Order, at: datetime) -> None:
    """Note that the bank is asked for the order's payment, before it is."""
    criterion = {"_id": order.id, "asked_at": None}
    database.collection(NAME).update_one(criterion, {"$set": {"asked_at": at}})


def note(database: Database, order: Order, **facts: Any) -> None:
    """Set facts that no state hangs on, such as `trouble` or `look_at`."""
    values = {name: plain(value) for name, value in facts.items()}
    database.collection(NAME).update_one({"_id": order.id}, {"$set": values})


def note_refund(database: Database, order: Order, error: str) -> None:
    """Note why money that is due has not gone back yet."""
    criterion = {"_id": order.id, "refund.status": "due"}
    database.collection(NAME).update_one(criterion, {"$set": {"refund.error": error}})


def look_again(database: Database, order: Order, at: datetime | None) -> None:
    """Note when its payment is looked at next, unless somebody else has meanwhile."""
    criterion = {"_id": order.id, "look_at": order.look_at}
    database.collection(NAME).update_one(criterion, {"$set": {"look_at": at}})


def claim_due(database: Database, now: datetime, lease: timedelta) -> Order | None:
    """The order whose payment is to be looked at for longest; for one alone until `lease` ends."""
    document = database.collection(NAME).find_one_and_update(
        {"look_at": {"$lte": now}},
        {"$set": {"look_at": now + lease}, "$inc": {"looks": Int64(1)}},
        sort=[("look_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )
    return from_document(document) if document else None


def get_order(database: Database, **one: str) -> Order:
    """The order of that `id`, `number`, `link`, `form` or `intent`. Raises OrderNotFound."""
    if order := find_order(database, **one):
        return order
    raise OrderNotFound()


def latest(database: Database, order: Order) -> Order:
    """The order as it is now, after somebody else has changed it: a plain read may be answered from
    before a change that a write has met already."""
    return database.atomically(lambda: get_order(database, id=order.id))


def find_order(database: Database, **one: str) -> Order | None:
    """As `get_order`, or None."""
    ((name, value),) = one.items()
    field = "_id" if name == "id" else name
    document = database.collection(NAME).find_one({field: {"$eq": value}})
    return from_document(document) if document else None


def page(
    database: Database, *, customer: str | None = None, status: str | None = None,
    below: str | None = None, limit: int = 20,
) -> list[Order]:  # fmt: skip
    """Up to `limit` orders of a customer, or of a state, below an id, newest first."""
    given = {"customer": customer, "status": status}
    criterion: Document = {name: {"$eq": value} for name, value in given.items() if value}
    if below:
        criterion["_id"] = {"$lt": below}
    rows = database.collection(NAME).find(criterion).sort("_id", DESCENDING).limit(limit)
    return [from_document(row) for row in rows]


def every(database: Database) -> Iterator[Order]:
    """All orders, oldest first."""
    return map(from_document, database.collection(NAME).find({}).sort("_id", ASCENDING))


def _changed(
    database: Database, criterion: Document, facts: Mapping[str, Any], event: Event | None
) -> Order:
    update: Document = {"$set": {name: plain(value) for name, value in facts.items()}}
    if event:
        update["$push"] = {"history": plain(event)}
    document = database.collection(NAME).find_one_and_update(
        criterion, update, return_document=ReturnDocument.AFTER
    )
    if document is None:
        raise WrongState("somebody else has changed it meanwhile; look at it again")
    return from_document(document)
