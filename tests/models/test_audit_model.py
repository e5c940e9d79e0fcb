"""The audit's streams: gap-free under any load, and in the transaction of the act or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest
from bson import Int64

from app.controllers.bank import migrate
from app.errors import Unavailable
from app.models import audit
from app.models.audit import HEADS_SHAPE, STREAMS, Event, genesis, state_hash, stream_of
from app.models.canonical import hash_of
from app.models.database import Contention, Database, Document, connect
from app.models.schema import SHAPES
from tests.together import together

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(object: str, action: str = "tested") -> Event:
    return Event(NOON, "tests", action, object)


def keep(database: Database, *events: Event) -> None:
    database.atomically(partial(audit.record_all, database, events))


def stored(database: Database, **criterion: object) -> list[Document]:
    return list(database.collection(audit.NAME).find(criterion).sort("seq", 1))


def test_each_event_carries_the_hash_of_the_one_before(database: Database) -> None:
    for action in ("one", "two", "three"):
        keep(database, event("a thing", action))
    rows = stored(database)
    hashes = [row["hash"] for row in rows]
    assert [row["prev"] for row in rows] == [genesis(stream_of("a thing")), *hashes[:2]]
    assert hashes == [hash_of(row) for row in rows]
    assert audit.heads(database)[stream_of("a thing")] == audit.Head(
        stream_of("a thing"), 3, hashes[2]
    )


def test_the_hash_covers_every_field(database: Database) -> None:
    keep(database, event("a thing"))
    (row,) = stored(database)
    assert set(row) - {"hash"} >= set(Event.__slots__) | {"_id", "stream", "seq", "prev"}
    for name in set(row) - {"hash"}:
        assert hash_of(row | {name: "another"}) != row["hash"], name


def test_several_at_once_are_kept_in_order(database: Database) -> None:
    actions = [f"act {number}" for number in range(30)]
    keep(database, *(event(f"thing {n % 3}", action) for n, action in enumerate(actions)))
    for number in range(3):
        found = [row["action"] for row in stored(database, object=f"thing {number}")]
        assert found == actions[number::3]


def test_an_event_outside_of_a_transaction_is_refused(database: Database) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record(database, event("a thing"))
    assert stored(database) == []


def test_an_act_that_fails_after_its_event_leaves_neither(database: Database) -> None:
    def act() -> None:
        database.collection("throttles").insert_one(
            {"_id": "effect", "tries": 1, "until": None, "expires_at": NOON}
        )
        audit.record(database, event("a thing"))
        raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        database.atomically(act)
    assert database.collection("throttles").find_one({"_id": "effect"}) is None
    assert stored(database) == []
    assert audit.heads(database)[stream_of("a thing")].seq == 0


def test_an_event_that_cannot_be_kept_takes_the_act_with_it(database: Database) -> None:
    def act() -> None:
        database.collection("throttles").insert_one(
            {"_id": "effect", "tries": 1, "until": None, "expires_at": NOON}
        )
        audit.record(database, Event(NOON, "tests", "tested", "a thing", outcome="perhaps"))

    with pytest.raises(Exception, match="failed validation"):
        database.atomically(act)
    assert database.collection("throttles").find_one({"_id": "effect"}) is None


def test_a_head_that_moved_on_is_contention(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = audit.heads(database)
    keep(database, event("a thing"))
    monkeypatch.setattr(audit, "heads", lambda *_: read)
    with pytest.raises(Contention):
        database.attempt(lambda: audit.record(database, event("a thing")))


def test_fifty_who_record_about_one_object_make_a_stream_without_gaps(database: Database) -> None:
    together(50, lambda n: keep(database, event("a thing", f"act {n}")))
    rows = stored(database)
    assert [row["seq"] for row in rows] == list(range(1, 51))
    assert {row["action"] for row in rows} == {f"act {n}" for n in range(50)}
    assert [row["prev"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]


def test_fifty_who_record_about_many_objects_make_streams_without_gaps(database: Database) -> None:
    things = [str(uuid4()) for _ in range(50)]
    together(50, lambda n: keep(database, event(things[n]), event(things[(n * 7) % 50])))
    counted = Counter(row["stream"] for row in stored(database))
    assert counted.total() == 100
    for stream, count in counted.items():
        seqs = [row["seq"] for row in stored(database, stream=stream)]
        assert seqs == list(range(1, count + 1))


def test_objects_are_spread_over_all_streams() -> None:
    counted = Counter(stream_of(str(number)) for number in range(6_400))
    assert set(counted) == set(STREAMS)
    assert max(counted.values()) < 200


def test_a_stream_without_a_head_takes_no_events(database: Database) -> None:
    database.collection(audit.HEADS).delete_one({"_id": stream_of("a thing")})
    try:
        with pytest.raises(Unavailable, match="no head"):
            keep(database, event("a thing"))
    finally:
        database.collection(audit.HEADS).delete_many({})
        database.seed(HEADS_SHAPE)


def test_equal_states_have_equal_hashes_and_others_have_others() -> None:
    thing = event("a thing")
    assert state_hash(thing) == state_hash(event("a thing"))
    assert state_hash(thing) != state_hash(event("another"))
    assert state_hash({"a": 1, "b": NOON}) == state_hash({"b": NOON, "a": 1})
    assert state_hash(None) == ""


@pytest.fixture
def empty(mongo_uri: str) -> Iterator[Database]:
    """A database in which there is nothing yet."""
    database = connect(mongo_uri, f"strongroom_audit_{uuid4().hex[:8]}")
    yield database
    database.drop()
    database.close()


def test_the_migration_makes_all_heads_and_never_resets_one(empty: Database) -> None:
    migrate(empty)
    assert audit.heads(empty) == {name: audit.Head(name, 0, genesis(name)) for name in STREAMS}
    keep(empty, event("a thing"))
    moved = audit.heads(empty)
    empty.migrate(SHAPES)
    assert audit.heads(empty) == moved


def test_the_migration_does_not_make_a_head_that_was_taken_away(empty: Database) -> None:
    migrate(empty)
    empty.collection(audit.HEADS).delete_one({"_id": "07"})
    empty.migrate(SHAPES)
    assert set(STREAMS) - set(audit.heads(empty)) == {"07"}


def test_a_bank_without_heads_lacks_them(empty: Database) -> None:
    migrate(empty)
    empty.collection(audit.HEADS).delete_many({})
    assert empty.missing(SHAPES) == ["audit_heads's first documents"]
    migrate(empty)
    assert empty.missing(SHAPES) == []


def test_many_migrations_at_once_make_each_head_once(empty: Database) -> None:
    together(4, lambda _: migrate(empty))
    assert empty.collection(audit.HEADS).count_documents({}) == len(STREAMS)


def test_events_from_before_the_streams_do_not_stop_the_migration(empty: Database) -> None:
    old = {"at": NOON, "actor": "tess", "action": "told", "object": "x", "facts": {}}
    empty.collection(audit.NAME).insert_many([{**old, "_id": f"old {n}"} for n in range(3)])
    migrate(empty)
    keep(empty, event("a thing"))
    assert audit.heads(empty)[stream_of("a thing")].seq == Int64(1)
