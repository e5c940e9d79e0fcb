"""Security, as somebody sets it up: an app, recovery codes, a PIN, and sessions that end."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from app.controllers.demo import PASSWORD
from tests.authenticator import AuthenticatorApp
from tests.browser.visiting import Visit, Visitors
from tests.conftest import Clock


def scan(page: Page) -> AuthenticatorApp:
    """The app that reads the secret from the page, and is connected."""
    app = AuthenticatorApp(page.locator("#secret").inner_text().replace(" ", ""), Clock())
    page.get_by_label("Code from the app").fill(app.shows())
    page.get_by_role("button", name="Connect").click()
    return app


def second_step(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()


def log_in_again(visit: Visit, username: str) -> Page:
    page = visit.page
    page.get_by_role("button", name="Log out").click()
    visit.open("/log-in")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    return page


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_an_app_is_set_up_and_opens_the_next_log_in(visitor: Visitors, javascript: bool) -> None:
    visit = visitor(javascript=javascript)
    username, number, address = visit.confirmed()
    page = visit.open("/my/security")
    expect(page.get_by_text("Codes by mail")).to_be_visible()
    page.get_by_role("link", name="Set up an app").first.click()

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_text(f"We have mailed six digits to {address}.")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_value(PASSWORD if javascript else "")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(visit.code_for(address))
    page.get_by_label("Code").press("Enter")
    app = scan(page)

    codes = page.locator("#codes code").all_inner_texts()
    assert len(set(codes)) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 of 10 left")).to_be_visible()

    page = log_in_again(visit, username)
    second_step(page, app.shows(later=1))
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    visit.open(f"/my/security/pin/{number}")
    choose_pin(page, "123456", codes[0])
    expect(page.get_by_label("PIN", exact=True)).to_have_accessible_description(
        "It is a pattern; draw six digits by lot, for example with dice. "
        "Six digits: no dates, no patterns."
    )
    choose_pin(page, "483926", codes[0])
    expect(page.get_by_role("status")).to_contain_text("The PIN of account")
    assert visit.complaints == []


def choose_pin(page: Page, pin: str, code: str) -> None:
    page.get_by_label("PIN", exact=True).fill(pin)
    page.get_by_label("The same once more").fill(pin)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Set the PIN").click()


def test_a_device_is_logged_out_from_another_one(visitor: Visitors) -> None:
    lost, here = visitor(phone=True), visitor()
    username, _ = lost.newcomer()
    page = here.log_in(username)
    here.open("/my/security/sessions")
    expect(page.get_by_role("row").filter(has_text="This one")).to_have_count(1)
    page.get_by_role("button", name="Log out Chrome on Linux").click()
    expect(page.get_by_role("status")).to_have_text("That device is logged out.")
    lost.open("/my")
    expect(lost.page.get_by_role("heading", name="Log in")).to_be_visible()
    here.open("/my")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
