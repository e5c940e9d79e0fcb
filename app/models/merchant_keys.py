"""Keys of merchants: what their calls are signed with. The secret itself is derived, not stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel

from app.models.database import Database, Document, Shape, closed, patiently
from app.models.ids import random_id

NAME = "merchant_keys"
SCOPES = (
    "payments:read", "payments:create", "payments:capture", "payments:refund", "payments:direct",
    "webhooks",
)  # fmt: skip
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string", "pattern": "^mk_"},
            "merchant": _TEXT,
            "kid": _TEXT,
            "scopes": {"bsonType": "array", "items": {"enum": list(SCOPES)}},
            "status": {"enum": ["live", "revoked"]},
            "created_at": {"bsonType": "date"},
            "revoked_at": {"bsonType": ["date", "null"]},
        })
    },
    indexes=[IndexModel([("merchant", ASCENDING), ("created_at", ASCENDING)], name="merchant")],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MerchantKey:
    """A key of a merchant; `kid` names the bank's key that its secret is derived from."""

    id: str
    merchant: str
    kid: str
    scopes: tuple[str, ...]
    status: str
    created_at: datetime
    revoked_at: datetime | None


def new_key(*, merchant: str, kid: str, scopes: Iterable[str], now: datetime) -> MerchantKey:
    """A live key."""
    return MerchantKey(random_id("mk"), merchant, kid, tuple(scopes), "live", now, None)


def insert_key(database: Database, key: MerchantKey) -> None:
    """Store a new one; how many may live is decided by a change of the merchant beside it."""
    database.collection(NAME).insert_one(_document(key))


def find_key(database: Database, id: str) -> MerchantKey | None:
    """The key of that id, if there is one."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    return _key(document) if document else None


def keys_of(database: Database, merchant: str) -> list[MerchantKey]:
    """All keys of a merchant, oldest first."""
    rows = database.collection(NAME).find({"merchant": {"$eq": merchant}})
    return [_key(row) for row in rows.sort("created_at", ASCENDING)]


def revoke(database: Database, key: MerchantKey, now: datetime) -> bool:
    """Let it open nothing any more; False when that has happened already."""
    result = database.collection(NAME).update_one(
        {"_id": key.id, "status": "live"}, {"$set": {"status": "revoked", "revoked_at": now}}
    )
    return result.modified_count == 1


def count_by_key(database: Database) -> dict[str, int]:
    """How many live keys are derived from each key of the bank, by its name."""
    pipeline: list[Document] = [
        {"$match": {"status": "live"}},
        {"$group": {"_id": "$kid", "keys": {"$sum": 1}}},
    ]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline)
        return {row["_id"]: int(row["keys"]) for row in rows}


def _document(key: MerchantKey) -> Document:
    values = {name: getattr(key, name) for name in MerchantKey.__slots__ if name != "id"}
    return {"_id": key.id, **values, "scopes": list(key.scopes)}


def _key(document: Mapping[str, Any]) -> MerchantKey:
    values = {name: document[name] for name in MerchantKey.__slots__ if name != "id"}
    return MerchantKey(id=document["_id"], **{**values, "scopes": tuple(document["scopes"])})
