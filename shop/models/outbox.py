"""The outbox: mails that are to be sent, written in the transaction of what they tell about.

A sender claims a mail for a while, with a fencing number that grows by each claim: whoever comes
back late finds the number changed, and marks nothing. The text is forgotten once it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import Int64
from pymongo import ASCENDING, IndexModel, ReturnDocument

from shop.models.database import Database, Document, Shape, closed
from shop.models.ids import sortable_id

NAME = "outbox"
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
            "text": {"bsonType": ["string", "null"]},
            "status": {"enum": ["waiting", "sent", "given_up"]},
            "created_at": _DATE,
            "next_at": _DATE,
            "fence": {"bsonType": "long", "minimum": 0},
            "error": {"bsonType": ["string", "null"]},
        })
    },
    indexes=[
        IndexModel(
            [("next_at", ASCENDING)], name="waiting", partialFilterExpression={"status": "waiting"}
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the outbox; `fence` is how often it was claimed."""

    id: str
    kind: str
    to: str
    subject: str
    text: str
    created_at: datetime
    fence: int


def put(database: Database, *, kind: str, to: str, subject: str, text: str, now: datetime) -> None:
    """Let it be sent; call it inside the transaction of what it tells about."""
    database.collection(NAME).insert_one({
        "_id": sortable_id(), "kind": kind, "to": to, "subject": subject, "text": text,
        "status": "waiting", "created_at": now, "next_at": now, "fence": Int64(0), "error": None,
    })  # fmt: skip


def claim(database: Database, now: datetime, lease: timedelta) -> Mail | None:
    """The mail that is due for longest, for one sender alone until the lease is over."""
    document = database.collection(NAME).find_one_and_update(
        {"status": "waiting", "next_at": {"$lte": now}},
        {"$set": {"next_at": now + lease}, "$inc": {"fence": Int64(1)}},
        sort=[("next_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )
    return _mail(document) if document else None


def mark_sent(database: Database, mail: Mail) -> bool:
    """Note that it was sent, and forget its text; False when somebody else has claimed it since."""
    return _settle(database, mail, {"status": "sent", "text": None})


def try_later(database: Database, mail: Mail, at: datetime, error: str) -> bool:
    """Note why it was not sent, and when to try again; False as `mark_sent`."""
    return _settle(database, mail, {"next_at": at, "error": error})


def give_up(database: Database, mail: Mail, error: str) -> bool:
    """Note that it is not tried again; False as `mark_sent`."""
    return _settle(database, mail, {"status": "given_up", "error": error})


def _settle(database: Database, mail: Mail, values: Document) -> bool:
    criterion = {"_id": mail.id, "status": "waiting", "fence": Int64(mail.fence)}
    result = database.collection(NAME).update_one(criterion, {"$set": values})
    return result.modified_count == 1


def _mail(document: Document) -> Mail:
    names = ("kind", "to", "subject", "created_at")
    values = {name: document[name] for name in names}
    text = document["text"] or ""
    return Mail(id=document["_id"], text=text, fence=int(document["fence"]), **values)
