"""Payments end by the clock: for everybody at once, and once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from flask import Flask

from app.controllers.bank import Bank
from app.controllers.orders import CaptureOrder, RefundOrder
from app.controllers.payments import capturing, events, expiry, intents, refunds
from app.controllers.payments.expiry import Expiry
from app.errors import Overtaken, WrongState
from app.models import payment_intents
from app.models.accounts import Account, change_status, get_account
from app.models.intent import Intent
from app.models.merchants import Merchant
from tests import make
from tests.atomicity.conftest import together
from tests.conftest import Clock
from tests.controllers.test_intents import cancel
from tests.paying import pay


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    """A shop that may be paid."""
    return make.merchant(bank)


@pytest.fixture
def payer(bank: Bank) -> Account:
    """A customer's account with 100.00."""
    return make.account(bank, balance=10_000)


def stored(bank: Bank, intent: Intent) -> Intent:
    """The intent as it is written down."""
    return payment_intents.get_intent(bank.database, intent.id)


def held_of(bank: Bank, account: Account) -> int:
    """What the account's holds reserve."""
    return get_account(bank.database, account.number).held_minor


def capture(bank: Bank, shop: Merchant, intent: Intent, order: CaptureOrder) -> Intent:
    """The shop captures, once."""
    return capturing.capture(bank, make.seller(shop), intent.id, order, "k" * 16).intent


def test_it_is_seen_expired_from_that_moment_on_and_not_before(
    bank: Bank, shop: Merchant, clock: Clock
) -> None:
    made = make.intent(bank, shop, expires_in=60)
    clock.forward(seconds=50)
    assert intents.read(bank, make.seller(shop), made.id).status == "requires_customer"
    clock.forward(seconds=10)
    assert intents.read(bank, make.seller(shop), made.id).status == "expired"
    assert stored(bank, made) == made


@pytest.mark.parametrize("capture", ["automatic", "manual"])
def test_nobody_pays_late_though_nobody_has_written_it_down(
    bank: Bank, shop: Merchant, payer: Account, clock: Clock, capture: str
) -> None:
    made = make.intent(bank, shop, capture=capture)
    clock.forward(minutes=15)
    with pytest.raises(Overtaken):
        pay(bank, made, payer)
    assert stored(bank, made) == made
    assert held_of(bank, payer) == 0


def test_the_sweep_writes_it_down_once_and_tells_the_shop(
    bank: Bank, shop: Merchant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []

    def tell(bank: Bank, intent: Intent, type: str) -> tuple[()]:
        told.append((intent.id, type))
        return ()

    monkeypatch.setattr(events, "told", tell)
    made, later = make.intent(bank, shop), make.intent(bank, shop, expires_in=86_400)
    clock.forward(minutes=15)
    assert Expiry(bank).sweep() == 1
    assert Expiry(bank).sweep() == 0
    assert stored(bank, made).status == "expired"
    assert stored(bank, later) == later
    assert told == [(made.id, "payment.expired")]


def test_what_is_held_is_freed_after_the_days_of_the_settings(
    bank: Bank, shop: Merchant, payer: Account, clock: Clock
) -> None:
    held = pay(bank, make.intent(bank, shop, capture="manual"), payer)
    clock.forward(days=6, hours=23)
    assert Expiry(bank).sweep() == 0
    clock.forward(hours=1)
    assert Expiry(bank).sweep() == 1
    assert (stored(bank, held).status, stored(bank, held).held_minor) == ("expired", 0)
    assert held_of(bank, payer) == 0


def test_what_was_captured_in_part_stays_paid_and_the_rest_is_freed(
    bank: Bank, shop: Merchant, payer: Account, clock: Clock
) -> None:
    held = pay(bank, make.intent(bank, shop, "50", capture="manual"), payer)
    capture(bank, shop, held, CaptureOrder(Decimal(25), False))
    clock.forward(days=7)
    seen = intents.read(bank, make.seller(shop), held.id)
    assert (seen.status, seen.held_minor, seen.captured_minor) == ("succeeded", 0, 2_500)
    assert Expiry(bank).sweep() == 1
    assert stored(bank, held).status == "succeeded"
    assert held_of(bank, payer) == 0


def test_a_part_is_given_back_though_nobody_has_written_the_end_down(
    bank: Bank, shop: Merchant, payer: Account, clock: Clock
) -> None:
    held = pay(bank, make.intent(bank, shop, "50", capture="manual"), payer)
    capture(bank, shop, held, CaptureOrder(Decimal(25), False))
    clock.forward(days=7)
    done = refunds.refund(bank, make.seller(shop), held.id, RefundOrder(None, None), "r" * 16)
    assert (done.intent.status, done.intent.refunded_minor) == ("succeeded", 2_500)
    assert held_of(bank, payer) == 0


def test_what_is_over_is_not_canceled(bank: Bank, shop: Merchant, clock: Clock) -> None:
    made = make.intent(bank, shop)
    clock.forward(minutes=15)
    with pytest.raises(WrongState) as refused:
        cancel(bank, made)
    assert refused.value.facts == {"state": "expired"}


def test_two_processes_end_each_payment_once(
    bank: Bank, shop: Merchant, payer: Account, clock: Clock, make_app: Callable[..., Flask]
) -> None:
    made = [make.intent(bank, shop) for _ in range(5)]
    made += [pay(bank, make.intent(bank, shop, capture="manual"), payer) for _ in range(5)]
    clock.forward(days=7)
    other: Bank = make_app().extensions["bank"]
    outcomes = together([Expiry(bank).sweep, Expiry(other).sweep])
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert sum(each for each in outcomes if isinstance(each, int)) == 10
    assert {stored(bank, each).status for each in made} == {"expired"}
    assert held_of(bank, payer) == 0


def test_a_capture_and_the_end_of_the_hold_do_not_both_happen(
    bank: Bank, shop: Merchant, payer: Account, clock: Clock
) -> None:
    held = pay(bank, make.intent(bank, shop, "50", capture="manual"), payer)
    ends = partial(expiry.end, bank, held)
    together([ends, partial(capture, bank, shop, held, CaptureOrder(None, True))])
    now = stored(bank, held)
    assert (now.status, now.captured_minor) in {("expired", 0), ("succeeded", 5_000)}
    assert held_of(bank, payer) == 0


def test_a_frozen_account_is_freed_of_what_is_over(
    bank: Bank, shop: Merchant, payer: Account, clock: Clock
) -> None:
    pay(bank, make.intent(bank, shop, capture="manual"), payer)
    assert change_status(bank.database, get_account(bank.database, payer.number), "frozen")
    clock.forward(days=7)
    assert Expiry(bank).sweep() == 1
    assert held_of(bank, payer) == 0


def test_one_that_cannot_be_ended_does_not_keep_the_others(
    bank: Bank, shop: Merchant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make.intent(bank, shop) for _ in range(3)]
    clock.forward(minutes=15)

    def broken(bank: Bank, intent: Intent, type: str) -> tuple[()]:
        if intent.id == made[0].id:
            raise RuntimeError("broken")
        return ()

    monkeypatch.setattr(events, "told", broken)
    assert Expiry(bank).sweep() == 2
    assert stored(bank, made[0]) == made[0]
