"""Payments at shops, as bankers see them at the desk."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.orders import CancelIntent, CaptureOrder, RefundOrder
from app.controllers.payments import capturing, intents, refunds
from app.models.accounts import Account
from app.models.intent import STEPS
from app.models.merchants import Merchant
from app.views.pages.desk.payments import STATUSES
from tests import make
from tests.conftest import Clock
from tests.pages import Browser
from tests.paying import pay


@pytest.fixture
def tess(client: FlaskClient) -> Browser:
    """A banker at the desk."""
    make.staff(client, tess="teller")
    return Browser(client.application).log_in("tess")


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    """A shop that may be paid."""
    return make.merchant(bank)


@pytest.fixture
def payer(bank: Bank) -> Account:
    """Dana's account with 100.00."""
    return make.account(bank, balance=10_000, username="dana")


def found(tess: Browser, query: str) -> list[str]:
    """The orders on a page of the list."""
    text = tess.open(f"/desk/payments{query}").text
    return [each for each in ("A-1", "A-2", "B-1") if each in text]


def test_payments_are_found_by_order_shop_and_status(
    bank: Bank, tess: Browser, shop: Merchant, payer: Account
) -> None:
    other = make.merchant(bank, name="Anderswo")
    make.intent(bank, shop, order="A-1")
    pay(bank, make.intent(bank, shop, order="A-2"), payer)
    make.intent(bank, other, order="B-1")
    assert found(tess, "") == ["A-1", "A-2", "B-1"]
    assert found(tess, "?status=succeeded") == ["A-2"]
    assert found(tess, "?shop=kabel") == ["A-1", "A-2"]
    assert found(tess, f"?shop={other.id}") == ["B-1"]
    page = tess.open("/desk/payments?order=B-1").text
    assert "Anderswo" in page
    assert shop.name.replace("&", "&amp;") not in page
    assert "No payment is like that." in tess.open("/desk/payments?shop=nobody").text


def test_a_list_goes_on_on_its_next_page(
    bank: Bank, tess: Browser, shop: Merchant, clock: Clock
) -> None:
    for number in range(3):
        clock.forward(seconds=1)
        make.intent(bank, shop, order=f"order-{number}")
    first = tess.page("/desk/payments?limit=2")
    assert "order-0" not in first.text
    [onward] = [link for link in first.links() if "cursor=" in link]
    assert "order-0" in tess.open(onward).text


def test_a_payment_is_shown_with_what_became_of_it(
    bank: Bank, tess: Browser, shop: Merchant, payer: Account
) -> None:
    till = make.seller(shop)
    held = pay(bank, make.intent(bank, shop, "50", order="A-1", capture="manual"), payer)
    capturing.capture(bank, till, held.id, CaptureOrder(Decimal(30), False), "c" * 16)
    capturing.capture(bank, till, held.id, CaptureOrder(Decimal(10), True), "d" * 16)
    refunds.refund(bank, till, held.id, RefundOrder(Decimal(5), "duplicate"), "r" * 16)
    text = tess.open(f"/desk/payments/{held.id}").text
    for shown in (
        "A-1", "Held for the shop", "Captured by the shop", "Given back by the shop",
        "asked for twice", "$30.00", "$10.00", "$5.00", "dana", "Paid",
    ):  # fmt: skip
        assert shown in text, shown
    assert text.count('href="/desk/transactions/') == 3
    assert f'href="/desk/accounts/{payer.number}"' in text


def test_what_waits_says_by_when_it_ends_and_what_has_ended_says_when(
    bank: Bank, tess: Browser, shop: Merchant, clock: Clock
) -> None:
    late, gone = make.intent(bank, shop), make.intent(bank, shop)
    assert "Ends by itself" in tess.open(f"/desk/payments/{late.id}").text
    intents.cancel(bank, make.seller(shop), gone.id, CancelIntent("abandoned"))
    clock.forward(minutes=15)
    tess.log_in("tess")
    text = tess.open(f"/desk/payments/{late.id}").text
    assert "Expired" in text
    assert "Ends by itself" not in text
    text = tess.open(f"/desk/payments/{gone.id}").text
    assert "Canceled by the shop" in text
    assert "the customer went away" in text


def test_a_payment_that_does_not_exist_is_not_found(tess: Browser) -> None:
    assert tess.open("/desk/payments/pi_x").status_code == 404


def test_no_payments_state_is_without_its_name() -> None:
    assert STATUSES.keys() == STEPS.keys()
