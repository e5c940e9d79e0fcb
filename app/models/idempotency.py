"""Idempotency records: what became of a keyed request. Never deleted, never expired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.models.database import Database, Document, Shape, closed

NAME = "idempotency"
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    append_only=True,
    validator={
        "$jsonSchema": closed(
            {
                "_id": _TEXT,
                "fingerprint": _TEXT,
                "at": {"bsonType": "date"},
                "transaction": {"bsonType": ["string", "null"]},
                "refusal": {"bsonType": ["object", "null"]},
            }
        )
    },
)


@dataclass(frozen=True, slots=True)
class Record:
    """The first outcome under a key: a transaction's id, or a refusal (type, detail, facts)."""

    key: str
    fingerprint: str
    at: datetime
    transaction: str | None
    refusal: Mapping[str, Any] | None


def find_records(database: Database, keys: Iterable[str]) -> dict[str, Record]:
    """The records of those keys that were used, by key."""
    cursor = database.collection(NAME).find({"_id": {"$in": list(keys)}})
    return {document["_id"]: _record(document) for document in cursor}


def insert_records(database: Database, records: Sequence[Record]) -> None:
    """Keep the outcomes, in the transaction that makes them true."""
    database.insert(NAME, [_document(record) for record in records])


def _record(document: Document) -> Record:
    return Record(
        key=document["_id"],
        fingerprint=document["fingerprint"],
        at=document["at"],
        transaction=document["transaction"],
        refusal=document["refusal"],
    )


def _document(record: Record) -> Document:
    return {
        "_id": record.key,
        "fingerprint": record.fingerprint,
        "at": record.at,
        "transaction": record.transaction,
        "refusal": record.refusal,
    }
