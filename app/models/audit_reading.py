"""Reading the audit: pages for bankers, newest first; streams for verification, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from app.models.audit import NAME, Event, Head
from app.models.database import Database, Document
from app.models.histories import Place

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """What an event must be like; texts are compared exactly."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in its stream."""

    id: str
    event: Event
    stream: str
    seq: int
    hash: str


def page(database: Database, filters: Filters, after: Place | None, limit: int) -> list[Recorded]:
    """Up to `limit` events after a place, newest first."""
    exact = {name: getattr(filters, name) for name in ("actor", "action", "object", "outcome")}
    criteria: list[Document] = [
        {name: {"$eq": value}} for name, value in exact.items() if value is not None
    ]
    if filters.since:
        criteria.append({"at": {"$gte": filters.since}})
    if filters.until:
        criteria.append({"at": {"$lt": filters.until}})
    if after:
        later = {"at": after.at, "_id": {"$lt": after.id}}
        criteria += [{"at": {"$lte": after.at}}, {"$or": [{"at": {"$lt": after.at}}, later]}]
    cursor = database.collection(NAME).find({"$and": criteria} if criteria else {})
    cursor = cursor.sort([("at", DESCENDING), ("_id", DESCENDING)])
    return [_recorded(row) for row in cursor.limit(limit)]


def _recorded(row: Mapping[str, Any]) -> Recorded:
    """The stored event; one from before there were streams has fewer fields."""
    fields = {name: row[name] for name in Event.__slots__ if name in row}
    place = row.get("stream", ""), int(row.get("seq", 0)), row.get("hash", "")
    return Recorded(row["_id"], Event(**fields), *place)


def chain(database: Database, stream: str, after_seq: int, upto_seq: int) -> Iterator[Document]:
    """The stored events of a stream with after_seq < seq <= upto_seq, in order of `seq`."""
    criterion = {"stream": stream, "seq": {"$gt": after_seq, "$lte": upto_seq}}
    cursor = database.collection(NAME).find(criterion).hint("stream_seq").sort("seq", ASCENDING)
    yield from cursor.batch_size(_BATCH)


def beyond(database: Database, heads: Mapping[str, Head]) -> Iterator[tuple[str, int]]:
    """Stream and `seq` of each event that stands after the end of its stream."""
    ends = [{"stream": head.stream, "seq": {"$gt": head.seq}} for head in heads.values()]
    if not ends:
        return
    shown = {"_id": 0, "stream": 1, "seq": 1}
    for row in database.collection(NAME).find({"$or": ends}, shown).batch_size(_BATCH):
        yield row["stream"], int(row["seq"])


def count(database: Database) -> int:
    """How many events there are, from the collection's own count."""
    return database.collection(NAME).estimated_document_count()
