"""What the history tells of payments at shops: the transactions that name an intent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pymongo import ASCENDING

from app.models.database import Database, Document, patiently
from app.models.transactions import NAME, PAID_AT_SHOPS, Transaction, from_document


class Moved(NamedTuple):
    """A line of all transactions of one kind that name an intent, added up."""

    kind: str
    account: str


def of_intent(database: Database, id: str) -> list[Transaction]:
    """Every transaction of an intent, oldest first."""
    rows = database.collection(NAME).find(criterion([id])).hint("payment")
    return sorted(map(from_document, rows), key=lambda each: (each.at, each.id))


def moved_for(database: Database, ids: Sequence[str]) -> dict[str, dict[Moved, int]]:
    """What moved for each of those intents, by kind and account, in signed minor units."""
    pipeline: list[Document] = [
        {"$match": criterion(ids)},
        {"$unwind": "$entries"},
        {
            "$group": {
                "_id": {"for": "$reference", "kind": "$kind", "account": "$entries.account"},
                "minor": {"$sum": "$entries.amount"},
            }
        },
    ]
    found: dict[str, dict[Moved, int]] = {}
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline, hint="payment")
    for row in rows:
        line = Moved(row["_id"]["kind"], row["_id"]["account"])
        found.setdefault(row["_id"]["for"], {})[line] = int(row["minor"])
    return found


def named_intents(database: Database) -> Iterator[str]:
    """What the transactions of payments say that they are for, each once, in order."""
    pipeline: list[Document] = [
        {"$match": {"kind": {"$in": list(PAID_AT_SHOPS)}}},
        {"$group": {"_id": "$reference"}},
        {"$sort": {"_id": ASCENDING}},
    ]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline, allowDiskUse=True, hint="payment")
    for row in rows:
        yield str(row["_id"])


def named_by(database: Database, id: str) -> Iterator[tuple[str, list[str]]]:
    """The transactions that name an intent, by id, and their accounts, however they are spoilt."""
    fields = {"entries.account": 1}
    for row in database.collection(NAME).find(criterion([id]), fields).hint("payment"):
        yield str(row["_id"]), [str(line.get("account")) for line in row["entries"]]


def criterion(ids: Iterable[str]) -> Document:
    """All transactions of those intents; public so that a test can explain it."""
    # The kinds are asked for because the index has nothing else.
    return {"kind": {"$in": list(PAID_AT_SHOPS)}, "reference": {"$in": list(ids)}}
