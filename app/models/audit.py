"""Audit: who did what to whom, when and why. Append-only, written with what it tells about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.models.database import Database, Document, Shape, closed
from app.models.ids import sortable_id

NAME = "audit"
SERVER = "server"
"""The actor of what nobody asked for by a request: the server itself, or its operator."""
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    append_only=True,
    validator={
        "$jsonSchema": closed(
            {
                "_id": _TEXT,
                "at": {"bsonType": "date"},
                "actor": _TEXT,
                "action": _TEXT,
                "object": _TEXT,
                "reason": _TEXT,
                "facts": {"bsonType": "object"},
            }
        )
    },
    indexes=[
        IndexModel([("object", ASCENDING), ("_id", DESCENDING)], name="object"),
        IndexModel([("actor", ASCENDING), ("_id", DESCENDING)], name="actor"),
    ],
)


@dataclass(frozen=True, slots=True)
class Event:
    """One act: `actor` did `action` to `object`, for `reason`."""

    at: datetime
    actor: str
    action: str
    object: str
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def record(database: Database, event: Event) -> None:
    """Keep the event; call it inside the transaction of the act."""
    database.collection(NAME).insert_one(to_document(event))


def to_document(event: Event) -> Document:
    """The event as it is stored, also for a posting to tell."""
    return {
        "_id": sortable_id(),
        "at": event.at,
        "actor": event.actor,
        "action": event.action,
        "object": event.object,
        "reason": event.reason,
        "facts": dict(event.facts),
    }


def events_about(database: Database, object: str) -> list[Document]:
    """Everything that was done to one object, newest first."""
    return list(database.collection(NAME).find({"object": {"$eq": object}}).sort("_id", DESCENDING))
