"""What a shop hears of its payments from the first to the last step, read by `bank_client`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.orders import CancelIntent, CaptureOrder, Pay, RefundOrder
from app.controllers.payments import capturing, confirming, expiry, intents, refunds
from app.controllers.payments.hooks import Hooks
from app.controllers.payments.outward import Outward
from app.errors import PaymentRefused, WrongState
from app.models.intent import Intent
from bank_client import webhooks
from bank_client.webhooks import Event
from tests import tills
from tests.conftest import Clock
from tests.shop_servers import ShopServer, shop_server
from tests.telling import listen, shop_actor
from tests.tills import HERE, WRONG, Shop

FIVE, KEY = Decimal("5.00"), "a-refund-of-the-tests"


@pytest.fixture
def server() -> Iterator[ShopServer]:
    served = ShopServer()
    with shop_server(served):
        yield served


@pytest.fixture
def volt(bank: Bank) -> Shop:
    return tills.shop(bank)


@pytest.fixture
def secret(bank: Bank, volt: Shop, server: ShopServer) -> str:
    """The shop listens to all types; the secret of what it hears."""
    return listen(bank, volt.merchant, server.url).secret


def told(bank: Bank, server: ShopServer, secret: str) -> list[Event]:
    """All that the shop's server has heard, as the client proves and reads it."""
    sender = Hooks(bank.config, bank.database, bank.clock, Outward(public_only=False))
    while sender.send_next():
        pass
    return [
        webhooks.verify(secret, heard.headers, heard.body, now=bank.now()) for heard in server.heard
    ]


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def paid(bank: Bank, client: FlaskClient, intent: Intent) -> Intent:
    """Dana pays it."""
    return tills.pay_with_code(bank, tills.payer(client), intent)


def test_a_payment_and_its_refund(
    bank: Bank, client: FlaskClient, volt: Shop, server: ShopServer, secret: str
) -> None:
    intent = paid(bank, client, volt.asks("20.00", "A-7"))
    refunds.refund(bank, shop_actor(volt.merchant), intent.id, RefundOrder(FIVE, None), KEY)
    events = told(bank, server, secret)
    assert types(events) == ["payment.succeeded", "payment.refunded"]
    assert {(each.intent, each.order, each.status) for each in events} == {
        (intent.id, "A-7", "succeeded")
    }
    assert [str(each.refunded.amount) for each in events] == ["0.00", "5.00"]


def test_money_that_is_held_and_captured_in_parts(
    bank: Bank, client: FlaskClient, volt: Shop, server: ShopServer, secret: str
) -> None:
    intent = paid(bank, client, volt.asks("20.00", capture="manual"))
    for order in (CaptureOrder(FIVE, final=False), CaptureOrder(None, final=True)):
        capturing.capture(bank, shop_actor(volt.merchant), intent.id, order, uuid4().hex)
    events = told(bank, server, secret)
    assert types(events) == ["payment.held", "payment.captured", "payment.succeeded"]
    assert [str(each.captured.amount) for each in events] == ["0.00", "5.00", "20.00"]


def test_a_payment_that_the_shop_cancels(
    bank: Bank, volt: Shop, server: ShopServer, secret: str
) -> None:
    intent = volt.asks()
    for _ in range(2):
        intents.cancel(bank, shop_actor(volt.merchant), intent.id, CancelIntent(None))
    events = told(bank, server, secret)
    assert [(each.type, each.status) for each in events] == [("payment.canceled", "canceled")]


def test_a_payment_that_nobody_makes_in_time(
    bank: Bank, volt: Shop, server: ShopServer, secret: str, clock: Clock
) -> None:
    intent = volt.asks()
    clock.forward(minutes=16)
    assert expiry.current(bank, intent.id).status == "expired"
    expiry.current(bank, intent.id)
    events = told(bank, server, secret)
    assert [(each.type, each.status) for each in events] == [("payment.expired", "expired")]


def test_a_payment_that_was_refused_too_often(
    bank: Bank, client: FlaskClient, volt: Shop, server: ShopServer, secret: str
) -> None:
    intent = volt.asks()
    for number in range(6):
        dana = tills.payer(client, f"dana-{number}")
        with suppress(PaymentRefused, WrongState):
            confirming.confirm(bank, intent.id, Pay(dana.account, WRONG), HERE)
    events = told(bank, server, secret)
    assert [(each.type, each.status) for each in events] == [("payment.failed", "failed")]
