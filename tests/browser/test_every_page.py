"""Every page of the bank in a browser: readable for everybody, on a phone, in the dark, and without
scripts. Pages are taken from the application, so a new one is looked at by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from bank_client import Merchant
from money import Money
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.visiting import Visit
from tests.running import ROOT, RunningBank, free_port
from tests.views.hostile import SCRIPTS
from tests.views.pages.sweep import address, shown
from tests.views.routes import Route

AXE = ROOT / "node_modules/axe-core/axe.min.js"
SEVERE = ("serious", "critical")
_RUN = "options => axe.run(document, options).then(found => found.violations)"
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
STORED = [SCRIPTS[0], SCRIPTS[9], SCRIPTS[10], SCRIPTS[14], SCRIPTS[15]]


@dataclass
class Look:
    """What was seen of one page."""

    address: str
    status: int
    heading: str
    severe: list[str] = field(default_factory=list)
    faint: list[str] = field(default_factory=list)
    beyond: int = 0
    complaints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Every page with an address in the running bank, and who opens it."""

    bank: RunningBank
    routes: list[Route]
    ids: dict[str, str]

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        for route in self.routes:
            yield str(route), self.who(route), address(route, self.ids)

    def who(self, route: Route) -> str:
        """Who may open it."""
        if route.guard == "visitors":
            return ""
        if route.guard == "customer_pages":
            return "alice"
        return "admin-ann" if route.rule.startswith("/desk/bankers") else "teller"


@pytest.fixture(scope="module")
def places(browser: Browser, demo: RunningBank, session_app: Flask) -> Places:
    """The pages of the demo, with something of alice's in their addresses."""
    alice, teller = demo.log_in("alice"), demo.log_in("teller")
    for text in STORED:
        alice.post("/deposit", {"amount": "0.01", "memo": text})
    account = alice.get("/accounts").json["items"][0]["account"]
    paid = alice.get("/transactions?limit=1").json["items"][0]["id"]
    proposed = teller.post(
        f"/banker/accounts/{account}/adjust", {"amount": "1", "reason": STORED[1]}
    ).json["id"]
    ids = {
        "number": account, "account": account, "/my/transactions": paid, "username": "auditor",
        "month": alice.get("/transactions?limit=1").json["items"][0]["at"][:7],
        "/desk/transactions": paid, "/desk/customers": alice.get("/me").json["id"],
        "/desk/approvals": proposed, "/desk/books": _verification(browser, demo),
        **_of_a_shop(demo, account),
    }  # fmt: skip
    return Places(demo, shown(session_app), ids)


def _of_a_shop(demo: RunningBank, account: str) -> dict[str, str]:
    """A shop with its key, what it asks to be paid, and what it was told of what it canceled."""
    back = "https://shop.example/paid"
    made = demo.flask(
        "merchants", "create", "--name", STORED[0], "--account", account, "--return-url", back
    )
    found = dict(line.split(": ", 1) for line in made.stdout.splitlines())
    with Merchant(demo.address, found["key"], found["secret"]) as shop:
        shop.add_webhook_endpoint(f"http://127.0.0.1:{free_port()}/webhooks")
        order = {"return_url": back, "description": STORED[1]}
        asked = shop.create_intent(Money(1250, "USD"), order="A-1", **order)
        shop.cancel(shop.create_intent(Money(1250, "USD"), order="A-2", **order).id)
        told = next(iter(shop.deliveries()))
    return {
        "/desk/merchants": found["merchant"], "/my/shops": found["merchant"], "key": found["key"],
        "/desk/payments": asked.id, "/pay/<id>": asked.id, "/desk/webhooks": told.id,
    }  # fmt: skip


def _verification(browser: Browser, demo: RunningBank) -> str:
    """A verification of the books, begun at the desk."""
    context = browser.new_context()
    visit = Visit(context.new_page(), demo)
    visit.log_in("auditor")
    page = visit.open("/desk/books")
    page.locator("main form button").first.click()
    page.wait_for_url("**/desk/books/checks/*")
    found = page.url.rpartition("/")[2]
    context.close()
    return found


@pytest.fixture(scope="module")
def seen(browser: Browser, demo: RunningBank, places: Places) -> Iterator[dict[str, Look]]:
    """Every page, looked at once by somebody who may."""
    looks: dict[str, Look] = {}
    visits: dict[str, Visit] = {}
    for name, who, path in places:
        if who not in visits:
            context = browser.new_context(viewport=DESKTOP, locale="en-US")  # type: ignore[arg-type]
            visits[who] = Visit(context.new_page(), demo)
            if who:
                visits[who].log_in(who)
        looks[name] = _look(visits[who], path)
    yield looks
    for visit in visits.values():
        visit.page.context.close()


def _look(visit: Visit, path: str) -> Look:
    page = visit.page
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    visit.complaints.clear()
    answer = page.goto(f"{visit.bank.address}{path}")
    assert answer
    if answer.headers.get("content-type", "").partition(";")[0] != "text/html":
        return Look(path, answer.status, "")
    headings = page.locator("h1")
    heading = headings.first.inner_text() if headings.count() == 1 else f"{headings.count()} h1"
    look = Look(path, answer.status, heading, complaints=list(visit.complaints))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    look.severe = _violations(page, {})
    page.emulate_media(color_scheme="dark")
    look.faint = _violations(page, {"runOnly": ["color-contrast", "link-in-text-block"]})
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    look.beyond = page.evaluate(_WIDE)
    return look


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    """The severe ones: the rule and the first places."""
    found = page.evaluate(_RUN, options)
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in SEVERE
    ]


def test_every_page_opens_and_says_what_it_is(seen: dict[str, Look]) -> None:
    wrong = {
        name: (look.status, look.heading)
        for name, look in seen.items()
        if look.status != 200 or look.heading.endswith(" h1")
    }
    assert wrong == {}
    assert len(seen) > 5


def test_everybody_can_read_every_page(seen: dict[str, Look]) -> None:
    assert {name: look.severe for name, look in seen.items() if look.severe} == {}


def test_every_page_can_be_read_in_the_dark(seen: dict[str, Look]) -> None:
    assert {name: look.faint for name, look in seen.items() if look.faint} == {}


def test_no_page_is_wider_than_a_phone(seen: dict[str, Look]) -> None:
    assert {name: look.beyond for name, look in seen.items() if look.beyond > 0} == {}


def test_the_browser_complains_about_no_page_and_runs_nothing_that_was_stored(
    seen: dict[str, Look],
) -> None:
    # A text that ran would open a dialog, which the policy forbids with a complaint.
    assert {name: look.complaints for name, look in seen.items() if look.complaints} == {}


def test_no_page_needs_a_script(browser: Browser, demo: RunningBank, places: Places) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    visit = Visit(context.new_page(), demo)
    found, before = [], ""
    for name, who, path in places:
        if who not in ("", before):
            visit.log_in(who)
            before = who
        answer = visit.page.goto(f"{demo.address}{path}")
        if answer and answer.headers.get("content-type", "").startswith("text/html"):
            shown = visit.page.locator("h1")
            if shown.count() != 1 or not shown.is_visible():
                found.append(name)
    context.close()
    assert found == []


def test_a_fault_of_a_page_is_found(visit: Visit) -> None:
    page = visit.open("/")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    page.evaluate("document.querySelector('main').style.minWidth = '3000px'")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert "label" in " ".join(_violations(page, {}))
    assert page.evaluate(_WIDE) > 0
    page.evaluate("fetch('http://127.0.0.1:9/').catch(() => null)")
    assert any("Content Security Policy" in text for text in visit.complaints)
