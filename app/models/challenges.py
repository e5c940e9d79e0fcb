"""Challenges: questions that a person answers with a code, once, soon, and in a few tries.

A try is counted before the code is compared, and no new code sets the count back. A challenge is
for one purpose and one subject, such as an amount and a payee; another subject is another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument

from app.models.database import Database, Document, Shape, closed

NAME = "challenges"
ATTEMPTS = 5
_KEPT_SECONDS = 24 * 3600
_TEXT = {"bsonType": "string"}
_TEXT_OR_NOT = {"bsonType": ["string", "null"]}
_DATE = {"bsonType": "date"}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "purpose": _TEXT,
            "user": _TEXT_OR_NOT,
            "subject": _TEXT,
            "address": _TEXT_OR_NOT,
            "mac": _TEXT_OR_NOT,
            "attempts": {"bsonType": "long", "minimum": 0, "maximum": ATTEMPTS},
            "status": {"enum": ["open", "used"]},
            "created_at": _DATE,
            "sent_at": _DATE,
            "code_until": _DATE,
            "expires_at": _DATE,
            "facts": {"bsonType": "object"},
        })
    },
    indexes=[
        IndexModel(
            [("user", ASCENDING), ("purpose", ASCENDING), ("created_at", DESCENDING)], name="user"
        ),
        # Only tidies up; the fields say whether a challenge is over.
        IndexModel(
            [("expires_at", ASCENDING)], name="expired", expireAfterSeconds=_KEPT_SECONDS
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to a person, or to nobody that the bank knows (None).

    `mac` stands for the code that was last mailed to `address`, which is good until `code_until`;
    without one, only what the person has (an authenticator app) answers. `facts` wait for the
    right answer.
    """

    id: str
    purpose: str
    user: str | None
    subject: str
    address: str | None
    mac: str | None
    attempts: int
    status: str
    created_at: datetime
    sent_at: datetime
    code_until: datetime
    expires_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tries_left(self) -> int:
        """How many more codes may be tried."""
        return ATTEMPTS - self.attempts


def insert_challenge(database: Database, challenge: Challenge) -> None:
    """Store a new challenge."""
    database.collection(NAME).insert_one(_document(challenge))


def find_challenge(database: Database, id: str, purpose: str, now: datetime) -> Challenge | None:
    """The open challenge of that id and purpose, if there is one."""
    criterion = {"_id": {"$eq": id}, "purpose": purpose, **_open(now)}
    document = database.collection(NAME).find_one(criterion)
    return _challenge(document) if document else None


def find_newest(
    database: Database, user: str, purpose: str, subject: str, now: datetime
) -> Challenge | None:
    """The person's newest open challenge for a purpose and a subject, if there is one."""
    criterion = {
        "user": {"$eq": user}, "purpose": purpose, "subject": {"$eq": subject}, **_open(now),
    }  # fmt: skip
    document = database.collection(NAME).find_one(criterion, sort=[("created_at", DESCENDING)])
    return _challenge(document) if document else None


def reserve(database: Database, id: str, purpose: str, now: datetime) -> Challenge | None:
    """Count one more try and give the challenge to compare with; None when there is no open one,
    or no try is left."""
    document = database.collection(NAME).find_one_and_update(
        {"_id": {"$eq": id}, "purpose": purpose, "attempts": {"$lt": ATTEMPTS}, **_open(now)},
        {"$inc": {"attempts": Int64(1)}},
        return_document=ReturnDocument.AFTER,
    )
    return _challenge(document) if document else None


def renew(
    database: Database, challenge: Challenge, mac: str, now: datetime, code_until: datetime
) -> bool:
    """Put a new code in place of the old one; the tries stay counted. False when another request
    did so first."""
    result = database.collection(NAME).update_one(
        {"_id": challenge.id, "status": "open", "sent_at": challenge.sent_at},
        {"$set": {"mac": mac, "sent_at": now, "code_until": code_until}},
    )
    return result.modified_count == 1


def use(database: Database, challenge: Challenge) -> bool:
    """Close it for good; False when somebody else did so first. For the transaction of whatever
    the right answer lets happen."""
    result = database.collection(NAME).update_one(
        {"_id": challenge.id, "status": "open"}, {"$set": {"status": "used", "mac": None}}
    )
    return result.modified_count == 1


def _open(now: datetime) -> Document:
    return {"status": "open", "expires_at": {"$gt": now}}


def _document(challenge: Challenge) -> Document:
    values = {name: getattr(challenge, name) for name in Challenge.__slots__ if name != "id"}
    attempts = Int64(challenge.attempts)
    return {"_id": challenge.id, **values, "attempts": attempts, "facts": dict(challenge.facts)}


def _challenge(document: Mapping[str, Any]) -> Challenge:
    values = {name: document[name] for name in Challenge.__slots__ if name != "id"}
    return Challenge(id=document["_id"], **{**values, "attempts": int(document["attempts"])})
