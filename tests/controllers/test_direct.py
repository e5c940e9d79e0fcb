"""Payments whose PIN was typed at the shop: off, by contract, for little, and telling little."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from app.controllers.orders import Pay
from app.controllers.payments import confirming
from app.errors import PaymentRefused
from app.models import accounts
from app.models.accounts import get_account
from app.models.intent import Intent
from tests import make
from tests.make import Person, Till
from tests.tills import HERE, PIN, WRONG, Shop, known, now, payer, shop


@pytest.fixture
def client(make_app: Callable[..., Flask]) -> FlaskClient:
    return make_app(allow_direct_pin=True).test_client()


@pytest.fixture
def bank(client: FlaskClient) -> Bank:
    found: Bank = client.application.extensions["bank"]
    return found


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return payer(client)


@pytest.fixture
def volt(bank: Bank) -> Shop:
    return shop(bank, direct_pin=True)


@pytest.fixture
def till(client: FlaskClient, volt: Shop) -> Till:
    return make.till(client, volt.merchant)


def pay(till: Till, intent: Intent, number: str, pin: str = PIN) -> TestResponse:
    body = {"intent": intent.id, "account": number, "pin": pin}
    return till.post("/payments", body, headers={"Idempotency-Key": uuid4().hex})


def problem(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["type"].rpartition("/")[2]


def test_who_has_paid_there_before_pays_a_little_and_a_repeat_pays_nothing(
    bank: Bank, dana: Person, volt: Shop, till: Till
) -> None:
    known(bank, dana, volt)
    intent = volt.asks("20.00")
    for _ in range(2):
        answer = pay(till, intent, dana.account)
        assert (answer.status_code, answer.json["status"]) == (200, "succeeded")
    assert volt.earned() == 2100


def test_without_the_setting_there_is_no_such_address(
    client: FlaskClient, make_app: Callable[..., Flask], volt: Shop, dana: Person
) -> None:
    plain = make_app(allow_direct_pin=False).test_client()
    answer = pay(make.till(plain, volt.merchant), volt.asks(), dana.account)
    assert problem(answer) == (404, "not-found")


def test_without_the_contract_or_the_scope_it_is_not_allowed(
    client: FlaskClient, bank: Bank, dana: Person, volt: Shop
) -> None:
    other = shop(bank, "Other")
    refused = pay(make.till(client, other.merchant), other.asks(), dana.account)
    assert problem(refused) == (403, "scope-missing")
    narrow = make.till(client, volt.merchant, scopes=["payments:create"])
    assert problem(pay(narrow, volt.asks(), dana.account)) == (403, "scope-missing")


def test_another_shops_intent_is_not_found(bank: Bank, dana: Person, till: Till) -> None:
    other = shop(bank, "Other", direct_pin=True)
    assert problem(pay(till, other.asks(), dana.account)) == (404, "intent-not-found")


def test_what_needs_a_second_factor_is_sent_to_the_banks_page(
    bank: Bank, dana: Person, volt: Shop, till: Till
) -> None:
    first = volt.asks("1.00")
    for intent in (first, volt.asks("50.01")):
        answer = pay(till, intent, dana.account)
        assert problem(answer) == (403, "second-factor-needed")
        assert answer.json["pay_url"].endswith(f"/pay/{intent.id}")
    assert now(bank, first).browser is None
    known(bank, dana, volt)
    assert pay(till, first, dana.account).status_code == 200


def test_the_shop_learns_neither_balance_nor_reason(
    bank: Bank, dana: Person, volt: Shop, till: Till
) -> None:
    known(bank, dana, volt)
    account = get_account(bank.database, dana.account)
    bank.ledger.post(make.withdrawal(account, account.balance_minor))
    poor = pay(till, volt.asks("20.00"), dana.account)
    account = get_account(bank.database, dana.account)
    assert accounts.change_status(bank.database, account, "frozen")
    frozen = pay(till, volt.asks("20.00"), dana.account)
    said = [
        {k: v for k, v in each.json.items() if k not in ("request_id", "pay_url")}
        for each in (poor, frozen)
    ]
    assert problem(poor) == (422, "payment-refused")
    assert said[0] == said[1]
    assert "0.00" not in poor.text


def test_a_wrong_pin_and_a_wrong_number_are_refused_alike(
    bank: Bank, dana: Person, volt: Shop, till: Till
) -> None:
    known(bank, dana, volt)
    answers = [
        pay(till, volt.asks(), dana.account, WRONG), pay(till, volt.asks(), "100000000093"),
    ]  # fmt: skip
    assert [problem(each) for each in answers] == [(422, "payment-refused")] * 2
    assert [each.json["tries_left"] for each in answers] == [4, 4]


def test_what_is_begun_at_the_banks_page_is_paid_there(
    bank: Bank, dana: Person, volt: Shop, till: Till
) -> None:
    known(bank, dana, volt)
    intent = volt.asks("20.00")
    with pytest.raises(PaymentRefused):
        confirming.confirm(bank, intent.id, Pay(dana.account, WRONG), HERE)
    answer = pay(till, intent, dana.account)
    assert problem(answer) == (409, "wrong-state")


def test_an_intent_that_is_paid_is_not_paid_from_another_account(
    bank: Bank, client: FlaskClient, dana: Person, volt: Shop, till: Till
) -> None:
    known(bank, dana, volt)
    intent = volt.asks("20.00")
    pay(till, intent, dana.account)
    eve = payer(client, "eve")
    assert problem(pay(till, intent, eve.account)) == (409, "wrong-state")
