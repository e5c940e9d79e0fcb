"""Payments as shops ask for them over HTTP, each call signed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from app.models.accounts import Account
from app.models.intent import Intent
from app.models.merchants import Merchant
from app.models.payment_intents import get_intent
from tests import make
from tests.conftest import Clock
from tests.make import Till
from tests.paying import pay


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    """A shop that may be paid."""
    return make.merchant(bank)


@pytest.fixture
def till(client: FlaskClient, shop: Merchant) -> Till:
    """The shop's till."""
    return make.till(client, shop)


@pytest.fixture
def payer(bank: Bank) -> Account:
    """Dana's account with 100.00."""
    return make.account(bank, balance=10_000, username="dana")


def send(till: Till, path: str, key: str = "", **body: Any) -> TestResponse:
    """A call of the shop under that key, or under a new one."""
    headers = {"Idempotency-Key": key or uuid4().hex}
    return till.post(f"/payment_intents{path}", body, headers=headers)


def ask(till: Till, key: str = "", **more: Any) -> TestResponse:
    """Ask for a payment of 12.50."""
    body = {"amount": "12.50", "order": "A-1", "return_url": make.SHOP_URL, **more}
    return send(till, "", key, **body)


def paid(bank: Bank, till: Till, payer: Account, **more: Any) -> Intent:
    """A payment that was asked for over HTTP and paid, or held."""
    return pay(bank, get_intent(bank.database, ask(till, **more).json["id"]), payer)


def test_a_payment_is_asked_for_and_read(bank: Bank, till: Till, shop: Merchant) -> None:
    made = ask(till, description="two cables")
    assert made.status_code == 201
    assert made.headers["Location"] == f"/payment_intents/{made.json['id']}"
    assert till.get(made.headers["Location"]).json == made.json
    zero = {"amount": "0.00", "currency": "USD"}
    times = {name: made.json[name] for name in ("id", "created_at", "expires_at")}
    assert made.json == {
        **times, "merchant": {"id": shop.id, "name": shop.name}, "order": "A-1",
        "description": "two cables", "amount": {"amount": "12.50", "currency": "USD"},
        "captured": zero, "refunded": zero, "held": zero, "status": "requires_customer",
        "capture": "automatic", "pay_url": f"{bank.config.address}/pay/{made.json['id']}",
        "return_url": make.SHOP_URL, "held_until": None, "paid_at": None, "payer": None,
        "reason": None, "captures": [], "refunds": [],
    }  # fmt: skip


def test_a_repeat_is_answered_as_the_first_and_says_so(till: Till) -> None:
    first, again = ask(till, "k" * 16), ask(till, "k" * 16)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_a_second_payment_for_an_order_names_the_first(till: Till) -> None:
    first, second = ask(till), ask(till)
    assert (second.status_code, second.json["type"]) == (409, "/problems/order-taken")
    assert second.json["intent"] == first.json["id"]


@pytest.mark.parametrize("path", ["", "/pi_x/capture", "/pi_x/refunds"])
def test_what_moves_money_needs_a_key(till: Till, path: str) -> None:
    body = {"amount": "1", "order": "A-1", "return_url": make.SHOP_URL} if not path else {}
    answer = till.post(f"/payment_intents{path}", body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json["errors"]] == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"), ("amount", "-1"), ("amount", "12.505"), ("order", ""),
        ("order", "x" * 65), ("description", "x" * 141), ("return_url", "https://shop.example"),
        ("return_url", make.SHOP_URL + "?order=1"), ("capture", "later"), ("expires_in", 59),
        ("expires_in", 86_401), ("currency", "us"), ("account", "100000000093"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_its_name(till: Till, field: str, value: object) -> None:
    answer = ask(till, **{field: value})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json["errors"]] == [field]


