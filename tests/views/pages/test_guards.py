"""Who may see which page: every page for every kind of visitor, made from the list of pages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.models import role_grants, users
from tests import make
from tests.pages import ORIGIN, Browser
from tests.views.pages.sweep import Site, open_site, shown
from tests.views.routes import Route, contents, pages_of

LOG_IN = {
    "customer_pages": "/log-in?next=%2Fmy",
    "desk_pages": "/log-in?next=%2Fdesk&site=desk",
}


def guarded(site: Site) -> list[Route]:
    return [route for route in pages_of(site.app) if route.guard != "visitors"]


def knock(site: Site, browser: Browser, route: Route, **headers: str) -> tuple[int, str]:
    """What a visitor of the page is told first: the status, and where to go on."""
    options = {"headers": {"Origin": ORIGIN, **headers}}
    answer = browser.client.open(site.path(route), method=route.method, buffered=True, **options)
    return answer.status_code, answer.headers.get("Location", "")


def led_to(browser: Browser, address: str, method: str) -> str:
    """Where the way by the renewal of tokens ends."""
    answer = browser.client.open(address, method=method, headers={"Origin": ORIGIN})
    assert answer.status_code == 303, answer.text
    return answer.location


def test_every_page_has_a_guard_of_pages(client: FlaskClient) -> None:
    guards = {route.rule: route.guard for route in pages_of(client.application)}
    assert {rule: guard for rule, guard in guards.items() if rule.startswith("/my")}
    for rule, guard in guards.items():
        renews = rule.endswith("/session/refresh")
        expected = "visitors" if renews or not rule.startswith(("/my", "/desk")) else ""
        site = "customer_pages" if rule.startswith("/my") else "desk_pages"
        assert guard == (expected or site), rule


@pytest.mark.parametrize("who", ["nobody", "the other site's people", "who has logged out"])
def test_no_page_opens_for_whom_it_is_not(client: FlaskClient, who: str) -> None:
    site = open_site(client)
    found = []
    gone = {}
    for guard, name in (("customer_pages", "dana"), ("desk_pages", "tess")):
        gone[guard] = Browser(site.app).log_in(name)
        make.Person(client, name, make.log_in(client, name).tokens).send("DELETE", "/auth/sessions")
    site.dana, site.tess = (Browser(site.app).log_in(name) for name in ("dana", "tess"))
    strangers = {"customer_pages": site.tess, "desk_pages": site.dana}
    before = contents(site.town.bank.database)
    for route in guarded(site):
        browser = {"nobody": Browser(site.app), "who has logged out": gone[route.guard]}.get(
            who, strangers[route.guard]
        )
        status, address = knock(site, browser, route)
        renewal = "/desk/session/refresh" if route.guard == "desk_pages" else "/session/refresh"
        if status != 307 or not address.startswith(f"{renewal}?next="):
            found.append(f"{route}: {status} {address}")
        end = led_to(browser, address, route.method)
        if not end.startswith("/log-in") or ("site=desk" in end) != (route.guard == "desk_pages"):
            found.append(f"{route}: {end}")
    assert found == []
    assert contents(site.town.bank.database) == before


def test_a_token_of_the_api_opens_no_page(client: FlaskClient) -> None:
    site = open_site(client)
    tokens = {"customer_pages": site.town.dana.tokens, "desk_pages": site.town.tess.tokens}
    found = []
    for route in guarded(site):
        token = tokens[route.guard]["access_token"]
        told = knock(site, Browser(site.app), route, Authorization=f"Bearer {token}")
        if told[0] != 307:
            found.append(f"{route}: {told}")
    assert found == []


def test_a_cookie_does_not_open_the_api(client: FlaskClient) -> None:
    site = open_site(client)
    for browser, path in (
        (site.dana, "/me"),
        (site.dana, "/balance"),
        (site.tess, "/banker/audit"),
    ):
        assert browser.client.get(path).status_code == 401


def test_who_may_see_a_page_is_shown_it(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    for route in shown(site.app):
        answer = site.get(route)
        # Steps that nothing was said for yet lead back to the first one.
        if answer.status_code not in (200, 303):
            found.append(f"{route}: {answer.status}")
    assert found == []


def test_who_has_no_role_any_more_is_not_let_to_the_desk(client: FlaskClient) -> None:
    site = open_site(client)
    bank = site.town.bank
    tess = users.find_by_username(bank.database, "tess")
    assert tess
    for role in ("teller", "approver"):
        role_grants.revoke(bank.database, tess.id, role, bank.now(), "the test")
    found = []
    for route in guarded(site):
        if route.guard == "desk_pages" and route.method == "GET":
            answer = site.tess.client.get(site.path(route))
            if answer.status_code != 403 or "<h1" not in answer.text:
                found.append(f"{route}: {answer.status}")
    assert found == []


def test_one_browser_can_be_at_both_sites(client: FlaskClient) -> None:
    site = open_site(client)
    site.dana.log_in("tess")
    assert site.dana.open("/my").status_code == 200
    assert site.dana.open("/desk").status_code == 200
