"""Into the bank and out again."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.visiting import Visit


def test_a_customer_logs_in_and_out(visit: Visit) -> None:
    page = visit.log_in("alice")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status")).to_have_text("You are logged out.")
    visit.open("/my")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert visit.complaints == []


def test_a_token_that_is_too_old_is_renewed_on_the_way(visit: Visit) -> None:
    page = visit.log_in("alice")
    page.context.clear_cookies(name="__Host-at")
    visit.open("/my")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
