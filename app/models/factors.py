"""Second factors: what a person's authenticator app is derived from, and unused recovery codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bson import Int64

from app.models.database import Database, Document, Shape, closed, patiently

NAME = "factors"
_TEXT = {"bsonType": "string"}
_DATE = {"bsonType": "date"}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {
                "_id": _TEXT,
                "at_log_in": {"bsonType": "bool"},
                "totp": {
                    "oneOf": [
                        {"bsonType": "null"},
                        closed({"nonce": _TEXT, "kid": _TEXT, "since": _DATE}),
                    ]
                },
                "last_counter": {"bsonType": "long", "minimum": 0},
                "pending": {
                    "oneOf": [
                        {"bsonType": "null"},
                        closed({"nonce": _TEXT, "kid": _TEXT, "expires_at": _DATE}),
                    ]
                },
                "recovery": {
                    "bsonType": "array",
                    "items": {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"},
                },
                "revision": {"bsonType": "long", "minimum": 0},
            }
        )
    },
)


@dataclass(frozen=True, slots=True)
class Totp:
    """What the secret of an authenticator app is derived from: a nonce, and the key named `kid`."""

    nonce: str
    kid: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """As Totp, of an app that has not shown a right code yet."""

    nonce: str
    kid: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Factors:
    """A person's second factors. `recovery` holds SHA-256 of the codes that are left; codes up to
    `last_counter` were used."""

    user: str
    at_log_in: bool = False
    totp: Totp | None = None
    last_counter: int = 0
    pending: Pending | None = None
    recovery: tuple[str, ...] = ()
    revision: int = 0


def find_factors(database: Database, user: str) -> Factors:
    """The person's factors; empty ones where there are none."""
    document = database.collection(NAME).find_one({"_id": {"$eq": user}})
    return _factors(document) if document else Factors(user)


def begin(database: Database, user: str, pending: Pending) -> None:
    """Let the person confirm this app, and no other that was begun before."""
    values = {"nonce": pending.nonce, "kid": pending.kid, "expires_at": pending.expires_at}
    _set(database, user, {"pending": values})


def confirm(
    database: Database, user: str, totp: Totp, counter: int, recovery: Iterable[str]
) -> bool:
    """Make the pending app of that nonce the person's one; False when it is pending no longer."""
    values: Document = {
        "totp": {"nonce": totp.nonce, "kid": totp.kid, "since": totp.since},
        "last_counter": Int64(counter),
        "pending": None,
        "recovery": list(recovery),
    }
    pending = {"pending.nonce": totp.nonce, "pending.expires_at": {"$gt": totp.since}}
    return _change(database, {"_id": user, **pending}, values)


def use_counter(database: Database, user: str, nonce: str, counter: int) -> bool:
    """Use up the app's codes up to this one; False when this one was used already."""
    criterion = {"_id": user, "totp.nonce": nonce, "last_counter": {"$lt": counter}}
    change = {"$set": {"last_counter": Int64(counter)}}
    return database.collection(NAME).update_one(criterion, change).modified_count == 1


def use_recovery(database: Database, user: str, digest: str) -> bool:
    """Burn a recovery code; False when it is none of those that are left."""
    result = database.collection(NAME).update_one(
        {"_id": user, "recovery": digest}, {"$pull": {"recovery": digest}}
    )
    return result.modified_count == 1


def replace_recovery(database: Database, user: str, recovery: Iterable[str]) -> bool:
    """Put new recovery codes in the place of the old; False for whom has no app."""
    criterion = {"_id": user, "totp": {"$ne": None}}
    return _change(database, criterion, {"recovery": list(recovery)})


def drop_totp(database: Database, user: str) -> bool:
    """Forget the app, one that is pending, and the recovery codes; False where there was none."""
    values: Document = {"totp": None, "pending": None, "recovery": []}
    return _change(database, {"_id": user, "totp": {"$ne": None}}, values)


def set_at_log_in(database: Database, user: str, wanted: bool) -> None:
    """Note whether the person wants to be asked at each log-in."""
    _set(database, user, {"at_log_in": wanted})


def count_by_key(database: Database) -> dict[str, int]:
    """How many people's apps are derived from each key, by the key's name."""
    pipeline: list[Document] = [
        {"$match": {"totp": {"$ne": None}}},
        {"$group": {"_id": "$totp.kid", "people": {"$sum": 1}}},
    ]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline)
        return {row["_id"]: int(row["people"]) for row in rows}


def _set(database: Database, user: str, values: Document) -> None:
    """Set fields of a person's document, and make it where there is none."""
    first: Document = {
        "at_log_in": False, "totp": None, "last_counter": Int64(0), "pending": None,
        "recovery": [],
    }  # fmt: skip
    change = {
        "$set": values,
        "$setOnInsert": {name: value for name, value in first.items() if name not in values},
        "$inc": {"revision": Int64(1)},
    }
    database.collection(NAME).update_one({"_id": user}, change, upsert=True)


def _change(database: Database, criterion: Document, values: Document) -> bool:
    change = {"$set": values, "$inc": {"revision": Int64(1)}}
    return database.collection(NAME).update_one(criterion, change).modified_count == 1


def _factors(document: Document) -> Factors:
    totp, pending = document["totp"], document["pending"]
    return Factors(
        user=document["_id"],
        at_log_in=document["at_log_in"],
        totp=Totp(**totp) if totp else None,
        last_counter=int(document["last_counter"]),
        pending=Pending(**pending) if pending else None,
        recovery=tuple(document["recovery"]),
        revision=int(document["revision"]),
    )
