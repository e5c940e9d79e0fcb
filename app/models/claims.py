"""What a posting claims and tells: other documents that change, or come to be, with the money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.models.database import Contention, Database, Document


@dataclass(frozen=True, slots=True)
class Claim:
    """A document of `collection` must be in status `when` and goes to status `then`, once.

    `only` is what the collection's own model says must hold of it besides, ready as a criterion.
    From the moment `until` on, by the clock of who makes the claim, it is too late.
    """

    collection: str
    id: str
    when: str
    then: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    only: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A document to insert into `collection` together with the money."""

    collection: str
    document: Mapping[str, Any]


def statuses(database: Database, claims: Sequence[Claim]) -> dict[tuple[str, str], str]:
    """The present status of every claimed document, by collection and id."""
    found: dict[tuple[str, str], str] = {}
    for name in {claim.collection for claim in claims}:
        ids = [claim.id for claim in claims if claim.collection == name]
        for document in database.collection(name).find({"_id": {"$in": ids}}, {"status": 1}):
            found[name, document["_id"]] = document["status"]
    return found


def barred(database: Database, claims: Iterable[Claim]) -> list[Claim]:
    """Those of the claims whose document is not what their `only` asks for."""
    left = [claim for claim in claims if claim.only]
    found: list[Claim] = []
    while left:
        # Of two claims on one document, the answer would not say which of them it is about.
        asked = {(claim.collection, claim.id): claim for claim in reversed(left)}
        for name in sorted({claim.collection for claim in asked.values()}):
            found += _barred(database, name, [c for c in asked.values() if c.collection == name])
        left = [claim for claim in left if asked[claim.collection, claim.id] is not claim]
    return found


def _barred(database: Database, name: str, claims: Sequence[Claim]) -> list[Claim]:
    """As `barred`, of claims on different documents of one collection, in one question."""
    criteria = [{**claim.only, "_id": claim.id} for claim in claims]
    rows = database.collection(name).find({"$or": criteria}, {"_id": 1})
    present = {row["_id"] for row in rows}
    return [claim for claim in claims if claim.id not in present]


def take(database: Database, claims: Sequence[Claim]) -> None:
    """Move every claimed document on, in one command for each collection; Contention when one is
    no longer as it was read."""
    for name in sorted({claim.collection for claim in claims}):
        changes = [_change(claim) for claim in claims if claim.collection == name]
        if database.update(name, changes) != len(changes):
            raise Contention("a claimed document has moved on")


def taken(database: Database, claim: Claim) -> bool:
    """Move one claimed document on; False when it is not what the claim asks for."""
    return database.collection(claim.collection).update_one(*_change(claim)).modified_count == 1


def _change(claim: Claim) -> tuple[Document, Document]:
    """What it must be, and what it becomes."""
    must = {**claim.only, "_id": claim.id, "status": claim.when}
    return must, {"$set": {**claim.facts, "status": claim.then}}


def tell(database: Database, told: Sequence[Told]) -> None:
    """Insert what the postings tell, one insert for each collection."""
    for name in sorted({each.collection for each in told}):
        documents = [dict(each.document) for each in told if each.collection == name]
        database.insert(name, documents)
