"""Holds: money that is reserved, and leaves later, or is freed."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from app.controllers.bank import Bank, limits_of
from app.controllers.ledger import Claim, Key, Ledger, Line, Posting, Receipt
from app.errors import (
    AccountClosed,
    AccountFrozen,
    DailyLimitExceeded,
    InsufficientFunds,
    Overtaken,
)
from app.models.accounts import Account, change_status, get_account
from tests import make
from tests.atomicity.conftest import errors, together

pytestmark = pytest.mark.bare


def hold(account: Account, minor: int, **more: Any) -> Posting:
    """Money of the account reserved, or with a negative amount freed."""
    return Posting(
        kind="payment", currency=account.currency, entries=(),
        holds=(Line(account.number, minor),), actor="tests", **more,
    )  # fmt: skip


def capture(payer: Account, shop: Account, minor: int, freed: int, **more: Any) -> Posting:
    """Money that leaves for a shop; `freed` of what was held is held no more."""
    return Posting(
        kind="payment", currency=payer.currency, actor="tests",
        entries=(Line(payer.number, -minor), Line(shop.number, minor)),
        holds=(Line(payer.number, -freed),), **more,
    )  # fmt: skip


def voucher(bank: Bank, **more: Any) -> Claim:
    """A document that can be claimed again and again, each time as it was read."""
    vouchers = bank.database.collection("test_vouchers")
    vouchers.replace_one({"_id": "v"}, {"_id": "v", "status": "open", "seen": 1}, upsert=True)
    return Claim("test_vouchers", "v", when="open", then="open", only={"seen": 1}, **more)


def test_held_money_stays_and_is_not_available(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    before = get_account(bank.database, account.number)
    bank.ledger.hold(hold(account, 70))
    found = get_account(bank.database, account.number)
    assert (found.balance_minor, found.held_minor, found.available_minor) == (100, 70, 30)
    assert (found.seq, found.head) == (before.seq, before.head)
    with pytest.raises(InsufficientFunds):
        bank.ledger.post(make.withdrawal(account, 31))
    bank.ledger.post(make.withdrawal(account, 30))


def test_more_than_is_available_is_not_held(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    bank.ledger.hold(hold(account, 60))
    with pytest.raises(InsufficientFunds) as refused:
        bank.ledger.hold(hold(account, 41))
    assert refused.value.facts["available"] == {"amount": "0.40", "currency": "USD"}
    assert get_account(bank.database, account.number).held_minor == 60


def test_captured_in_parts_and_the_rest_is_freed(bank: Bank) -> None:
    payer, shop = make.account(bank, balance=100), make.account(bank)
    bank.ledger.hold(hold(payer, 70))
    bank.ledger.post(capture(payer, shop, 20, 20))
    found = get_account(bank.database, payer.number)
    assert (found.balance_minor, found.held_minor, found.available_minor) == (80, 50, 30)
    bank.ledger.post(capture(payer, shop, 10, 50))
    found = get_account(bank.database, payer.number)
    assert (found.balance_minor, found.held_minor, found.available_minor) == (70, 0, 70)
    assert get_account(bank.database, shop.number).balance_minor == 30


def test_freed_money_is_available_again(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    bank.ledger.hold(hold(account, 100))
    bank.ledger.hold(hold(account, -100))
    bank.ledger.post(make.withdrawal(account, 100))


def test_what_was_held_counts_once_towards_the_spending_of_the_day(bank: Bank) -> None:
    limit = bank.config.limit("limit_daily_spending", "USD").minor
    payer, shop = make.account(bank, balance=limit + 10), make.account(bank)
    bank.ledger.hold(hold(payer, limit))
    bank.ledger.post(capture(payer, shop, limit, limit))
    with pytest.raises(DailyLimitExceeded):
        bank.ledger.hold(hold(payer, 1))


def test_a_frozen_account_holds_nothing_and_lets_nothing_go_but_may_be_freed(bank: Bank) -> None:
    payer, shop = make.account(bank, balance=100), make.account(bank)
    bank.ledger.hold(hold(payer, 50))
    assert change_status(bank.database, get_account(bank.database, payer.number), "frozen")
    for refused in (hold(payer, 1), capture(payer, shop, 50, 50)):
        assert errors(together([partial(bank.ledger.hold, refused)])) == [AccountFrozen.__name__]
    bank.ledger.hold(hold(payer, -50))
    assert get_account(bank.database, payer.number).held_minor == 0


def test_an_account_that_holds_something_is_not_closed(bank: Bank) -> None:
    payer = make.account(bank, balance=100)
    bank.ledger.hold(hold(payer, 100))
    assert not change_status(bank.database, get_account(bank.database, payer.number), "closed")
    empty = make.account(bank)
    assert change_status(bank.database, empty, "closed")
    with pytest.raises(AccountClosed):
        bank.ledger.hold(hold(empty, 1))


def test_of_50_holds_at_once_only_as_many_as_the_money_covers_are_made(bank: Bank) -> None:
    payer = make.account(bank, balance=100)
    outcomes = together([partial(bank.ledger.hold, hold(payer, 10))] * 50)
    assert errors(outcomes) == ["InsufficientFunds"] * 40
    assert get_account(bank.database, payer.number).held_minor == 100


def test_a_posting_of_another_process_does_not_go_by_what_was_available_before(
    bank: Bank,
) -> None:
    other = Ledger(bank.database, limits_of(bank.config), bank.clock)
    payer = make.account(bank, balance=100)
    other.post(make.withdrawal(payer, 10))
    bank.ledger.hold(hold(payer, 90))
    with pytest.raises(InsufficientFunds):
        other.post(make.withdrawal(payer, 1))


def test_a_hold_and_what_it_claims_happen_together(bank: Bank) -> None:
    payer, claim = make.account(bank, balance=100), voucher(bank, facts={"seen": 2})
    bank.ledger.hold(hold(payer, 10, claims=(claim,)))
    with pytest.raises(Overtaken):
        bank.ledger.hold(hold(payer, 10, claims=(claim,)))
    assert get_account(bank.database, payer.number).held_minor == 10


def test_of_50_changes_of_what_was_read_at_once_one_is_made_and_the_others_may_look_again(
    bank: Bank,
) -> None:
    payer, claim = make.account(bank, balance=100), voucher(bank, facts={"seen": 2})
    outcomes = together([partial(bank.ledger.hold, hold(payer, 1, claims=(claim,)))] * 50)
    assert errors(outcomes) == ["Overtaken"] * 49
    assert get_account(bank.database, payer.number).held_minor == 1


def test_who_was_overtaken_decides_anew_under_the_same_key(bank: Bank) -> None:
    account, claim = make.account(bank), voucher(bank, facts={"seen": 2})
    key = Key("owner:key", "print")
    bank.ledger.post(make.interest(account, 1, claims=(claim,)))
    with pytest.raises(Overtaken):
        bank.ledger.post(make.interest(account, 2, claims=(claim,), key=key))
    anew = Claim("test_vouchers", "v", when="open", then="used", only={"seen": 2})
    receipt = bank.ledger.post(make.interest(account, 2, claims=(anew,), key=key))
    assert not receipt.replayed
    with pytest.raises(Overtaken):
        bank.ledger.post(make.interest(account, 3, claims=(claim,)))


def test_what_holds_and_what_moves_are_told_apart(bank: Bank) -> None:
    account = make.account(bank, balance=10)
    with pytest.raises(TypeError):
        bank.ledger.post(hold(account, 1))
    with pytest.raises(TypeError):
        bank.ledger.hold(make.interest(account, 1))
    assert [type(each) for each in bank.ledger.post_all([make.interest(account, 1)])] == [Receipt]
