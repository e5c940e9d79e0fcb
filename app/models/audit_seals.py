"""Seals of the audit: where every stream ended when all of it was verified, under a key.

The key is not in the database: who can write there can make a new chain, but no seal for it.
Append-only; the newest counts.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import Int64
from pymongo import DESCENDING

from app.models.audit import Head
from app.models.canonical import canonical
from app.models.database import Database, Document, Shape, UnreadableDocument, closed
from app.models.ids import sortable_id

NAME = "audit_seals"
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    append_only=True,
    validator={
        "$jsonSchema": closed(
            {
                "_id": _TEXT,
                "at": {"bsonType": "date"},
                "heads": {
                    "bsonType": "array",
                    "items": closed({"stream": _TEXT, "seq": {"bsonType": "long"}, "hash": _TEXT}),
                },
                "mac": _TEXT,
            }
        )
    },
)


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of each stream at a time.

    `genuine` where one of the bank's keys made it, `fresh` where it was the present one.
    """

    heads: Mapping[str, Head]
    genuine: bool
    fresh: bool


def newest_seal(database: Database, keys: Sequence[bytes]) -> Seal:
    """The last seal; one without streams where there is none yet."""
    try:
        row = database.collection(NAME).find_one({}, sort=[("_id", DESCENDING)])
    except UnreadableDocument:
        return Seal({}, genuine=False, fresh=False)
    if row is None:
        return Seal({}, genuine=True, fresh=False)
    given = str(row.get("mac")).encode("utf-8", "replace")
    made = [hmac.compare_digest(_mac(row, key).encode(), given) for key in keys]
    if not any(made):
        return Seal({}, genuine=False, fresh=False)
    # Whoever could make it has made it well: only now are its parts looked at.
    heads = [Head(each["stream"], int(each["seq"]), each["hash"]) for each in row["heads"]]
    return Seal({head.stream: head for head in heads}, genuine=True, fresh=made[0])


def keep_seal(database: Database, heads: Mapping[str, Head], key: bytes, now: datetime) -> None:
    """Seal the streams as they were verified."""
    ends = [
        {"stream": head.stream, "seq": Int64(head.seq), "hash": head.hash}
        for _, head in sorted(heads.items())
    ]
    row: Document = {"_id": sortable_id(), "at": now, "heads": ends}
    database.collection(NAME).insert_one(row | {"mac": _mac(row, key)})


def _mac(row: Mapping[str, object], key: bytes) -> str:
    content = {name: value for name, value in row.items() if name != "mac"}
    return hmac.new(key, canonical(content), "sha256").hexdigest()
