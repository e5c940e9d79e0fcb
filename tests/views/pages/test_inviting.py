"""An invitation to become a banker, on the website."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.controllers import invitations
from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.controllers.test_bankers import code_of
from tests.pages import Browser, Page


@pytest.fixture
def strict(make_app: Callable[..., Flask]) -> Browser:
    """A visitor of a bank where bankers need an app."""
    return Browser(make_app(bankers_second_factor=True))


@pytest.fixture
def link(bank: Bank) -> str:
    """Ann's invitation."""
    return invitations.bootstrap(bank, ("ann", "ben"))["ann"]


def opened(guest: Browser, link: str) -> Page:
    answer = guest.send("/invitation", form="open", token=link)
    assert answer.status_code == 200, answer.text
    return Page(answer.text, "/invitation")


def accept(guest: Browser, page: Page, **fields: str) -> TestResponse:
    return guest.post("/invitation", {**page.form("accept").values, **fields})


def secret_on(page: Page) -> str:
    (secret,) = [text for text in page.inside("code") if re.fullmatch("([A-Z2-7]{4} ?){8}", text)]
    return secret.replace(" ", "")


def test_an_invitation_makes_a_banker_who_is_shown_recovery_codes_once(
    strict: Browser, link: str, bank: Bank
) -> None:
    page = opened(strict, link)
    assert {"ann", "admin"} <= set(page.inside("dd"))
    done = accept(strict, page, password=make.PASSWORD, code=code_of(bank, secret_on(page)))
    codes = Page(done.text).inside("li")
    recovery = [text for text in codes if re.fullmatch("[A-Z2-7-]{26,}", text)]
    assert (done.status_code, len(recovery)) == (200, 10)
    strict.send("/log-in?site=desk", username="ann", password=make.PASSWORD)
    assert strict.send("/log-in/code", code=recovery[0]).location == "/desk"
    assert strict.page("/desk").inside("h1") == ["Dashboard"]


def test_what_is_refused_leaves_the_secret_that_the_app_has(
    strict: Browser, link: str, bank: Bank
) -> None:
    page = opened(strict, link)
    code = code_of(bank, secret_on(page))
    weak = accept(strict, page, password="short", code=code)
    assert weak.status_code == 422
    assert secret_on(Page(weak.text)) == secret_on(page)
    assert accept(strict, Page(weak.text), password=make.PASSWORD, code=code).status_code == 200


def test_after_ten_minutes_the_app_gets_a_fresh_secret(
    strict: Browser, link: str, clock: Clock
) -> None:
    page = opened(strict, link)
    again = Page(accept(strict, page, password="short").text)
    assert secret_on(again) == secret_on(page)
    clock.forward(minutes=10)
    assert secret_on(Page(accept(strict, again, password="short").text)) != secret_on(page)


def test_a_secret_that_the_bank_did_not_make_is_not_shown(strict: Browser, link: str) -> None:
    page = opened(strict, link)
    forged = accept(strict, page, password="short", secret="A" * 32)
    assert "AAAA AAAA" not in forged.text


def test_the_picture_of_the_secret_needs_no_style(strict: Browser, link: str) -> None:
    page = opened(strict, link)
    assert [found for _, found in page.tags if found.get("stroke") == "#000"]
    assert not [found for _, found in page.tags if "style" in found]


def test_in_a_demo_an_app_is_not_needed(make_app: Callable[..., Flask], link: str) -> None:
    guest = Browser(make_app(demo=True))
    done = accept(guest, opened(guest, link), password=make.PASSWORD)
    assert done.location == "/log-in?site=desk&as=ann"
    assert "You are a banker now." in guest.page(done.location).text


@pytest.mark.parametrize("token", ["x", "http://localhost/invitation#x"])
def test_a_link_that_is_none_says_so(strict: Browser, token: str) -> None:
    refused = strict.send("/invitation", form="open", token=token)
    assert refused.status_code == 404
    assert "There is no such invitation" in refused.text


def test_a_wrong_code_is_said_beside_its_field(strict: Browser, link: str) -> None:
    refused = accept(strict, opened(strict, link), password=make.PASSWORD, code="000000")
    marked = [found["id"] for _, found in Page(refused.text).tags if "aria-invalid" in found]
    assert (refused.status_code, marked) == (422, ["code"])
