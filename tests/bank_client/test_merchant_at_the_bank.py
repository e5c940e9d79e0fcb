"""A merchant's program and the bank agree: calls are believed, webhooks as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.payments.hooks import Hooks
from app.controllers.payments.outward import Outward
from app.controllers.payments.signing import Call, message
from app.models.merchants import Merchant as Shop
from app.models.payment_intents import get_intent
from bank_client import (
    Forbidden,
    Merchant,
    NotFound,
    Patience,
    Refused,
    Unauthenticated,
    webhooks,
)
from money import Money
from tests import make, paying
from tests.bank_client.test_signing import KNOWN
from tests.conftest import Clock
from tests.make import Till
from tests.shop_servers import ShopServer, shop_server
from tests.telling import given_up, tell


@pytest.fixture
def shop(bank: Bank) -> Shop:
    """A shop, as the bank has it."""
    return make.merchant(bank)


@pytest.fixture
def till(client: FlaskClient, shop: Shop) -> Till:
    """A key of that shop, and its secret."""
    return make.till(client, shop)


@pytest.fixture
def merchant(address: str, till: Till, patience: Patience) -> Iterator[Merchant]:
    """The shop's program."""
    with Merchant(address, till.key, till.secret, patience=patience) as made:
        yield made


@pytest.fixture
def server() -> Iterator[ShopServer]:
    """The shop's server."""
    served = ShopServer()
    with shop_server(served):
        yield served


@pytest.fixture
def sender(bank: Bank, clock: Clock) -> Hooks:
    """Sends webhooks when it is told to."""
    return Hooks(bank.config, bank.database, clock, Outward(public_only=False))


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row["name"])
def test_the_bank_signs_the_same_lines(row: dict[str, Any]) -> None:
    call = Call(
        row["method"], row["target"], row["idempotency_key"], row["body"].encode(),
        row["authorization"],
    )  # fmt: skip
    assert message(call, str(row["timestamp"]), row["nonce"]).decode() == row["message"]


def test_a_shop_knows_itself(merchant: Merchant, shop: Shop) -> None:
    known = merchant.shop()
    assert (known.id, known.account, known.name) == (shop.id, shop.account, "Kabel & Co")
    assert "webhooks" in known.scopes


def test_the_bank_refuses_a_wrong_secret(address: str, till: Till) -> None:
    other = Merchant(address, till.key, till.secret[:-1] + "~")
    with other, pytest.raises(Unauthenticated, match="invalid-signature"):
        other.shop()


def test_the_bank_tells_its_time_to_a_wrong_clock(address: str, till: Till) -> None:
    slow = Merchant(address, till.key, till.secret, clock=lambda: time.time() - 400)
    with slow, pytest.raises(Unauthenticated) as refused:
        slow.shop()
    told = datetime.fromtimestamp(refused.value.facts["server_time"], UTC)
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_key_is_for_its_scopes(address: str, client: FlaskClient, shop: Shop) -> None:
    till = make.till(client, shop, scopes=["payments:read"])
    with Merchant(address, till.key, till.secret) as reader, pytest.raises(Forbidden):
        reader.webhook_endpoints()


def test_webhooks_are_set_up_and_taken_down(merchant: Merchant, server: ShopServer) -> None:
    made = merchant.add_webhook_endpoint(server.url, events=["payment.succeeded"])
    assert (made.events, made.status) == (("payment.succeeded",), "active")
    (listed,) = merchant.webhook_endpoints()
    assert (listed.id, listed.secret) == (made.id, None)
    assert merchant.rotate_webhook_secret(made.id).secret not in (made.secret, None)
    merchant.remove_webhook_endpoint(made.id)
    assert merchant.webhook_endpoints() == []
    with pytest.raises(NotFound):
        merchant.remove_webhook_endpoint(made.id)


def test_what_the_bank_tells_is_believed_with_either_secret_of_a_rotation(
    bank: Bank, shop: Shop, merchant: Merchant, server: ShopServer, sender: Hooks
) -> None:
    made = merchant.add_webhook_endpoint(server.url)
    newer = merchant.rotate_webhook_secret(made.id)
    tell(bank, shop, "A-1 \u00fc")
    assert sender.send_next()
    (heard,) = server.heard
    for secret in (made.secret, newer.secret):
        assert secret
        event = webhooks.verify(secret, heard.headers, heard.body)
        assert (event.type, event.order, event.amount) == (
            "payment.succeeded", "A-1 \u00fc", Money(1250, "USD"),
        )  # fmt: skip
    (delivery,) = merchant.deliveries()
    assert (delivery.event, delivery.intent) == (event.id, event.intent)


def test_what_was_not_heard_is_sent_again(
    bank: Bank, shop: Shop, merchant: Merchant, server: ShopServer, sender: Hooks
) -> None:
    merchant.add_webhook_endpoint(server.url)
    lost = [given_up(bank, shop) for _ in range(3)]
    log = list(merchant.deliveries(page_size=2))
    assert [each.id for each in log] == [each.id for each in reversed(lost)]
    assert (log[0].status, log[0].tries[-1].status) == ("given_up", 500)
    assert merchant.send_again(log[0].id).status == "waiting"
    assert sender.send_next()
    assert server.heard[0].event == log[0].event
    assert [each.id for each in merchant.deliveries(status="delivered")] == [log[0].id]


def test_money_is_captured_and_given_back_as_money_of_the_payment_s_own_currency(
    bank: Bank, merchant: Merchant
) -> None:
    five = Money(500, "USD")
    asked = merchant.create_intent(
        Money(1250, "USD"), order="A-1", return_url=make.SHOP_URL, capture="manual"
    )
    paying.pay(bank, get_intent(bank.database, asked.id), make.account(bank, 5000))
    assert merchant.capture(asked.id, five).intent.captured == five
    assert merchant.refund(asked.id, five).intent.refunded == five


@pytest.mark.parametrize("call", ["capture", "refund"])
def test_money_of_another_currency_is_refused(bank: Bank, merchant: Merchant, call: str) -> None:
    asked = merchant.create_intent(
        Money(1250, "USD"), order="A-1", return_url=make.SHOP_URL,
        capture="manual" if call == "capture" else None,
    )  # fmt: skip
    paying.pay(bank, get_intent(bank.database, asked.id), make.account(bank, 5000))
    with pytest.raises(Refused) as refused:
        getattr(merchant, call)(asked.id, Money(500, "JPY"))
    assert refused.value.kind == "currency-mismatch"
