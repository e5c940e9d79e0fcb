"""A forgotten password: the link by mail, and the page behind it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.controllers.test_credentials import logs_in
from tests.controllers.test_second_factors import ask, enrol
from tests.make import Person
from tests.pages import Browser, Page

NEW = "amber-lantern-19"


@pytest.fixture
def guest(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.confirmed(client, "dana")


@pytest.fixture
def link(dana: Person, guest: Browser, bank: Bank) -> str:
    """The link that Dana was mailed."""
    guest.send("/forgot", email="dana@example.com")
    found = re.search(r"http\S+/reset#\S+", make.mails(bank)[0].text)
    assert found
    return found[0]


def opened(guest: Browser, pasted: str) -> Page:
    """The page behind a link."""
    answer = guest.send("/reset", form="open", token=pasted)
    assert answer.status_code == 200, answer.text
    return Page(answer.text, "/reset")


def sent(guest: Browser, page: Page, **fields: str) -> TestResponse:
    return guest.post("/reset", {**page.form("reset").values, **fields})


@pytest.mark.parametrize("email", ["dana@example.com", "nobody@example.com"])
def test_any_address_is_answered_the_same(dana: Person, guest: Browser, email: str) -> None:
    assert guest.send("/forgot", email=email).location == "/reset"
    assert f"A mail is on its way to {email}." in guest.page("/reset").text


@pytest.mark.parametrize("pasted", ["{link}", "  {token}\n", "Set it here: {link} and go on"])
def test_the_link_is_taken_as_it_was_pasted(
    client: FlaskClient, guest: Browser, link: str, pasted: str
) -> None:
    text = pasted.format(link=link, token=link.partition("#")[2])
    page = opened(guest, text)
    assert "dana" in page.inside("main")[1]
    done = sent(guest, page, new_password=NEW)
    assert (done.status_code, done.location) == (303, "/log-in?as=dana")
    assert (logs_in(client, make.PASSWORD), logs_in(client, NEW)) == (False, True)


def test_the_browser_is_logged_out_like_all_others(guest: Browser, link: str) -> None:
    guest.log_in("dana")
    done = sent(guest, opened(guest, link), new_password=NEW)
    assert "Your new password is set." in guest.page(done.location).text
    assert guest.open("/my").location == "/log-in?next=%2Fmy"


def test_a_weak_password_does_not_use_up_the_link(guest: Browser, link: str) -> None:
    page = opened(guest, link)
    weak = sent(guest, page, new_password="danadana")
    assert weak.status_code == 422
    assert "It is on every list of common passwords." in weak.text
    assert sent(guest, Page(weak.text), new_password=NEW).status_code == 303


def test_a_link_is_good_once_and_the_page_says_so(guest: Browser, link: str) -> None:
    page = opened(guest, link)
    assert sent(guest, page, new_password=NEW).status_code == 303
    again = guest.send("/reset", form="open", token=link)
    assert again.status_code == 422
    assert "This link was used, is too old, or was not copied whole." in again.text


def test_a_link_is_good_for_fifteen_minutes(guest: Browser, link: str, clock: Clock) -> None:
    page = opened(guest, link)
    clock.forward(minutes=16)
    late = sent(guest, page, new_password=NEW)
    assert late.status_code == 422
    assert "This link was used, is too old, or was not copied whole." in late.text


def test_nothing_pasted_is_said_beside_the_field(guest: Browser) -> None:
    empty = guest.send("/reset", form="open", token="")
    assert empty.status_code == 422
    assert "This field is needed." in Page(empty.text).inside("form")


def test_whoever_has_an_app_is_asked_for_its_code(
    client: FlaskClient, dana: Person, guest: Browser, bank: Bank, clock: Clock
) -> None:
    app, _ = enrol(dana, clock, code=ask(dana, bank))
    guest.send("/forgot", email="dana@example.com")
    page = opened(guest, make.mails(bank)[0].text)
    assert "code" in page.form("reset").names
    without = sent(guest, page, new_password=NEW, code="")
    assert without.status_code == 403
    assert "A code is needed for this" in without.text
    wrong = sent(guest, Page(without.text), new_password=NEW, code="000000")
    assert wrong.status_code == 422
    assert logs_in(client, make.PASSWORD)
    right = sent(guest, Page(wrong.text), new_password=NEW, code=app.shows())
    assert right.status_code == 303


def test_whoever_has_no_app_is_not_asked_for_a_code(guest: Browser, link: str) -> None:
    assert "code" not in opened(guest, link).form("reset").names
