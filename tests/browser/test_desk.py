"""At the desk: find anything, look at it, act on it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import Visit, Visitors


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_a_teller_finds_an_account_by_its_holder(visitor: Visitors, javascript: bool) -> None:
    visit = visitor(javascript=javascript)
    page = visit.log_in("teller")
    places = page.get_by_role("navigation", name="Main")
    places.get_by_role("link", name="Accounts").click()
    expect(page.get_by_role("cell", name="Bob Brandt bob")).to_be_visible()
    page.get_by_label("Search", exact=True).press_sequentially("castro")
    if not javascript:
        page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("cell", name="Bob Brandt bob")).to_have_count(0)
    page.wait_for_url(re.compile(r"\?q=castro"))
    page.get_by_label("Currency").select_option("EUR")
    if not javascript:
        page.get_by_role("button", name="Show").click()
    expect(page.locator("#found tbody tr")).to_have_count(1)
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["q"], asked["currency"]) == (["castro"], ["EUR"])
    page.get_by_role("row", name="Holidays").get_by_role("link").first.click()
    expect(page.get_by_text("€640.00").first).to_be_visible()
    assert visit.complaints == []


def test_the_file_and_a_reload_follow_what_is_typed(visit: Visit) -> None:
    visit.log_in("auditor")
    page = visit.open("/desk/transactions")
    page.get_by_label("Made by").fill("carol")
    expect(page.locator("#found tbody tr").first).to_contain_text("carol")
    page.wait_for_url(re.compile("actor=carol"))
    expect(page.get_by_role("link", name="Download CSV")).to_have_attribute(
        "href", "/desk/transactions?actor=carol&csv=true"
    )
    page.get_by_label("Amount from").fill("much")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("An amount is digits with a point")).to_be_visible()
    expect(page.get_by_label("Made by")).to_have_value("carol")
    assert visit.complaints == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_a_teller_freezes_an_account_and_asks_to_unfreeze_it(
    visitor: Visitors, javascript: bool
) -> None:
    visit = visitor(javascript=javascript)
    _, number = visit.newcomer("25")
    page = visit.log_in("teller")
    page.get_by_label("Account number, name, user name or transaction").fill(number)
    page.get_by_role("button", name="Find").click()
    page.wait_for_url(re.compile(f"/desk/accounts/{number}$"))
    page.get_by_text("Freeze", exact=True).click()
    page.get_by_role("button", name="Freeze now").click()
    expect(page.get_by_text("This field is needed.")).to_be_visible()
    page.get_by_label("Reason").locator("visible=true").fill("reported stolen")
    page.get_by_role("button", name="Freeze now").click()
    expect(page.get_by_role("status")).to_have_text("The account is frozen: no money leaves it.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Frozen")
    page.locator("summary", has_text="Unfreeze").click()
    page.get_by_label("Reason").locator("visible=true").fill("it was found again")
    page.get_by_role("button", name="Propose to unfreeze").click()
    page.wait_for_url(re.compile("/desk/approvals/[0-9a-f-]{36}$"))
    assert visit.complaints == []


def test_a_customer_s_address_is_shown_for_a_reason(visit: Visit) -> None:
    page = visit.log_in("teller")
    page.get_by_label("Account number, name, user name or transaction").fill("carol")
    page.keyboard.press("Enter")
    expect(page.get_by_text("c***@e***.com")).to_be_visible()
    page.get_by_text("Show address and phone").click()
    page.get_by_label("Reason").locator("visible=true").fill("she asked for it on the phone")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("carol@example.com")).to_be_visible()
    assert visit.complaints == []


@pytest.mark.parametrize("path", ["/desk/accounts", "/desk/transactions", "/desk/customers"])
def test_a_phone_shows_the_desk_without_scrolling_sideways(visitor: Visitors, path: str) -> None:
    visit = visitor(phone=True)
    visit.log_in("teller")
    page = visit.open(path)
    page.locator("#found a").first.click()
    page.locator("details:not([open]) > summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
