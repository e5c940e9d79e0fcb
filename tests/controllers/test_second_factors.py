"""Second factors as their owner sets them up, and what log-in and changes ask for then."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from tests import make
from tests.authenticator import AuthenticatorApp
from tests.conftest import Clock
from tests.make import Person

PROOF = {"password": make.PASSWORD}
LOGIN = {"username": "dana", "password": make.PASSWORD}


def problem(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["type"].rpartition("/")[2]


def mailed(bank: Bank) -> str:
    return make.code_in(make.mails(bank)[0])


def ask(person: Person, bank: Bank, purpose: str = "second_factor", **subject: str) -> str:
    assert person.post("/auth/codes", {"purpose": purpose, **subject}).status_code == 201
    return mailed(bank)


def enrol(person: Person, clock: Clock, **proof: str) -> tuple[AuthenticatorApp, list[str]]:
    """The person's new app and recovery codes; the code it showed is used up."""
    begun = person.post("/auth/totp", {**PROOF, **proof})
    assert begun.status_code == 201, begun.text
    app = AuthenticatorApp(begun.json["secret"], clock)
    confirmed = person.post("/auth/totp/confirm", {"code": app.shows()})
    assert confirmed.status_code == 200, confirmed.text
    clock.forward(seconds=30)
    return app, confirmed.json["recovery_codes"]


def at_log_in(person: Person, wanted: bool, **proof: str) -> TestResponse:
    return person.send("PUT", "/auth/second_factor", json={"at_log_in": wanted, **PROOF, **proof})


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.confirmed(client, "dana")


def waiting(client: FlaskClient) -> str:
    answer = client.post("/auth/login", json=LOGIN)
    assert answer.status_code == 200
    assert "access_token" not in answer.json
    return str(answer.json["mfa_token"])


def verify(client: FlaskClient, mfa_token: str, code: str) -> TestResponse:
    return client.post("/auth/login/verify", json={"mfa_token": mfa_token, "code": code})


def test_a_confirmed_address_is_a_second_factor_that_log_in_does_not_ask_for(dana: Person) -> None:
    state = dana.get("/auth/second_factor").json
    assert state == {"methods": ["mail"], "at_log_in": False, "recovery_codes": 0}


def test_an_app_is_set_up_with_password_and_present_factor_and_shown_as_a_picture(
    dana: Person, bank: Bank, clock: Clock
) -> None:
    assert problem(dana.post("/auth/totp", PROOF)) == (403, "second-factor-needed")
    begun = dana.post("/auth/totp", {**PROOF, "code": ask(dana, bank)})
    assert begun.json["qr"].startswith("<svg")
    assert begun.json["secret"] in begun.json["uri"]
    app = AuthenticatorApp(begun.json["secret"], clock)
    confirmed = dana.post("/auth/totp/confirm", {"code": app.shows()})
    assert len(set(confirmed.json["recovery_codes"])) == 10
    state = dana.get("/auth/second_factor").json
    assert state == {"methods": ["totp", "recovery"], "at_log_in": True, "recovery_codes": 10}


def test_without_any_factor_the_password_is_enough_to_set_one_up(
    client: FlaskClient, clock: Clock
) -> None:
    eve = make.customer(client, "eve")
    enrol(eve, clock)
    assert eve.get("/auth/second_factor").json["methods"] == ["totp", "recovery"]


