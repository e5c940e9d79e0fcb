"""A merchant's program: every call is signed as it is sent, and money is asked for once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bank_client import Conflict, Intent, Merchant, NotFound, Unauthenticated
from money import InvalidMoney, Money
from tests.bank_client.conftest import Merchants, Served
from tests.bank_client.servers import Asked
from tests.bank_client.shop_bank import KEY, SECRET, SHOP, ShopBank

PAID = "https://shop.example/paid"


@pytest.fixture
def bank(serve: Served) -> ShopBank:
    """A bank that checks signatures."""
    made = ShopBank()
    serve(made)
    return made


@pytest.fixture
def shop(bank: ShopBank, merchant_at: Merchants) -> Merchant:
    """A merchant of that bank."""
    return merchant_at(bank.address)


def asked_for(shop: Merchant, order: str = "4711", **more: Any) -> Intent:
    """A payment of 12.50 for an order."""
    return shop.create_intent(Money(1250, "USD"), order=order, return_url=PAID, **more)


def test_a_payment_is_asked_for(shop: Merchant, bank: ShopBank) -> None:
    intent = asked_for(shop, description="two cables", capture="manual", expires_in=600)
    assert (intent.order, intent.amount, intent.status) == (
        "4711", Money(1250, "USD"), "requires_customer",
    )  # fmt: skip
    assert intent.pay_url == f"{bank.address}/pay/{intent.id}"
    assert bank.asked[0].json == {
        "amount": "12.50", "currency": "USD", "order": "4711", "return_url": PAID,
        "description": "two cables", "capture": "manual", "expires_in": 600,
    }  # fmt: skip


def test_a_payment_is_looked_at_again(shop: Merchant) -> None:
    intent = asked_for(shop)
    assert shop.intent(intent.id) == intent
    with pytest.raises(NotFound):
        shop.intent("pi_of_another_shop")


def test_payments_are_listed_over_all_pages(shop: Merchant) -> None:
    for number in range(5):
        asked_for(shop, f"order {number}/\u2603&x=1")
    assert len(list(shop.intents(page_size=2))) == 5
    (found,) = shop.intents(order="order 3/\u2603&x=1", status="requires_customer")
    assert found.order == "order 3/\u2603&x=1"


def test_a_payment_is_canceled_also_twice(shop: Merchant) -> None:
    intent = asked_for(shop)
    assert shop.cancel(intent.id, reason="abandoned").status == "canceled"
    assert shop.cancel(intent.id, reason="abandoned").reason == "abandoned"


def test_what_is_held_is_captured_in_part(shop: Merchant, bank: ShopBank) -> None:
    intent = asked_for(shop, capture="manual")
    taken = shop.capture(intent.id, "5.00", final=False)
    assert (taken.capture.amount, taken.intent.captured) == (Money(500, "USD"), Money(500, "USD"))
    assert bank.asked[-1].json == {"amount": "5.00", "final": False}
    assert shop.capture(intent.id).capture.amount == Money(1250, "USD")


def test_a_payment_is_given_back(shop: Merchant) -> None:
    intent = asked_for(shop)
    back = shop.refund(intent.id, Money(250, "USD"), reason="requested_by_customer")
    assert (back.refund.amount, back.refund.reason) == (Money(250, "USD"), "requested_by_customer")
    assert back.intent.refunds == (back.refund,)


def test_an_order_is_paid_once(shop: Merchant) -> None:
    intent = asked_for(shop)
    with pytest.raises(Conflict, match="order-taken") as taken:
        asked_for(shop)
    assert taken.value.facts["intent"] == intent.id


def test_a_payment_pays_for_its_order_and_amount_alone(shop: Merchant) -> None:
    intent, price = asked_for(shop), Money(1250, "USD")
    paid = replace(intent, status="succeeded")
    assert paid.pays("4711", price)
    assert replace(intent, status="requires_capture").pays("4711", price)
    assert not paid.pays("4712", price)
    assert not paid.pays("4711", Money(1251, "USD"))
    assert not paid.pays("4711", Money(1250, "EUR"))
    for status in ("requires_customer", "canceled", "expired", "failed"):
        assert not replace(intent, status=status).pays("4711", price)


def test_webhooks_are_set_up_and_looked_at(shop: Merchant) -> None:
    made = shop.add_webhook_endpoint("https://shop.example/hooks", events=["payment.succeeded"])
    assert (made.secret, made.events) == ("whsec_first", ("payment.succeeded",))
    assert "whsec" not in repr(made)
    assert [each.url for each in shop.webhook_endpoints()] == ["https://shop.example/hooks"]
    assert shop.rotate_webhook_secret(made.id).secret == "whsec_new"
    shop.remove_webhook_endpoint(made.id)
    assert shop.webhook_endpoints() == []
    assert [each.id for each in shop.deliveries(page_size=2)] == ["wd_0", "wd_1", "wd_2"]
    assert shop.send_again("wd_0").status == "waiting"


def test_a_merchant_knows_itself(shop: Merchant) -> None:
    known = shop.shop()
    assert (known.name, known.scopes) == ("Cables & Co", tuple(SHOP["scopes"]))


@pytest.mark.parametrize(
    "wrong",
    [{"key": KEY[:-1] + "C"}, {"secret": SECRET[:-1] + "R"},
     {"clock": lambda: time.time() - 310}, {"clock": lambda: time.time() + 310}],
    ids=["key", "secret", "slow clock", "fast clock"],
)  # fmt: skip
def test_a_wrong_signature_is_told(
    bank: ShopBank, merchant_at: Merchants, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated, match="invalid-signature"):
        merchant_at(bank.address, **wrong).shop()
    assert len(bank.asked) == 1


def test_every_call_has_a_nonce_of_its_own(shop: Merchant, bank: ShopBank) -> None:
    for _ in range(20):
        shop.shop()
    assert len(bank.nonces) == 20


TAMPERED: dict[str, Callable[[Asked], Asked]] = {
    "method": lambda asked: replace(asked, method="PUT"),
    "path": lambda asked: replace(asked, target=asked.target + "/"),
    "query": lambda asked: replace(asked, target=asked.target + "?limit=5"),
    "body": lambda asked: replace(asked, body=asked.body.replace(b"12.50", b"12.51")),
    "no body": lambda asked: replace(asked, body=b""),
    "Idempotency-Key": lambda asked: _with(asked, "Idempotency-Key", "a" * 32),
    "no Idempotency-Key": lambda asked: _with(asked, "Idempotency-Key", ""),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_no_part_of_a_call_can_be_changed_on_the_way(
    shop: Merchant, bank: ShopBank, tamper: Callable[[Asked], Asked]
) -> None:
    asked_for(shop)
    bank.nonces.clear()
    assert bank.mistrusted(tamper(bank.asked[0]))
    assert not bank.mistrusted(bank.asked[0])


def test_no_character_of_a_signature_can_be_changed(shop: Merchant, bank: ShopBank) -> None:
    asked_for(shop)
    bank.nonces.clear()
    header = bank.asked[0].headers["Authorization"]
    for at in range(len(header)):
        changed = header[:at] + chr(ord(header[at]) ^ 1) + header[at + 1 :]
        assert bank.mistrusted(_with(bank.asked[0], "Authorization", changed)), changed


def test_a_call_cannot_be_sent_again_by_somebody_else(shop: Merchant, bank: ShopBank) -> None:
    asked_for(shop)
    assert bank.mistrusted(bank.asked[0])


@pytest.mark.parametrize("amount", [12.5, True, "12,50"])
def test_a_price_is_exact(shop: Merchant, bank: ShopBank, amount: Any) -> None:
    with pytest.raises(InvalidMoney):
        shop.create_intent(amount, order="1", return_url=PAID)
    assert bank.asked == []


def test_a_secret_is_not_shown_by_accident(shop: Merchant, bank: ShopBank) -> None:
    asked_for(shop)
    sent = f"{bank.asked[0].target} {bank.asked[0].headers} {bank.asked[0].body!r}"
    assert SECRET not in f"{shop!r} {vars(shop)!r} {sent}"


def _with(asked: Asked, header: str, text: str) -> Asked:
    return replace(asked, headers={**asked.headers, header: text})
