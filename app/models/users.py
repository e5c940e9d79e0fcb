"""People who can log in: customers and bankers. What a banker may do stands in `role_grants`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import CustomerNotFound
from app.models.database import Database, Document, Shape, closed

NAME = "users"
_TEXT = {"bsonType": "string"}
_TEXT_OR_NOT = {"bsonType": ["string", "null"]}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "plane": {"enum": ["customer", "banker"]},
            "username": _TEXT,
            "username_key": _TEXT,
            "name": _TEXT,
            "email": _TEXT_OR_NOT,
            "email_confirmed": {"bsonType": "bool"},
            "phone": _TEXT_OR_NOT,
            "status": {"enum": ["active", "frozen"]},
            "password_hash": _TEXT,
            "default_account": _TEXT_OR_NOT,
            "search": {"bsonType": "array", "items": _TEXT},
            "created_at": {"bsonType": "date"},
            "revision": {"bsonType": "long"},
            "touched": {"bsonType": "long"},
        }, optional={
            "email_key": _TEXT_OR_NOT,
            "phone_wanted": _TEXT_OR_NOT,
        })
    },
    indexes=[
        IndexModel([("username_key", ASCENDING)], name="username", unique=True),
        IndexModel(
            [("email_key", ASCENDING)], name="email_key", unique=True,
            partialFilterExpression={"email_confirmed": True},
        ),
        IndexModel(
            [("phone", ASCENDING)], name="phone", unique=True,
            partialFilterExpression={"phone": {"$type": "string"}},
        ),
        IndexModel(
            [("plane", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="newest"
        ),
        IndexModel([("search", ASCENDING)], name="search"),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class User:
    """A person who can log in. `plane` is "customer" or "banker"; nobody is both.

    A phone number belongs to one person. Who gives one that is somebody else's has it as
    `phone_wanted`, sees it, and is not told; it counts for nothing.
    """

    id: str
    plane: str
    username: str
    name: str
    email: str | None
    email_confirmed: bool
    phone: str | None
    status: str
    password_hash: str
    default_account: str | None
    created_at: datetime
    revision: int
    phone_wanted: str | None = None

    @property
    def confirmed_email(self) -> str | None:
        """The address that the bank's mails may go to, if there is one."""
        return self.email if self.email_confirmed else None

    @property
    def shown_phone(self) -> str | None:
        """The phone number as the person gave it."""
        return self.phone or self.phone_wanted

    @property
    def shown_name(self) -> str:
        """The name to greet with: the full name where it is known."""
        return self.name or self.username


def key_of(username: str) -> str:
    """What makes two user names the same: compatibility form, case ignored."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold())


def email_key(address: str) -> str:
    """What makes two e-mail addresses the same: case ignored, in front of the @ as well."""
    return key_of(address.strip())


def find_by_email(database: Database, address: str) -> User | None:
    """The person who has confirmed that e-mail address, if there is one."""
    return _found(database, {"email_key": {"$eq": email_key(address)}, "email_confirmed": True})


def find_by_phone(database: Database, phone: str) -> User | None:
    """The person whom that phone number belongs to, if there is one."""
    return _found(database, {"phone": {"$eq": phone}})


def insert_user(database: Database, user: User) -> None:
    """Store a new person."""
    database.collection(NAME).insert_one(_document(user))


def find_by_username(database: Database, username: str) -> User | None:
    """The person of that user name, if there is one."""
    return _found(database, {"username_key": {"$eq": key_of(username)}})


def find_user(database: Database, id: str) -> User | None:
    """The person of that id, if there is one."""
    return _found(database, {"_id": {"$eq": id}})


def get_user(database: Database, id: str) -> User:
    """The person of that id, customer or banker. Raises CustomerNotFound."""
    if user := find_user(database, id):
        return user
    raise CustomerNotFound()


def get_customer(database: Database, id: str) -> User:
    """The customer of that id. Raises CustomerNotFound."""
    if user := _found(database, {"_id": {"$eq": id}, "plane": "customer"}):
        return user
    raise CustomerNotFound()


def usernames(database: Database, ids: Iterable[str]) -> dict[str, str]:
    """The user names of those people, by id."""
    cursor = database.collection(NAME).find({"_id": {"$in": list(ids)}}, {"username": 1})
    return {document["_id"]: document["username"] for document in cursor}


def count_customers(database: Database) -> int:
    """How many customers the bank has."""
    return database.collection(NAME).count_documents({"plane": "customer"}, hint="newest")


def planes(database: Database, ids: Iterable[str]) -> dict[str, str]:
    """Which of those ids are people, and of which plane."""
    cursor = database.collection(NAME).find({"_id": {"$in": list(ids)}}, {"plane": 1})
    return {document["_id"]: document["plane"] for document in cursor}


def bankers(database: Database) -> list[User]:
    """All bankers, oldest first; there are never many."""
    rows = database.collection(NAME).find({"plane": "banker"}).sort("created_at", ASCENDING)
    return [from_document(row) for row in rows]


def change_user(database: Database, user: User, changes: Mapping[str, Any]) -> bool:
    """Set fields; False when the person was changed since read as `user`."""
    values = dict(changes)
    if "name" in values:
        values["search"] = _search(values["name"], user.username)
    if "email" in values:
        values["email_key"] = email_key(values["email"])
    result = database.collection(NAME).update_one(
        {"_id": user.id, "revision": user.revision},
        {"$set": values, "$inc": {"revision": Int64(1)}},
    )
    return result.modified_count == 1


def touch_if_active(database: Database, user: User) -> bool:
    """Make a log-in meet a freeze: a real write on the person, only while active.

    Reading the status would not do: snapshots let a log-in and a freeze both commit.
    """
    result = database.collection(NAME).update_one(
        {"_id": user.id, "status": "active"}, {"$inc": {"touched": Int64(1)}}
    )
    return result.modified_count == 1


def _found(database: Database, criterion: Document) -> User | None:
    document = database.collection(NAME).find_one(criterion)
    return from_document(document) if document else None


def _search(name: str, username: str) -> list[str]:
    return sorted({*f"{name} {username}".casefold().split()})


def _document(user: User) -> Document:
    return {
        "_id": user.id,
        "plane": user.plane,
        "username": user.username,
        "username_key": key_of(user.username),
        "name": user.name,
        "email": user.email,
        "email_key": email_key(user.email) if user.email else None,
        "email_confirmed": user.email_confirmed,
        "phone": user.phone,
        "phone_wanted": user.phone_wanted,
        "status": user.status,
        "password_hash": user.password_hash,
        "default_account": user.default_account,
        "search": _search(user.name, user.username),
        "created_at": user.created_at,
        "revision": Int64(user.revision),
        "touched": Int64(0),
    }


def from_document(document: Mapping[str, Any]) -> User:
    """The stored document as a User."""
    return User(
        id=document["_id"],
        plane=document["plane"],
        username=document["username"],
        name=document["name"],
        email=document["email"],
        email_confirmed=document["email_confirmed"],
        phone=document["phone"],
        status=document["status"],
        password_hash=document["password_hash"],
        default_account=document["default_account"],
        created_at=document["created_at"],
        revision=int(document["revision"]),
        # People from before this field was kept do not have it.
        phone_wanted=document.get("phone_wanted"),
    )
