"""Tampering with the audit: somebody with a key to the database changes it, and verification tells.

Places are drawn at random: a field of an event gets another value, another type or is gone, with
the old hash or a right one; events are deleted, swapped and forged, also into another stream; the
end of a stream is cut off, with and without its head; a whole stream is written anew from some
event on; a head is edited or deleted. Each time a full verification has to name the stream, or the
event where it stands in none; what is right in itself (a new chain with a new head, an end cut off
with its head) is told by the seal that was made before. Then everything is put back.

What this does not prove: what was rewritten since the last seal, and old streams that are put back
together with the seals of that time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import bson
from bson import Int64
from pymongo.errors import BulkWriteError

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.controllers.books import verify_events
from app.controllers.ledger.verify import Finding
from app.models import audit, audit_seals
from app.models.audit import STREAMS, genesis, stream_of
from app.models.canonical import hash_of
from app.models.database import Database
from app.models.ids import sortable_id
from tests.faults.figures import Figures, Scale
from tests.fuzz.tampering import SEED, standing_bank

Document = dict[str, Any]
Place = tuple[str, Any]
"""A collection and an id."""

_WORDS = ("account frozen", "account open", "customer seen", "banker made")


def fill(bank: Bank, *, size: int, seed: int = SEED) -> None:
    """So many events of a few people about a few things."""
    random = Random(seed)
    for number in range(size):
        actor = Actor(random.choice(("tess", "art")), "a session", "banker", address="10.0.0.1")
        states = [audit.state_hash({"state": random.randrange(5)}) for _ in range(2)]
        made = audits.event(
            bank, actor, random.choice(_WORDS), f"thing {random.randrange(12)}",
            reason=f"reason {number}", before=states[0], after=states[1],
            facts={"before": "open", "after": "frozen", "number": number},
        )  # fmt: skip
        audits.keep(bank, made)


@dataclass
class Tampering:
    """Documents as they are to become (None: deleted); findings name the stream or the event."""

    what: str
    changes: dict[Place, Document | None]
    stream: str
    event: str = ""

    def named(self, findings: Sequence[Finding]) -> bool:
        """Whether the findings tell where it happened."""
        return any(
            each.account == self.stream or (self.event and f"event {self.event} " in each.detail)
            for each in findings
        )


@dataclass
class Trail:
    """The audit of a bank as it is right, sealed, and the key to the database."""

    bank: Bank
    administrator: Database
    events: list[Document] = field(default_factory=list)
    streams: dict[str, list[Document]] = field(default_factory=dict)
    heads: dict[str, Document] = field(default_factory=dict)
    seals: list[Document] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert verify_events(self.bank, full=True).ok
        self.events = self._stored(audit.NAME)
        self.heads = {each["_id"]: each for each in self._stored(audit.HEADS)}
        self.seals = self._stored(audit_seals.NAME)
        for event in sorted(self.events, key=lambda each: int(each["seq"])):
            self.streams.setdefault(event["stream"], []).append(event)

    def _stored(self, collection: str) -> list[Document]:
        return list(self.administrator.collection(collection).find({}).sort("_id", 1))

    def findings(self, tampering: Tampering) -> list[Finding]:
        """What a full verification says while the audit is wrong; afterwards it is right.

        Raises BulkWriteError where a unique index refuses the change, administrator or not.
        """
        right: dict[tuple[str, Any], Document] = {
            **{(audit.NAME, each["_id"]): each for each in self.events},
            **{(audit.HEADS, each["_id"]): each for each in self.heads.values()},
        }
        try:
            self._write(tampering.changes)
            return verify_events(self.bank, full=True).findings
        finally:
            self._write({place: right.get(place) for place in tampering.changes})

    def _write(self, changes: dict[Place, Document | None]) -> None:
        for name in (audit.NAME, audit.HEADS):
            collection = self.administrator.collection(name)
            touched = [id for where, id in changes if where == name]
            new = [each for (where, _), each in changes.items() if where == name and each]
            if touched:
                collection.delete_many({"_id": {"$in": touched}})
            if new:
                collection.insert_many(deepcopy(new), bypass_document_validation=True)


Draw = Callable[[Random, Trail], Tampering | None]
"""Draws a place and what to do there; None where that would change nothing."""


def draw_field(random: Random, trail: Trail) -> Tampering | None:
    """Any field of any event, and the hash that is right for it now in half of the cases."""
    before = random.choice(trail.events)
    after = deepcopy(before)
    name = random.choice([each for each in after if each != "hash"])
    how = random.choice(("value", "value", "value", "type", "gone"))
    if how == "gone":
        del after[name]
    else:
        after[name] = (_another_value if how == "value" else _another_type)(random, after[name])
    if random.random() < 0.5:
        after["hash"] = hash_of(after)
    if bson.encode(before) == bson.encode(after):
        return None
    places = {(audit.NAME, before["_id"]): None}
    if "_id" not in after:
        return None  # MongoDB would make one
    return Tampering(
        "field", {**places, (audit.NAME, after["_id"]): after}, before["stream"], str(after["_id"])
    )


def draw_hash(random: Random, trail: Trail) -> Tampering:
    """The hash itself, of any event."""
    before = random.choice(trail.events)
    after = before | {"hash": f"{random.getrandbits(256):064x}"}
    return Tampering("hash", {(audit.NAME, before["_id"]): after}, before["stream"])


def draw_deletion(random: Random, trail: Trail) -> Tampering:
    """Some events of a stream in a row are gone."""
    stream = random.choice(list(trail.streams.values()))
    first = random.randrange(len(stream))
    gone = stream[first : first + random.randint(1, 3)]
    changes: dict[Place, Document | None] = {(audit.NAME, each["_id"]): None for each in gone}
    return Tampering("deletion", changes, gone[0]["stream"])


def draw_order(random: Random, trail: Trail) -> Tampering | None:
    """Two events of a stream in each other's place; half of the time with right hashes."""
    stream = random.choice(list(trail.streams.values()))
    if len(stream) < 2:
        return None
    one, two = (deepcopy(each) for each in random.sample(stream, 2))
    one["seq"], two["seq"] = two["seq"], one["seq"]
    if random.random() < 0.5:
        one["prev"], two["prev"] = two["prev"], one["prev"]
    if random.random() < 0.5:
        one["hash"], two["hash"] = hash_of(one), hash_of(two)
    changes: dict[Place, Document | None] = {(audit.NAME, each["_id"]): each for each in (one, two)}
    return Tampering("order", changes, one["stream"])


