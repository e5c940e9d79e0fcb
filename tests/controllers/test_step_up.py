"""Money that needs a second factor: when it is asked for, and what a code is bound to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.make import Person

KEY = {"Idempotency-Key": "0123456789abcdef"}


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.confirmed(client, "dana").has("500.00")


@pytest.fixture
def eve(client: FlaskClient) -> Person:
    return make.customer(client, "eve")


def ask(person: Person, purpose: str, **more: Any) -> TestResponse:
    return person.post("/auth/codes", {"purpose": purpose, **more})


def mailed(bank: Bank) -> str:
    return make.code_in(make.mails(bank)[0])


def problem(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["type"].rpartition("/")[2]


def code_for(dana: Person, bank: Bank, **payment: Any) -> str:
    assert ask(dana, "transfer" if "to" in payment else "withdraw", **payment).status_code == 201
    return mailed(bank)


NEEDED = (403, "second-factor-needed")
INVALID = (422, "invalid-code")


def test_money_to_somebody_new_asks_for_a_code_however_little(dana: Person, eve: Person) -> None:
    answer = dana.post("/transfer", {"to": eve.account, "amount": "0.01"})
    assert problem(answer) == NEEDED
    assert (answer.json["methods"], answer.json["purpose"]) == (["mail"], "transfer")
    assert (dana.balance(), eve.balance()) == ("500.00", "0.00")


def test_with_the_code_it_goes_and_the_next_one_needs_none(
    dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "10.00"}
    code = code_for(dana, bank, **payment)
    assert dana.post("/transfer", {**payment, "code": code}).status_code == 201
    assert dana.post("/transfer", {"to": eve.account, "amount": "50.00"}).status_code == 201
    assert eve.balance() == "60.00"


def test_the_mail_names_amount_and_payee(dana: Person, eve: Person, bank: Bank) -> None:
    code_for(dana, bank, to=eve.account, amount="10.00")
    text = make.mails(bank)[0].text
    assert f"to send 10.00 USD to account {eve.account}" in text


def test_more_than_a_little_asks_each_time_also_for_somebody_known(
    dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "50.01"}
    code = code_for(dana, bank, **payment)
    assert dana.post("/transfer", {**payment, "code": code}).status_code == 201
    assert problem(dana.post("/transfer", payment)) == NEEDED
    assert problem(dana.post("/transfer", {**payment, "code": code})) == INVALID


def test_a_withdrawal_asks_above_the_limit_and_not_below(dana: Person, bank: Bank) -> None:
    assert dana.post("/withdraw", {"amount": "50.00"}).status_code == 201
    refused = dana.post("/withdraw", {"amount": "50.01"})
    assert (problem(refused), refused.json["purpose"]) == (NEEDED, "withdraw")
    code = code_for(dana, bank, amount="50.01")
    assert f"to withdraw 50.01 USD from account {dana.account}" in make.mails(bank)[0].text
    assert dana.post("/withdraw", {"amount": "50.01", "code": code}).status_code == 201


def test_a_deposit_and_an_own_account_ask_for_nothing(dana: Person) -> None:
    savings = dana.post("/accounts").json["account"]
    assert dana.post("/transfer", {"to": savings, "amount": "400.00"}).status_code == 201
    assert dana.post("/deposit", {"amount": "400.00"}).status_code == 201


def test_who_has_no_second_factor_is_not_asked(eve: Person, dana: Person) -> None:
    eve.has("300.00")
    assert eve.post("/transfer", {"to": dana.account, "amount": "200.00"}).status_code == 201
    assert problem(ask(eve, "withdraw", amount="60.00")) == (403, "no-second-factor")


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "10.01"},
        {"amount": "9.99"},
        {"amount": "100.00"},
        {"to": "frank"},
        {"account": "savings"},
    ],
)
def test_a_code_is_worthless_for_another_amount_payee_or_account(
    client: FlaskClient, dana: Person, eve: Person, bank: Bank, other: dict[str, str]
) -> None:
    savings = dana.post("/accounts").json["account"]
    dana.post("/transfer", {"to": savings, "amount": "200.00"})
    frank = make.customer(client, "frank")
    changed = {
        name: {"frank": frank.account, "savings": savings}.get(text, text)
        for name, text in other.items()
    }
    payment = {"to": eve.account, "amount": "10.00"}
    code = code_for(dana, bank, **payment)
    assert problem(dana.post("/transfer", {**payment, **changed, "code": code})) == INVALID
    assert (eve.balance(), frank.balance()) == ("0.00", "0.00")
    assert dana.post("/transfer", {**payment, "code": code}).status_code == 201


def test_a_code_for_a_withdrawal_sends_no_money_to_anybody(
    dana: Person, eve: Person, bank: Bank
) -> None:
    code = code_for(dana, bank, amount="60.00")
    told = dana.post("/transfer", {"to": eve.account, "amount": "60.00", "code": code})
    assert problem(told) == INVALID


def test_a_code_of_somebody_else_is_worthless(
    client: FlaskClient, dana: Person, eve: Person, bank: Bank
) -> None:
    frank = make.confirmed(client, "frank").has("100.00")
    code = code_for(frank, bank, to=eve.account, amount="10.00")
    code_for(dana, bank, to=eve.account, amount="10.00")
    if make.code_in(make.mails(bank)[0]) != code:
        payment = {"to": eve.account, "amount": "10.00", "code": code}
        assert problem(dana.post("/transfer", payment)) == INVALID


def test_twelve_fifty_is_the_same_amount_however_it_is_written(
    dana: Person, eve: Person, bank: Bank
) -> None:
    code = code_for(dana, bank, to=eve.account, amount=12.5)
    payment = {"to": eve.account, "amount": "12.50", "code": code}
    assert dana.post("/transfer", payment).status_code == 201


def test_a_code_moves_money_once_also_where_none_is_needed_any_more(
    dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "10.00"}
    body = {**payment, "code": code_for(dana, bank, **payment)}
    assert dana.post("/transfer", body).status_code == 201
    assert problem(dana.post("/transfer", body)) == INVALID
    assert eve.balance() == "10.00"


def test_fifty_at_once_with_one_code_move_the_money_once(
    app: Flask, dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "10.00"}
    body = {**payment, "code": code_for(dana, bank, **payment)}

    def send(_: int) -> int:
        own = Person(app.test_client(), "dana", dana.tokens)
        return own.post("/transfer", body).status_code

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(send, range(50)))
    assert told.count(201) == 1
    assert set(told) <= {201, 409, 422}
    assert eve.balance() == "10.00"


def test_a_repeat_with_the_same_key_is_answered_again_though_its_code_is_used_up(
    dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "80.00"}
    body = {**payment, "code": code_for(dana, bank, **payment)}
    first = dana.post("/transfer", body, headers=KEY)
    again = dana.post("/transfer", body, headers=KEY)
    with_another = dana.post("/transfer", {**body, "code": "000000"}, headers=KEY)
    assert [each.status_code for each in (first, again, with_another)] == [201, 201, 201]
    assert {each.json["id"] for each in (first, again, with_another)} == {first.json["id"]}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert eve.balance() == "80.00"


def test_a_key_that_met_the_question_for_a_code_can_be_used_with_the_code(
    dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "80.00"}
    assert problem(dana.post("/transfer", payment, headers=KEY)) == NEEDED
    body = {**payment, "code": code_for(dana, bank, **payment)}
    assert dana.post("/transfer", body, headers=KEY).status_code == 201


def test_a_code_is_not_used_up_by_a_payment_that_is_refused(
    dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "600.00"}
    body = {**payment, "code": code_for(dana, bank, **payment)}
    assert problem(dana.post("/transfer", body)) == (422, "insufficient-funds")
    dana.has("200.00")
    assert dana.post("/transfer", body).status_code == 201


def test_a_code_is_good_for_ten_minutes(
    dana: Person, eve: Person, bank: Bank, clock: Clock
) -> None:
    payment = {"to": eve.account, "amount": "10.00"}
    body = {**payment, "code": code_for(dana, bank, **payment)}
    clock.forward(minutes=10, seconds=1)
    dana = make.log_in(dana.client, "dana")
    assert problem(dana.post("/transfer", body)) == INVALID


def test_the_sixth_try_is_refused_even_if_it_is_right(
    dana: Person, eve: Person, bank: Bank
) -> None:
    payment = {"to": eve.account, "amount": "10.00"}
    code = code_for(dana, bank, **payment)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    told = [problem(dana.post("/transfer", {**payment, "code": wrong})) for _ in range(5)]
    assert told == [INVALID] * 5
    assert problem(dana.post("/transfer", {**payment, "code": code})) == INVALID
    assert eve.balance() == "0.00"


def test_after_five_wrong_codes_in_a_row_one_waits(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(ratelimit_enabled=True)
    bank: Bank = app.extensions["bank"]
    dana = make.confirmed(app.test_client(), "dana").has("500.00")
    code = code_for(dana, bank, amount="60.00")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    told = [
        dana.post("/withdraw", {"amount": "60.00", "code": wrong}).status_code for _ in range(6)
    ]
    assert told == [422] * 5 + [429]
    assert dana.balance() == "500.00"


def test_an_account_that_nobody_has_is_not_found_whatever_the_amount(dana: Person) -> None:
    answer = dana.post("/transfer", {"to": "100000000093", "amount": "80.00"})
    assert problem(answer) == (404, "account-not-found")


@pytest.mark.parametrize(
    ("purpose", "more", "field"), [("transfer", {}, "amount"), ("withdraw", {}, "amount")]
)
def test_a_code_for_money_is_asked_for_with_its_amount(
    dana: Person, purpose: str, more: dict[str, str], field: str
) -> None:
    answer = ask(dana, purpose, **more)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_two_codes_for_the_same_are_a_minute_apart(dana: Person, eve: Person, clock: Clock) -> None:
    payment = {"to": eve.account, "amount": "10.00"}
    assert ask(dana, "transfer", **payment).status_code == 201
    assert ask(dana, "transfer", **payment).status_code == 429
    clock.forward(seconds=61)
    assert ask(dana, "transfer", **payment).status_code == 201


def test_ten_codes_an_hour_are_mailed_to_one_person(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    dana = make.confirmed(make_app(ratelimit_enabled=True).test_client())
    clock.at(2026, 3, 1)
    dana = make.log_in(dana.client, "dana")
    told = [ask(dana, "withdraw", amount=f"{60 + n}.00").status_code for n in range(11)]
    assert told == [201] * 10 + [429]


def test_the_answer_shows_where_the_code_went_without_the_whole_address(dana: Person) -> None:
    answer = ask(dana, "withdraw", amount="60.00")
    assert answer.json["sent_to"] == "d***@e***.com"
    assert answer.json["methods"] == ["mail"]
