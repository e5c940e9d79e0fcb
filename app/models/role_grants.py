"""Role grants: the only place that says who is a banker and what a banker may do. Append-only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pymongo import ASCENDING, IndexModel

from app.models.audit import SERVER
from app.models.database import Database, Document, Shape, closed
from app.models.ids import sortable_id

NAME = "role_grants"
ROLES = ("auditor", "teller", "approver", "admin")
_BOOTSTRAP = "bootstrap"
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    append_only=True,
    validator={
        "$jsonSchema": closed(
            {
                "_id": _TEXT,
                "user": _TEXT,
                "role": {"enum": [*ROLES, _BOOTSTRAP]},
                "action": {"enum": ["grant", "revoke"]},
                "at": {"bsonType": "date"},
                "by": _TEXT,
            }
        )
    },
    indexes=[IndexModel([("user", ASCENDING), ("_id", ASCENDING)], name="user")],
)


def roles_of(database: Database, user: str) -> frozenset[str]:
    """The roles a person has now: what was granted and not revoked since."""
    roles: set[str] = set()
    for row in database.collection(NAME).find({"user": {"$eq": user}}).sort("_id", ASCENDING):
        (roles.add if row["action"] == "grant" else roles.discard)(row["role"])
    return frozenset(roles)


def everyone(database: Database) -> dict[str, frozenset[str]]:
    """The roles of all who have one now, by user id."""
    roles: dict[str, set[str]] = {}
    for row in database.collection(NAME).find({"role": {"$ne": _BOOTSTRAP}}).sort("_id", ASCENDING):
        held = roles.setdefault(row["user"], set())
        (held.add if row["action"] == "grant" else held.discard)(row["role"])
    return {user: frozenset(held) for user, held in roles.items() if held}


def grant(database: Database, user: str, roles: Iterable[str], now: datetime, by: str) -> None:
    """Add roles to a person."""
    database.collection(NAME).insert_many(
        [_row(user, role, "grant", now, by) for role in sorted(roles)]
    )


def revoke(database: Database, user: str, role: str, now: datetime, by: str) -> None:
    """Take a role from a person."""
    database.collection(NAME).insert_one(_row(user, role, "revoke", now, by))


def bootstrapped(database: Database) -> bool:
    """Whether the first bankers were made."""
    return database.collection(NAME).find_one({}) is not None


def bootstraps(database: Database) -> int:
    """How often first bankers were made or invited; again only where a link was not used."""
    return database.collection(NAME).count_documents({"role": _BOOTSTRAP})


def mark_bootstrapped(database: Database, now: datetime, time: int = 1) -> None:
    """Insert the sentinel that lets only one bootstrap win, even of two at the same moment."""
    row = _row(_BOOTSTRAP, _BOOTSTRAP, "grant", now, SERVER)
    id = _BOOTSTRAP if time == 1 else f"{_BOOTSTRAP}-{time}"
    database.collection(NAME).insert_one({**row, "_id": id})


def _row(user: str, role: str, action: str, now: datetime, by: str) -> Document:
    row = {"_id": sortable_id(), "user": user, "role": role, "action": action}
    return {**row, "at": now, "by": by}
