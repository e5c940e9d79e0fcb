"""What shops take of what is held, and give back of what was paid: never more, and once for each
key."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from app.controllers.bank import Bank
from app.controllers.orders import CaptureOrder, RefundOrder
from app.controllers.payments import capturing, refunds
from app.controllers.payments.capturing import Captured
from app.controllers.payments.refunds import Refunded
from app.errors import (
    AccountFrozen,
    CaptureTooLarge,
    InsufficientFunds,
    IntentNotFound,
    InvalidField,
    KeyReused,
    RefundTooLarge,
    WrongState,
)
from app.models.accounts import Account, change_status, get_account
from app.models.intent import Intent
from app.models.merchants import Merchant, get_merchant
from app.models.payment_history import of_intent
from app.models.payment_intents import get_intent
from tests import make
from tests.atomicity.conftest import errors, together
from tests.conftest import Clock
from tests.paying import pay


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    """A shop that may be paid."""
    return make.merchant(bank)


@pytest.fixture
def payer(bank: Bank) -> Account:
    """A customer's account with 100.00."""
    return make.account(bank, balance=10_000)


@pytest.fixture
def held(bank: Bank, shop: Merchant, payer: Account) -> Intent:
    """50.00 of the payer's, held for the shop."""
    return pay(bank, make.intent(bank, shop, "50", capture="manual"), payer)


@pytest.fixture
def paid(bank: Bank, shop: Merchant, payer: Account) -> Intent:
    """50.00 that the payer has paid to the shop."""
    return pay(bank, make.intent(bank, shop, "50"), payer)


def capture(
    bank: Bank, intent: Intent, amount: str | None = None, *, final: bool = True, key: str = ""
) -> Captured:
    """The shop captures, under that key or under a new one."""
    order = CaptureOrder(Decimal(amount) if amount else None, final)
    shop = make.seller(get_merchant(bank.database, intent.merchant))
    return capturing.capture(bank, shop, intent.id, order, key or uuid4().hex)


def refund(
    bank: Bank, intent: Intent, amount: str | None = None, *, reason: str | None = None,
    key: str = "",
) -> Refunded:  # fmt: skip
    """The shop gives back, under that key or under a new one."""
    order = RefundOrder(Decimal(amount) if amount else None, reason)
    shop = make.seller(get_merchant(bank.database, intent.merchant))
    return refunds.refund(bank, shop, intent.id, order, key or uuid4().hex)


def money_of(bank: Bank, account: str) -> tuple[int, int]:
    """The balance, and what is held."""
    found = get_account(bank.database, account)
    return found.balance_minor, found.held_minor


def freeze(bank: Bank, number: str) -> None:
    """Freeze an account."""
    assert change_status(bank.database, get_account(bank.database, number), "frozen")


def test_all_that_is_held_is_captured_at_once(bank: Bank, held: Intent, payer: Account) -> None:
    done = capture(bank, held)
    assert (done.intent.status, done.intent.captured_minor, done.part.minor) == (
        "succeeded", 5_000, 5_000,
    )  # fmt: skip
    assert money_of(bank, payer.number) == (5_000, 0)
    assert money_of(bank, held.account) == (5_000, 0)


def test_a_capture_is_in_the_history_as_the_shops_name_and_order(bank: Bank, held: Intent) -> None:
    capture(bank, held)
    (made,) = of_intent(bank.database, held.id)
    assert (made.kind, made.memo) == ("payment", f"{held.name} · {held.order}")


def test_a_capture_in_parts_leaves_the_rest_held_until_a_final_one_frees_it(
    bank: Bank, held: Intent, payer: Account
) -> None:
    first = capture(bank, held, "20", final=False)
    assert (first.intent.status, first.intent.held_minor) == ("requires_capture", 3_000)
    assert money_of(bank, payer.number) == (8_000, 3_000)
    last = capture(bank, held, "10")
    assert (last.intent.status, last.intent.held_minor) == ("succeeded", 0)
    assert money_of(bank, payer.number) == (7_000, 0)
    assert [part.minor for part in last.intent.captures] == [2_000, 1_000]


