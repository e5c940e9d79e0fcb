"""The profile as a page: each of its forms changes what it says, and nothing else."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from tests import make
from tests.make import PASSWORD, Person, code_in, mails
from tests.pages import Browser, Page

PROFILE = "/my/profile"


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    """A customer without an address."""
    return make.customer(client, "dana", name="Dana Scott", phone="+12025550123")


@pytest.fixture
def site(app: Flask, dana: Person) -> Browser:
    """Dana's."""
    return Browser(app).log_in("dana")


def me(person: Person, field: str) -> object:
    return person.get("/me").json[field]


def test_a_name_and_a_phone_are_changed_together(dana: Person, site: Browser) -> None:
    answer = site.send(PROFILE, form="person", name="Dana Miller", phone="+49 30 901820")
    assert (answer.status_code, answer.location) == (303, PROFILE)
    assert (me(dana, "name"), me(dana, "phone")) == ("Dana Miller", "+4930901820")
    assert "Your changes are saved." in site.page(PROFILE).inside("main")


def test_an_empty_phone_is_removed(dana: Person, site: Browser) -> None:
    site.send(PROFILE, form="person", phone="")
    assert (me(dana, "name"), me(dana, "phone")) == ("Dana Scott", None)


def test_what_is_wrong_is_told_beside_what_was_typed(dana: Person, site: Browser) -> None:
    answer = site.send(PROFILE, form="person", name="Dana Miller", phone="12")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.form("person").values["phone"] == "12"
    assert any("Write a phone number" in text for text in page.inside("main"))
    assert me(dana, "name") == "Dana Scott"


def test_an_account_becomes_the_default_one(dana: Person, site: Browser) -> None:
    other = dana.post("/accounts", {"name": "Holidays"}).json["account"]
    assert site.send(PROFILE, form="default", default_account=other).status_code == 303
    assert me(dana, "default_account") == other


def test_nobody_can_make_a_stranger_s_account_their_default(
    client: FlaskClient, dana: Person, site: Browser
) -> None:
    eve = make.customer(client, "eve")
    dana.post("/accounts", {"name": "Holidays"})
    assert site.send(PROFILE, form="default", default_account=eve.account).status_code == 404
    assert me(dana, "default_account") == dana.account


def test_a_first_address_needs_the_password_and_its_own_code(
    bank: Bank, dana: Person, site: Browser
) -> None:
    answer = site.send(PROFILE, form="email", email="dana@example.com", password=PASSWORD)
    assert answer.status_code == 303
    assert me(dana, "email") is None
    page = site.page(PROFILE)
    assert any("dana@example.com" in text for text in page.inside("main"))
    code = code_in(mails(bank)[0])
    wrong = site.send(PROFILE, form="confirm", code="000000" if code != "000000" else "1")
    assert wrong.status_code == 422
    assert site.send(PROFILE, form="confirm", code=code).status_code == 303
    assert (me(dana, "email"), me(dana, "email_confirmed")) == ("dana@example.com", True)
    assert "confirm" not in {form.name for form in site.page(PROFILE).forms}


def test_a_wrong_password_changes_no_address_and_keeps_it_typed(
    bank: Bank, dana: Person, site: Browser
) -> None:
    answer = site.send(PROFILE, form="email", email="dana@example.com", password="wrong")
    assert answer.status_code == 422
    sent = Page(answer.text).form("email").values
    assert (sent["email"], sent["password"]) == ("dana@example.com", "")
    assert mails(bank) == []


def test_another_address_needs_a_code_of_the_present_one(
    app: Flask, client: FlaskClient, bank: Bank
) -> None:
    dana = make.confirmed(client)
    site = Browser(app).log_in("dana")
    typed = {"email": "dana@example.org", "password": PASSWORD}
    needed = site.send(PROFILE, typed, form="email")
    assert needed.status_code == 403
    assert "A code is needed" in needed.text
    asked = site.send(PROFILE, typed, form="email", send_code="1")
    page = Page(asked.text)
    assert (asked.status_code, page.form("email").values["email"]) == (200, "dana@example.org")
    code = code_in(mails(bank)[0])
    assert site.send(PROFILE, typed, form="email", code=code).status_code == 303
    letter = mails(bank)[0]
    assert letter.to == "dana@example.org"
    assert site.send(PROFILE, form="confirm", code=code_in(letter)).status_code == 303
    assert me(dana, "email") == "dana@example.org"


def test_all_accounts_are_there_with_their_names(dana: Person, site: Browser) -> None:
    dana.post("/accounts", {"name": "Holidays"})
    assert {"Current account", "Holidays", "default"} <= set(site.page(PROFILE).inside("main"))
