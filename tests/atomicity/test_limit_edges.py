"""The limits of a customer to the last unit and to the last moment of the day."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.controllers.bank import Bank
from app.controllers.ledger import Ledger, Limits, Posting
from app.errors import DailyLimitExceeded, InsufficientFunds, PostingLimitExceeded
from app.models import accounts
from money import Money
from tests import make
from tests.atomicity.test_ledger_edges import deposit, one, refusal, said, usd
from tests.conftest import Clock


def small(
    bank: Bank,
    *,
    at_once: int = 50,
    deposits: int = 70,
    spending: int = 60,
    unconfirmed: int = 1000,
) -> Ledger:
    """A ledger whose limits are a few cents."""
    cents = (at_once, deposits, spending, unconfirmed)
    limits = Limits(*(Money(minor, "USD") for minor in cents))
    return Ledger(bank.database, {"USD": limits}, bank.clock)


@pytest.mark.parametrize(("make_one", "left"), [(deposit, 20), (make.withdrawal, 10)])
def test_the_limits_for_one_posting_and_for_a_day_to_the_last_unit(
    bank: Bank, clock: Clock, make_one: Callable[..., Posting], left: int
) -> None:
    clock.at(2030, 5, 1)
    account, ledger = make.account(bank, balance=1000), small(bank)
    at_once, daily = usd("0.50"), usd(f"0.{50 + left}")
    too_much = refusal(bank, make_one(account, 51), ledger)
    assert said(too_much) == (PostingLimitExceeded, "at most 0.50 USD at once", {"limit": at_once})
    ledger.post(make_one(account, 50))
    assert said(refusal(bank, make_one(account, left + 1), ledger)) == (
        DailyLimitExceeded,
        f"at most 0.{left} USD more today",
        {
            "limit": daily, "used": at_once, "remaining": usd(f"0.{left}"),
            "resets_at": "2030-05-02T00:00:00.000Z",
        },
    )  # fmt: skip
    ledger.post(make_one(account, left))
    assert refusal(bank, make_one(account, 1), ledger).facts["remaining"] == usd("0.00")


@pytest.mark.parametrize("make_one", [deposit, make.withdrawal])
def test_even_one_unit_uses_the_day(bank: Bank, make_one: Callable[..., Posting]) -> None:
    account, ledger = make.account(bank, balance=10), small(bank, deposits=1, spending=1)
    ledger.post(make_one(account, 1))
    assert isinstance(refusal(bank, make_one(account, 1), ledger), DailyLimitExceeded)


def test_when_a_limit_was_lowered_since_nothing_remains_rather_than_less(bank: Bank) -> None:
    account = make.account(bank)
    bank.ledger.post(deposit(account, 100))
    refused = refusal(bank, deposit(account, 1), small(bank))
    assert (refused.facts["used"], refused.facts["remaining"]) == (usd("1.00"), usd("0.00"))


@pytest.mark.parametrize("kind", ["fee", "interest", "adjustment", "reversal"])
@pytest.mark.parametrize("minor", [200, -200])
def test_what_the_bank_itself_moves_has_no_limit_and_uses_none(
    bank: Bank, kind: str, minor: int
) -> None:
    account, ledger = make.account(bank, balance=1000), small(bank)
    ledger.post(one(kind, account, minor, "suspense"))
    for _ in range(2):
        ledger.post(deposit(account, 35))
        ledger.post(make.withdrawal(account, 30))
    found = accounts.get_account(bank.database, account.number)
    assert (found.deposited_minor, found.spent_minor) == (70, 60)


def test_what_is_received_uses_nothing_of_the_day(bank: Bank) -> None:
    payer, payee, ledger = make.account(bank, balance=100), make.account(bank), small(bank)
    ledger.post(make.move(payer, payee, 50))
    sender, receiver = (accounts.get_account(bank.database, a.number) for a in (payer, payee))
    assert (sender.deposited_minor, sender.spent_minor) == (0, 50)
    assert (receiver.deposited_minor, receiver.spent_minor) == (0, 0)


def used(bank: Bank, number: str) -> tuple[str, int, int]:
    """The day that the account counts, and what of it was used: deposits and spending."""
    account = accounts.get_account(bank.database, number)
    return account.day, account.deposited_minor, account.spent_minor


def test_a_day_begins_at_midnight_with_nothing_used(bank: Bank, clock: Clock) -> None:
    clock.at(2030, 5, 1, 23)
    account, ledger = make.account(bank, balance=100), small(bank)
    ledger.post(deposit(account, 50))
    ledger.post(make.withdrawal(account, 40))
    assert used(bank, account.number) == ("2030-05-01", 50, 40)
    clock.at(2030, 5, 2, 0)
    ledger.post(deposit(account, 30))
    assert used(bank, account.number) == ("2030-05-02", 30, 0)
    ledger.post(make.withdrawal(account, 20))
    assert used(bank, account.number) == ("2030-05-02", 30, 20)


def test_a_clock_that_lags_opens_no_day_that_is_over(bank: Bank, clock: Clock) -> None:
    clock.at(2030, 5, 2, 0)
    account, ledger = make.account(bank), small(bank)
    ledger.post(deposit(account, 50))
    clock.at(2030, 5, 1, 23)
    assert isinstance(refusal(bank, deposit(account, 21), ledger), DailyLimitExceeded)
    assert used(bank, account.number) == ("2030-05-02", 50, 0)


@pytest.mark.parametrize("make_one", [deposit, make.withdrawal])
def test_without_a_confirmed_address_a_day_has_less_until_it_is_confirmed(
    bank: Bank, make_one: Callable[..., Posting]
) -> None:
    account, ledger = make.account(bank, balance=100), small(bank, unconfirmed=20)
    ledger.post(make_one(account, 15))
    too_much = refusal(bank, make_one(account, 6), ledger)
    assert (too_much.detail, too_much.facts["limit"]) == (
        "at most 0.05 USD more today",
        usd("0.20"),
    )
    accounts.confirm_owner(bank.database, account.owner)
    ledger.post(make_one(account, 45))
    assert isinstance(refusal(bank, make_one(account, 11), ledger), DailyLimitExceeded)


def test_a_missing_address_gives_no_more_than_the_usual_limit(bank: Bank) -> None:
    account, ledger = make.account(bank), small(bank, unconfirmed=80)
    ledger.post(deposit(account, 50))
    assert isinstance(refusal(bank, deposit(account, 21), ledger), DailyLimitExceeded)


@pytest.mark.parametrize(
    ("make_one", "own", "other"),
    [(deposit, "deposits", "spending"), (make.withdrawal, "spending", "deposits")],
)
def test_an_account_may_have_limits_of_its_own(
    bank: Bank, make_one: Callable[..., Posting], own: str, other: str
) -> None:
    account, ledger = make.account(bank, balance=200), small(bank)
    limits = {own: 90, other: None}
    present = accounts.get_account(bank.database, account.number)
    assert accounts.change_limits(bank.database, present, floor=0, **limits)
    ledger.post(make_one(account, 50))
    ledger.post(make_one(account, 40))
    assert refusal(bank, make_one(account, 1), ledger).facts["limit"] == usd("0.90")


def test_an_account_that_may_go_below_zero_goes_so_far_and_no_further(bank: Bank) -> None:
    account = make.account(bank, balance=10)
    present = accounts.get_account(bank.database, account.number)
    assert accounts.change_limits(bank.database, present, deposits=None, spending=None, floor=-30)
    assert bank.ledger.post(make.withdrawal(account, 40))
    assert isinstance(refusal(bank, make.withdrawal(account, 1), bank.ledger), InsufficientFunds)


def test_limits_are_not_changed_of_an_account_that_changed_since(bank: Bank) -> None:
    account = make.account(bank)
    accounts.change_status(bank.database, account, "frozen")
    assert not accounts.change_limits(bank.database, account, deposits=1, spending=1, floor=0)
    assert accounts.get_account(bank.database, account.number).daily_deposits_minor is None