def test_a_new_factor_ends_the_other_sessions_and_is_told_by_mail(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    elsewhere = make.log_in(client, "dana")
    enrol(dana, clock, code=ask(dana, bank))
    assert elsewhere.get("/me").status_code == 401
    assert dana.get("/me").status_code == 200
    assert make.mails(bank)[0].subject == "An authenticator app was added"


def test_log_in_with_the_app_and_each_code_once(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    code = app.shows()
    entered = verify(client, waiting(client), code)
    assert entered.status_code == 200
    assert {"access_token", "refresh_token", "device_token"} <= set(entered.json)
    assert verify(client, waiting(client), code).status_code == 401


def test_log_in_with_a_recovery_code_once(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    _, codes = enrol(dana, clock, code=ask(dana, bank))
    assert verify(client, waiting(client), codes[3].lower()).status_code == 200
    assert verify(client, waiting(client), codes[3]).status_code == 401
    assert dana.get("/auth/second_factor").json["recovery_codes"] == 9


def test_log_in_with_a_mailed_code_where_the_owner_wants_it(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    assert at_log_in(dana, True, code=ask(dana, bank)).json["at_log_in"] is True
    token = waiting(client)
    assert verify(client, token, mailed(bank)).status_code == 200


def test_the_mailed_code_of_a_log_in_comes_again_after_a_minute(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    at_log_in(dana, True, code=ask(dana, bank))
    token = {"mfa_token": waiting(client)}
    assert client.post("/auth/login/resend", json=token).status_code == 429
    clock.forward(seconds=61)
    assert client.post("/auth/login/resend", json=token).status_code == 204
    assert verify(client, token["mfa_token"], mailed(bank)).status_code == 200


def test_a_waiting_log_in_is_good_for_five_minutes_and_once(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    token = waiting(client)
    clock.forward(minutes=5, seconds=1)
    assert verify(client, token, app.shows()).status_code == 401
    token = waiting(client)
    assert verify(client, token, app.shows(later=1)).status_code == 200
    clock.forward(seconds=60)
    assert verify(client, token, app.shows()).status_code == 401


def test_the_token_between_is_good_on_no_other_route(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    enrol(dana, clock, code=ask(dana, bank))
    bearer = Person(client, "dana", {"access_token": waiting(client)})
    told = {path: bearer.get(path).status_code for path in ("/me", "/balance", "/auth/sessions")}
    assert set(told.values()) == {401}
    refreshed = client.post("/auth/refresh", json={"refresh_token": waiting(client)})
    assert refreshed.status_code == 401


def test_wrong_codes_and_unknown_tokens_are_answered_alike_and_as_a_wrong_password(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    enrol(dana, clock, code=ask(dana, bank))
    answers = [
        verify(client, waiting(client), "000000"),
        verify(client, "nobody-has-this-token", "000000"),
        client.post("/auth/login", json={**LOGIN, "password": "not-the-password"}),
    ]
    told = [{**each.json, "request_id": "", "instance": ""} for each in answers]
    assert told[0] == told[1] == told[2]
    assert {each.status_code for each in answers} == {401}


def test_five_tries_for_a_waiting_log_in_and_then_not_even_the_right_code(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    token = waiting(client)
    assert [verify(client, token, "000000").status_code for _ in range(5)] == [401] * 5
    assert verify(client, token, app.shows()).status_code == 401


def test_fifty_at_once_with_one_code_open_one_session(
    app: Flask, client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    phone, _ = enrol(dana, clock, code=ask(dana, bank))
    code, tokens = phone.shows(), [waiting(client) for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(lambda t: verify(app.test_client(), t, code).status_code, tokens))
    assert sorted(told) == [200] + [401] * 49


def test_the_app_takes_the_place_of_mailed_codes(dana: Person, bank: Bank, clock: Clock) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    sent = len(make.mails(bank))
    answer = dana.post("/auth/codes", {"purpose": "change_password"})
    assert (answer.json["methods"], answer.json["sent_to"]) == (["totp", "recovery"], None)
    assert len(make.mails(bank)) == sent
    body = {"current_password": make.PASSWORD, "new_password": "amber-lantern-19"}
    assert dana.post("/auth/password", {**body, "code": app.shows()}).status_code == 204


def test_money_with_the_app_is_bound_to_amount_and_payee_as_well(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana.has("500.00"), clock, code=ask(dana, bank))
    eve = make.customer(client, "eve")
    payment = {"to": eve.account, "amount": "80.00"}
    unasked = dana.post("/transfer", {**payment, "code": app.shows()})
    assert problem(unasked) == (422, "invalid-code")
    assert dana.post("/auth/codes", {"purpose": "transfer", **payment}).status_code == 201
    code = app.shows()
    other = dana.post("/transfer", {**payment, "amount": "90.00", "code": code})
    assert problem(other) == (422, "invalid-code")
    assert dana.post("/transfer", {**payment, "code": code}).status_code == 201
    assert eve.balance() == "80.00"


def test_dropping_the_app_needs_it_and_brings_mailed_codes_back(
    dana: Person, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    refused = dana.send("DELETE", "/auth/totp", json={**PROOF, "code": "000000"})
    assert problem(refused) == (422, "invalid-proof")
    dropped = dana.send("DELETE", "/auth/totp", json={**PROOF, "code": app.shows()})
    assert dropped.status_code == 204
    assert dana.get("/auth/second_factor").json["methods"] == ["mail"]


def test_new_recovery_codes_take_the_place_of_the_old(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    app, old = enrol(dana, clock, code=ask(dana, bank))
    fresh = dana.post("/auth/recovery_codes", {**PROOF, "code": app.shows()})
    assert fresh.status_code == 201
    assert verify(client, waiting(client), old[0]).status_code == 401
    assert verify(client, waiting(client), fresh.json["recovery_codes"][0]).status_code == 200


@pytest.mark.parametrize("wrong", ["password", "code"])
def test_which_of_password_and_code_was_wrong_is_not_told(
    dana: Person, bank: Bank, wrong: str
) -> None:
    proof = {**PROOF, "code": ask(dana, bank)}
    refused = dana.post("/auth/totp", {**proof, wrong: "000000"})
    assert problem(refused) == (422, "invalid-proof")
    assert refused.json["detail"] == "check both; ask for a new code if need be"


def test_to_be_asked_at_log_in_one_needs_a_second_factor(client: FlaskClient) -> None:
    eve = make.customer(client, "eve")
    assert problem(at_log_in(eve, True)) == (403, "no-second-factor")


def test_a_token_says_how_its_session_was_begun(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    entered = verify(client, waiting(client), app.shows()).json["access_token"]
    unchecked = {"verify_signature": False}
    assert jwt.decode(entered, options=unchecked)["amr"] == ["pwd", "otp"]
    assert jwt.decode(dana.tokens["access_token"], options=unchecked)["amr"] == ["pwd"]


def test_a_frozen_customer_is_told_before_a_code_is_mailed(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    at_log_in(dana, True, code=ask(dana, bank))
    frozen = {"$set": {"status": "frozen"}}
    bank.database.collection("users").update_one({"username": "dana"}, frozen)
    sent = len(make.mails(bank))
    assert problem(client.post("/auth/login", json=LOGIN)) == (403, "customer-frozen")
    assert len(make.mails(bank)) == sent


def test_bankers_without_an_app_cannot_log_in_outside_a_demo(
    make_app: Callable[..., Flask],
) -> None:
    strict = make_app(bankers_second_factor=True).test_client()
    lax = make_app(bankers_second_factor=True, demo=True).test_client()
    banker = make.banker(lax)
    body = {"username": banker.username, "password": make.PASSWORD}
    assert problem(strict.post("/auth/login", json=body)) == (403, "no-second-factor")
