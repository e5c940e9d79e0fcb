"""Verification of the audit: each rule, the seals, and the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from bson import Int64
from flask import Flask
from flask.testing import FlaskClient
from pymongo import MongoClient

from app.controllers import audits
from app.controllers.audit_walk import verify_audit
from app.controllers.bank import Bank
from app.controllers.books import verify_books, verify_events
from app.models import audit, audit_reading, audit_seals
from app.models.audit import genesis, stream_of
from app.models.canonical import hash_of
from app.models.database import Database, now
from tests import make

THING, OTHER = "a thing", "another thing"
STREAM = stream_of(THING)
Document = dict[str, Any]


@pytest.fixture
def five(bank: Bank, database: Database) -> Iterator[Database]:
    """Five events about one thing, and the key to the database; put right afterwards."""
    for number in range(5):
        audits.keep(bank, audits.event(bank, audits.SERVER, f"act {number}", THING))
    yield database
    database.collection(audit.NAME).delete_many({})
    database.collection(audit.HEADS).delete_many({})
    database.seed(audit.HEADS_SHAPE)


def found(bank: Bank, *, full: bool = True) -> list[tuple[str, str, int]]:
    report = verify_events(bank, full=full)
    return [(each.rule, each.account, each.seq) for each in report.findings]


def event_at(database: Database, seq: int) -> Document:
    row = database.collection(audit.NAME).find_one({"stream": STREAM, "seq": seq})
    assert row is not None
    return row


def replace(database: Database, row: Document, name: str = audit.NAME) -> None:
    collection = database.collection(name)
    collection.delete_one({"_id": row["_id"]})
    collection.insert_one(row, bypass_document_validation=True)


def delete(database: Database, seq: int) -> None:
    database.collection(audit.NAME).delete_one({"stream": STREAM, "seq": seq})


def change(database: Database, seq: int, *, sealed: bool = False, **values: object) -> None:
    row = event_at(database, seq) | values
    replace(database, row | {"hash": hash_of(row)} if sealed else row)


def set_head(database: Database, **values: object) -> None:
    row = database.collection(audit.HEADS).find_one({"_id": STREAM})
    assert row is not None
    replace(database, row | values, audit.HEADS)


def swap(database: Database, one: int, two: int) -> None:
    """Two events in each other's place, each with a right hash."""
    first, second = event_at(database, one), event_at(database, two)
    for row in (first, second):
        delete(database, row["seq"])
    first["seq"], second["seq"] = second["seq"], first["seq"]
    for row in (first, second):
        replace(database, row | {"hash": hash_of(row)})


def rewrite(database: Database, first: int, **values: object) -> None:
    """From an event on, a whole new chain with a right head."""
    prev = event_at(database, first)["prev"]
    for seq in range(first, 6):
        row = event_at(database, seq) | {"prev": prev} | (values if seq == first else {})
        row["hash"] = prev = hash_of(row)
        replace(database, row)
    set_head(database, hash=prev)


def truncate(database: Database, last: int) -> None:
    """The end of the stream is gone, and its head says the same."""
    for seq in range(last + 1, 6):
        delete(database, seq)
    end = event_at(database, last)["hash"] if last else genesis(STREAM)
    set_head(database, seq=Int64(last), hash=end)


def test_a_right_audit_is_right(five: Database, bank: Bank) -> None:
    report = verify_events(bank, full=True)
    assert (report.ok, report.full, report.events) == (True, True, 5)


BROKEN: list[tuple[str, Callable[[Database], object], list[tuple[str, int]]]] = [
    ("a field", lambda d: change(d, 3, reason="another"), [("audit-hash", 3)]),
    (
        "a field with its hash",
        lambda d: change(d, 3, sealed=True, reason="another"),
        [("audit-prev", 4)],
    ),
    ("a hidden fact", lambda d: change(d, 2, facts={"more": 1}), [("audit-hash", 2)]),
    ("a deleted event", lambda d: delete(d, 3), [("audit-seq", 3)]),
    ("the first deleted", lambda d: delete(d, 1), [("audit-seq", 1)]),
    ("the last deleted", lambda d: delete(d, 5), [("audit-seq", 5)]),
    (
        "two swapped",
        lambda d: swap(d, 2, 3),
        [("audit-prev", 2), ("audit-prev", 3), ("audit-prev", 4)],
    ),
    (
        "the last of a new hash",
        lambda d: change(d, 5, sealed=True, actor="eve"),
        [("audit-head", 5)],
    ),
    (
        "an older head",
        lambda d: set_head(d, seq=Int64(3)),
        [("audit-head", 3), ("audit-beyond-head", 4), ("audit-beyond-head", 5)],
    ),
    ("a later head", lambda d: set_head(d, seq=Int64(7)), [("audit-seq", 6)]),
    ("another head", lambda d: set_head(d, hash="0" * 64), [("audit-head", 5)]),
    (
        "a deleted head",
        lambda d: d.collection(audit.HEADS).delete_one({"_id": STREAM}),
        [("audit-head", 0)],
    ),
    ("a head of another type", lambda d: set_head(d, seq=5.0), [("audit-shape", 0)]),
    (
        "another object",
        lambda d: change(d, 5, object=OTHER),
        [("audit-hash", 5), ("audit-stream", 5)],
    ),
]


