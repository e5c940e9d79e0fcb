"""Transactions: their canonical form, and a hash that covers every field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.errors import TransactionNotFound
from app.models.canonical import canonical, hash_of
from app.models.transactions import (
    Contra,
    Entry,
    Transaction,
    from_document,
    seal,
    to_document,
)

ALICE, BOB = "100000000093", "100000000190"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = Transaction(
    id="01890000-0000-7000-8000-000000000000",
    kind="transfer",
    at=NOON,
    actor="alice",
    currency="USD",
    entries=(Entry(ALICE, -500, 1500, 7, "a" * 64), Entry(BOB, 500, 500, 1, "b" * 64)),
    contra=(Contra("fees", 0),),
    memo="rent",
    reference="march",
    key="alice:0123456789abcdef",
    reverses=None,
    hash="",
)


def with_line(number: int, **change: Any) -> Transaction:
    lines = list(BASE.entries)
    lines[number] = replace(lines[number], **change)
    return replace(BASE, entries=tuple(lines))


CHANGED = {
    "id": replace(BASE, id="01890000-0000-7000-8000-000000000001"),
    "kind": replace(BASE, kind="withdrawal"),
    "at": replace(BASE, at=NOON + timedelta(milliseconds=1)),
    "actor": replace(BASE, actor="mallory"),
    "currency": replace(BASE, currency="JPY"),
    "memo": replace(BASE, memo="Rent"),
    "reference": replace(BASE, reference=""),
    "key": replace(BASE, key=None),
    "reverses": replace(BASE, reverses="01890000-0000-7000-8000-000000000002"),
    "an account": with_line(0, account="100000000287"),
    "an amount": with_line(0, amount_minor=-501),
    "a balance": with_line(1, balance_minor=501),
    "a sequence number": with_line(1, seq=2),
    "a link": with_line(0, prev="c" * 64),
    "the order of lines": replace(BASE, entries=BASE.entries[::-1]),
    "a line less": replace(BASE, entries=BASE.entries[:1]),
    "the bank's account": replace(BASE, contra=(Contra("cash", 0),)),
    "the bank's amount": replace(BASE, contra=(Contra("fees", 1),)),
    "no contra line": replace(BASE, contra=()),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_change_of_any_field_changes_the_hash(what: str) -> None:
    assert seal(CHANGED[what]).hash != seal(BASE).hash


def test_every_field_that_is_stored_is_among_the_changed_ones() -> None:
    lines_and_hash = {"entries", "contra", "hash"}
    assert {name.strip("_") for name in to_document(BASE)} - set(CHANGED) == lines_and_hash


def test_a_field_that_somebody_adds_changes_the_hash() -> None:
    assert hash_of(to_document(BASE) | {"extra": 1}) != hash_of(to_document(BASE))


def test_a_number_that_becomes_text_changes_the_hash() -> None:
    document = to_document(BASE)
    document["entries"][0]["seq"] = "7"
    assert hash_of(document) != hash_of(to_document(BASE))


def test_the_order_of_fields_does_not_matter() -> None:
    document = to_document(BASE)
    assert hash_of(dict(reversed(document.items()))) == hash_of(document)


def test_a_hash_does_not_cover_itself() -> None:
    assert seal(seal(BASE)) == seal(BASE)


def test_the_canonical_form_is_plain_json() -> None:
    text = canonical(to_document(replace(BASE, entries=BASE.entries[:1], memo="caf\u00e9")))
    assert text.decode() == (
        '{"_id":"01890000-0000-7000-8000-000000000000","actor":"alice",'
        '"at":"2026-03-01T12:00:00.000+00:00","contra":[{"account":"fees","amount":0}],'
        '"currency":"USD","entries":[{"account":"100000000093","amount":-500,"balance":1500,'
        f'"prev":"{"a" * 64}","seq":7}}],"key":"alice:0123456789abcdef","kind":"transfer",'
        '"memo":"caf\u00e9","reference":"march","reverses":null}'
    )


def test_a_time_counts_whatever_zone_it_is_written_in() -> None:
    elsewhere = replace(BASE, at=NOON.astimezone(timezone(timedelta(hours=5))))
    assert seal(elsewhere).hash == seal(BASE).hash


def test_a_tampered_text_still_has_a_hash() -> None:
    assert len(hash_of(to_document(replace(BASE, memo="\ud800")))) == 64


def test_a_transaction_is_read_as_it_was_stored() -> None:
    sealed = seal(BASE)
    assert from_document(to_document(sealed)) == sealed


def test_a_line_is_found_by_its_account() -> None:
    assert BASE.entry(BOB).amount_minor == 500
    with pytest.raises(TransactionNotFound):
        BASE.entry("100000000287")


def test_a_transaction_touches_the_accounts_of_its_lines_alone() -> None:
    assert BASE.touches([BOB, "100000000287"])
    assert not BASE.touches(["100000000287"])
