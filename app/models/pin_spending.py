"""What customers have paid at shops with a PIN alone, since they last proved a second factor."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bson import Int64
from pymongo.errors import DuplicateKeyError

from app.models.claims import Claim
from app.models.database import Database, Document, Shape, closed
from money import Money

NAME = "pin_spending"
_LONG = {"bsonType": "long", "minimum": 0}
_STATUS = "counted"

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {
                "_id": {"bsonType": "string"},
                "status": {"enum": [_STATUS]},
                "payments": _LONG,
                "spent": {"bsonType": "object", "additionalProperties": _LONG},
                "revision": {"bsonType": "long", "minimum": 1},
            }
        )
    },
)


@dataclass(frozen=True, slots=True)
class PinSpending:
    """How many payments a customer made with a PIN alone, and the minor units by currency."""

    user: str
    payments: int
    spent_minor: Mapping[str, int]
    revision: int

    def spent(self, currency: str) -> Money:
        """What was paid so in that currency."""
        return Money(self.spent_minor.get(currency, 0), currency)


def get_spending(database: Database, user: str) -> PinSpending:
    """The customer's, who begins with nothing; outside of transactions, for it makes the entry."""
    collection = database.collection(NAME)
    while True:
        if document := collection.find_one({"_id": {"$eq": user}}):
            return _spending(document)
        with suppress(DuplicateKeyError):  # another payment of the customer makes it just now
            collection.insert_one(_document(PinSpending(user, 0, {}, 1)))


def counted(spending: PinSpending, amount: Money) -> Claim:
    """The claim that counts one more payment with a PIN alone; of two at once, one is Overtaken."""
    more = spending.spent(amount.currency) + amount
    spent = {**spending.spent_minor, amount.currency: more.minor}
    return _claim(spending, PinSpending(spending.user, spending.payments + 1, spent, 0))


def proved(spending: PinSpending) -> Claim:
    """The claim that begins to count anew: the customer has proved a second factor."""
    return _claim(spending, PinSpending(spending.user, 0, {}, 0))


def _claim(before: PinSpending, after: PinSpending) -> Claim:
    facts = {**_document(after), "revision": Int64(before.revision + 1)}
    del facts["_id"], facts["status"]
    only = {"revision": Int64(before.revision)}
    return Claim(NAME, before.user, when=_STATUS, then=_STATUS, facts=facts, only=only)


def _document(spending: PinSpending) -> Document:
    return {
        "_id": spending.user,
        "status": _STATUS,
        "payments": Int64(spending.payments),
        "spent": {name: Int64(minor) for name, minor in spending.spent_minor.items()},
        "revision": Int64(spending.revision),
    }


def _spending(document: Mapping[str, Any]) -> PinSpending:
    spent = {name: int(minor) for name, minor in document["spent"].items()}
    return PinSpending(document["_id"], int(document["payments"]), spent, int(document["revision"]))