def draw_forgery(random: Random, trail: Trail) -> Tampering:
    """One event more, right in itself, with or without a head that counts it."""
    stream = random.choice(list(trail.streams.values()))
    last = stream[-1]
    forged = last | {
        "_id": sortable_id(), "seq": Int64(last["seq"] + random.choice((1, 1, 2))),
        "prev": last["hash"], "object": random.choice((last["object"], "nothing there")),
        "actor": "eve",
    }  # fmt: skip
    forged["hash"] = hash_of(forged)
    changes: dict[Place, Document | None] = {(audit.NAME, forged["_id"]): forged}
    # With a right head it would be an event like any other: there is no seal for it yet.
    if forged["seq"] != last["seq"] + 1 or stream_of(forged["object"]) != last["stream"]:
        head = {"seq": forged["seq"], "hash": forged["hash"]}
        changes[audit.HEADS, last["stream"]] = trail.heads[last["stream"]] | head
    return Tampering("forgery", changes, last["stream"])


def draw_truncation(random: Random, trail: Trail) -> Tampering:
    """The end of a stream is cut off, half of the time with a head that agrees."""
    name, stream = random.choice(list(trail.streams.items()))
    left = random.randrange(len(stream))
    changes: dict[Place, Document | None] = {
        (audit.NAME, each["_id"]): None for each in stream[left:]
    }
    if random.random() < 0.5:
        hash = stream[left - 1]["hash"] if left else genesis(name)
        changes[audit.HEADS, name] = {"_id": name, "seq": Int64(left), "hash": hash}
    elif left == 0 and random.random() < 0.5:
        changes[audit.HEADS, name] = None
    return Tampering("truncation", changes, name)