def test_a_payers_number_and_name_are_nowhere_in_what_the_shop_is_told(
    bank: Bank, till: Till, payer: Account
) -> None:
    held = paid(bank, till, payer, capture="manual")
    answers = [
        till.get(f"/payment_intents/{held.id}"), till.get("/payment_intents"),
        send(till, f"/{held.id}/capture", amount="10"), send(till, f"/{held.id}/refunds"),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code in (200, 201)
        assert "d•••" in answer.get_data(as_text=True)
        assert payer.number not in answer.text
        assert payer.owner not in answer.text
        assert '"dana"' not in answer.text


def test_a_capture_and_a_refund_answer_what_was_done_and_the_payment_as_it_is(
    bank: Bank, till: Till, payer: Account
) -> None:
    held = paid(bank, till, payer, capture="manual")
    part = send(till, f"/{held.id}/capture", amount="10", final=False).json
    assert part["capture"]["amount"] == {"amount": "10.00", "currency": "USD"}
    assert part["intent"]["held"] == {"amount": "2.50", "currency": "USD"}
    last = send(till, f"/{held.id}/capture").json["intent"]
    assert (last["status"], last["held"]["amount"]) == ("succeeded", "0.00")
    assert [each["amount"]["amount"] for each in last["captures"]] == ["10.00", "2.50"]
    back = send(till, f"/{held.id}/refunds", amount="5", reason="duplicate").json
    assert back["refund"]["reason"] == "duplicate"
    assert back["intent"]["refunds"] == [back["refund"]]
    assert back["intent"]["refunded"]["amount"] == "5.00"


@pytest.mark.parametrize("what", ["capture", "refunds"])
def test_a_repeated_movement_is_answered_again(
    bank: Bank, till: Till, payer: Account, what: str
) -> None:
    capture = "manual" if what == "capture" else "automatic"
    path = f"/{paid(bank, till, payer, capture=capture).id}/{what}"
    first, again = send(till, path, "k" * 16), send(till, path, "k" * 16)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_what_is_not_in_the_right_state_says_in_which_it_is(till: Till) -> None:
    made = ask(till).json["id"]
    refused = send(till, f"/{made}/capture")
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/wrong-state")
    assert refused.json["state"] == "requires_customer"


def test_what_is_too_large_says_what_is_left(bank: Bank, till: Till, payer: Account) -> None:
    made = paid(bank, till, payer)
    refused = send(till, f"/{made.id}/refunds", amount="12.51")
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/refund-too-large")
    assert refused.json["remaining"] == {"amount": "12.50", "currency": "USD"}


def test_another_shops_payment_is_not_there(bank: Bank, client: FlaskClient, till: Till) -> None:
    made = ask(till).json["id"]
    stranger = make.till(client, make.merchant(bank))
    answers = [
        stranger.get(f"/payment_intents/{made}"), send(stranger, f"/{made}/cancel"),
        send(stranger, f"/{made}/capture"), send(stranger, f"/{made}/refunds"),
    ]  # fmt: skip
    assert [each.status_code for each in answers] == [404] * 4
    assert stranger.get("/payment_intents").json["items"] == []


def test_a_canceled_payment_stays_canceled(till: Till) -> None:
    made = ask(till).json["id"]
    first = till.post(f"/payment_intents/{made}/cancel", {"reason": "abandoned"})
    assert (first.json["status"], first.json["reason"]) == ("canceled", "abandoned")
    assert till.post(f"/payment_intents/{made}/cancel").json == first.json


def test_a_list_goes_on_by_its_cursor_and_keeps_its_filters(till: Till, clock: Clock) -> None:
    made = []
    for number in range(5):
        clock.forward(seconds=1)
        made.append(ask(till, order=f"A-{number}").json["id"])
    seen, path = [], "/payment_intents?limit=2&status=requires_customer"
    while path:
        page = till.get(path)
        seen += [each["id"] for each in page.json["items"]]
        cursor = page.json["next"]
        path = f"/payment_intents?limit=2&status=requires_customer&cursor={cursor}" * bool(cursor)
    assert seen == made[::-1]
    assert [each["id"] for each in till.get("/payment_intents?order=A-3").json["items"]] == [
        made[3]
    ]


def test_a_cursor_of_another_shop_is_none_of_this_list(
    bank: Bank, client: FlaskClient, till: Till
) -> None:
    for number in range(2):
        ask(till, order=f"A-{number}")
    cursor = till.get("/payment_intents?limit=1").json["next"]
    stranger = make.till(client, make.merchant(bank))
    assert stranger.get(f"/payment_intents?cursor={cursor}").status_code == 422
