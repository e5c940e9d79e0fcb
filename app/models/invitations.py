"""Invitations to become a banker: one-time links, of which only the hash is kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.models.database import Database, Document, Shape, closed
from app.models.ids import digest_of, sortable_id

NAME = "invitations"
LIFETIME = timedelta(minutes=30)
_TEXT = {"bsonType": "string"}
_SECRET_BYTES = 32

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {
                "_id": {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"},
                "user": _TEXT,
                "username": _TEXT,
                "roles": {"bsonType": "array", "items": _TEXT},
                "by": _TEXT,
                "status": {"enum": ["open", "accepted"]},
                "created_at": {"bsonType": "date"},
                "expires_at": {"bsonType": "date"},
                "accepted_at": {"bsonType": ["date", "null"]},
            }
        )
    },
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who may become a banker, with which roles. `user` will be their id; `by` is an approval, or
    the server."""

    id: str
    user: str
    username: str
    roles: frozenset[str]
    by: str
    created_at: datetime
    expires_at: datetime


def invite(
    database: Database,
    username: str,
    roles: Iterable[str],
    now: datetime,
    by: str,
    *,
    user: str | None = None,
) -> str:
    """Keep a new invitation; its token, 256 random bits, is known to nobody but the caller.

    `user` is a banker's who is to come back.
    """
    token = secrets.token_urlsafe(_SECRET_BYTES)
    document: Document = {
        "_id": digest_of(token),
        "user": user or sortable_id(),
        "username": username,
        "roles": sorted(roles),
        "by": by,
        "status": "open",
        "created_at": now,
        "expires_at": now + LIFETIME,
        "accepted_at": None,
    }
    database.collection(NAME).insert_one(document)
    return token


def find_open(database: Database, token: str, now: datetime) -> Invitation | None:
    """The invitation behind a token, as long as it may be accepted."""
    document = database.collection(NAME).find_one(_open(digest_of(token), now))
    return _invitation(document) if document else None


def any_open(database: Database, by: str, now: datetime) -> bool:
    """Whether an invitation by that one may still be accepted."""
    criterion = {"by": {"$eq": by}, "status": "open", "expires_at": {"$gt": now}}
    return database.collection(NAME).find_one(criterion) is not None


def accept(database: Database, invitation: Invitation, now: datetime) -> bool:
    """Use it up; False when it was used or is too old."""
    result = database.collection(NAME).update_one(
        _open(invitation.id, now), {"$set": {"status": "accepted", "accepted_at": now}}
    )
    return result.modified_count == 1


def _open(id: str, now: datetime) -> Document:
    return {"_id": {"$eq": id}, "status": "open", "expires_at": {"$gt": now}}


def _invitation(document: Mapping[str, Any]) -> Invitation:
    return Invitation(
        id=document["_id"],
        user=document["user"],
        username=document["username"],
        roles=frozenset(document["roles"]),
        by=document["by"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
    )
