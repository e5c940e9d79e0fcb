"""Opening an account on the website."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.controllers.test_second_factors import mailed
from tests.pages import Browser, Page

NEW = {"name": "Dana Scott", "username": "dana", "password": make.PASSWORD}
WITH_ADDRESS = {**NEW, "email": "dana@example.com"}


@pytest.fixture
def guest(app: Flask) -> Browser:
    return Browser(app)


def apply(guest: Browser, **fields: str) -> TestResponse:
    return guest.send("/open-account", {**WITH_ADDRESS, **fields})


def answer(guest: Browser, code: str) -> TestResponse:
    return guest.send("/open-account/code", code=code)


def wrong(code: str) -> str:
    return str((int(code) + 1) % 10**6).zfill(6)


def test_without_an_address_the_account_is_open_at_once(
    client: FlaskClient, guest: Browser
) -> None:
    opened = guest.send("/open-account", NEW)
    assert (opened.status_code, opened.location) == (303, "/my")
    page = guest.page("/my")
    assert "Welcome. Your account is open." in page.inside("main")
    assert make.log_in(client, "dana").get("/me").json["name"] == "Dana Scott"


def test_with_an_address_the_account_is_open_after_the_code(
    client: FlaskClient, guest: Browser, bank: Bank
) -> None:
    assert apply(guest).location == "/open-account/code"
    assert "dana@example.com" in guest.page("/open-account/code").text
    assert answer(guest, mailed(bank)).location == "/my"
    assert guest.page("/my").inside("h1") == ["Overview"]
    assert make.log_in(client, "dana").get("/me").json["email_confirmed"]


def test_a_wrong_code_may_be_followed_by_the_right_one(guest: Browser, bank: Bank) -> None:
    apply(guest)
    code = mailed(bank)
    refused = answer(guest, wrong(code))
    assert refused.status_code == 422
    assert "This code is not right, or too old." in refused.text
    assert answer(guest, code).location == "/my"


def test_an_address_that_is_taken_looks_like_a_free_one(client: FlaskClient, app: Flask) -> None:
    make.confirmed(client, "eve")
    seen = []
    for username, email in (("dana", "free@example.com"), ("dora", "eve@example.com")):
        guest = Browser(app)
        sent = apply(guest, username=username, email=email)
        asked = guest.page("/open-account/code").text
        refused = answer(guest, "12345")
        texts = [text.replace(email, "@") for text in (sent.text, asked, refused.text)]
        seen.append((sent.status_code, sent.location, *map(_without_what_always_differs, texts)))
    assert seen[0] == seen[1]


def _without_what_always_differs(page: str) -> str:
    fresh = r'(name="csrf_token" value|name="key" value|nonce)="[^"]+"|<code>[0-9a-f]{32}</code>'
    return re.sub(fresh, "", page)


def test_a_name_that_is_taken_is_said_beside_it_and_the_rest_stays(
    client: FlaskClient, guest: Browser
) -> None:
    make.customer(client)
    refused = apply(guest)
    page = Page(refused.text)
    assert refused.status_code == 409
    assert "Somebody is called so already; choose another name." in page.inside("form")
    assert page.form().values["email"] == "dana@example.com"
    assert page.form().values["password"] == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "d"), ("username", "bank"), ("email", "dana at example.com"),
        ("phone", "12"), ("password", "short"), ("password", "password1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(guest: Browser, field: str, value: str) -> None:
    refused = apply(guest, **{field: value})
    marked = [found["id"] for tag, found in Page(refused.text).tags if "aria-invalid" in found]
    assert (refused.status_code, marked) == (422, [field])


def test_the_code_can_be_had_again_after_a_minute(guest: Browser, bank: Bank, clock: Clock) -> None:
    apply(guest)
    first = mailed(bank)
    guest.send("/open-account/code", form="resend")
    assert mailed(bank) == first
    assert "Please wait" in guest.page("/open-account/code").text
    clock.forward(seconds=61)
    guest.send("/open-account/code", form="resend")
    assert answer(guest, mailed(bank)).location == "/my"


def test_whoever_waits_too_long_sends_the_form_again_and_need_not_type_it(
    guest: Browser, clock: Clock
) -> None:
    apply(guest)
    clock.forward(hours=2)
    sent = guest.send("/open-account/code", form="resend")
    assert sent.location == "/open-account"
    typed = guest.page("/open-account").form().values
    assert (typed["username"], typed["email"], typed["password"]) == (
        "dana", "dana@example.com", "",
    )  # fmt: skip


def test_without_a_form_before_there_is_no_code_to_answer(guest: Browser) -> None:
    assert guest.open("/open-account/code").location == "/open-account"


def test_a_code_is_answered_where_it_was_asked_for(app: Flask, guest: Browser, bank: Bank) -> None:
    apply(guest)
    other = Browser(app)
    apply(other, username="dora", email="dora@example.com")
    code = mailed(bank)
    assert answer(guest, code).status_code == 422
    assert answer(other, code).location == "/my"
