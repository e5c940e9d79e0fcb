"""What happened on each day of the bank, in UTC, summed once it is over and kept.

One document holds a whole day, so that it is there or not, never a part of it. Nothing changes it:
the transactions that it was summed from do not change either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bson import Int64
from pymongo.errors import BulkWriteError

from app.models import transactions, users
from app.models.database import Database, Document, Shape, closed

NAME = "day_totals"
_COUNT = {"bsonType": "long", "minimum": 0}
_DUPLICATE_KEY = 11000

SHAPE = Shape(
    NAME,
    append_only=True,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "customers": _COUNT,
            "flows": {
                "bsonType": "array",
                "items": closed({
                    "currency": {"bsonType": "string", "pattern": "^[A-Z]{3}$"},
                    "kind": {"enum": list(transactions.KINDS)},
                    "count": _COUNT, "into": _COUNT, "out": _COUNT, "moved": _COUNT,
                }),
            },
        })
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flow:
    """All transactions of one kind in one currency, in minor units.

    `into_minor` is what customers' accounts together gained in those that gave them money,
    `out_minor` what they lost in the others; a transfer between two of them is neither.
    `moved_minor` is how much changed its account, wherever from and to.
    """

    currency: str
    kind: str
    count: int
    into_minor: int
    out_minor: int
    moved_minor: int


@dataclass(frozen=True, slots=True)
class DayTotals:
    """One day: how many customers it brought, and the flows of its transactions."""

    day: date
    customers: int = 0
    flows: tuple[Flow, ...] = field(default=())


def find_days(database: Database, first: date, last: date) -> dict[date, DayTotals]:
    """Those of the days from `first` to `last` that are kept."""
    span = {"$gte": first.isoformat(), "$lte": last.isoformat()}
    return {each.day: each for each in map(_kept, database.collection(NAME).find({"_id": span}))}


def keep_days(database: Database, days: Sequence[DayTotals]) -> None:
    """Keep them; a day that another process has kept meanwhile stays as it is."""
    try:
        database.collection(NAME).insert_many(map(_document, days), ordered=False)
    except BulkWriteError as error:
        if {refused["code"] for refused in error.details["writeErrors"]} != {_DUPLICATE_KEY}:
            raise


def sum_days(database: Database, first: date, last: date) -> list[DayTotals]:
    """The days from `first` to `last`, summed from the transactions and customers themselves."""
    span = {"$gte": _begin(first), "$lt": _begin(last + timedelta(days=1))}
    flows: dict[date, list[Flow]] = {}
    rows = database.collection(transactions.NAME).aggregate(_summing(span), hint="newest")
    for row in rows:
        flows.setdefault(row["_id"]["day"].date(), []).append(_flow({**row, **row["_id"]}))
    newcomers = _newcomers(database, span)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        DayTotals(day, newcomers.get(day, 0), tuple(sorted(flows.get(day, ()), key=_order)))
        for day in days
    ]


def _summing(span: Document) -> list[Document]:
    """By day, currency and kind, from the lines of each transaction, which sum to zero."""
    gained = {"$sum": "$entries.amount"}
    lines = {"$concatArrays": ["$entries.amount", "$contra.amount"]}
    upwards = {"$map": {"input": lines, "in": {"$max": ["$$this", Int64(0)]}}}
    group = {"day": {"$dateTrunc": {"date": "$at", "unit": "day"}}}
    return [
        {"$match": {"at": span}},
        {"$project": {"at": 1, "currency": 1, "kind": 1, "gained": gained, "moved": upwards}},
        {
            "$group": {
                "_id": {**group, "currency": "$currency", "kind": "$kind"},
                "count": {"$sum": Int64(1)},
                "into": {"$sum": {"$max": ["$gained", Int64(0)]}},
                "out": {"$sum": {"$max": [{"$subtract": [Int64(0), "$gained"]}, Int64(0)]}},
                "moved": {"$sum": {"$sum": "$moved"}},
            }
        },
    ]


def _newcomers(database: Database, span: Document) -> dict[date, int]:
    pipeline: list[Document] = [
        {"$match": {"plane": "customer", "created_at": span}},
        {
            "$group": {
                "_id": {"$dateTrunc": {"date": "$created_at", "unit": "day"}},
                "count": {"$sum": 1},
            }
        },
    ]
    rows = database.collection(users.NAME).aggregate(pipeline, hint="newest")
    return {row["_id"].date(): int(row["count"]) for row in rows}


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _order(flow: Flow) -> tuple[str, str]:
    return flow.currency, flow.kind


def _flow(row: Mapping[str, Any]) -> Flow:
    return Flow(
        row["currency"], row["kind"], int(row["count"]), int(row["into"]), int(row["out"]),
        int(row["moved"]),
    )  # fmt: skip


def _kept(document: Mapping[str, Any]) -> DayTotals:
    return DayTotals(
        date.fromisoformat(document["_id"]),
        int(document["customers"]),
        tuple(map(_flow, document["flows"])),
    )


def _document(totals: DayTotals) -> Document:
    return {
        "_id": totals.day.isoformat(),
        "customers": Int64(totals.customers),
        "flows": [
            {
                "currency": flow.currency,
                "kind": flow.kind,
                "count": Int64(flow.count),
                "into": Int64(flow.into_minor),
                "out": Int64(flow.out_minor),
                "moved": Int64(flow.moved_minor),
            }
            for flow in totals.flows
        ],
    }