def test_the_last_part_needs_not_be_called_final(bank: Bank, held: Intent) -> None:
    capture(bank, held, "20", final=False)
    assert capture(bank, held, "30", final=False).intent.status == "succeeded"


def test_more_than_is_held_is_not_captured(bank: Bank, held: Intent) -> None:
    capture(bank, held, "20", final=False)
    with pytest.raises(CaptureTooLarge) as refused:
        capture(bank, held, "30.01")
    assert refused.value.facts == {"remaining": {"amount": "30.00", "currency": "USD"}}


def test_the_hundredth_capture_is_the_last(bank: Bank, held: Intent) -> None:
    for _ in range(99):
        capture(bank, held, "0.01", final=False)
    with pytest.raises(InvalidField):
        capture(bank, held, "0.01", final=False)
    assert capture(bank, held, "0.01").intent.status == "succeeded"


@pytest.mark.parametrize("act", [capture, refund])
def test_a_repeat_is_answered_as_before_when_nothing_is_left(
    bank: Bank, held: Intent, act: Callable[..., Any]
) -> None:
    if act is refund:
        capture(bank, held)
    first = act(bank, held, key="k" * 16)
    again = act(bank, held, key="k" * 16)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.part == first.part
    assert again.intent == first.intent


@pytest.mark.parametrize("act", [capture, refund])
def test_a_key_is_good_for_one_request(
    bank: Bank, shop: Merchant, payer: Account, held: Intent, act: Callable[..., Any]
) -> None:
    other = pay(bank, make.intent(bank, shop, "50", capture="manual"), payer)
    if act is refund:
        capture(bank, held)
        capture(bank, other)
    act(bank, held, "10", key="k" * 16)
    for again in (
        partial(act, bank, held, "10.01"), partial(act, bank, held), partial(act, bank, other, "10")
    ):  # fmt: skip
        with pytest.raises(KeyReused):
            again(key="k" * 16)


def test_a_key_of_a_capture_is_not_one_of_a_refund(bank: Bank, held: Intent) -> None:
    capture(bank, held, key="k" * 16)
    with pytest.raises(KeyReused):
        refund(bank, held, key="k" * 16)


def test_of_50_captures_at_once_no_more_is_made_than_is_held(
    bank: Bank, held: Intent, payer: Account
) -> None:
    outcomes = together([partial(capture, bank, held, "10", final=False)] * 50)
    made = [each for each in outcomes if isinstance(each, Captured)]
    assert len(made) == 5
    assert set(errors(outcomes)) <= {"CaptureTooLarge", "WrongState", "Overtaken"}
    assert money_of(bank, payer.number) == (5_000, 0)


def test_of_50_refunds_at_once_no_more_is_made_than_was_paid(
    bank: Bank, paid: Intent, payer: Account
) -> None:
    outcomes = together([partial(refund, bank, paid, "10")] * 50)
    assert sum(isinstance(each, Refunded) for each in outcomes) == 5
    assert set(errors(outcomes)) <= {"RefundTooLarge", "Overtaken"}
    assert money_of(bank, payer.number) == (10_000, 0)


@pytest.mark.parametrize("act", [capture, refund])
def test_50_repeats_at_once_move_money_once(
    bank: Bank, held: Intent, act: Callable[..., Any]
) -> None:
    if act is refund:
        capture(bank, held)
    outcomes: list[Any] = together([partial(act, bank, held, "10", key="k" * 16)] * 50)
    assert errors(outcomes) == []
    assert len({each.part.id for each in outcomes}) == 1
    assert sum(not each.replayed for each in outcomes) == 1