def draw_rewriting(random: Random, trail: Trail) -> Tampering:
    """From some event on, the stream is another one that is right in itself, head and all."""
    name, stream = random.choice(list(trail.streams.items()))
    first = random.randrange(len(stream))
    changes: dict[Place, Document | None] = {}
    prev = stream[first]["prev"]
    for place, event in enumerate(stream[first:]):
        after = event | {"prev": prev} | ({} if place else {"reason": f"{event['reason']}, or so"})
        after["hash"] = prev = hash_of(after)
        changes[audit.NAME, event["_id"]] = after
    changes[audit.HEADS, name] = trail.heads[name] | {"hash": prev}
    return Tampering("rewriting", changes, name)


def draw_head(random: Random, trail: Trail) -> Tampering:
    """Any of the heads is edited, gone or of another type; also of a stream that never began."""
    name = random.choice(STREAMS)
    before = trail.heads[name]
    after: Document | None = before | random.choice(
        (
            {"seq": Int64(before["seq"] + random.choice((-1, 1, 5)))},
            {"seq": float(before["seq"])},
            {"hash": f"{random.getrandbits(256):064x}"},
            {"hash": None},
        )
    )
    return Tampering("head", {(audit.HEADS, name): random.choice((after, after, None))}, name)


def _another_value(random: Random, value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, int):
        return Int64(value + random.choice((-1, 1)) * random.randint(1, 99))
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=random.randint(1, 10**9))
    if isinstance(value, dict):
        name = random.choice(list(value))
        return random.choice(
            (
                value | {name: _another_value(random, value[name])},
                value | {"more": "there was"},
                {key: each for key, each in value.items() if key != name},
            )
        )
    return f"{value}{random.choice('abc')}"


def _another_type(random: Random, value: Any) -> Any:
    """Almost the same, as another type of BSON."""
    if isinstance(value, Int64):
        return random.choice((int(value), float(value), str(value), None))
    if isinstance(value, datetime):
        return random.choice((value.isoformat(), Int64(value.timestamp() * 1000), None))
    if isinstance(value, dict):
        return random.choice((list(value), str(value), None))
    return random.choice((None, str(value).encode(), 7))


DRAWS: dict[Draw, int] = {
    draw_field: 8, draw_hash: 1, draw_deletion: 4, draw_order: 4, draw_forgery: 2,
    draw_truncation: 4, draw_rewriting: 3, draw_head: 3,
}  # fmt: skip


def places(random: Random, trail: Trail) -> Iterator[Tampering]:
    """Places without end."""
    while True:
        [draw] = random.choices(list(DRAWS), list(DRAWS.values()))
        if tampering := draw(random, trail):
            yield tampering


def tamper(trail: Trail, tried: Iterator[Tampering], count: int) -> tuple[Counter[str], list[str]]:
    """Try so many; how many were found, and those that were not."""
    counted: Counter[str] = Counter()
    missed = []
    while counted["places"] < count:
        tampering = next(tried)
        try:
            findings = trail.findings(tampering)
        except BulkWriteError:
            counted["refused by a unique index"] += 1
            continue
        named = tampering.named(findings)
        counted.update({"places": 1, tampering.what: 1, "found": int(named)})
        if not named:
            missed.append(f"{tampering.what} not found: {tampering.changes}; {findings}")
    return counted, missed


def run(scale: Scale, folder: Path) -> Figures:
    """A thousand places, or some."""
    with standing_bank(folder) as (app, administrator):
        bank: Bank = app.extensions["bank"]
        fill(bank, size=150)
        trail = Trail(bank, administrator)
        drawn = places(Random(SEED), trail)
        counted, missed = tamper(trail, drawn, 1_000 if scale.long else 80)
        # Nothing of all that was ever sealed.
        assert trail._stored(audit_seals.NAME) == trail.seals
    size = {"seed": SEED, "events in the audit": len(trail.events)}
    return Figures("audit-tampering", {**size, **counted}, tuple(missed))
