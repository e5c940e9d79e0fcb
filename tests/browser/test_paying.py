"""Paying at the bank's own page, as somebody does who comes from a shop."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app.controllers.bank import Bank
from tests import make, tills
from tests.browser.conftest import DESKTOP, PHONE
from tests.make import Person
from tests.running import ROOT
from tests.tills import PIN, WRONG, Shop
from tests.views.hostile import SCRIPTS

AXE = ROOT / "node_modules/axe-core/axe.min.js"
_RUN = "axe.run(document).then(found => found.violations.map(each => each.id))"
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Till:
    """The bank's pages at an address of this process, and a shop's customer."""

    address: str
    bank: Bank
    dana: Person
    shop: Shop

    def type(self, page: Page, pin: str = PIN) -> None:
        """Number and PIN, then Enter."""
        page.get_by_label("Account number").fill(self.dana.account)
        page.get_by_label("PIN").fill(pin)
        page.get_by_label("PIN").press("Enter")


@pytest.fixture
def till(app: Flask, client: FlaskClient, bank: Bank) -> Iterator[Till]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    dana, volt = tills.payer(client), tills.shop(bank)
    yield Till(f"http://127.0.0.1:{server.port}", bank, dana, volt)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody's browser, with what the test wants of it."""
    options: dict[str, Any] = {"viewport": DESKTOP, "locale": "en-US"}
    context = browser.new_context(**options | getattr(request, "param", {}))
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    "page",
    [{}, {"java_script_enabled": False, "viewport": PHONE}],
    ids=["desktop", "phone without scripts"],
    indirect=True,
)
def test_a_wrong_pin_then_the_right_one_then_the_code_and_back_to_the_shop(
    till: Till, page: Page
) -> None:
    page.route("https://shop.test/**", lambda route: route.fulfill(body="<h1>Thank you</h1>"))
    intent = till.shop.asks("20.00", order="A-77")
    page.goto(f"{till.address}/pay/{intent.id}")
    expect(page.get_by_text("Volt & Wire").first).to_be_visible()
    till.type(page, WRONG)
    expect(page.get_by_role("alert")).to_contain_text("The payment was refused")
    expect(page.get_by_label("PIN")).to_have_value("")
    till.type(page)
    expect(page.get_by_role("heading", name="Your code, please")).to_be_visible()
    page.get_by_label("Code").fill(make.code_in(make.mails(till.bank)[0]))
    page.get_by_role("button", name="Pay $20.00").click()
    expect(page.get_by_role("heading", name="You have paid Volt & Wire")).to_be_visible()
    page.get_by_role("link", name="Back to Volt & Wire").click()
    expect(page).to_have_url(f"https://shop.test/back?cart=1&payment_intent={intent.id}")
    assert till.shop.earned() == 2000


def test_who_changes_their_mind_goes_back_and_nothing_is_paid(till: Till, page: Page) -> None:
    page.route("https://shop.test/**", lambda route: route.fulfill(body="<h1>Your cart</h1>"))
    intent = till.shop.asks()
    page.goto(f"{till.address}/pay/{intent.id}")
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(re.compile(r"^https://shop\.test/back"))
    assert tills.now(till.bank, intent).status == "requires_customer"


STATES = ("pay", "refused", "code", "paid", "held", "failed")


def _open(till: Till, page: Page, state: str) -> None:
    """Bring a page of the payment into a state."""
    capture = "manual" if state == "held" else "automatic"
    intent = till.shop.asks("1249.00", order="A-2026-0077", capture=capture, description=SCRIPTS[0])
    till.dana.has("900.00")
    page.goto(f"{till.address}/pay/{intent.id}")
    if state == "refused":
        till.type(page, WRONG)
    if state in ("code", "paid", "held"):
        till.type(page)
        expect(page.get_by_label("Code")).to_be_visible()
    if state in ("paid", "held"):
        page.get_by_label("Code").fill(make.code_in(make.mails(till.bank)[0]))
        page.get_by_label("Code").press("Enter")
        expect(page.get_by_text("Back to Volt")).to_be_visible()
    if state == "failed":
        for _ in range(5):
            number = make.account(till.bank).number
            page.get_by_label("Account number").fill(number)
            page.get_by_label("PIN").fill(WRONG)
            page.get_by_label("PIN").press("Enter")
            page.wait_for_load_state()
        expect(page.get_by_text("This payment has failed")).to_be_visible()


@pytest.mark.parametrize("state", STATES)
def test_every_step_can_be_read_by_everybody_on_a_phone_and_in_the_dark(
    till: Till, page: Page, state: str
) -> None:
    _open(till, page, state)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for look in (DESKTOP, PHONE):
            page.set_viewport_size(look)  # type: ignore[arg-type]
            assert page.evaluate(_RUN) == []
            assert page.evaluate(_WIDE) <= 0
            if os.environ.get("PICTURES"):
                folder = ROOT / "pictures"
                folder.mkdir(exist_ok=True)
                name = f"till-{state}-{scheme}-{look['width']}.png"
                page.screenshot(path=folder / name, full_page=True)