def test_a_frozen_payer_is_not_captured_from_and_the_hold_stays(
    bank: Bank, held: Intent, payer: Account
) -> None:
    freeze(bank, payer.number)
    with pytest.raises(AccountFrozen) as refused:
        capture(bank, held)
    assert payer.number not in f"{refused.value} {refused.value.facts}"
    assert money_of(bank, payer.number) == (10_000, 5_000)
    assert get_intent(bank.database, held.id) == held


def test_a_refusal_is_repeated_under_its_key_without_the_customers_account(
    bank: Bank, held: Intent, payer: Account
) -> None:
    freeze(bank, payer.number)
    for replayed in (False, True):
        with pytest.raises(AccountFrozen) as refused:
            capture(bank, held, key="k" * 16)
        assert refused.value.replayed is replayed
        assert "account" not in refused.value.facts


def test_a_capture_comes_too_late_when_the_hold_is_over(
    bank: Bank, held: Intent, payer: Account, clock: Clock
) -> None:
    clock.forward(days=7)
    with pytest.raises(WrongState) as refused:
        capture(bank, held)
    assert refused.value.facts == {"state": "expired"}
    assert money_of(bank, payer.number) == (10_000, 0)


@pytest.mark.parametrize("act", [capture, refund])
def test_what_nobody_has_paid_is_neither_captured_nor_refunded(
    bank: Bank, shop: Merchant, act: Callable[..., Any]
) -> None:
    with pytest.raises(WrongState) as refused:
        act(bank, make.intent(bank, shop))
    assert refused.value.facts == {"state": "requires_customer"}


def test_another_shop_finds_nothing_to_capture_or_to_refund(bank: Bank, held: Intent) -> None:
    stranger = make.seller(make.merchant(bank))
    with pytest.raises(IntentNotFound):
        capturing.capture(bank, stranger, held.id, CaptureOrder(None, True), "k" * 16)
    with pytest.raises(IntentNotFound):
        refunds.refund(bank, stranger, held.id, RefundOrder(None, None), "k" * 16)


def test_a_payment_is_given_back_in_parts_and_never_more(
    bank: Bank, paid: Intent, payer: Account
) -> None:
    first = refund(bank, paid, "20", reason="duplicate")
    assert (first.part.minor, first.part.reason) == (2_000, "duplicate")
    with pytest.raises(RefundTooLarge) as refused:
        refund(bank, paid, "30.01")
    assert refused.value.facts == {"remaining": {"amount": "30.00", "currency": "USD"}}
    rest = refund(bank, paid)
    assert (rest.part.minor, rest.intent.refunded_minor) == (3_000, 5_000)
    assert rest.intent.status == "succeeded"
    assert money_of(bank, payer.number) == (10_000, 0)
    with pytest.raises(RefundTooLarge):
        refund(bank, paid)


def test_no_more_is_given_back_than_was_captured(bank: Bank, held: Intent) -> None:
    capture(bank, held, "20")
    with pytest.raises(RefundTooLarge):
        refund(bank, held, "20.01")


def test_a_shop_without_money_gives_nothing_back(bank: Bank, paid: Intent, shop: Merchant) -> None:
    bank.ledger.post(make.withdrawal(get_account(bank.database, shop.account), 4_000))
    with pytest.raises(InsufficientFunds) as refused:
        refund(bank, paid, "10.01")
    assert refused.value.facts["available"] == {"amount": "10.00", "currency": "USD"}
    assert refund(bank, paid, "10").intent.refunded_minor == 1_000


def test_a_frozen_customer_is_given_back_what_was_paid(
    bank: Bank, paid: Intent, payer: Account
) -> None:
    freeze(bank, payer.number)
    refund(bank, paid)
    assert money_of(bank, payer.number)[0] == 10_000


def test_a_refund_counts_towards_no_limit_of_a_day(bank: Bank, paid: Intent) -> None:
    before = get_account(bank.database, paid.account)
    refund(bank, paid)
    after = get_account(bank.database, paid.account)
    assert (after.spent_minor, after.deposited_minor) == (before.spent_minor, 0)
