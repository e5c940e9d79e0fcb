"""Sessions: the authority over every token. A token is worth what its session row says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.write_concern import WriteConcern

from app.models.accounts import Account
from app.models.database import Database, Document, Shape, closed

NAME = "sessions"
_TEXT = {"bsonType": "string"}
_KEPT_SECONDS = 30 * 24 * 3600
_SEEN_EVERY = timedelta(minutes=1)

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "user": _TEXT,
            "plane": {"enum": ["customer", "banker"]},
            "created_at": {"bsonType": "date"},
            "last_seen_at": {"bsonType": "date"},
            "expires_at": {"bsonType": "date"},
            "generation": {"bsonType": "long"},
            "rotated_at": {"bsonType": "date"},
            "revoked_at": {"bsonType": ["date", "null"]},
            "reason": {"bsonType": ["string", "null"]},
            "device": _TEXT,
        }, optional={
            "default_account": {"bsonType": ["string", "null"]},
            "default_currency": {"bsonType": ["string", "null"]},
            "second_factor": {"bsonType": ["bool", "null"]},
            "proved": {"bsonType": "bool"},
        })
    },
    indexes=[
        IndexModel([("user", ASCENDING), ("created_at", DESCENDING)], name="user"),
        # Only tidies up; whether a session is over is decided by its fields, not by its absence.
        IndexModel(
            [("expires_at", ASCENDING)], name="expired", expireAfterSeconds=_KEPT_SECONDS
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in of one person; `generation` counts the refresh tokens given out.

    `default_account` and `default_currency` repeat what the person's own document and the account
    say, so that a request that names no account reads two documents less; `second_factor` says
    in the same way whether the person has one. None: look there. `proved`: it was begun with one.
    """

    id: str
    user: str
    plane: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    generation: int
    rotated_at: datetime
    revoked_at: datetime | None
    reason: str | None
    device: str
    default_account: str | None = None
    default_currency: str | None = None
    second_factor: bool | None = None
    proved: bool = False

    def alive(self, now: datetime) -> bool:
        """Whether its tokens are good at that moment."""
        return self.revoked_at is None and now < self.expires_at


def insert_session(database: Database, session: Session) -> None:
    """Store a new session."""
    database.collection(NAME).insert_one(_document(session))


def find_session(database: Database, id: str) -> Session | None:
    """The session of that id, if there is one."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    return _session(document) if document else None


def find_sessions(database: Database, ids: Sequence[str]) -> dict[str, Session]:
    """Those of the sessions of these ids that there are, by id."""
    criterion = {"_id": {"$eq": ids[0]} if len(ids) == 1 else {"$in": list(ids)}}
    cursor = database.collection(NAME).find(criterion, limit=len(ids))
    return {document["_id"]: _session(document) for document in cursor}


def sessions_of(database: Database, user: str, now: datetime) -> list[Session]:
    """A person's living sessions, newest first."""
    criterion = {"user": {"$eq": user}, "revoked_at": None, "expires_at": {"$gt": now}}
    cursor = database.collection(NAME).find(criterion).sort("created_at", DESCENDING)
    return [_session(document) for document in cursor]


def rotate(
    database: Database, session: Session, now: datetime, *, used: bool = True
) -> Session | None:
    """The session one generation on; None when another request was first, or it has ended. Without
    `used`, it counts as left alone for as long as before."""
    seen = {"last_seen_at": now} if used else {}
    document = database.collection(NAME).find_one_and_update(
        {"_id": session.id, "generation": session.generation, "revoked_at": None},
        {"$inc": {"generation": Int64(1)}, "$set": {"rotated_at": now, **seen}},
        return_document=ReturnDocument.AFTER,
    )
    return _session(document) if document else None


def look_up(database: Database, ids: Sequence[str], now: datetime) -> dict[str, Session]:
    """The sessions as `find_sessions` has them, and note of the living ones that they are in use,
    each at most once a minute."""
    found = find_sessions(database, ids)
    unnoted = [
        session.id
        for session in found.values()
        if session.alive(now) and now - session.last_seen_at >= _SEEN_EVERY
    ]
    if unnoted:
        _note_use(database, unnoted, now)
    return found


def _note_use(database: Database, ids: Sequence[str], now: datetime) -> None:
    # Not worth waiting for, not even for an answer: the next minute brings the next note.
    collection = database.collection(NAME).with_options(write_concern=WriteConcern(0))
    collection.update_many({"_id": {"$in": list(ids)}}, {"$max": {"last_seen_at": now}})


def follow_default(database: Database, account: Account) -> None:
    """Let the living sessions of the account's owner know that it is the default account."""
    criterion = {"user": account.owner, "revoked_at": None}
    values = {"default_account": account.number, "default_currency": account.currency}
    database.collection(NAME).update_many(criterion, {"$set": values})


def note_second_factor(database: Database, user: str, has_one: bool) -> None:
    """Let the person's living sessions know whether there is a second factor to ask for."""
    criterion = {"user": user, "revoked_at": None}
    database.collection(NAME).update_many(criterion, {"$set": {"second_factor": has_one}})


def revoke(database: Database, user: str, id: str, now: datetime, reason: str) -> bool:
    """End a person's session; False when the person has no such living session."""
    return _revoke(database, {"_id": {"$eq": id}, "user": user}, now, reason) == 1


def revoke_all(
    database: Database, user: str, now: datetime, reason: str, *, but: str | None = None
) -> int:
    """End all sessions of a person, but the one named; how many there were."""
    return _revoke(database, {"user": user, "_id": {"$ne": but}}, now, reason)


def _revoke(database: Database, criterion: Document, now: datetime, reason: str) -> int:
    result = database.collection(NAME).update_many(
        {**criterion, "revoked_at": None}, {"$set": {"revoked_at": now, "reason": reason}}
    )
    return result.modified_count


def _session(document: Mapping[str, Any]) -> Session:
    return Session(
        id=document["_id"],
        user=document["user"],
        plane=document["plane"],
        created_at=document["created_at"],
        last_seen_at=document["last_seen_at"],
        expires_at=document["expires_at"],
        generation=int(document["generation"]),
        rotated_at=document["rotated_at"],
        revoked_at=document["revoked_at"],
        reason=document["reason"],
        device=document["device"],
        # Sessions from before these fields were kept do not have them.
        default_account=document.get("default_account"),
        default_currency=document.get("default_currency"),
        second_factor=document.get("second_factor"),
        proved=document.get("proved", False),
    )


def _document(session: Session) -> Document:
    values: Document = {name: getattr(session, name) for name in Session.__slots__ if name != "id"}
    return {"_id": session.id, **values, "generation": Int64(session.generation)}
