"""The shop and the bank as two programs that talk over HTTP: money and orders agree in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app.controllers import audits
from app.controllers.bank import Bank
from app.controllers.payments import keys
from app.controllers.payments.hooks import Hooks
from app.controllers.payments.outward import Outward
from app.models import merchants
from app.models.accounts import get_account
from app.models.intent import Intent
from app.models.merchants import Merchant, new_merchant
from app.models.payment_intents import get_intent
from money import Money
from shop import create_app as create_shop
from shop.config import Config, Secret
from shop.controllers.closing import cancel, ship
from shop.controllers.following import look_next
from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import Shop
from shop.models.database import Database
from shop.models.orders import Order
from tests import make as at_bank
from tests import tills
from tests.conftest import Clock
from tests.running import free_port
from tests.shop import make
from tests.shop.browser import checked_out, with_cart
from tests.telling import listen

SCOPES = ("payments:read", "payments:create", "payments:refund")


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Say nothing in the tests' output."""


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    """The application over HTTP."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Town:
    """A bank that listens at a port while it is open, a shop, and the sender of the bank's
    webhooks."""

    at_bank: Flask
    at_shop: Flask
    merchant: Merchant
    hooks: Hooks
    port: int

    @property
    def bank(self) -> Bank:
        """The bank."""
        found: Bank = self.at_bank.extensions["bank"]
        return found

    @property
    def shop(self) -> Shop:
        """The shop."""
        found: Shop = self.at_shop.extensions["shop"]
        return found

    def open(self) -> AbstractContextManager[None]:
        """The bank can be reached meanwhile."""
        return serving(self.at_bank, self.port)

    def pays(self, order: Order) -> Intent:
        """A customer of the bank pays the order."""
        payer = tills.payer(self.at_bank.test_client(), has="500.00")
        intent = get_intent(self.bank.database, str(order.intent))
        return tills.pay_with_code(self.bank, payer, intent)

    def tells(self) -> int:
        """The bank sends all webhooks that wait; how many."""
        sent = 0
        while self.hooks.send_next():
            sent += 1
        return sent

    def earned(self) -> Money:
        """What the shop has at the bank."""
        account = get_account(self.bank.database, self.merchant.account)
        return Money(account.balance_minor, account.currency)


@pytest.fixture
def town(
    make_app: Callable[..., Flask],
    shop_config: Callable[..., Config],
    shop_database: Database,
    clock: Clock,
    shop_clock: Clock,
) -> Iterator[Town]:
    """Bank and shop, each with a server of its own."""
    bank_port, shop_port = free_port(), free_port()
    addresses = [f"http://127.0.0.1:{port}" for port in (bank_port, shop_port)]
    bank_app = make_app(public_url=addresses[0])
    bank: Bank = bank_app.extensions["bank"]
    account = at_bank.account(bank)
    merchant = new_merchant(
        name="Patchbay", account=account.number, owner=account.owner, currency=account.currency,
        return_urls=[f"{addresses[1]}/back"], now=bank.now(),
    )  # fmt: skip
    merchants.insert_merchant(bank.database, merchant)
    issued = keys.issue(bank, audits.SERVER, merchant, SCOPES)
    hook = listen(bank, merchant, f"{addresses[1]}/webhooks/strongroom")
    config = shop_config(
        bank_url=addresses[0], url=addresses[1], bank_key=issued.key.id,
        bank_secret=Secret(issued.secret), webhook_secret=Secret(hook.secret),
    )  # fmt: skip
    app = create_shop(config, clock=shop_clock)
    hooks = Hooks(bank.config, bank.database, clock, Outward(public_only=False))
    with serving(app, shop_port):
        yield Town(bank_app, app, merchant, hooks, bank_port)
    app.extensions["shop"].till.close()
    app.extensions["shop"].database.close()


def look(shop: Shop) -> None:
    while look_next(shop):
        pass


def test_an_order_is_paid_told_of_shipped_and_refunded(town: Town) -> None:
    with town.open():
        order = make.asked(town.shop)
        assert town.pays(order).status == "succeeded"
        assert town.tells() == 1
        order = make.again(town.shop, order)
        assert (order.status, town.earned()) == ("paid", Money(order.total, "USD"))
        after = cancel(town.shop, order, "cancelled by the customer")
        assert after.refund
        assert (after.refund.status, town.earned()) == ("done", Money(0, "USD"))
        assert reconcile(town.shop).differences == []
        town.tells()
        assert make.again(town.shop, order) == after


def test_the_walk_of_a_browser_ends_at_the_bank_s_own_page(town: Town) -> None:
    visitor = with_cart(
        town.at_shop.test_client(), make.cart(town.shop, (make.product(town.shop), 1))
    )
    with town.open():
        page = visitor.get(checked_out(visitor).location).text
    assert f'href="{town.bank.config.address}/pay/pi_' in page


def test_everything_before_the_payment_works_without_the_bank_and_nothing_is_asked_twice(
    town: Town,
) -> None:
    visitor = with_cart(
        town.at_shop.test_client(), make.cart(town.shop, (make.product(town.shop), 1))
    )
    page = visitor.get(checked_out(visitor).location).text
    assert "The bank cannot be reached right now. Nothing was charged." in page


def test_what_the_webhook_did_not_say_the_shop_asks_by_itself(
    town: Town, shop_clock: Clock
) -> None:
    with town.open():
        order = make.asked(town.shop)
        town.pays(order)
        shop_clock.forward(seconds=6)
        look(town.shop)
        assert make.again(town.shop, order).status == "paid"
        assert reconcile(town.shop).differences == []


def test_an_order_that_is_not_paid_in_time_ends_at_both(town: Town, shop_clock: Clock) -> None:
    product = make.product(town.shop, stock=1)
    with town.open():
        order = make.asked(town.shop, product)
        shop_clock.forward(minutes=16)
        look(town.shop)
        assert make.again(town.shop, order).status == "expired"
        assert get_intent(town.bank.database, str(order.intent)).status == "canceled"
        assert make.stocked(town.shop, product).available == 1
        assert reconcile(town.shop).differences == []


def test_a_payment_that_came_while_the_shop_could_not_hear_of_it_goes_back(
    town: Town, shop_clock: Clock
) -> None:
    with town.open():
        order = make.asked(town.shop)
    town.pays(order)
    shop_clock.forward(minutes=21)
    look(town.shop)
    assert make.again(town.shop, order).status == "expired"
    with town.open():
        shop_clock.forward(minutes=2)
        look(town.shop)
        after = make.again(town.shop, order)
        assert (after.refund.status if after.refund else None) == "done"
        assert town.earned() == Money(0, "USD")
        assert reconcile(town.shop).differences == []


def test_a_shipped_order_stays_paid_whatever_is_told_again(town: Town) -> None:
    with town.open():
        order = make.asked(town.shop)
        town.pays(order)
        town.tells()
        shipped = ship(town.shop, make.again(town.shop, order))
        town.hooks.look()
        town.tells()
        assert make.again(town.shop, shipped) == shipped
