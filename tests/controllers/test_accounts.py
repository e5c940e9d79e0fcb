"""Accounts of a customer: opening, looking, and the balance at any time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import accounts
from tests import make
from tests.conftest import Clock
from tests.together import together

DEFAULT_LIMIT = 10


def at(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def balance_at(person: make.Person, moment: datetime) -> Any:
    return person.get("/balance", query_string={"at": at(moment)})


def test_a_balance_tells_whose_it_is(client: FlaskClient) -> None:
    dana = make.customer(client, name="Dana Scott").has("12.50")
    shown = dana.get("/balance").json
    assert time_of(shown.pop("as_of")).tzinfo is not None
    money = {"amount": "12.50", "currency": "USD"}
    assert shown == {
        "account": dana.account, "customer": "Dana Scott", "balance": money, "available": money,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/accounts", "/create_account"])
def test_another_account_starts_empty(client: FlaskClient, path: str) -> None:
    dana = make.customer(client).has("5")
    answer = dana.post(path, {"name": "Holidays"})
    assert answer.status_code == 201
    number = answer.json["account"]
    assert answer.headers["Location"] == f"/accounts/{number}"
    assert answer.json["name"] == "Holidays"
    assert answer.json["balance"] == {"amount": "0.00", "currency": "USD"}
    assert dana.get(f"/accounts/{number}").json == answer.json


def test_accounts_are_listed_oldest_first(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client)
    for name in ("Holidays", "Taxes"):
        clock.forward(seconds=1)
        dana.post("/accounts", {"name": name})
    rows = dana.get("/accounts").json["items"]
    assert [row["name"] for row in rows] == ["Current account", "Holidays", "Taxes"]


def test_without_a_number_the_default_account_is_meant(client: FlaskClient) -> None:
    dana = make.customer(client)
    dana.post("/accounts", {})
    assert dana.post("/deposit", {"amount": "7"}).json["account"] == dana.account


def test_each_account_has_a_balance_of_its_own(client: FlaskClient) -> None:
    dana = make.customer(client).has("5")
    second = dana.post("/accounts", {}).json["account"]
    dana.post("/deposit", {"amount": "7", "account": second})
    shown = dana.get(f"/balance?account={second}").json
    assert (shown["balance"]["amount"], dana.balance()) == ("7.00", "5.00")


def test_an_account_number_may_be_written_in_groups(client: FlaskClient) -> None:
    dana = make.customer(client)
    grouped = f"{dana.account[:4]} {dana.account[4:8]}-{dana.account[8:]}"
    shown = dana.get("/balance", query_string={"account": grouped})
    assert shown.json["account"] == dana.account


@pytest.mark.parametrize("path", ["/balance?account={}", "/accounts/{}"])
def test_a_stranger_s_account_is_not_found(client: FlaskClient, path: str) -> None:
    dana, mallory = make.customer(client).has("5"), make.customer(client, "mallory")
    answer = mallory.get(path.format(dana.account))
    nowhere = mallory.get(path.format("100000000093"))
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/account-not-found")
    assert answer.json["detail"] == nowhere.json["detail"]


def test_a_customer_has_at_most_so_many_accounts(client: FlaskClient) -> None:
    dana = make.customer(client)
    for _ in range(DEFAULT_LIMIT - 1):
        assert dana.post("/accounts", {}).status_code == 201
    answer = dana.post("/accounts", {})
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/too-many-accounts")
    assert answer.json["limit"] == DEFAULT_LIMIT


def test_twenty_openings_at_once_do_not_pass_the_limit(app: Flask, client: FlaskClient) -> None:
    dana = make.customer(client)

    def try_it(_: int) -> int:
        person = make.Person(app.test_client(), "dana", dana.tokens)
        return int(person.post("/accounts", {}).status_code)

    statuses = together(20, try_it)
    assert sorted(statuses) == [201] * (DEFAULT_LIMIT - 1) + [422] * (21 - DEFAULT_LIMIT)
    assert len(dana.get("/accounts").json["items"]) == DEFAULT_LIMIT


def test_a_number_that_is_taken_is_drawn_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = make.customer(client)
    free = accounts.new_number()
    draws = iter([dana.account, dana.account, free])
    monkeypatch.setattr(accounts, "new_number", lambda: next(draws))
    assert dana.post("/accounts", {}).json["account"] == free


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("JPY", "1500", "1500"), ("KWD", "1.234", "1.234"), ("EUR", "0.1", "0.10")],
)
def test_an_account_keeps_the_currency_it_was_opened_in(
    client: FlaskClient, currency: str, amount: str, shown: str
) -> None:
    dana = make.customer(client)
    number = dana.post("/accounts", {"currency": currency}).json["account"]
    dana.post("/deposit", {"amount": amount, "account": number})
    money = dana.get(f"/balance?account={number}").json["balance"]
    assert money == {"amount": shown, "currency": currency}


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "0.5"), ("KWD", "0.0001")])
def test_an_amount_finer_than_the_currency_is_refused(
    client: FlaskClient, currency: str, amount: str
) -> None:
    dana = make.customer(client)
    number = dana.post("/accounts", {"currency": currency}).json["account"]
    answer = dana.post("/deposit", {"amount": amount, "account": number})
    assert (answer.status_code, answer.json["field"]) == (422, "amount")
    assert "decimals" in answer.json["detail"]


@pytest.mark.parametrize("currency", ["CHF", "XXX", "US", "", 7])
def test_a_currency_the_bank_does_not_keep_is_refused(
    client: FlaskClient, currency: object
) -> None:
    dana = make.customer(client)
    assert dana.post("/accounts", {"currency": currency}).status_code == 422
    assert len(dana.get("/accounts").json["items"]) == 1


@pytest.mark.parametrize("name", ["", "x" * 101, "a\x00b", "Sav\u202eings", None, 5])
def test_an_account_has_a_name_of_plain_text(client: FlaskClient, name: object) -> None:
    answer = make.customer(client).post("/accounts", {"name": name})
    assert answer.status_code in (400, 422)


def test_a_banker_opens_no_account(client: FlaskClient) -> None:
    answer = make.banker(client).post("/accounts", {})
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/not-a-customer")


def test_an_unchanged_balance_is_not_sent_again(client: FlaskClient) -> None:
    dana = make.customer(client).has("5")
    tag = dana.get("/balance").headers["ETag"]
    assert dana.get("/balance", headers={"If-None-Match": tag}).status_code == 304
    dana.has("1")
    assert dana.get("/balance", headers={"If-None-Match": tag}).status_code == 200


def test_the_balance_of_another_account_is_never_taken_for_this_one(client: FlaskClient) -> None:
    dana = make.customer(client).has("5")
    second = dana.post("/accounts", {}).json["account"]
    dana.post("/deposit", {"amount": "7", "account": second})
    tag = dana.get("/balance").headers["ETag"]
    answer = dana.get(f"/balance?account={second}", headers={"If-None-Match": tag})
    assert answer.status_code == 200


def test_a_balance_at_a_time_is_the_one_after_the_last_transaction_until_then(
    client: FlaskClient, clock: Clock
) -> None:
    dana = make.customer(client)
    moments: list[datetime] = []
    for amount in ("10", "20", "30"):
        clock.forward(hours=1)
        made = dana.post("/deposit", {"amount": amount}).json
        moments.append(time_of(made["at"]))
    millisecond = timedelta(milliseconds=1)
    asked = [moment + step for moment in moments for step in (-millisecond, timedelta())]
    shown = [balance_at(dana, moment).json["balance"]["amount"] for moment in asked]
    assert shown == ["0.00", "10.00", "10.00", "30.00", "30.00", "60.00"]


def test_a_balance_of_the_past_says_nothing_of_what_was_available(
    client: FlaskClient, clock: Clock
) -> None:
    dana = make.customer(client).has("5")
    moment = clock()
    clock.forward(hours=1)
    shown = balance_at(dana, moment).json
    assert (shown["available"], shown["as_of"]) == (None, at(moment))


def test_before_the_first_transaction_the_balance_was_zero(
    client: FlaskClient, clock: Clock
) -> None:
    dana = make.customer(client)
    opened = time_of(dana.get("/accounts").json["items"][0]["opened_at"])
    clock.forward(days=400)
    dana = make.log_in(client, "dana").has("5")
    assert balance_at(dana, opened).json["balance"]["amount"] == "0.00"


def test_before_the_opening_there_was_no_balance(client: FlaskClient) -> None:
    dana = make.customer(client)
    opened = dana.get("/accounts").json["items"][0]["opened_at"]
    answer = balance_at(dana, time_of(opened) - timedelta(milliseconds=1))
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/invalid-field")
    assert (answer.json["field"], answer.json["opened_at"]) == ("at", opened)
    assert balance_at(dana, time_of(answer.json["opened_at"])).status_code == 200


def test_a_time_to_come_shows_the_present(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client).has("5")
    shown = balance_at(dana, clock() + timedelta(days=1)).json
    assert shown["balance"] == shown["available"]
    assert time_of(shown["as_of"]) <= clock()


def test_of_several_transactions_in_one_millisecond_the_last_one_counts(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    bank: Bank = app.extensions["bank"]
    account = make.account(bank)
    moment = bank.now() + timedelta(milliseconds=5)
    monkeypatch.setattr(bank.ledger, "_clock", lambda: moment)
    for minor in (1, 20, 300):
        bank.ledger.post(make.interest(account, minor))
    dana = make.log_in(app.test_client(), account.username)
    assert balance_at(dana, moment).json["balance"]["amount"] == "3.21"
    assert balance_at(dana, moment - timedelta(milliseconds=1)).json["balance"]["amount"] == "0.00"


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-13-01T00:00:00Z", "1e9", ""]
)
def test_what_is_no_time_is_refused(client: FlaskClient, text: str) -> None:
    answer = make.customer(client).get("/balance", query_string={"at": text})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "at")


def test_a_time_of_another_zone_is_the_same_time(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client).has("5")
    moment = clock()
    clock.forward(hours=1)
    dana.has("6")
    written = (moment + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S.%f+05:00")
    shown = dana.get("/balance", query_string={"at": written}).json
    assert shown["balance"]["amount"] == "5.00"


def test_an_account_is_opened_without_saying_anything(client: FlaskClient) -> None:
    dana = make.customer(client, "dana")
    assert dana.send("POST", "/create_account").json["name"] == "Current account"


def test_an_account_is_found_by_its_number_in_groups(client: FlaskClient) -> None:
    dana = make.customer(client, "dana")
    grouped = f"{dana.account[:4]} {dana.account[4:8]} {dana.account[8:]}"
    assert dana.get(f"/accounts/{grouped}").json["account"] == dana.account


def test_a_date_is_its_midnight(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client, "dana")
    tomorrow = (clock() + timedelta(days=1)).date()
    dana.has("5.00")
    clock.forward(days=3)
    dana = make.log_in(client, "dana")
    assert dana.get(f"/balance?at={tomorrow}").json["balance"]["amount"] == "5.00"
