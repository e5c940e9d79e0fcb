"""The demo's story: told through the controllers, and told once however often it is loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from app.controllers import demo, log_ins, transfers
from app.controllers.bank import Actor, Bank, Caller
from app.controllers.orders import LogIn, Transfer
from app.errors import SecondFactorNeeded
from app.models import users
from app.models.database import Database, now

COUNTED = ("users", "accounts", "transactions", "role_grants")


class Interrupted(Exception):
    """Somebody pulled the plug."""


def counts(database: Database) -> dict[str, int]:
    return {name: database.collection(name).count_documents({}) for name in COUNTED}


def clock_that_stops_after(calls: int) -> Callable[[], datetime]:
    """A clock that fails whoever tells the story, at the call after so many."""
    left = iter(range(calls))

    def clock() -> datetime:
        if threading.current_thread() is threading.main_thread() and next(left, None) is None:
            raise Interrupted
        return now()

    return clock


@pytest.fixture
def told(bank: Bank) -> Bank:
    """A bank with the demo."""
    demo.load(bank)
    return bank


def test_a_bank_without_the_demo_says_so(bank: Bank) -> None:
    assert not demo.loaded(bank)


def test_a_bank_with_the_demo_says_so(told: Bank) -> None:
    assert demo.loaded(told)


def test_the_history_covers_months_and_ends_now(told: Bank) -> None:
    moments = told.database.collection("transactions").distinct("at")
    assert max(moments) - min(moments) > timedelta(days=demo.DAYS - 7)
    assert told.now() - timedelta(days=7) < max(moments) <= told.now()


def test_everybody_has_a_history(told: Bank) -> None:
    for account in told.database.collection("accounts").find({"currency": "USD"}):
        assert account["seq"] > 30
        assert account["balance"] > 0


def pay(bank: Bank, payer: str, payee: str, amount: str) -> str:
    """Somebody of the demo pays another one, as by a log-in of today; the kind of what it makes."""
    one, other = (users.find_by_username(bank.database, name) for name in (payer, payee))
    assert one
    assert other
    assert other.default_account
    actor = Actor(one.id, "today", "customer", second_factor=True)
    order = Transfer(other.default_account, Decimal(amount), None, "")
    return transfers.transfer(bank, actor, order).transaction.kind


def test_among_each_other_a_little_asks_for_no_code_and_more_does(told: Bank) -> None:
    for payer, payee in permutations(demo.CUSTOMERS, 2):
        assert pay(told, payer, payee, "5.00") == "transfer"
    with pytest.raises(SecondFactorNeeded):
        pay(told, "alice", "bob", "50.01")


def test_a_second_load_adds_nothing(told: Bank) -> None:
    before = counts(told.database)
    demo.load(told)
    assert counts(told.database) == before


@pytest.mark.parametrize("calls", [1, 4, 8, 12])
def test_a_load_that_was_interrupted_is_completed_by_the_next_one(bank: Bank, calls: int) -> None:
    with pytest.raises(Interrupted):
        demo.load(replace(bank, clock=clock_that_stops_after(calls)))
    assert not demo.loaded(bank)
    demo.load(bank)
    assert demo.loaded(bank)
    after = counts(bank.database)
    demo.load(bank)
    assert counts(bank.database) == after
    for username in (*demo.CUSTOMERS, *demo.BANKERS):
        assert log_ins.log_in(bank, LogIn(username, demo.PASSWORD), Caller()).refresh_token
