"""Somebody who has never been here: looks around, opens an account, forgets the password."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from app.controllers.demo import PASSWORD
from tests.browser.visiting import Visit, Visitors

with_and_without = pytest.mark.parametrize("javascript", [True, False])
NEW_PASSWORD = "amber-lantern-19"
BYTES_OF_FIRST_PAGE = 150_000


def test_the_home_page_leads_a_newcomer_in_with_two_clicks(visit: Visit) -> None:
    page = visit.open("/")
    page.get_by_role("link", name="alice").click()
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert visit.complaints == []


def test_the_first_page_is_light(visit: Visit) -> None:
    sizes = []
    visit.page.on("requestfinished", lambda sent: sizes.append(sent.sizes()))
    visit.open("/")
    visit.page.wait_for_load_state("networkidle")
    told = [size["responseBodySize"] + size["responseHeadersSize"] for size in sizes]
    assert len(told) > 3
    assert sum(told) < BYTES_OF_FIRST_PAGE


@with_and_without
def test_a_newcomer_opens_an_account(visitor: Visitors, javascript: bool) -> None:
    visit = visitor(javascript=javascript)
    username = f"guest-{uuid4().hex[:12]}"
    email = f"{username}@example.com"
    page = visit.open("/")
    page.locator("main").get_by_role("link", name="Open an account").click()
    page.get_by_label("Your name").fill("Dana Scott")
    page.get_by_label("User name").fill(username)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    expect(page.get_by_role("button", name="Show")).to_have_count(1 if javascript else 0)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_text(f"We have mailed six digits to {email}.")).to_be_visible()
    page.get_by_label("Code").fill("x")
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_text("This code is not right, or too old.")).to_be_visible()
    page.get_by_label("Code").fill(visit.code_for(email))
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("status")).to_have_text("Welcome. Your account is open.")
    assert visit.complaints == []


def test_an_account_without_an_address_is_open_at_once(visit: Visit) -> None:
    page = visit.open("/open-account")
    page.get_by_label("User name").fill(f"guest-{uuid4().hex[:12]}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Password")).to_have_attribute("type", "text")
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("status")).to_have_text("Welcome. Your account is open.")


@with_and_without
def test_a_forgotten_password_is_set_anew(visitor: Visitors, javascript: bool) -> None:
    visit = visitor(javascript=javascript)
    username, email = _customer(visit)
    page = visit.open("/log-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("status")).to_contain_text(f"A mail is on its way to {email}.")
    link = visit.mail_to(email, r"(http\S+/reset#\S+)")
    page.goto("about:blank")
    page.goto(link)
    if not javascript:
        page.get_by_label("Link from the mail").fill(link)
        page.get_by_role("button", name="Go on").click()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    assert "#" not in page.url or not javascript
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_label("User name")).to_have_value(username)
    visit.log_in(username, NEW_PASSWORD)
    assert visit.complaints == []


@with_and_without
def test_somebody_who_was_invited_becomes_a_banker(visitor: Visitors, javascript: bool) -> None:
    visit = visitor(javascript=javascript)
    username = f"newt-{uuid4().hex[:8]}"
    link = _invitation(visit, username)
    page = visit.open(f"/invitation#{link.partition('#')[2]}")
    if not javascript:
        page.get_by_label("Link of the invitation").fill(link)
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name=f"Welcome, {username}")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Become a banker").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/desk$"))
    assert visit.complaints == []


def test_a_mail_of_the_demo_appears_by_itself(visit: Visit) -> None:
    page = visit.open("/dev/outbox")
    email = f"guest-{uuid4().hex[:12]}@example.com"
    visit.bank.request("POST", "/auth/password/forgot", {"email": email})
    expect(page.get_by_text(f"To {email}")).to_be_visible()
    assert visit.complaints == []


def _customer(visit: Visit) -> tuple[str, str]:
    """A customer with a confirmed address."""
    username = f"guest-{uuid4().hex[:12]}"
    email = f"{username}@example.com"
    body = {"username": username, "password": PASSWORD, "email": email}
    flow = visit.bank.request("POST", "/auth/register", body).json["flow_id"]
    answer = {"flow_id": flow, "code": visit.code_for(email)}
    made = visit.bank.request("POST", "/auth/register/verify", answer)
    assert made.status == 201, made.text
    return username, email


def _invitation(visit: Visit, username: str) -> str:
    """The link of an invitation that two admins agreed on."""
    body = {"username": username, "roles": ["teller"], "reason": "for the test"}
    shown = visit.bank.log_in("admin-ann").post("/banker/bankers", body).json
    decision = {"reason": "for the test", "effect_hash": shown["effect_hash"]}
    path = f"/banker/approvals/{shown['id']}/approve"
    approved = visit.bank.log_in("admin-ben").post(path, decision)
    assert approved.status == 200, approved.text
    return str(approved.json["link"])
