"""What another website can make a browser send changes nothing: every form of every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.models import audit, checkpoints, day_totals
from app.models.database import Database
from app.views import forgery
from app.views.forms import KEY
from tests.pages import ORIGIN, Browser, Page, token_of
from tests.views.pages.sweep import Site, open_site, shown
from tests.views.routes import Route, contents, pages_of


@dataclass(frozen=True)
class Forged:
    """A way in which a request is not from a page of ours."""

    token: str = "own"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Origin": ORIGIN})


FORGED = {
    "no token": Forged("none"),
    "an empty token": Forged("empty"),
    "the token of another session": Forged("other"),
    "the token of nobody's session": Forged("nobody"),
    "a foreign origin": Forged(headers={"Origin": "https://evil.example"}),
    "an origin that begins like ours": Forged(headers={"Origin": f"{ORIGIN}.evil.example"}),
    "our host without TLS where it has some": Forged(headers={"Origin": "https://localhost"}),
    "another port": Forged(headers={"Origin": f"{ORIGIN}:444"}),
    "the origin null": Forged(headers={"Origin": "null"}),
    "no origin, from another site": Forged(headers={"Sec-Fetch-Site": "cross-site"}),
    "no origin, from a sibling": Forged(headers={"Sec-Fetch-Site": "same-site"}),
    "no origin at all": Forged(headers={}),
    "a foreign origin that calls itself ours": Forged(
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}
    ),
}


def unsafe(site: Site) -> list[Route]:
    return [route for route in pages_of(site.app) if route.method not in ("GET", "HEAD")]


def own_token(browser: Browser, path: str) -> str:
    """The token of forms as it stands on a page that this person sees."""
    return token_of(Page(browser.open(path).text))


def typed(site: Site, route: Route) -> dict[str, str]:
    """What the forms of the page would send, all of them together."""
    answer = site.admitted(route).client.get(site.path(route))
    values: dict[str, str] = {}
    if answer.status_code == 200:
        for form in Page(answer.text).forms:
            values |= {name: text or "1" for name, text in form.values.items() if name != "form"}
    return {
        **values,
        "amount": "1.00",
        "code": "123456",
        "reason": "a forged reason",
        KEY: "k" * 20,
    }


def kept(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database, but that somebody was refused something, or looked at somebody:
    what the audit writes down of those who change nothing."""
    found = contents(database)
    found.pop(audit.HEADS)
    for sums in (checkpoints.ROLLUPS, day_totals.NAME):  # kept by whoever adds up first
        found.pop(sums)
    found[audit.NAME] = [
        row
        for row in found[audit.NAME]
        if row.get("outcome") != "denied" and row.get("action") != "customer seen"
    ]
    return found


def forge(site: Site, route: Route, forged: Forged, fields: dict[str, str]) -> str:
    """What is wrong with the answer, if anything is."""
    answer = site.admitted(route).client.open(
        site.path(route), method=route.method, data=fields, headers=dict(forged.headers)
    )
    if answer.status_code == 403 and "Set-Cookie" not in answer.headers:
        return ""
    return f"{answer.status} {answer.headers.getlist('Set-Cookie')}"


def test_no_forged_request_is_taken_and_nothing_is_changed(client: FlaskClient) -> None:
    site = open_site(client)
    nobody = Browser(site.app).token()
    eve = own_token(Browser(site.app).log_in("eve"), "/my")
    abe = own_token(Browser(site.app).log_in("abe"), "/desk")
    forms = {str(route): typed(site, route) for route in unsafe(site)}
    own = {guard: own_token(browser, "/") for guard, browser in site.browsers.items()}
    before = kept(site.town.bank.database)
    found = []
    for name, forged in FORGED.items():
        for route in unsafe(site):
            if route.rule.endswith("/session/refresh") and forged.token != "own":
                continue  # it only renews; the form that comes along is checked where it goes to
            tokens = {
                "own": own[route.guard], "empty": "", "nobody": nobody,
                "other": abe if route.guard == "desk_pages" else eve,
            }  # fmt: skip
            fields = {**forms[str(route)], forgery.FIELD: tokens.get(forged.token, "")}
            if forged.token == "none":
                del fields[forgery.FIELD]
            if wrong := forge(site, route, forged, fields):
                found.append(f"{route} with {name}: {wrong}")
    assert found == []
    assert kept(site.town.bank.database) == before


def test_the_same_request_from_our_own_page_is_taken(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    for route in unsafe(site):
        fields = {forgery.FIELD: own_token(site.admitted(route), "/")}
        answer = site.admitted(route).client.open(
            site.path(route), method=route.method, data=fields, headers={"Origin": ORIGIN}
        )
        if "forged-form" in answer.text or answer.status_code == 403:
            found.append(f"{route}: {answer.status} {answer.text}")
        for name, home in (("dana", "/my"), ("tess", "/desk"), ("ada", "/desk")):
            if getattr(site, name).client.get(home).status_code != 200:  # that was its log-out
                setattr(site, name, Browser(site.app).log_in(name))
    assert found == []


@pytest.mark.parametrize("told", ["same-origin", "none"])
def test_where_a_browser_names_no_origin_it_must_say_that_it_was_us(
    client: FlaskClient, told: str
) -> None:
    site = open_site(client)
    fields = {forgery.FIELD: site.visitors.token(), "language": "en", "theme": "dark"}
    answer = site.visitors.client.post(
        "/preferences", data=fields, headers={"Sec-Fetch-Site": told}
    )
    assert answer.status_code == 303


def test_a_form_from_before_the_log_in_is_worth_nothing_after_it(client: FlaskClient) -> None:
    site = open_site(client)
    browser = Browser(site.app)
    before = browser.token()
    browser.log_in("dana")
    fields = {forgery.FIELD: before, "theme": "dark"}
    assert browser.post("/preferences", fields).status_code == 403


def test_looking_changes_nothing(client: FlaskClient) -> None:
    site = open_site(client)
    before = kept(site.town.bank.database)
    found = []
    for route in shown(site.app):
        site.get(route)
        if kept(site.town.bank.database) != before:
            found.append(str(route))
            before = kept(site.town.bank.database)
    assert found == []


def test_a_form_from_the_public_address_is_taken_behind_a_proxy(
    make_app: Callable[..., Flask],
) -> None:
    browser = Browser(make_app(public_url="https://bank.example.com"))
    fields = {"csrf_token": browser.token(), "language": "de"}
    sent = [
        browser.post("/preferences", fields, Origin=f"{scheme}://bank.example.com").status_code
        for scheme in ("https", "http")
    ]
    assert sent == [303, 403]
