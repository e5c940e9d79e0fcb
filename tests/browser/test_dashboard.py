"""The dashboard: figures, charts, and what happens now."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visiting import Visitors


def test_what_somebody_deposits_appears_on_the_dashboard(visitor: Visitors) -> None:
    customer, banker = visitor(), visitor()
    page = banker.log_in("teller")
    feed = page.get_by_role("region", name="Latest transactions")
    expect(feed.get_by_text("Live", exact=True)).to_be_visible()
    username, _ = customer.newcomer("7.77")
    row = feed.get_by_role("listitem").filter(has_text=username)
    expect(row).to_contain_text("+$7.77")
    expect(feed.get_by_role("listitem")).to_have_count(10)
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/desk/transactions/"))
    assert banker.complaints == []


def test_where_there_is_no_stream_the_page_asks_again(visitor: Visitors) -> None:
    customer, banker = visitor(), visitor()
    banker.page.route("**/desk/feed?*", lambda route: route.fulfill(status=503))
    page = banker.log_in("teller")
    feed = page.get_by_role("region", name="Latest transactions")
    expect(feed.get_by_text("Every few seconds")).to_be_visible()
    username, _ = customer.newcomer("8.88")
    expect(feed.get_by_role("listitem").filter(has_text=username)).to_be_visible(timeout=15_000)


def test_a_feed_that_is_paused_stands_still_and_goes_on_where_it_was(visitor: Visitors) -> None:
    customer, banker = visitor(), visitor()
    page = banker.log_in("teller")
    feed = page.get_by_role("region", name="Latest transactions")
    feed.get_by_role("button", name="Pause").click()
    expect(feed.get_by_text("Paused")).to_be_visible()
    username, _ = customer.newcomer("9.99")
    row = feed.get_by_role("listitem").filter(has_text=username)
    expect(row).to_have_count(0)
    feed.get_by_role("button", name="Go on").click()
    expect(row).to_be_visible()


def test_without_scripts_the_dashboard_has_figures_and_the_latest(visitor: Visitors) -> None:
    customer, banker = visitor(), visitor(javascript=False)
    page = banker.log_in("teller")
    username, _ = customer.newcomer("6.66")
    feed = page.get_by_role("region", name="Latest transactions")
    feed.get_by_role("link", name="Reload").click()
    expect(feed.get_by_role("listitem").filter(has_text=username)).to_contain_text("+$6.66")
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("img", name="Money in and out")).to_be_visible()
    chart = page.get_by_role("region", name="Total deposits").first
    chart.get_by_text("As a table").click()
    expect(chart.get_by_role("table")).to_contain_text("$")
    page.get_by_role("link", name="EUR").click()
    expect(page).to_have_url(re.compile("days=90&currency=EUR"))
