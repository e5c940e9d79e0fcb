"""Audit: who did what to whom, when and why. Append-only, written with what it tells about.

Every event is chained to the one before it in its stream: it carries that one's hash, and its own
covers all of its fields. One chain for the whole bank would let one act wait for another, so there
are STREAMS of them, and an object's events are all in one. The head of a stream says where it ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, cast

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import Unavailable
from app.models.canonical import hash_of
from app.models.database import Contention, Database, Document, Shape, closed
from app.models.ids import sortable_id

NAME = "audit"
HEADS = "audit_heads"
SERVER = "server"
"""The actor of what nobody asked for by a request: the server itself, or its operator."""
OUTCOMES = ("done", "denied")
STREAMS = tuple(f"{number:02}" for number in range(64))


def genesis(stream: str) -> str:
    """What the first event of a stream follows."""
    return hashlib.sha256(f"strongroom audit {stream} v1".encode()).hexdigest()


_TEXT = {"bsonType": "string"}
_HASH = {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"}
_STATE = {"bsonType": "string", "pattern": "^([0-9a-f]{64})?$"}
_NEWEST = (("at", DESCENDING), ("_id", DESCENDING))

SHAPE = Shape(
    NAME,
    append_only=True,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "stream": {"enum": list(STREAMS)},
            "seq": {"bsonType": "long", "minimum": 1},
            "at": {"bsonType": "date"},
            "actor": _TEXT,
            "session": _TEXT,
            "on_behalf": _TEXT,
            "action": _TEXT,
            "object": _TEXT,
            "before": _STATE,
            "after": _STATE,
            "reason": _TEXT,
            "approval": _TEXT,
            "address": _TEXT,
            "request_id": _TEXT,
            "outcome": {"enum": list(OUTCOMES)},
            "facts": {"bsonType": "object"},
            "prev": _HASH,
            "hash": _HASH,
        })
    },
    indexes=[
        # Sparse: events from before there were streams have neither, and stay where they are.
        IndexModel(
            [("stream", ASCENDING), ("seq", ASCENDING)], name="stream_seq", unique=True, sparse=True
        ),
        IndexModel(list(_NEWEST), name="newest"),
        *(
            IndexModel([(name, ASCENDING), *_NEWEST], name=f"{name}_newest")
            for name in ("object", "actor", "action", "outcome")
        ),
    ],
)  # fmt: skip

HEADS_SHAPE = Shape(
    HEADS,
    validator={
        "$jsonSchema": closed(
            {
                "_id": {"enum": list(STREAMS)},
                "seq": {"bsonType": "long", "minimum": 0},
                "hash": _HASH,
            }
        )
    },
    # All of them from the start: else nobody could tell a stream that was deleted, head and all,
    # from one that never began.
    seeds=[{"_id": name, "seq": Int64(0), "hash": genesis(name)} for name in STREAMS],
)


@dataclass(frozen=True, slots=True)
class Event:
    """One act: `actor` did `action` to `object`, for `reason`; or was not let (`outcome`).

    `before` and `after` are hashes of the object's state, made by `state_hash`; `address` is a
    keyed hash of where the request came from.
    """

    at: datetime
    actor: str
    action: str
    object: str
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    session: str = ""
    on_behalf: str = ""
    before: str = ""
    after: str = ""
    approval: str = ""
    request_id: str = ""
    outcome: str = "done"
    address: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends: how many events it has, and the hash of the last."""

    stream: str
    seq: int
    hash: str


def stream_of(object: str) -> str:
    """The stream that has all events about an object."""
    digest = hashlib.sha256(object.encode("utf-8", "surrogatepass")).digest()
    return STREAMS[digest[0] % len(STREAMS)]


def state_hash(state: object) -> str:
    """The hash of a dataclass or a mapping as it is now; "" where there is nothing."""
    if state is None:
        return ""
    return hash_of(state if isinstance(state, Mapping) else asdict(cast(Any, state)))


def record(database: Database, event: Event) -> None:
    """Keep the event; call it inside the transaction of the act.

    Raises Contention when another event came first: then the transaction runs again.
    """
    record_all(database, [event])


def record_all(database: Database, events: Sequence[Event]) -> None:
    """Keep several events, in this order within each stream."""
    if not events:
        return
    if not database.in_transaction:
        raise RuntimeError("an event is recorded in the transaction of its act, or not at all")
    found = heads(database, {stream_of(event.object) for event in events})
    ends = dict(found)
    documents = []
    for event in events:
        document = _following(_end(ends, stream_of(event.object)), event)
        documents.append(document)
        ends[document["stream"]] = Head(document["stream"], document["seq"], document["hash"])
    for stream in sorted(ends):
        _move_on(database, found[stream], ends[stream])
    database.collection(NAME).insert_many(documents)


def _end(ends: Mapping[str, Head], stream: str) -> Head:
    if stream not in ends:
        raise Unavailable(f"stream {stream} of the audit has no head: somebody took it away")
    return ends[stream]


def _following(head: Head, event: Event) -> Document:
    """The event as it is stored, after what its stream ends with."""
    content = {name: getattr(event, name) for name in Event.__slots__} | {
        "_id": sortable_id(),
        "stream": head.stream,
        "seq": Int64(head.seq + 1),
        "facts": dict(event.facts),
        "prev": head.hash,
    }
    return content | {"hash": hash_of(content)}


def _move_on(database: Database, head: Head, end: Head) -> None:
    result = database.collection(HEADS).update_one(
        {"_id": head.stream, "seq": head.seq, "hash": head.hash},
        {"$set": {"seq": Int64(end.seq), "hash": end.hash}},
    )
    if result.modified_count != 1:
        raise Contention("another event came first")


def heads(
    database: Database, streams: Collection[str] = STREAMS, *, but: Iterable[object] = ()
) -> dict[str, Head]:
    """The heads of those streams that have one, without those of the ids in `but`."""
    cursor = database.collection(HEADS).find({"_id": {"$in": list(streams), "$nin": list(but)}})
    return {row["_id"]: Head(row["_id"], int(row["seq"]), row["hash"]) for row in cursor}


def events_about(database: Database, object: str) -> list[Document]:
    """Everything that was done to one object, newest first."""
    return list(database.collection(NAME).find({"object": {"$eq": object}}).sort(list(_NEWEST)))
