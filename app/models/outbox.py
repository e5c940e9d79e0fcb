"""The outbox: mails that are to be sent, written in the transaction of what they tell about.

A sender claims a mail for a while, as `leases` has it. The text is sealed by the caller, and
forgotten once it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Binary, Int64
from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import MailNotFound
from app.models import leases
from app.models.database import Database, Document, Shape, closed
from app.models.ids import sortable_id

NAME = "outbox"
STATUSES = ("waiting", "sent", "given_up")
_TEXT = {"bsonType": "string"}
_DATE = {"bsonType": "date"}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "kind": _TEXT,
            "to": _TEXT,
            "subject": _TEXT,
            "sealed": {"bsonType": ["binData", "null"]},
            "status": {"enum": list(STATUSES)},
            "created_at": _DATE,
            "next_at": _DATE,
            "fence": {"bsonType": "long", "minimum": 0},
            "sent_at": {"bsonType": ["date", "null"]},
            "error": {"bsonType": ["string", "null"]},
        })
    },
    indexes=[
        leases.WAITING,
        IndexModel([("status", ASCENDING), ("_id", DESCENDING)], name="status"),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail in the outbox; `sealed` is its text until it is sent, `fence` how often it was
    claimed, `error` why it was not sent the last time."""

    id: str
    kind: str
    to: str
    subject: str
    sealed: bytes | None
    status: str
    created_at: datetime
    next_at: datetime
    fence: int
    sent_at: datetime | None
    error: str | None


def new_mail(*, kind: str, to: str, subject: str, sealed: bytes, now: datetime) -> Posted:
    """A mail that waits to be sent."""
    return Posted(
        id=sortable_id(), kind=kind, to=to, subject=subject, sealed=sealed, status="waiting",
        created_at=now, next_at=now, fence=0, sent_at=None, error=None,
    )  # fmt: skip


def put(database: Database, mail: Posted) -> None:
    """Let it be sent; call it inside the transaction of what it tells about."""
    database.collection(NAME).insert_one(to_document(mail))


def claim(database: Database, now: datetime, lease: timedelta) -> Posted | None:
    """The mail that is due for longest, for one sender alone until the lease is over."""
    document = leases.claim(database, NAME, now, lease)
    return _posted(document) if document else None


def page(database: Database, status: str | None, below: str | None, limit: int) -> list[Posted]:
    """Up to `limit` mails of a status, or of any, below an id, newest first."""
    criterion: Document = {"status": {"$eq": status}} if status else {}
    if below:
        criterion["_id"] = {"$lt": below}
    rows = database.collection(NAME).find(criterion).sort("_id", DESCENDING).limit(limit)
    return [_posted(row) for row in rows]


def mark_sent(database: Database, mail: Posted, now: datetime) -> bool:
    """Note that it was sent, and forget its text; False when somebody else has claimed it since."""
    return _settle(database, mail, {"status": "sent", "sent_at": now, "sealed": None})


def try_later(database: Database, mail: Posted, at: datetime, error: str) -> bool:
    """Note why it was not sent, and when to try again; False as `mark_sent`."""
    return _settle(database, mail, {"next_at": at, "error": error})


def give_up(database: Database, mail: Posted, error: str, *, forget: bool = True) -> bool:
    """Note that it is not tried again, and forget its text unless somebody may still want to send
    it; False as `mark_sent`."""
    values: Document = {"status": "given_up", "error": error}
    return _settle(database, mail, values | ({"sealed": None} if forget else {}))


def get_mail(database: Database, id: str) -> Posted:
    """The mail of that id. Raises MailNotFound."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    if document is None:
        raise MailNotFound()
    return _posted(document)


def take_up(database: Database, mail: Posted, now: datetime) -> bool:
    """Let a mail that was given up be sent after all; False when that has happened already."""
    given_up = {"status": "given_up", "sealed": {"$ne": None}}
    return leases.reopen(database, NAME, mail.id, mail.fence, given_up, {"next_at": now})


def _settle(database: Database, mail: Posted, values: Document) -> bool:
    return leases.settle(database, NAME, mail.id, mail.fence, {"$set": values})


def to_document(mail: Posted) -> Document:
    """The mail as it is stored."""
    return {
        "_id": mail.id,
        "kind": mail.kind,
        "to": mail.to,
        "subject": mail.subject,
        "sealed": Binary(mail.sealed) if mail.sealed is not None else None,
        "status": mail.status,
        "created_at": mail.created_at,
        "next_at": mail.next_at,
        "fence": Int64(mail.fence),
        "sent_at": mail.sent_at,
        "error": mail.error,
    }


def _posted(document: Mapping[str, Any]) -> Posted:
    values = {name: document[name] for name in Posted.__slots__ if name != "id"}
    return Posted(id=document["_id"], **{**values, "fence": int(document["fence"])})
