"""Looking back: finding a transaction, its receipt, and the statement of a month."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visiting import Visit, Visitors


@pytest.mark.parametrize("javascript", [True, False])
def test_a_customer_finds_a_transaction_and_prints_last_month(
    visitor: Visitors, javascript: bool
) -> None:
    visit = visitor(javascript=javascript)
    page = visit.log_in("alice")
    page.get_by_role("link", name="Transactions", exact=True).first.click()
    page.get_by_label("Search").fill("rent")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#days a")).to_have_count(4)
    page.locator("#days a").first.click()
    expect(page.get_by_role("article")).to_contain_text("C•••• C•••••")
    expect(page.get_by_role("button", name="Print")).to_be_visible(visible=javascript)
    page.get_by_role("link", name="Statements").click()
    page.locator("main .rows a").nth(1).click()
    expect(page.get_by_role("article")).to_contain_text("Closing balance")
    _is_on_paper(page)
    assert visit.complaints == []


def _is_on_paper(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("Statement of account")).to_be_visible()


def test_older_transactions_come_below_without_leaving_the_page(visit: Visit) -> None:
    page = visit.log_in("alice")
    visit.open("/my/transactions")
    rows, days = page.locator("#days .rows a"), page.locator("#days .day")
    expect(rows).to_have_count(20)
    page.get_by_role("link", name="Older").click()
    expect(rows).to_have_count(40)
    expect(rows.nth(20)).to_be_focused()
    expect(page).to_have_url(re.compile("/my/transactions$"))
    texts = days.all_inner_texts()
    assert len(texts) == len(set(texts))
    assert visit.complaints == []


def test_older_transactions_are_a_page_of_their_own_without_scripts(visitor: Visitors) -> None:
    visit = visitor(javascript=False)
    page = visit.log_in("alice")
    visit.open("/my/transactions")
    first = page.locator("#days a").first.get_attribute("href") or ""
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Back to the newest")).to_be_visible()
    expect(page.locator(f'#days a[href="{first}"]')).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_customer_adds_an_e_mail_address(visitor: Visitors, javascript: bool) -> None:
    visit = visitor(javascript=javascript)
    username, _ = visit.newcomer()
    address = f"{username}@example.com"
    page = visit.open("/my/profile")
    page.get_by_label("New e-mail address").fill(address)
    page.get_by_label("Password").fill("strongroom-demo")
    page.get_by_role("button", name="Add the address").click()
    page.get_by_label("Code").fill(visit.code_for(address))
    page.get_by_role("button", name="Confirm the address").click()
    expect(page.get_by_role("status").first).to_have_text("Your new e-mail address is confirmed.")
    expect(page.locator("main")).to_contain_text(f"{address} confirmed")
    assert visit.complaints == []
