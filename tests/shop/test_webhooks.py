"""Webhooks: only the bank's count, once, and even they prove nothing but that it is time to ask."""

from __future__ import annotations

import json
import secrets

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bank_client.webhooks import signature
from shop.controllers.closing import cancel
from shop.controllers.following import expire, follow
from shop.controllers.shop import Shop
from shop.models.orders import Order
from tests.conftest import Clock
from tests.shop import make
from tests.shop.conftest import WEBHOOK_SECRET
from tests.shop.fake_bank import FakeBank


def told(
    visitor: FlaskClient, order: Order, clock: Clock, *, id: str = "", type: str = "succeeded",
    secret: str = WEBHOOK_SECRET, age: int = 0, spoil: bytes = b"",
) -> TestResponse:  # fmt: skip
    """What the shop answers to a webhook about the order."""
    id = id or f"evt_{secrets.token_hex(11)}"
    money = {"amount": f"{order.total / 100:.2f}", "currency": "USD"}
    about = {
        "intent": order.intent, "order": order.number, "status": "succeeded", "amount": money,
        "captured": money, "refunded": {"amount": "0.00", "currency": "USD"},
    }  # fmt: skip
    body = json.dumps({
        "id": id, "type": f"payment.{type}", "created_at": "2026-01-01T12:00:00Z", "data": about,
    }).encode()  # fmt: skip
    timestamp = int(clock().timestamp()) - age
    headers = {
        "webhook-id": id, "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, id, timestamp, body),
        "Content-Type": "application/json",
    }  # fmt: skip
    return visitor.post("/webhooks/strongroom", data=body + spoil, headers=headers)


def test_a_webhook_makes_the_shop_ask_and_the_order_paid(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    assert told(visitor, order, shop_clock).status_code == 204
    assert make.again(shop, order).status == "paid"


def test_a_signed_webhook_of_a_payment_that_was_not_made_pays_nothing(
    shop: Shop, visitor: FlaskClient, shop_clock: Clock
) -> None:
    order = make.asked(shop)
    assert told(visitor, order, shop_clock).status_code == 204
    assert make.again(shop, order).status == "placed"


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "whsec_" + "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"},
        {"age": 301},
        {"age": -301},
        {"spoil": b" "},
        {"id": "evt.dotted"},
    ],
)
def test_what_the_bank_did_not_sign_just_now_is_refused_and_nothing_is_asked(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank, shop_clock: Clock, how: dict[str, object]
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    fake_bank.asked.clear()
    assert told(visitor, order, shop_clock, **how).status_code == 400  # type: ignore[arg-type]
    assert fake_bank.asked == []
    assert make.again(shop, order).status == "placed"


def test_a_webhook_that_comes_twice_is_dealt_with_once(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    told(visitor, order, shop_clock, id="evt_1")
    after = make.again(shop, order)
    fake_bank.asked.clear()
    assert told(visitor, order, shop_clock, id="evt_1").status_code == 204
    assert fake_bank.asked == []
    assert make.again(shop, order) == after


@pytest.mark.parametrize("type", ["succeeded", "expired", "canceled", "failed", "refunded"])
def test_a_late_webhook_changes_nothing(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank, shop_clock: Clock, type: str
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    after = cancel(shop, follow(shop, order), "cancelled by the customer")
    assert told(visitor, order, shop_clock, type=type).status_code == 204
    later = make.again(shop, order)
    assert (later.status, later.refund, later.history) == (
        after.status, after.refund, after.history
    )  # fmt: skip
    assert len(fake_bank.intent(str(order.intent)).refunds) == 1


def test_a_webhook_is_sent_again_when_the_bank_cannot_be_asked(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    fake_bank.down = True
    assert told(visitor, order, shop_clock, id="evt_1").status_code == 503
    fake_bank.down = False
    assert told(visitor, order, shop_clock, id="evt_1").status_code == 204
    assert make.again(shop, order).status == "paid"


def test_a_payment_for_an_order_that_expired_goes_back_by_itself(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    expire(shop, order)
    told(visitor, order, shop_clock)
    told(visitor, order, shop_clock)
    after = make.again(shop, order)
    assert (after.status, after.refund.status if after.refund else None) == ("expired", "done")
    assert len(fake_bank.intent(str(order.intent)).refunds) == 1


def test_a_webhook_for_no_order_of_ours_is_taken_and_forgotten(
    shop: Shop, visitor: FlaskClient, shop_clock: Clock
) -> None:
    order = make.placed(shop)
    shop.database.collection("orders").delete_many({})
    assert told(visitor, order, shop_clock).status_code == 204
