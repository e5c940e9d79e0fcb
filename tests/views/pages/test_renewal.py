"""Tokens that are too old are renewed on the way, once; who does nothing is logged out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.views.html import local
from tests import make
from tests.conftest import Clock
from tests.pages import Browser
from tests.views.pages.sweep import open_site

SITES = {"dana": "/my", "tess": "/desk"}
RENEWAL = {"dana": "/session/refresh", "tess": "/desk/session/refresh"}
COOKIE = {"dana": "__Secure-rt", "tess": "__Secure-desk-rt"}


def people(client: FlaskClient) -> dict[str, Browser]:
    """Dana, a customer, and Tess, a teller, both logged in."""
    make.customer(client, "dana")
    make.staff(client, tess="teller")
    return {name: Browser(client.application).log_in(name) for name in SITES}


def busy(browser: Browser, clock: Clock, path: str, minutes: int) -> None:
    """Look at a page now and then for so long."""
    sessions = browser.client.application.extensions["bank"].database.collection("sessions")
    for _ in range(0, minutes, 4):
        clock.forward(minutes=4)
        assert browser.open(path).status_code == 200
        # The note that somebody was here is not waited for by who reads the page.
        while not sessions.find_one({"last_seen_at": {"$gt": clock() - timedelta(minutes=1)}}):
            pass


@pytest.mark.parametrize("who", SITES)
def test_whoever_does_something_stays_logged_in(
    client: FlaskClient, clock: Clock, who: str
) -> None:
    browser = people(client)[who]
    busy(browser, clock, SITES[who], 40)


@pytest.mark.parametrize("who", SITES)
def test_a_page_whose_token_is_too_old_is_shown_after_two_steps(
    client: FlaskClient, who: str
) -> None:
    browser = people(client)[who].client
    browser.delete_cookie("__Host-at" if who == "dana" else "__Host-desk")
    first = browser.get(f"{SITES[who]}?a=b")
    assert first.location == f"{RENEWAL[who]}?next={quote_plus(SITES[who])}%3Fa%3Db"
    second = browser.get(first.location)
    assert (second.status_code, second.location) == (307, f"{SITES[who]}?a=b")
    assert browser.get(second.location).status_code == 200


def test_a_form_whose_token_became_too_old_is_taken_once(client: FlaskClient, clock: Clock) -> None:
    site = open_site(client)
    before = site.town.dana.balance()
    page = site.dana.page("/my/deposit")
    form = page.form(holding="amount")
    site.dana.client.delete_cookie("__Host-at")
    answer = site.dana.post(form.action, {**form.values, "amount": "5.00"})
    assert answer.status_code == 303
    again = site.dana.post(form.action, {**form.values, "amount": "5.00"})
    assert again.status_code == 303
    assert Decimal(site.town.dana.balance()) - Decimal(before) == 5


@pytest.mark.parametrize(("who", "minutes"), [("dana", 5), ("tess", 15)])
def test_whoever_does_nothing_is_logged_out(
    client: FlaskClient, clock: Clock, who: str, minutes: int
) -> None:
    browser = people(client)[who]
    assert browser.open(SITES[who]).status_code == 200
    clock.forward(minutes=minutes, seconds=5)
    answer = browser.open(SITES[who])
    assert answer.status_code == 303
    assert answer.location.startswith("/log-in?next=")
    told = " ".join(browser.page(answer.location).inside("p"))
    assert "nothing was done for a while" in told
    clock.forward(minutes=-1)
    assert browser.open(SITES[who]).status_code == 303


@pytest.mark.parametrize(("who", "minutes"), [("dana", 4), ("tess", 14)])
def test_a_little_less_is_not_nothing(
    client: FlaskClient, clock: Clock, who: str, minutes: int
) -> None:
    browser = people(client)[who]
    assert browser.open(SITES[who]).status_code == 200
    clock.forward(minutes=minutes)
    assert browser.open(SITES[who]).status_code == 200


def test_a_form_after_too_long_is_not_sent_and_its_sender_told_so(
    client: FlaskClient, clock: Clock
) -> None:
    site = open_site(client)
    before = site.town.dana.balance()
    form = site.dana.page("/my/deposit").form(holding="amount")
    clock.forward(minutes=6)
    answer = site.dana.post(form.action, {**form.values, "amount": "5.00"})
    assert (answer.status_code, answer.location) == (303, "/log-in")
    told = " ".join(site.dana.page("/log-in").inside("p"))
    assert "nothing was sent" in told
    site.dana.log_in("dana")
    assert make.log_in(client, "dana").balance() == before


@pytest.mark.parametrize("who", SITES)
def test_a_refresh_token_that_was_used_ends_the_session_when_it_comes_back(
    client: FlaskClient, clock: Clock, who: str
) -> None:
    browser = people(client)[who].client
    path = RENEWAL[who]
    stolen = browser.get_cookie(COOKIE[who], path=path)
    assert stolen
    assert browser.get(path).status_code == 307
    clock.forward(seconds=11)
    thief = client.application.test_client()
    thief.set_cookie(COOKIE[who], stolen.value, path=path)
    assert thief.get(path).status_code == 303
    assert Browser.open(_of(browser), SITES[who]).status_code == 303


def _of(client: FlaskClient) -> Browser:
    browser = Browser(client.application)
    browser.client = client
    return browser


def test_a_customer_s_refresh_token_does_nothing_at_the_desk(client: FlaskClient) -> None:
    browser = people(client)["dana"].client
    token = browser.get_cookie("__Secure-rt", path="/session/refresh")
    assert token
    browser.set_cookie("__Secure-desk-rt", token.value, path="/desk/session/refresh")
    browser.get("/desk/session/refresh")
    assert browser.get("/desk").status_code == 307


ELSEWHERE = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
    "///evil.example", "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)",
    "http:evil.example", "evil.example", " //evil.example", "/%09/evil.example\r\nX: y",
    "https:/evil.example", "/\x00//evil.example",
]  # fmt: skip


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_elsewhere_is_none_of_ours(address: str) -> None:
    assert local(address, "/my") == "/my"


def test_nobody_is_sent_to_somebody_else_s_address(client: FlaskClient) -> None:
    make.customer(client, "dana")
    found = []
    for address in ELSEWHERE:
        browser = Browser(client.application)
        form = browser.page("/log-in").form(holding="password")
        fields = {**form.values, "username": "dana", "password": make.PASSWORD, "next": address}
        led = [browser.post("/log-in", fields).location]
        led.append(browser.client.get("/session/refresh", query_string={"next": address}).location)
        chosen = {"next": address, "csrf_token": browser.token()}
        led.append(browser.post("/preferences", chosen).location)
        if led != ["/my", "/my", "/"]:
            found.append(f"{address!r}: {led}")
    assert found == []


@pytest.mark.parametrize("address", ["/my", "/my/transactions?kind=deposit&limit=5", "/desk?a=/b"])
def test_an_address_of_ours_is_gone_on_to(app: Flask, address: str) -> None:
    assert local(address, "/") == address
