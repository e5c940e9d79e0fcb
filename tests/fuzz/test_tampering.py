"""Verification names whatever somebody with a key to the database changed; and what it cannot."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from bson import Int64

from app.controllers.bank import Bank
from app.controllers.ledger.verify import verify
from app.models.database import Database, now
from tests.faults.figures import SHORT
from tests.fuzz import tampering
from tests.fuzz.tampering import DRAWS, Books, Tampering

pytestmark = pytest.mark.tampers


def test_verification_names_every_place_that_was_tampered_with(tmp_path: Path) -> None:
    figures = tampering.run(SHORT, tmp_path)
    assert figures.violations == ()
    assert figures.counted["places"] == figures.counted["found"] == 150
    kinds = {draw.__name__.removeprefix("draw_") for draw in DRAWS}
    assert {kind for kind in kinds if not figures.counted.get(kind)} == set()


@pytest.fixture
def books(bank: Bank, database: Database) -> Books:
    """Small books."""
    tampering.fill(bank, size=40)
    return Books(bank, database)


def test_every_field_of_a_transaction_is_among_the_places(books: Books) -> None:
    drawn = tampering.places(Random(1), books)
    assert {place.field for place in islice(drawn, 2_000) if place.field} == {
        "_id", "kind", "at", "actor", "currency", "entries", "contra", "memo", "reference", "key",
        "reverses", "hash", "account", "amount", "balance", "seq", "prev",
    }  # fmt: skip


CONSISTENT = [(tampering.truncation, "truncated"), (tampering.rewriting, "rewritten")]
Change = Callable[[Books, str], Tampering]


@pytest.mark.parametrize(("change", "rule"), CONSISTENT)
def test_an_end_that_was_changed_together_with_the_account_is_a_right_history(
    books: Books, change: Change, rule: str
) -> None:
    assert books.findings(change(books, alone(books))) == []


@pytest.mark.parametrize(("change", "rule"), CONSISTENT)
def test_it_is_found_by_a_verification_that_remembers_the_history_before(
    books: Books, change: Change, rule: str
) -> None:
    assert verify(books.bank.database, now(), full=True).ok
    found = books.findings(change(books, alone(books)), remembering=True)
    assert [(each.rule, each.account) for each in found] == [(rule, alone(books))]


def alone(books: Books) -> str:
    """An account whose last transaction is on no other customer's account."""
    return next(
        number
        for number, history in books.histories.items()
        if history and tampering.accounts_of(history[-1]) == {number}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"status": "frozen"},
        {"owner": "somebody else"},
        {"name": "another name"},
        {"floor": Int64(-1_000_000)},
        {"revision": Int64(7)},
        {"today": {"date": "2026-01-31", "deposited": Int64(0), "spent": Int64(0)}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_no_part_of_the_history_is_not_proved_by_it(
    books: Books, change: dict[str, Any]
) -> None:
    assert books.findings(of_an_account(books, change)) == []


def test_a_place_that_is_not_found_is_a_violation(books: Books) -> None:
    unprovable = of_an_account(books, {"owner": "somebody else"})
    counted, missed = tampering.tamper(books, iter([unprovable]), 1)
    assert (counted["places"], counted["found"]) == (1, 0)
    assert len(missed) == 1


def test_what_was_tampered_with_is_put_right_again(books: Books) -> None:
    gone = Tampering("all gone", {("accounts", number): None for number in books.accounts}, set())
    assert books.findings(gone)
    assert verify(books.bank.database, now(), full=True).ok


def of_an_account(books: Books, change: dict[str, Any]) -> Tampering:
    """A change of the first account."""
    number, account = next(iter(books.accounts.items()))
    return Tampering("account", {("accounts", number): {**account, **change}}, {number})
