"""A slow MongoDB makes the bank refuse, not hang, and what was acknowledged stands: short form."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from pymongo import MongoClient

from app.controllers.bank import Bank, limits_of
from app.controllers.ledger import Key, Ledger, Posting, Receipt
from app.errors import Unavailable
from app.models.database import connect, seconds_left, within
from tests import make
from tests.atomicity.conftest import together
from tests.conftest import DATABASE
from tests.faults.figures import SHORT, Figures
from tests.faults.shutdown import open_transactions
from tests.faults.slow import Spell, run
from tests.faults.troubles import COMMANDS, blocked

THREADS, POOL = 50, 3


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """One run for all tests of the module."""
    return run(SHORT, tmp_path_factory.mktemp("slow"))


def test_a_bank_on_a_slow_mongodb_refuses_in_time_recovers_and_loses_nothing(
    figures: Figures,
) -> None:
    assert figures.violations == ()


@pytest.mark.parametrize("spell", ["slow", "silent"])
def test_more_was_asked_than_the_bank_could_serve(figures: Figures, spell: str) -> None:
    # Of fifty clients ten are served at once; the others come back several times.
    assert int(figures.counted[f"503 while {spell}"]) > 50


def test_requests_were_under_way_and_became_known_later(figures: Figures) -> None:
    assert int(figures.counted["unknown"]) > 0
    assert int(figures.counted["resolved"]) > 0


def test_there_was_reading_and_writing(figures: Figures) -> None:
    assert int(figures.counted["ok"]) > 100
    assert int(figures.counted["read"]) > 100


def test_a_bank_that_comes_back_late_or_seems_dead_is_found() -> None:
    quick: Counter[int | str] = Counter({200: 9})
    late: Counter[int | str] = Counter({200: 9, "silent": 1})
    assert Spell("slow", 60, 0.1, 4.9, quick).violations() == []
    assert Spell("slow", 60, 5.1, 6.0, late).violations() == [
        "recovery: first 201 5.1 s after slow",
        "recovery: last 503 6.0 s after slow",
        "livez: silent, 1 times",
    ]


def test_a_pool_smaller_than_the_threads_refuses_and_the_same_keys_post_once_later(
    bank: Bank, bank_uri: str, mongo_uri: str
) -> None:
    accounts = [make.account(bank) for _ in range(THREADS)]
    small = connect(bank_uri, DATABASE, pool=POOL)
    ledger = Ledger(small, limits_of(bank.config), bank.clock)

    def posting(place: int) -> Posting:
        key = Key(f"pool:{place}", "the same request")
        return make.interest(accounts[place], 100, key=key)

    def post(place: int) -> Callable[[], Receipt]:
        return lambda: ledger.post(posting(place))

    with (
        MongoClient[dict[str, Any]](mongo_uri) as administrator,
        blocked(administrator, 700, *COMMANDS),
    ):
        outcomes = together([post(place) for place in range(THREADS)])
    assert {type(outcome) for outcome in outcomes} <= {Receipt, Unavailable}
    assert any(isinstance(outcome, Unavailable) for outcome in outcomes)

    later = [ledger.post(posting(place)) for place in range(THREADS)]
    assert {receipt.transaction.entries[0].seq for receipt in later} == {1}
    ledger.close()
    small.close()


def test_a_transaction_whose_time_is_over_is_undone_at_once(bank: Bank, mongo_uri: str) -> None:
    def read_and_dawdle() -> None:
        bank.database.collection("accounts").find_one({})
        time.sleep(seconds_left())
        bank.database.collection("accounts").find_one({})

    with within(0.2), pytest.raises(Unavailable, match="does not answer"):
        bank.database.attempt(read_and_dawdle)
    with MongoClient[dict[str, Any]](mongo_uri) as administrator:
        assert open_transactions(administrator) == 0
