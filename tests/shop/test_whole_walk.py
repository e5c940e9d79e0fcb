"""The whole walk in a browser: a cart at the shop, number and PIN at the bank, a paid order,
and the money back again. The shop never sees what opens an account.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from shop.controllers import catalogue
from shop.controllers.reconciliation import reconcile
from shop.models import orders
from shop.models.orders import Order
from tests import make, tills
from tests.browser.conftest import DESKTOP, PHONE
from tests.make import Person
from tests.shop.town import Town

COLLECTIONS = ("orders", "carts", "customers", "outbox", "arrivals", "entrances", "attempts")


@dataclass
class Traffic:
    """All that a browser sends to the shop."""

    shop: str
    sent: list[str] = field(default_factory=list)

    def note(self, request: Request) -> None:
        """Remember a request to the shop, whole."""
        if request.url.startswith(self.shop):
            self.sent.append(f"{request.url} {request.headers} {request.post_data or ''}")


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody's browser, with what the test wants of it."""
    options: dict[str, Any] = {"viewport": DESKTOP, "locale": "en-US"}
    context = browser.new_context(**options | getattr(request, "param", {}))
    yield context.new_page()
    context.close()


def to_the_bank(page: Page, shop: str) -> None:
    """Choose, go to the checkout, order, and go on to the bank."""
    page.goto(f"{shop}/category/peripherals")
    page.locator(".good-one a").first.click()
    page.get_by_role("button", name="cart").first.click()
    page.goto(f"{shop}/cart")
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("E-mail").fill("dana@example.com")
    page.get_by_label("Name", exact=True).fill("Dana Kowalski")
    page.get_by_label("Pick up at the shop").check()
    page.get_by_role("button", name="Order and pay").click()
    # By way of a page of the shop, which goes on at once.
    expect(page).to_have_url(re.compile(r"/pay/pi_[\w-]+$"))


def pay(page: Page, town: Town, dana: Person) -> None:
    """Number and PIN, then the code, then back to the shop."""
    expect(page.get_by_text("Patchbay").first).to_be_visible()
    page.get_by_label("Account number").fill(dana.account)
    page.get_by_label("PIN").fill(tills.PIN)
    page.get_by_label("PIN").press("Enter")
    page.get_by_label("Code").fill(make.code_in(make.mails(town.bank)[0]))
    page.get_by_label("Code").press("Enter")
    page.get_by_role("link", name="Back to Patchbay").click()


def only(town: Town) -> Order:
    (order,) = orders.every(town.shop.database)
    return order


def stored(town: Town) -> str:
    """All that the shop has stored, as text."""
    kept = [list(town.shop.database.collection(name).find({})) for name in COLLECTIONS]
    return str(kept)


@pytest.mark.parametrize(
    "page",
    [{}, {"java_script_enabled": False, "viewport": PHONE}],
    ids=["desktop", "phone without scripts"],
    indirect=True,
)
def test_from_the_shelf_to_the_bank_and_back_and_the_money_back_again(
    town: Town, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "shop")
    logging.getLogger("shop").addHandler(caplog.handler)
    shop = town.shop.config.address
    traffic = Traffic(shop)
    page.on("request", traffic.note)
    catalogue.load(town.shop)
    dana = tills.payer(town.at_bank.test_client(), has="500.00")
    with town.open():
        to_the_bank(page, shop)
        pay(page, town, dana)
        expect(page.get_by_text("Thank you. Your order is paid.")).to_be_visible()
        order = only(town)
        assert page.url == f"{shop}/order/{order.link}"
        assert town.earned().minor == order.total
        (newest, *_) = dana.get("/transactions").json["items"]
        assert order.number in newest["memo"]
        page.get_by_role("button", name="Cancel and get the money back").click()
        expect(page.get_by_text("went back to the account")).to_be_visible()
        assert dana.balance() == "500.00"
        assert reconcile(town.shop).differences == []
    told = "".join(str(record.__dict__) for record in caplog.records)
    assert "/order/<link>" in told
    assert len(traffic.sent) > 5
    for text in (*traffic.sent, told, stored(town)):
        assert tills.PIN not in text
        assert dana.account not in text


def test_who_turns_back_at_the_bank_finds_the_order_waiting(town: Town, page: Page) -> None:
    catalogue.load(town.shop)
    with town.open():
        to_the_bank(page, town.shop.config.address)
        page.get_by_role("link", name="Cancel").click()
        expect(page.get_by_text("We are waiting for your payment.")).to_be_visible()
    assert only(town).status == "placed"


def test_a_page_that_is_left_open_shows_by_itself_that_the_payment_has_come(
    town: Town, page: Page
) -> None:
    catalogue.load(town.shop)
    with town.open():
        to_the_bank(page, town.shop.config.address)
        page.goto(f"{town.shop.config.address}/order/{only(town).link}")
        town.pays(only(town))
        assert town.tells() == 1
        expect(page.get_by_text("Thank you. Your order is paid.")).to_be_visible(timeout=15000)