@pytest.mark.tampers
@pytest.mark.parametrize(
    ("act", "expected"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN]
)
def test_what_was_changed_is_named_by_stream_and_place(
    five: Database, bank: Bank, act: Callable[[Database], object], expected: list[tuple[str, int]]
) -> None:
    act(five)
    assert found(bank) == [(rule, STREAM, seq) for rule, seq in expected]


@pytest.mark.tampers
def test_an_event_of_another_type_is_named_by_its_id(five: Database, bank: Bank) -> None:
    replace(five, event_at(five, 2) | {"seq": 2})
    report = verify_events(bank, full=True)
    (finding,) = report.findings
    assert finding.rule == "audit-shape"
    assert event_at(five, 2)["_id"] in finding.detail


@pytest.mark.tampers
def test_an_event_from_before_the_streams_is_named_by_its_id(five: Database, bank: Bank) -> None:
    old = {"_id": "an old one", "at": now(), "actor": "tess", "action": "told", "object": THING}
    replace(five, {**old, "reason": "", "facts": {}})
    report = verify_events(bank, full=True)
    assert [each.detail for each in report.findings] == [
        "event an old one is not what the validator allows"
    ]


@pytest.mark.tampers
def test_an_event_that_cannot_be_read_is_named(five: Database, bank: Bank, mongo_uri: str) -> None:
    client: MongoClient[Document] = MongoClient(mongo_uri)
    with client:
        pipeline = [{"$set": {"at": {"$toDate": Int64(9 * 10**15)}}}]
        client[five.name][audit.NAME].update_one({"seq": 3}, pipeline)
    rules = found(bank)
    assert ("audit-unreadable", STREAM, 1) in rules


@pytest.mark.tampers
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("last", [0, 3])
def test_an_end_that_is_gone_with_its_head_is_found_by_the_seal(
    five: Database, bank: Bank, full: bool, last: int
) -> None:
    assert found(bank) == []
    truncate(five, last)
    assert found(bank, full=full) == [("audit-truncated", STREAM, last + 1)]


@pytest.mark.tampers
def test_a_rewritten_stream_is_found_by_the_seal(five: Database, bank: Bank) -> None:
    assert found(bank) == []
    rewrite(five, 2, actor="eve")
    assert found(bank) == [("audit-rewritten", STREAM, 5)]


@pytest.mark.tampers
def test_without_a_seal_a_rewritten_stream_is_a_right_one(five: Database, bank: Bank) -> None:
    rewrite(five, 2, actor="eve")
    assert found(bank) == []


@pytest.mark.tampers
def test_a_seal_made_without_the_key_is_none_of_the_bank_s(five: Database, bank: Bank) -> None:
    assert found(bank) == []
    rewrite(five, 2, actor="eve")
    ends = audit.heads(five)
    audit_seals.keep_seal(five, ends, b"a guess", now())
    assert found(bank) == [("audit-seal", "", 0)]


@pytest.mark.tampers
@pytest.mark.parametrize("change", [{"heads": None}, {"mac": None}, {"mac": "é"}, {"at": now()}])
def test_a_seal_that_was_changed_is_none_of_the_bank_s(
    five: Database, bank: Bank, change: Document
) -> None:
    assert found(bank) == []
    row = five.collection(audit_seals.NAME).find_one({})
    assert row is not None
    replace(five, row | change, audit_seals.NAME)
    assert found(bank) == [("audit-seal", "", 0)]


@pytest.mark.tampers
def test_what_is_broken_is_not_sealed(five: Database, bank: Bank) -> None:
    change(five, 3, reason="another")
    found(bank)
    assert five.collection(audit_seals.NAME).count_documents({}) == 0


