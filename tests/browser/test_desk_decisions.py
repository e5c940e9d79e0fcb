"""At the desk: two bankers decide together, and the books are verified."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from app.controllers.demo import PASSWORD
from tests.browser.visiting import Visit, Visitors

MODES = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


def adjustment(visit: Visit, amount: str) -> tuple[str, str]:
    """The page of what the teller proposes for a fresh customer with 100 dollars, and who it is."""
    username = f"guest-{uuid4().hex[:12]}"
    body = {"username": username, "password": PASSWORD}
    account = visit.bank.request("POST", "/auth/register", body).json["account"]["account"]
    visit.bank.log_in(username).post("/deposit", {"amount": "100.00"})
    asked = {"amount": amount, "reason": "A fee was booked twice"}
    made = visit.bank.log_in("teller").post(f"/banker/accounts/{account}/adjust", asked)
    assert made.status == 202, made.text
    return f"/desk/approvals/{made.json['id']}", username


@MODES
def test_what_one_banker_proposes_another_one_approves(visitor: Visitors, javascript: bool) -> None:
    teller, approver = visitor(javascript=javascript), visitor(javascript=javascript)
    address, username = adjustment(teller, "2.50")
    teller.log_in("teller")
    own = teller.open(address)
    expect(own.get_by_text("another banker has to approve it")).to_be_visible()
    expect(own.get_by_role("button", name="Approve")).to_have_count(0)
    page = approver.log_in("approver")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Approvals").click()
    page.locator(f'a[href="{address}"]').click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("$100.00")
    expect(page.get_by_role("row").nth(1)).to_contain_text("$102.50")
    page.get_by_role("button", name="Approve and do it").click()
    expect(page.get_by_role("status")).to_have_text("You have approved it, and it is done.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Approved")
    assert approver.bank.log_in(username).balance() == "102.50"
    own.reload()
    expect(own.get_by_role("heading", level=1)).to_contain_text("Approved")
    assert teller.complaints + approver.complaints == []


@MODES
def test_the_books_are_verified_while_the_banker_watches(
    visitor: Visitors, javascript: bool
) -> None:
    visit = visitor(javascript=javascript)
    page: Page = visit.log_in("auditor")
    visit.open("/desk/books")
    expect(page.get_by_text("✓ zero").first).to_be_visible()
    page.get_by_role("button", name="Verify everything").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("Everything All right")
    assert visit.complaints == []


def test_an_admin_invites_a_banker_and_another_one_gets_the_link(visitor: Visitors) -> None:
    ann, ben = visitor(), visitor(phone=True)
    page = ann.log_in("admin-ann")
    ann.open("/desk/bankers")
    name = f"tim-{ann.bank.port}"
    page.locator("main").get_by_label("User name").fill(name)
    page.get_by_label("Teller").check()
    page.get_by_label("Reason").fill("Joins us on Monday")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("status")).to_contain_text("Another admin has to approve it")
    address = page.url.removeprefix(ann.bank.address)
    other = ben.log_in("admin-ben")
    ben.open(address)
    other.get_by_role("button", name="Approve and do it").click()
    link = other.get_by_label(f"Link for {name}").input_value()
    assert "/invitation#" in link
    other.get_by_role("link", name="I have handed it over").click()
    expect(other.get_by_text("/invitation#")).to_have_count(0)
    assert ann.complaints + ben.complaints == []
