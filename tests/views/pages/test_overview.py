"""The overview as a page: what a newcomer and what a customer of long standing sees."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import make
from tests.conftest import Clock
from tests.pages import Browser, Page


def said(answer: TestResponse) -> str:
    return " ".join(" ".join(Page(answer.text).inside("main")).split())


def test_a_newcomer_is_greeted_and_told_what_to_do_first(app: Flask, client: FlaskClient) -> None:
    make.customer(client, "dana", name="Dana Scott")
    answer = Browser(app).log_in("dana").open("/my")
    assert "Hello, Dana Scott" in said(answer)
    assert {"/my/deposit", "/my/profile", "/my/security"} <= set(Page(answer.text).links())
    assert "Nothing has happened yet." in said(answer)


def test_who_has_money_and_a_confirmed_address_sees_no_hints(
    app: Flask, client: FlaskClient
) -> None:
    make.confirmed(client, "dana").has("12.00")
    answer = Browser(app).log_in("dana").open("/my")
    assert "To begin with" not in said(answer)
    assert "$12.00" in said(answer)


def test_each_latest_transaction_leads_to_its_receipt(app: Flask, client: FlaskClient) -> None:
    dana = make.customer(client, "dana")
    id = dana.post("/deposit", {"amount": "5.00", "memo": "<i>Gift</i>"}).json["id"]
    answer = Browser(app).log_in("dana").open("/my")
    assert f"/my/transactions/{id}" in Page(answer.text).links()
    assert "<i>Gift</i>" in said(answer)


def test_a_course_is_drawn_and_told_from_the_second_day_on(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    dana = make.customer(client, "dana").has("5.00")
    assert "<svg" not in Browser(app).log_in("dana").open("/my").text
    clock.forward(days=1)
    dana = make.log_in(client, "dana").has("10.00")
    text = Browser(app).log_in(dana.username).open("/my").text
    assert 'aria-label="Balance over 2 days: between $5.00 and $15.00."' in text


@pytest.mark.parametrize("days", ["90", "30", "7", "x"])
def test_the_course_is_over_one_of_the_spans_there_are(
    app: Flask, client: FlaskClient, days: str
) -> None:
    make.customer(client, "dana")
    answer = Browser(app).log_in("dana").open(f"/my?days={days}")
    shown = "90" if days == "90" else "30"
    assert f'days={shown}" aria-current="true"' in answer.text


def test_another_account_is_opened_with_its_name_and_currency(
    app: Flask, client: FlaskClient
) -> None:
    dana = make.customer(client, "dana")
    hers = Browser(app).log_in("dana")
    answer = hers.send("/my/accounts/new", holding="name", name="Holidays", currency="EUR")
    assert answer.location == "/my"
    assert "Your account Holidays is open." in said(hers.open("/my"))
    items = dana.get("/accounts").json["items"]
    assert [(each["name"], each["currency"]) for each in items][1:] == [("Holidays", "EUR")]


def test_an_account_in_a_currency_that_the_bank_keeps_not_is_refused(
    app: Flask, client: FlaskClient
) -> None:
    dana = make.customer(client, "dana")
    hers = Browser(app).log_in("dana")
    answer = hers.send("/my/accounts/new", holding="name", name="Holidays", currency="XXX")
    assert answer.status_code == 422
    assert Page(answer.text).form(holding="name").values["name"] == "Holidays"
    assert len(dana.get("/accounts").json["items"]) == 1


def test_accounts_without_end_are_refused_with_the_number_there_may_be(
    app: Flask, client: FlaskClient
) -> None:
    make.customer(client, "dana")
    hers = Browser(app).log_in("dana")
    for _ in range(20):
        answer = hers.send("/my/accounts/new", holding="name", name="One more")
        if answer.status_code != 303:
            break
    assert answer.status_code == 422
    assert "and nobody may have more." in said(answer)
