"""Becoming a customer with a code: nothing before it, one by it, the same for any address."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers import registrations
from app.controllers.bank import Bank, Caller
from app.controllers.orders import Register
from app.errors import InvalidCode, UsernameTaken
from app.models import challenges
from app.models.database import Database
from tests import make
from tests.conftest import Clock

EMAIL = "dana@example.com"


def apply(client: FlaskClient, username: str = "dana", **more: Any) -> TestResponse:
    body = {"username": username, "password": make.PASSWORD, "email": EMAIL, **more}
    return client.post("/auth/register", json=body)


def verify(client: FlaskClient, flow_id: str, code: str) -> TestResponse:
    return client.post("/auth/register/verify", json={"flow_id": flow_id, "code": code})


def code_of(bank: Bank) -> str:
    return make.code_in(make.mails(bank)[0])


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def people(database: Database) -> int:
    return database.collection("users").count_documents({})


def test_nobody_is_a_customer_before_the_code(client: FlaskClient, bank: Bank) -> None:
    applied = apply(client)
    assert applied.status_code == 202
    assert set(applied.json) == {"flow_id", "expires_in", "resend_in"}
    counts = [bank.database.collection(name).count_documents({}) for name in ("users", "accounts")]
    assert counts == [0, 0]
    login = {"username": "dana", "password": make.PASSWORD}
    assert client.post("/auth/login", json=login).status_code == 401


def test_the_code_makes_the_customer_with_a_confirmed_address(
    client: FlaskClient, bank: Bank
) -> None:
    flow = apply(client, name="Dana Scott", phone="+12025550123").json["flow_id"]
    made = verify(client, flow, code_of(bank))
    assert made.status_code == 201
    customer = made.json["customer"]
    assert (customer["email"], customer["email_confirmed"]) == (EMAIL, True)
    assert (customer["name"], customer["phone"]) == ("Dana Scott", "+12025550123")
    assert (
        make.log_in(client, "dana").get("/balance").json["account"]
        == made.json["account"]["account"]
    )


def test_the_code_is_in_the_text_of_the_mail_and_not_in_its_subject(
    client: FlaskClient, bank: Bank
) -> None:
    apply(client)
    letter = make.mails(bank)[0]
    assert letter.to == EMAIL
    assert make.code_in(letter) not in letter.subject


def test_a_wrong_code_makes_nobody_and_does_not_end_the_flow(
    client: FlaskClient, bank: Bank
) -> None:
    flow = apply(client).json["flow_id"]
    code = code_of(bank)
    refused = verify(client, flow, wrong(code))
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/invalid-code")
    assert people(bank.database) == 0
    assert verify(client, flow, code).status_code == 201


def test_after_five_tries_even_the_right_code_is_worth_nothing(
    client: FlaskClient, bank: Bank
) -> None:
    flow = apply(client).json["flow_id"]
    code = code_of(bank)
    told = [verify(client, flow, wrong(code)).status_code for _ in range(5)]
    assert told == [422] * 5
    assert verify(client, flow, code).status_code == 422
    assert people(bank.database) == 0


def test_a_new_code_does_not_bring_new_tries(client: FlaskClient, bank: Bank, clock: Clock) -> None:
    flow = apply(client).json["flow_id"]
    first = code_of(bank)
    for _ in range(4):
        verify(client, flow, wrong(first))
    clock.forward(seconds=61)
    assert client.post("/auth/register/resend", json={"flow_id": flow}).status_code == 202
    second = code_of(bank)
    assert verify(client, flow, wrong(second)).status_code == 422
    assert verify(client, flow, second).status_code == 422
    assert people(bank.database) == 0


def test_a_new_code_replaces_the_one_before(client: FlaskClient, bank: Bank, clock: Clock) -> None:
    flow = apply(client).json["flow_id"]
    first = code_of(bank)
    clock.forward(seconds=61)
    client.post("/auth/register/resend", json={"flow_id": flow})
    second = code_of(bank)
    if first != second:
        assert verify(client, flow, first).status_code == 422
    assert verify(client, flow, second).status_code == 201


def test_another_code_comes_after_a_minute_and_not_before(
    client: FlaskClient, bank: Bank, clock: Clock
) -> None:
    flow = apply(client).json["flow_id"]
    clock.forward(seconds=50)
    early = client.post("/auth/register/resend", json={"flow_id": flow})
    assert (early.status_code, early.headers["Retry-After"]) == (429, "10")
    clock.forward(seconds=10)
    assert client.post("/auth/register/resend", json={"flow_id": flow}).status_code == 202
    assert len(make.mails(bank)) == 2


def test_a_code_is_good_for_ten_minutes(client: FlaskClient, bank: Bank, clock: Clock) -> None:
    flow = apply(client).json["flow_id"]
    code = code_of(bank)
    clock.forward(minutes=10, seconds=1)
    assert verify(client, flow, code).status_code == 422
    clock.forward(minutes=-1)
    assert verify(client, flow, code).status_code == 201


def test_fifty_at_once_with_the_right_code_make_one_customer(
    client: FlaskClient, bank: Bank, app: Flask
) -> None:
    flow = apply(client).json["flow_id"]
    code = code_of(bank)
    with ThreadPoolExecutor(50) as pool:
        told = list(
            pool.map(lambda _: verify(app.test_client(), flow, code).status_code, range(50))
        )
    assert told.count(201) == 1
    assert set(told) == {201, 422}
    assert people(bank.database) == 1


def test_a_code_is_good_for_its_own_flow_alone(client: FlaskClient, bank: Bank) -> None:
    apply(client)
    code = code_of(bank)
    other = apply(client, "eve", email="eve@example.com").json["flow_id"]
    if code_of(bank) != code:
        assert verify(client, other, code).status_code == 422


def test_an_address_that_is_taken_is_answered_like_a_free_one(
    client: FlaskClient, bank: Bank
) -> None:
    make.confirmed(client, "dana")
    taken, free = apply(client, "eve"), apply(client, "finn", email="finn@example.com")
    assert taken.status_code == free.status_code == 202
    assert {**taken.json, "flow_id": ""} == {**free.json, "flow_id": ""}
    assert len(taken.json["flow_id"]) == len(free.json["flow_id"])
    assert sorted(taken.headers.keys()) == sorted(free.headers.keys())


@pytest.mark.parametrize("written", [EMAIL, "Dana@Example.COM", "DANA@example.com"])
def test_whom_the_address_belongs_to_is_told_and_nobody_else_gets_in(
    client: FlaskClient, bank: Bank, written: str
) -> None:
    make.confirmed(client, "dana")
    flow = apply(client, "eve", email=written).json["flow_id"]
    letter = make.mails(bank)[0]
    assert (letter.kind, letter.to.casefold()) == ("already registered", EMAIL)
    stored = bank.database.collection(challenges.NAME).find_one({"_id": flow})
    assert stored is not None
    told = [verify(client, flow, f"{code:06d}").status_code for code in range(5)]
    assert told == [422] * 5
    assert people(bank.database) == 1


def test_of_two_flows_for_one_address_the_first_to_finish_has_it(
    client: FlaskClient, bank: Bank
) -> None:
    first = apply(client, "dana").json["flow_id"]
    code = code_of(bank)
    second = apply(client, "dane").json["flow_id"]
    assert verify(client, second, code_of(bank)).status_code == 201
    late = verify(client, first, code)
    assert (late.status_code, late.json["type"]) == (409, "/problems/address-taken")
    assert people(bank.database) == 1


def test_a_user_name_that_is_taken_is_told_at_once(client: FlaskClient) -> None:
    make.customer(client, "dana")
    assert apply(client, "Dana").json["type"] == "/problems/username-taken"


def test_a_user_name_taken_meanwhile_leaves_the_code_unused(
    client: FlaskClient, bank: Bank
) -> None:
    flow = apply(client).json["flow_id"]
    code = code_of(bank)
    make.customer(client, "dana")
    assert verify(client, flow, code).status_code == 409
    stored = bank.database.collection(challenges.NAME).find_one({"_id": flow})
    assert stored is not None
    assert stored["status"] == "open"


def test_three_codes_an_hour_go_to_one_address(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    client = make_app(ratelimit_enabled=True).test_client()
    told = [apply(client, f"dana{n}").status_code for n in range(4)]
    assert told == [202, 202, 202, 429]
    clock.forward(hours=1)
    assert apply(client, "dana5").status_code == 202


def test_a_database_thief_finds_no_code(client: FlaskClient, bank: Bank) -> None:
    apply(client)
    code = code_of(bank)
    rows = [
        str(row)
        for name in ("challenges", "outbox", "users", "audit", "throttles")
        for row in bank.database.collection(name).find({})
    ]
    assert rows
    assert [row for row in rows if code in row] == []


def test_a_phone_number_of_somebody_else_is_answered_like_a_free_one_and_stays_theirs(
    client: FlaskClient, bank: Bank
) -> None:
    number = "+12025550123"
    make.confirmed(client, "dana", phone=number)
    eve = make.customer(client, "eve", phone=number)
    assert eve.get("/me").json["phone"] == number
    letter = make.mails(bank)[0]
    assert (letter.kind, letter.to) == ("phone wanted", EMAIL)
    owners = bank.database.collection("users").find({"phone": number})
    assert [owner["username"] for owner in owners] == ["dana"]


def test_a_phone_number_is_taken_in_the_profile_in_the_same_way(
    client: FlaskClient, bank: Bank
) -> None:
    number = "+12025550123"
    make.confirmed(client, "dana", phone=number)
    eve = make.customer(client, "eve")
    assert eve.send("PATCH", "/me", json={"phone": number}).json["phone"] == number
    assert bank.database.collection("users").count_documents({"phone": number}) == 1
    assert eve.send("PATCH", "/me", json={"phone": "+12025550199"}).json["phone"] == "+12025550199"
    assert bank.database.collection("users").count_documents({"phone": "+12025550199"}) == 1


@pytest.mark.parametrize(
    "number", ["12345", "+1", "+15550100123", "+999123456789", "phone", "+1202555012345678"]
)
def test_a_phone_number_that_cannot_exist_is_refused(client: FlaskClient, number: str) -> None:
    answer = apply(client, phone=number)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "phone"


@pytest.mark.parametrize("written", ["+1 (202) 555-0123", "+1-202-555-0123"])
def test_a_phone_number_is_kept_in_one_form(client: FlaskClient, written: str) -> None:
    assert make.customer(client, phone=written).get("/me").json["phone"] == "+12025550123"


@pytest.mark.parametrize(
    "address",
    ["dana", "dana@", "@example.com", "dana@example", "da na@example.com", "a@b.c\r\nBcc: e@x.com"],
)
def test_what_is_no_address_is_refused(client: FlaskClient, address: str) -> None:
    answer = apply(client, email=address)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "email")


def test_without_an_address_one_is_a_customer_at_once_within_low_limits(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(unconfirmed_daily_limit="200").test_client()
    dana = make.customer(client).has("150.00")
    refused = dana.post("/deposit", {"amount": "50.01"})
    assert refused.json["type"] == "/problems/daily-limit-exceeded"
    assert refused.json["limit"] == {"amount": "200.00", "currency": "USD"}


def test_confirming_an_address_later_lifts_the_limits(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(unconfirmed_daily_limit="200")
    dana = make.customer(app.test_client()).has("150.00")
    wanted = {"email": EMAIL, "password": make.PASSWORD}
    assert dana.send("PUT", "/me/email", json=wanted).status_code == 202
    code = code_of(app.extensions["bank"])
    assert dana.get("/me").json["email"] is None
    confirmed = dana.post("/me/email/verify", {"code": code})
    assert (confirmed.json["email"], confirmed.json["email_confirmed"]) == (EMAIL, True)
    dana.has("50.01")


def test_a_second_account_of_a_confirmed_customer_has_the_usual_limits(
    make_app: Callable[..., Flask],
) -> None:
    dana = make.confirmed(make_app(unconfirmed_daily_limit="200").test_client())
    number = dana.post("/accounts").json["account"]
    assert dana.post("/deposit", {"amount": "300.00", "account": number}).status_code == 201


def test_whoever_has_answered_the_code_may_come_in_with_both_factors_proved(bank: Bank) -> None:
    order = Register("dana", make.PASSWORD, "", EMAIL, None)
    flow = registrations.apply(bank, order, EMAIL, Caller()).id
    entered = registrations.enter(bank, flow, code_of(bank), Caller(device="a browser"))
    assert (entered.session.device, entered.session.proved) == ("a browser", True)
    with pytest.raises(InvalidCode):
        registrations.enter(bank, flow, code_of(bank), Caller())


def test_whoever_gave_no_address_comes_in_by_the_password_alone(bank: Bank) -> None:
    order = Register("dana", make.PASSWORD, "", None, None)
    entered = registrations.enter_without_address(bank, order, Caller())
    assert not entered.session.proved
    with pytest.raises(UsernameTaken):
        registrations.enter_without_address(bank, order, Caller())
