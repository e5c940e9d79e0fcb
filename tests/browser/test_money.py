"""Customers move their money in a browser: deposit, transfer with a code, by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visiting import Visit, Visitors

RECEIPT = re.compile(r"/my/transactions/[0-9a-f-]{36}\?new=1$")
BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])


def number_of(visit: Visit, username: str) -> str:
    return str(visit.bank.log_in(username).get("/balance").json["account"])


def press(page: Page, button: str) -> None:
    page.locator("main").get_by_role("button", name=button).click()


@BOTH
def test_a_newcomer_deposits_and_sees_it_on_the_overview(
    visitor: Visitors, javascript: bool
) -> None:
    visit = visitor(javascript=javascript, phone=True)
    visit.newcomer()
    page = visit.page
    page.get_by_role("link", name="Deposit something").click()
    page.get_by_label("Amount").fill("1,250.50")
    page.get_by_label("Memo").fill("Savings")
    press(page, "Deposit")
    expect(page).to_have_url(RECEIPT)
    visit.open("/my")
    expect(page.get_by_text("$1,250.50", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Savings"))).to_contain_text("+$1,250.50")
    expect(page.get_by_role("link", name="Deposit something")).to_have_count(0)


@BOTH
def test_money_is_sent_to_a_known_payee_with_a_mailed_code(
    visitor: Visitors, javascript: bool
) -> None:
    visit = visitor(javascript=javascript)
    page = visit.log_in("alice")
    bob = visit.bank.log_in("bob")
    before = float(bob.balance())
    page.get_by_label("Quick actions").get_by_role("link", name="Transfer").click()
    page.get_by_role("link", name=re.compile("B•• B•••••")).click()
    amount = "60.25" if javascript else "61.25"
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Memo").fill("Concert")
    press(page, "Go on")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    expect(page.get_by_role("definition").first).to_contain_text("B•• B•••••")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Memo")).to_have_value("Concert")
    press(page, "Go on")
    page.get_by_label("Code").fill("000000")
    press(page, f"Send ${amount}")
    expect(page.get_by_text("This code is not right")).to_be_visible()
    about = rf"to send {amount} USD to account [0-9]+: ([0-9]{{6}})$"
    page.get_by_label("Code").fill(visit.mail_to("alice@example.com", about))
    press(page, f"Send ${amount}")
    expect(page).to_have_url(RECEIPT)
    assert float(bob.balance()) == before + float(amount)
    assert visit.complaints == []


def test_a_number_is_grouped_while_it_is_typed_and_a_double_click_pays_once(visit: Visit) -> None:
    visit.newcomer("100.00")
    page = visit.page
    visit.open("/my/transfer")
    carol = number_of(visit, "carol")
    page.get_by_label("Account number").press_sequentially(carol)
    expect(page.get_by_label("Account number")).to_have_value(
        f"{carol[:4]} {carol[4:8]} {carol[8:]}"
    )
    page.get_by_label("Amount").fill("10")
    press(page, "Go on")
    page.get_by_role("button", name="Send $10.00").dblclick()
    expect(page).to_have_url(RECEIPT)
    visit.open("/my")
    expect(page.get_by_text("$90.00", exact=True)).to_be_visible()


def test_who_has_a_keyboard_alone_logs_in_and_transfers(visit: Visit) -> None:
    username, _ = visit.newcomer("100.00")
    page = visit.page
    page.context.clear_cookies()
    visit.open("/log-in")
    reach(page, "username")
    page.keyboard.type(username)
    reach(page, "password")
    page.keyboard.type("strongroom-demo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    follow(page, "Transfer")
    expect(page.get_by_role("heading", name="Transfer", exact=True)).to_be_visible()
    reach(page, "to")
    page.keyboard.type(number_of(visit, "carol"))
    reach(page, "amount")
    page.keyboard.type("12.50")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    follow(page, "Send $12.50")
    expect(page).to_have_url(RECEIPT)
    assert visit.complaints == []


def reach(page: Page, field: str) -> None:
    """Tab to a field."""
    _tab_until(page, f"document.activeElement.name === '{field}'")


def follow(page: Page, name: str) -> None:
    """Tab to a link or button of the content and press Enter."""
    _tab_until(page, f"document.activeElement.textContent.trim() === '{name}'")
    page.keyboard.press("Enter")


def _tab_until(page: Page, reached: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            return
    raise AssertionError(f"no Tab leads to where {reached}")
