"""A bank and a shop as two programs that talk over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app.controllers.bank import Bank
from app.controllers.payments.hooks import Hooks
from app.models.accounts import get_account
from app.models.intent import Intent
from app.models.merchants import Merchant
from app.models.payment_intents import get_intent
from money import Money
from shop.controllers.shop import Shop
from shop.models.orders import Order
from tests import tills

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
