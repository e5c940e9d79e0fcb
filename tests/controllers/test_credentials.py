"""Passwords: changed with a code, set anew by a link; and sessions, ended elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers import credentials
from app.controllers.bank import Bank
from app.controllers.credentials import OpenedLink
from app.errors import InvalidCode
from tests import make
from tests.conftest import Clock
from tests.controllers.test_second_factors import ask, enrol, mailed, problem
from tests.make import Person

NEW = "amber-lantern-19"
CHANGE = {"current_password": make.PASSWORD, "new_password": NEW}


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.confirmed(client, "dana")


def logs_in(client: FlaskClient, password: str, username: str = "dana") -> bool:
    body = {"username": username, "password": password}
    return client.post("/auth/login", json=body).status_code == 200


def forget(client: FlaskClient, email: str = "dana@example.com") -> TestResponse:
    return client.post("/auth/password/forgot", json={"email": email})


def token_of(bank: Bank) -> str:
    found = re.search(r"/reset#(\S+)", make.mails(bank)[0].text)
    assert found
    return found[1]


def reset(client: FlaskClient, token: str, **more: str) -> TestResponse:
    return client.post("/auth/password/reset", json={"token": token, "new_password": NEW, **more})


def test_the_password_is_changed_with_the_present_one_and_a_code(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    assert problem(dana.post("/auth/password", CHANGE)) == (403, "second-factor-needed")
    code = ask(dana, bank, "change_password")
    assert dana.post("/auth/password", {**CHANGE, "code": code}).status_code == 204
    assert (logs_in(client, make.PASSWORD), logs_in(client, NEW)) == (False, True)


def test_who_has_no_second_factor_changes_the_password_with_the_present_one(
    client: FlaskClient,
) -> None:
    eve = make.customer(client, "eve")
    wrong = eve.post("/auth/password", {**CHANGE, "current_password": "not-the-password"})
    assert problem(wrong) == (422, "invalid-proof")
    assert eve.post("/auth/password", CHANGE).status_code == 204
    assert logs_in(client, NEW, "eve")


def test_a_change_ends_the_other_sessions_and_tells_the_owner(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    elsewhere = make.log_in(client, "dana")
    dana.post("/auth/password", {**CHANGE, "code": ask(dana, bank, "change_password")})
    assert (elsewhere.get("/me").status_code, dana.get("/me").status_code) == (401, 200)
    assert make.mails(bank)[0].subject == "Your password was changed"


@pytest.mark.parametrize("weak", ["short", "password1", "danadana", "12345678"])
def test_a_weak_new_password_is_refused_before_the_code_is_used(
    dana: Person, bank: Bank, weak: str
) -> None:
    code = ask(dana, bank, "change_password")
    refused = dana.post("/auth/password", {**CHANGE, "new_password": weak, "code": code})
    assert problem(refused) == (422, "weak-password")
    assert refused.json["field"] == "new_password"
    assert dana.post("/auth/password", {**CHANGE, "code": code}).status_code == 204


def test_a_code_for_something_else_changes_no_password(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    code = ask(dana, bank, "second_factor")
    refused = dana.post("/auth/password", {**CHANGE, "code": code})
    assert problem(refused) == (422, "invalid-proof")
    assert logs_in(client, make.PASSWORD)


def test_five_wrong_changes_in_a_row_and_one_waits(make_app: Callable[..., Flask]) -> None:
    app = make_app(ratelimit_enabled=True)
    dana = make.confirmed(app.test_client())
    body = {**CHANGE, "current_password": "not-the-password", "code": "000000"}
    told = [dana.post("/auth/password", body).status_code for _ in range(6)]
    assert told == [422] * 5 + [429]


def test_a_forgotten_password_is_set_anew_by_the_mailed_link(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    assert forget(client).status_code == 202
    assert reset(client, token_of(bank)).status_code == 204
    assert (logs_in(client, make.PASSWORD), logs_in(client, NEW)) == (False, True)
    assert dana.get("/me").status_code == 401


def test_whoever_only_looks_at_the_link_does_not_use_it_up(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    forget(client)
    token = token_of(bank)
    assert credentials.open_link(bank, token) == OpenedLink("dana", app_needed=False)
    assert reset(client, token).status_code == 204
    with pytest.raises(InvalidCode):
        credentials.open_link(bank, token)


def test_the_link_leads_to_the_address_of_the_settings_whatever_host_was_asked(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(public_url="https://bank.example.com")
    client = app.test_client()
    make.confirmed(client)
    client.post(
        "/auth/password/forgot", json={"email": "dana@example.com"},
        headers={"Host": "evil.example.net", "X-Forwarded-Host": "evil.example.net"},
    )  # fmt: skip
    text = make.mails(app.extensions["bank"])[0].text
    assert "https://bank.example.com/reset#" in text
    assert "evil" not in text


def test_an_address_that_nobody_has_is_answered_alike(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    known, unknown = forget(client), forget(client, "nobody@example.com")
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert sorted(known.headers.keys()) == sorted(unknown.headers.keys())
    assert make.mails(bank)[0].kind == "nobody here"


def test_a_link_is_good_once_and_for_a_quarter_of_an_hour(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    forget(client)
    token = token_of(bank)
    clock.forward(minutes=15, seconds=1)
    assert problem(reset(client, token)) == (422, "invalid-code")
    forget(client)
    token = token_of(bank)
    assert reset(client, token).status_code == 204
    assert problem(reset(client, token)) == (422, "invalid-code")


def test_of_fifty_at_once_with_one_link_one_sets_the_password(
    app: Flask, client: FlaskClient, dana: Person, bank: Bank
) -> None:
    forget(client)
    token = token_of(bank)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: reset(app.test_client(), token).status_code, range(50)))
    assert told.count(204) == 1
    assert set(told) == {204, 422}


def test_a_link_does_not_go_around_the_app(
    client: FlaskClient, dana: Person, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    forget(client)
    token = token_of(bank)
    assert problem(reset(client, token)) == (403, "second-factor-needed")
    assert problem(reset(client, token, code="000000")) == (422, "invalid-code")
    assert reset(client, token, code=app.shows()).status_code == 204


def test_for_a_day_after_it_only_a_little_money_can_leave(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    clock.at(2026, 3, 1)
    app = make_app(unconfirmed_daily_limit="30")
    client, bank = app.test_client(), app.extensions["bank"]
    make.confirmed(client).has("500.00")
    forget(client)
    assert reset(client, token_of(bank)).status_code == 204
    dana = make.log_in(client, "dana", NEW)
    assert dana.post("/withdraw", {"amount": "30.00"}).status_code == 201
    refused = dana.post("/withdraw", {"amount": "1.00"})
    assert problem(refused) == (422, "daily-limit-exceeded")
    clock.at(2026, 3, 2, 13)
    dana = make.log_in(client, "dana", NEW)
    assert dana.post("/withdraw", {"amount": "50.00"}).status_code == 201


def test_a_database_thief_finds_no_link(client: FlaskClient, dana: Person, bank: Bank) -> None:
    forget(client)
    token = token_of(bank)
    rows = [
        str(row)
        for name in ("challenges", "outbox", "users", "audit")
        for row in bank.database.collection(name).find({})
    ]
    assert [row for row in rows if token in row] == []


def test_the_other_sessions_are_ended_at_once(client: FlaskClient, dana: Person) -> None:
    others = [make.log_in(client, "dana") for _ in range(2)]
    assert dana.send("DELETE", "/auth/sessions").status_code == 204
    assert [each.get("/me").status_code for each in others] == [401, 401]
    assert len(dana.get("/auth/sessions").json["items"]) == 1


def test_a_new_address_needs_password_and_code_and_the_old_one_hears_of_it(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    wanted = {"email": "dana@example.org", "password": make.PASSWORD}
    assert problem(dana.send("PUT", "/me/email", json=wanted)) == (403, "second-factor-needed")
    code = ask(dana, bank, "change_email")
    assert dana.send("PUT", "/me/email", json={**wanted, "code": code}).status_code == 202
    assert dana.get("/me").json["email"] == "dana@example.com"
    assert dana.post("/me/email/verify", {"code": mailed(bank)}).json["email"] == "dana@example.org"
    told = make.mails(bank)[0]
    assert (told.to, told.subject) == ("dana@example.com", "Your e-mail address was changed")


def test_an_address_of_somebody_else_is_answered_alike_and_never_confirmed(
    client: FlaskClient, dana: Person, bank: Bank
) -> None:
    eve = make.customer(client, "eve")
    wanted = {"email": "Dana@example.com", "password": make.PASSWORD}
    assert eve.send("PUT", "/me/email", json=wanted).status_code == 202
    assert make.mails(bank)[0].kind == "already registered"
    assert problem(eve.post("/me/email/verify", {"code": "000000"})) == (422, "invalid-code")
