"""Payments that shops ask for: once for each key and order, and only what could be paid."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from app.controllers.bank import Bank
from app.controllers.orders import CancelIntent, CreateIntent, CreateIntentSchema, IntentsQuery
from app.controllers.payments import intents
from app.errors import (
    BankError,
    CurrencyMismatch,
    IntentNotFound,
    InvalidField,
    KeyReused,
    OrderTaken,
    PostingLimitExceeded,
    WrongState,
)
from app.models.accounts import change_status, get_account
from app.models.database import Database
from app.models.intent import Intent
from app.models.merchants import Merchant
from tests import make
from tests.atomicity.conftest import errors, together
from tests.conftest import Clock
from tests.paying import pay


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    """A shop that may be paid."""
    return make.merchant(bank)


def asked(**more: Any) -> CreateIntent:
    """What a shop asks for."""
    order = {"amount": "12.50", "order": "A-1", "return_url": make.SHOP_URL, **more}
    loaded: CreateIntent = CreateIntentSchema().load(order)
    return loaded


def create(bank: Bank, shop: Merchant, key: str = "k" * 16, **more: Any) -> tuple[Intent, bool]:
    """Ask for a payment under a key."""
    return intents.create(bank, make.seller(shop), asked(**more), key)


def cancel(bank: Bank, intent: Intent, reason: str | None = None) -> Intent:
    """The shop cancels its payment."""
    shop = intents.get_merchant(bank.database, intent.merchant)
    return intents.cancel(bank, make.seller(shop), intent.id, CancelIntent(reason))


def test_a_payment_waits_for_its_customer_for_as_long_as_the_shop_says(
    bank: Bank, shop: Merchant
) -> None:
    made, replayed = create(bank, shop, expires_in=60, description="two cables")
    assert (made.status, made.amount_minor, replayed) == ("requires_customer", 1250, False)
    assert (made.expires_at - made.created_at).total_seconds() == 60
    assert intents.read(bank, make.seller(shop), made.id) == made


@pytest.mark.parametrize("more", [{}, {"amount": "12.5"}, {"currency": "USD"}])
def test_the_same_request_under_the_same_key_answers_the_same_payment(
    bank: Bank, shop: Merchant, more: dict[str, Any]
) -> None:
    made, _ = create(bank, shop)
    assert create(bank, shop, **more) == (made, True)


@pytest.mark.parametrize(
    "more",
    [
        {"amount": "12.51"}, {"order": "A-2"}, {"description": "x"}, {"capture": "manual"},
        {"expires_in": 61},
    ],
)  # fmt: skip
def test_another_request_under_the_same_key_is_refused(
    bank: Bank, shop: Merchant, more: dict[str, Any]
) -> None:
    create(bank, shop)
    with pytest.raises(KeyReused):
        create(bank, shop, **more)


def test_a_second_payment_for_an_order_is_refused_and_names_the_first(
    bank: Bank, shop: Merchant
) -> None:
    made, _ = create(bank, shop)
    with pytest.raises(OrderTaken) as refused:
        create(bank, shop, key="l" * 16)
    assert refused.value.facts == {"intent": made.id}


def test_another_shop_may_use_the_same_key_and_order(bank: Bank, shop: Merchant) -> None:
    made, _ = create(bank, shop)
    other, replayed = create(bank, make.merchant(bank))
    assert other.id != made.id
    assert not replayed


def test_50_calls_at_once_make_one_payment(bank: Bank, shop: Merchant) -> None:
    outcomes: list[Any] = together([partial(create, bank, shop)] * 50)
    assert len({intent.id for intent, _ in outcomes}) == 1
    assert sum(not replayed for _, replayed in outcomes) == 1


def test_of_50_keys_for_one_order_one_makes_its_payment(bank: Bank, shop: Merchant) -> None:
    calls = [partial(create, bank, shop, key=uuid4().hex) for _ in range(50)]
    assert errors(together(calls)) == ["OrderTaken"] * 49


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"amount": "5000.01"}, PostingLimitExceeded),
        ({"amount": "1.234"}, InvalidField),
        ({"currency": "EUR"}, CurrencyMismatch),
        ({"return_url": make.SHOP_URL + "?a=1"}, InvalidField),
        ({"return_url": make.SHOP_URL + "/"}, InvalidField),
        ({"return_url": "https://elsewhere.example/paid"}, InvalidField),
    ],
)
def test_what_could_not_be_paid_is_not_asked_for(
    bank: Bank, shop: Merchant, more: dict[str, Any], refusal: type[BankError]
) -> None:
    with pytest.raises(refusal):
        create(bank, shop, **more)


def test_the_largest_payment_may_be_asked_for(bank: Bank, shop: Merchant) -> None:
    assert create(bank, shop, amount="5000")[0].amount_minor == 500_000


def test_another_shops_payment_is_not_found(bank: Bank, shop: Merchant) -> None:
    made, stranger = create(bank, shop)[0], make.seller(make.merchant(bank))
    for act in (
        lambda: intents.read(bank, stranger, made.id),
        lambda: intents.cancel(bank, stranger, made.id, CancelIntent(None)),
    ):
        with pytest.raises(IntentNotFound):
            act()
    query = IntentsQuery(None, None, 20, None)
    assert intents.list_intents(bank, stranger, query, None).items == []


def test_a_list_goes_on_where_its_page_ended(bank: Bank, shop: Merchant) -> None:
    made = [make.intent(bank, shop) for _ in range(5)]
    query, after, seen = IntentsQuery(None, None, 2, None), None, []
    while True:
        page = intents.list_intents(bank, make.seller(shop), query, after)
        seen += [each.id for each in page.items]
        after = page.after
        if after is None:
            break
    newest = sorted(made, key=lambda each: (each.created_at, each.id), reverse=True)
    assert seen == [each.id for each in newest]


def test_a_list_is_filtered_by_order_and_by_the_status_that_the_clock_gives(
    bank: Bank, shop: Merchant, clock: Clock
) -> None:
    payer = make.account(bank, balance=10_000)
    late = create(bank, shop)[0]
    lapsed = pay(bank, make.intent(bank, shop, capture="manual"), payer)
    clock.forward(days=7, seconds=1)
    paid = pay(bank, make.intent(bank, shop), payer)
    waits = make.intent(bank, shop)
    held = pay(bank, make.intent(bank, shop, capture="manual"), payer)
    gone = cancel(bank, make.intent(bank, shop))

    def found(order: str | None = None, status: str | None = None) -> set[str]:
        query = IntentsQuery(order, status, 100, None)
        page = intents.list_intents(bank, make.seller(shop), query, None)
        assert status in (None, *{each.status for each in page.items})
        return {each.id for each in page.items}

    assert found(order="A-1") == {late.id}
    assert found(status="expired") == {late.id, lapsed.id}
    assert found(status="succeeded") == {paid.id}
    assert found(status="requires_customer") == {waits.id}
    assert found(status="requires_capture") == {held.id}
    assert found(status="canceled") == {gone.id}


def test_a_canceled_payment_stays_canceled_for_its_first_reason(bank: Bank, shop: Merchant) -> None:
    made = make.intent(bank, shop)
    assert cancel(bank, made, "duplicate").status == "canceled"
    again = cancel(bank, made, "abandoned")
    assert (again.status, again.reason) == ("canceled", "duplicate")


def test_canceling_frees_what_is_held_even_on_a_frozen_account(bank: Bank, shop: Merchant) -> None:
    payer = make.account(bank, balance=2_000)
    held = pay(bank, make.intent(bank, shop, capture="manual"), payer)
    assert get_account(bank.database, payer.number).held_minor == 1250
    assert change_status(bank.database, get_account(bank.database, payer.number), "frozen")
    assert cancel(bank, held).held_minor == 0
    assert get_account(bank.database, payer.number).held_minor == 0


def test_what_was_paid_is_not_canceled(bank: Bank, shop: Merchant) -> None:
    made = pay(bank, make.intent(bank, shop), make.account(bank, balance=2_000))
    with pytest.raises(WrongState) as refused:
        cancel(bank, made)
    assert refused.value.facts == {"state": "succeeded"}


def test_a_payer_is_told_by_a_masked_name(bank: Bank, shop: Merchant, database: Database) -> None:
    payer = make.account(bank, balance=2_000, username="dana")
    paid = pay(bank, make.intent(bank, shop), payer)
    (shown,) = intents.show(bank, [paid])
    assert shown.payer == "d•••"
    assert shown.pay_url == f"{bank.config.address}/pay/{paid.id}"