def test_what_did_not_change_is_not_sealed_again(five: Database, bank: Bank) -> None:
    for full in (True, False, True):
        assert found(bank, full=full) == []
    assert five.collection(audit_seals.NAME).count_documents({}) == 1
    audits.keep(bank, audits.event(bank, audits.SERVER, "one more", THING))
    assert found(bank, full=False) == []
    assert five.collection(audit_seals.NAME).count_documents({}) == 2


def test_the_quick_form_walks_what_is_new(five: Database, bank: Bank) -> None:
    assert verify_events(bank, full=False).events == 5
    audits.keep(bank, audits.event(bank, audits.SERVER, "one more", THING))
    assert verify_events(bank, full=False).events == 1
    assert verify_events(bank, full=False).events == 0


@pytest.mark.tampers
def test_the_quick_form_finds_what_is_wrong_with_the_new(five: Database, bank: Bank) -> None:
    assert found(bank) == []
    audits.keep(bank, audits.event(bank, audits.SERVER, "one more", THING))
    change(five, 6, actor="eve")
    assert found(bank, full=False) == [("audit-hash", STREAM, 6)]


def test_a_seal_of_the_previous_key_is_good_and_is_made_anew(five: Database, bank: Bank) -> None:
    old, new, newest = b"an old key", b"a new key", b"the newest key"
    assert verify_audit(five, now(), [old]).ok
    assert verify_audit(five, now(), [new, old]).ok
    assert verify_audit(five, now(), [newest, new]).ok
    assert [each.rule for each in verify_audit(five, now(), [old]).findings] == ["audit-seal"]


@pytest.mark.tampers
def test_a_new_seal_takes_the_audit_as_it_is_but_not_what_is_broken_in_itself(
    five: Database, bank: Bank
) -> None:
    assert verify_audit(five, now(), [b"a lost key"]).ok
    assert not verify_events(bank, full=True, reseal=True).ok
    assert found(bank) == []
    change(five, 3, reason="another")
    assert not verify_events(bank, full=True, reseal=True).ok
    assert found(bank) == [("audit-hash", STREAM, 3)]


def test_verification_goes_well_while_events_are_recorded(bank: Bank, database: Database) -> None:
    over = Signal()

    def go_on() -> None:
        number = 0
        while not over.is_set():
            number += 1
            audits.keep(bank, audits.event(bank, audits.SERVER, "go on", f"thing {number % 9}"))

    threads = [Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        rounds = [found(bank, full=number % 2 == 0) for number in range(12)]
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert rounds == [[]] * 12
    assert audit_reading.count(database) > 50


def test_the_state_of_the_books_has_the_audit_in_it(client: FlaskClient, five: Database) -> None:
    banker = make.banker(client)
    answer = banker.get("/banker/ledger/verify?full=true").json
    assert (answer["ok"], answer["events"]) == (True, 5 + 2)


@pytest.mark.tampers
def test_the_state_of_the_books_names_what_is_wrong_with_the_audit(
    five: Database, bank: Bank
) -> None:
    change(five, 3, reason="another")
    report = verify_books(bank, full=True)
    assert [(f.rule, f.account, f.seq) for f in report.findings] == [("audit-hash", STREAM, 3)]


@pytest.mark.tampers
def test_the_commands_end_with_1_when_the_audit_is_broken(app: Flask, five: Database) -> None:
    runner = app.test_cli_runner()
    good = [runner.invoke(args=[group, "verify"]) for group in ("audit", "ledger")]
    assert [each.exit_code for each in good] == [0, 0]
    assert "OK: 5 events walked, 0 findings" in good[0].stdout
    change(five, 3, reason="another")
    bad = [runner.invoke(args=[group, "verify"]) for group in ("audit", "ledger")]
    assert [each.exit_code for each in bad] == [1, 1]
    for each in bad:
        assert f"{STREAM} seq 3: audit-hash: a field was changed\n" in each.stdout


@pytest.mark.tampers
def test_a_lost_key_is_mended_on_the_command_line(app: Flask, five: Database) -> None:
    assert verify_audit(five, now(), [b"a lost key"]).ok
    runner = app.test_cli_runner()
    asked = [["audit", "verify"], ["audit", "verify", "--reseal"], ["audit", "verify", "--new"]]
    assert [runner.invoke(args=args).exit_code for args in asked] == [1, 1, 0]
