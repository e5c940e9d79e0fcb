"""Texts that are code elsewhere are texts here: in every field of every form, in every filter, and
wherever pages show what somebody once typed."""

from __future__ import annotations

from urllib.parse import quote

from flask.testing import FlaskClient
from markupsafe import escape as markup
from werkzeug.test import TestResponse

from tests import make
from tests.make import Person
from tests.pages import Browser, Page, PageForm
from tests.views.hostile import SCRIPTS, VALUES
from tests.views.pages.sweep import Site, open_site, shown

ALL = " ".join(SCRIPTS)
HEADERS = {
    "Accept-Language": [
        "", "*", "\xff", "de;q=x", "a" * 9000, "de-" * 999, "en_US", "../de", "\x00", "de-\xff",
    ],
    "Cookie": ["", "=", "__Host-page=\xff", "__Host-at=" + "a" * 9000, "a=b;" * 999],
    "Sec-Fetch-Site": ["", "\xff", "none, none"],
    "Referer": ["", "\xff", "javascript:alert(1)"],
    "Accept": ["", "*", "text/html;q=x", "\xff"],
    "User-Agent": ["", "\x00", "\xff" * 999, *SCRIPTS[:3]],
}  # fmt: skip


def unescaped(text: str) -> list[str]:
    """The texts of the corpus that stand in a page as code."""
    page = Page(text)
    # An address may carry anything, escaped as addresses are.
    for link in (attributes.get("href") or "" for _, attributes in page.tags):
        if link.startswith("/"):
            text = text.replace(str(markup(link)), "")
    found = [script for script in SCRIPTS if script in text]
    for tag, attributes in page.tags:
        found += [f"<{tag} {name}>" for name in attributes if name.startswith("on")]
        links = [attributes.get(name) or "/" for name in ("href", "src", "action")]
        elsewhere = [link for link in links if link.startswith("//") or "javascript:" in link[:20]]
        if tag in ("base", "iframe", "math", "animate", "style") or elsewhere:
            found.append(f"<{tag} {attributes}>")
    return found + [f"<script> {text}" for text in page.inside("script")]


def shown_as_code(answer: TestResponse) -> list[str]:
    """The same of an answer; what is no page is nothing that a browser runs."""
    return unescaped(answer.text) if answer.mimetype == "text/html" else []


def forms(site: Site) -> list[tuple[Browser, PageForm]]:
    """Every form of every page, each as often as it looks different."""
    found: dict[tuple[str, ...], tuple[Browser, PageForm]] = {}
    for route in shown(site.app):
        answer = site.get(route)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            for form in Page(answer.text, site.path(route)).forms:
                key = (form.method, form.action, form.name, *form.names)
                found[key] = (site.admitted(route), form)
    return list(found.values())


def filled(form: PageForm, text: str) -> dict[str, str]:
    """The form with the text in every field that the page does not need to know it again."""
    kept = ("csrf_token", "key", "form")
    return {**form.values, **{name: text for name in form.names if name not in kept}}


def attempt(browser: Browser, form: PageForm, fields: dict[str, str]) -> tuple[int, str]:
    """What sending it brings: the status, and the page, also where one is sent on to."""
    if form.method == "GET":
        answer = browser.client.get(form.action, query_string=fields)
    else:
        answer = browser.post(form.action, fields)
    if answer.status_code == 303:
        return 303, browser.open(answer.location).text
    return answer.status_code, answer.text


def test_no_form_shows_what_was_typed_as_code(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    asked = forms(site)
    assert {form.method for _, form in asked} >= {"POST"}
    for browser, form in asked:
        for text in (ALL, SCRIPTS[0], SCRIPTS[16]):
            if form.action in ("/log-out",) or form.action.endswith("/sessions"):
                continue
            status, told = attempt(browser, form, filled(form, text))
            if status >= 500 or unescaped(told):
                found.append(f"{form.method} {form.action} {form.name}: {status} {unescaped(told)}")
    assert found == []


def test_no_address_makes_code_of_a_page_or_breaks_it(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    for route in shown(site.app):
        names = {"next", "as", "site", "stranger", "token"}
        filters = {
            name
            for form in Page(site.get(route).text).forms
            for name in form.names
            if form.method == "GET" and "main" in form.where
        }
        names |= filters
        for value in [*(VALUES.values() if filters or route.takes_id else ()), ALL, SCRIPTS[0]]:
            query = dict.fromkeys(sorted(names), value)
            browser = site.admitted(route)
            answer = browser.client.get(site.path(route), query_string=query, buffered=True)
            wrong = shown_as_code(answer)
            if answer.status_code >= 500 or wrong:
                found.append(f"{route} {value[:30]!r}: {answer.status} {wrong}")
            if route.takes_id:
                named = quote(value, safe="") or "x"
                answer = browser.client.get(route.path(named), buffered=True)
                if answer.status_code >= 500 or shown_as_code(answer):
                    found.append(f"{route} named {value[:30]!r}: {answer.status}")
    assert found == []


def test_no_hostile_header_breaks_a_page(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    # One page of each subject: what is read of a header is read in one place.
    subjects = {route.rule.rpartition("/")[0]: route for route in shown(site.app)}
    for route in subjects.values():
        for header, value in ((name, value) for name in HEADERS for value in HEADERS[name]):
            key = f"HTTP_{header.upper().replace('-', '_')}"
            browser = site.visitors if header == "Cookie" else site.admitted(route)
            answer = browser.client.open(
                site.path(route), method=route.method, environ_overrides={key: value}, buffered=True
            )
            if answer.status_code >= 500 or unescaped(answer.text):
                found.append(f"{route} {header}={value!r:.40}: {answer.status}")
    assert found == []


def told_of(person: Person, number: int, text: str) -> None:
    """Store a text in whatever a customer may write."""
    body = {"amount": "1.00", "memo": text, "account": person.account}
    person.post("/deposit", body)
    person.post("/accounts", {"name": text})
    person.send("PATCH", "/me", json={"name": text})
    headers = {"User-Agent": text}
    login = {"username": person.username, "password": make.PASSWORD}
    if number % 6 == 0:
        person.client.post("/auth/login", json=login, headers=headers)


def store(site: Site) -> None:
    """Let the corpus stand in the books, in names, in reasons and in devices."""
    town = site.town
    for number, text in enumerate(SCRIPTS):
        told_of(town.dana, number, text)
        path = f"/banker/accounts/{town.dana.account}/adjust"
        town.tess.post(path, {"amount": "1", "reason": text})
        make_frozen(town.tess, town.eve.account, text)
        town.eve.get("/banker/audit", headers={"User-Agent": text})


def make_frozen(teller: Person, number: str, reason: str) -> None:
    """Freeze an account once; what comes later is refused, and that is written down."""
    tag = teller.get(f"/banker/accounts/{number}").headers["ETag"]
    path = f"/banker/accounts/{number}/freeze"
    teller.post(path, {"reason": reason}, headers={"If-Match": tag})


def test_no_page_shows_what_was_stored_as_code(client: FlaskClient) -> None:
    site = open_site(client)
    store(site)
    found, texts = [], ""
    site.dana, site.tess = (Browser(site.app).log_in(name) for name in ("dana", "tess"))
    for route in shown(site.app):
        answer = site.get(route)
        texts += answer.text
        if answer.status_code >= 500 or (answer.mimetype == "text/html" and unescaped(answer.text)):
            found.append(f"{route}: {answer.status} {unescaped(answer.text)}")
    assert found == []
    assert len([script for script in SCRIPTS if str(markup(script)) in texts]) > 5
