"""Webhook endpoints: addresses of shops that are told what becomes of their payments.

The secrets that the bank signs with are derived, not stored; kept is which of them sign, and until
when.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, IndexModel

from app.errors import WebhookNotFound
from app.models.database import Database, Document, Shape, closed
from app.models.ids import random_id

NAME = "webhook_endpoints"
TYPES = (
    "payment.succeeded", "payment.held", "payment.captured", "payment.failed", "payment.canceled",
    "payment.expired", "payment.refunded",
)  # fmt: skip
PLACES = 5
"""So many endpoints a shop may have."""

SECRETS = 5
"""So many secrets of one endpoint may sign at one time."""

_TEXT = {"bsonType": "string"}
_DATE = {"bsonType": "date"}
_DATE_OR_NOT = {"bsonType": ["date", "null"]}
_VERSION = {"bsonType": "long", "minimum": 1}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string", "pattern": "^we_"},
            "merchant": _TEXT,
            "place": {"bsonType": ["long", "null"], "minimum": 0, "maximum": PLACES - 1},
            "url": _TEXT,
            "events": {"bsonType": "array", "items": {"enum": list(TYPES)}, "minItems": 1},
            "status": {"enum": ["active", "disabled", "removed"]},
            "created_at": _DATE,
            "ended_at": _DATE_OR_NOT,
            "secrets": {
                "bsonType": "array",
                "items": closed({"version": _VERSION, "kid": _TEXT, "until": _DATE_OR_NOT}),
                "minItems": 1,
                "maxItems": SECRETS,
            },
            "revision": {"bsonType": "long", "minimum": 1},
        })
    },
    indexes=[
        # Who has five finds no place for a sixth, however many ask at one moment.
        IndexModel(
            [("merchant", ASCENDING), ("place", ASCENDING)], name="place", unique=True,
            partialFilterExpression={"place": {"$type": "long"}},
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """A secret that signs: `kid` names the bank's key that it is derived from; it signs `until`
    then, or for as long as there is no newer one."""

    version: int
    kid: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a shop is told of `events`; the newest secret comes first. `disabled` means that the
    shop's server wanted no more, `removed` that the shop took it away."""

    id: str
    merchant: str
    place: int | None
    url: str
    events: tuple[str, ...]
    status: str
    created_at: datetime
    ended_at: datetime | None
    secrets: tuple[SecretVersion, ...]
    revision: int

    @property
    def old_secrets_until(self) -> datetime | None:
        """Until when a secret before the newest one signs, or did, if there was one."""
        return max((each.until for each in self.secrets if each.until), default=None)

    def signing(self, now: datetime) -> tuple[SecretVersion, ...]:
        """The secrets that sign at that moment, the newest first."""
        return tuple(each for each in self.secrets if each.until is None or each.until > now)


def new_endpoint(
    *, merchant: str, place: int, url: str, events: Iterable[str], kid: str, now: datetime
) -> Endpoint:
    """An endpoint that is told from now on."""
    return Endpoint(
        id=random_id("we"), merchant=merchant, place=place, url=url, events=tuple(events),
        status="active", created_at=now, ended_at=None, secrets=(SecretVersion(1, kid, None),),
        revision=1,
    )  # fmt: skip


def insert_endpoint(database: Database, endpoint: Endpoint) -> None:
    """Store a new one. Duplicate("merchant") where another one took its place."""
    database.collection(NAME).insert_one(_document(endpoint))


def get_endpoint(database: Database, id: str, merchant: str) -> Endpoint:
    """The endpoint of that id that the shop has. Raises WebhookNotFound."""
    endpoint = find_endpoint(database, id)
    if endpoint is None or endpoint.merchant != merchant or endpoint.status == "removed":
        raise WebhookNotFound()
    return endpoint


def find_endpoint(database: Database, id: str) -> Endpoint | None:
    """The endpoint of that id, if there is one; also one that was removed."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    return _endpoint(document) if document else None


def endpoints_of(database: Database, merchant: str) -> list[Endpoint]:
    """The endpoints that a shop has, oldest first."""
    criterion = {"merchant": {"$eq": merchant}, "place": {"$type": "long"}}
    rows = database.collection(NAME).find(criterion)
    return sorted(map(_endpoint, rows), key=lambda each: (each.created_at, each.id))


def listening(database: Database, merchant: str, type: str) -> list[Endpoint]:
    """The endpoints that are to be told of that."""
    found = endpoints_of(database, merchant)
    return [each for each in found if each.status == "active" and type in each.events]


def change(database: Database, was: Endpoint, becomes: Endpoint) -> Endpoint | None:
    """Make an endpoint, as it was read, into another; None when somebody has changed it since."""
    changed = replace(becomes, revision=was.revision + 1)
    result = database.collection(NAME).update_one(
        {"_id": was.id, "revision": Int64(was.revision)}, {"$set": _document(changed)}
    )
    return changed if result.modified_count else None


def disable(database: Database, id: str, now: datetime) -> bool:
    """Tell it nothing more; False when that has happened already."""
    result = database.collection(NAME).update_one(
        {"_id": id, "status": "active"},
        {"$set": {"status": "disabled", "ended_at": now}, "$inc": {"revision": Int64(1)}},
    )
    return result.modified_count == 1


def count_by_key(database: Database, now: datetime) -> dict[str, int]:
    """How many secrets that still sign were made with each of the bank's keys."""
    rows = database.collection(NAME).find({"place": {"$type": "long"}})
    return Counter(each.kid for row in rows for each in _endpoint(row).signing(now))


def _document(endpoint: Endpoint) -> Document:
    values = {name: getattr(endpoint, name) for name in Endpoint.__slots__ if name != "id"}
    secrets = [{**asdict(each), "version": Int64(each.version)} for each in endpoint.secrets]
    return {
        "_id": endpoint.id,
        **values,
        "place": None if endpoint.place is None else Int64(endpoint.place),
        "events": list(endpoint.events),
        "secrets": secrets,
        "revision": Int64(endpoint.revision),
    }


def _endpoint(document: Mapping[str, Any]) -> Endpoint:
    values: dict[str, Any] = dict(document)
    values["place"] = None if values["place"] is None else int(values["place"])
    values["events"] = tuple(values["events"])
    values["secrets"] = tuple(
        SecretVersion(int(each["version"]), each["kid"], each["until"])
        for each in values["secrets"]
    )
    values["revision"] = int(values["revision"])
    return Endpoint(id=values.pop("_id"), **values)
