"""A shop comes to be: one banker proposes it, another approves it, whose it is makes its key."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import Visitors


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_two_bankers_open_a_shop_and_its_owner_makes_and_revokes_a_key(
    visitor: Visitors, javascript: bool
) -> None:
    owner, teller, approver = (visitor(javascript=javascript) for _ in range(3))
    _, account, address = owner.confirmed()

    desk = teller.log_in("teller")
    desk.get_by_role("navigation", name="Main").get_by_role("link", name="Merchants").click()
    desk.get_by_role("link", name="Propose a new one").click()
    desk.get_by_label("Name", exact=True).fill("Kabel & Co")
    desk.get_by_label("Account to be credited").fill(account)
    desk.get_by_label("Return addresses").fill("https://kabel.example/paid\nhttp://kabel.example")
    desk.get_by_label("Reason").fill("Papers were seen")
    desk.get_by_role("button", name="Propose it").click()
    expect(desk.get_by_text("Write an address like https://shop.example/paid")).to_be_visible()
    desk.get_by_label("Return addresses").fill("https://kabel.example/paid")
    desk.get_by_role("button", name="Propose it").click()
    expect(desk.get_by_text("another banker has to approve it")).to_be_visible()

    decision = approver.log_in("approver")
    decision.goto(desk.url)
    decision.get_by_role("button", name="Approve and do it").click()
    expect(decision.get_by_role("status")).to_have_text("You have approved it, and it is done.")

    page = owner.open("/my/profile")
    page.get_by_role("link", name="My shops").click()
    expect(page.get_by_role("heading", name="Kabel & Co")).to_be_visible()
    page.get_by_role("link", name="Make a key").click()
    page.get_by_label("Webhooks").uncheck()
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Webhooks")).not_to_be_checked()
    page.get_by_label("Code").fill(owner.mail_to(address, r"a key of shop .*: (\d{6})$"))
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator("#secret")).to_contain_text("sks_")
    expect(page.get_by_role("button", name="Copy the secret")).to_be_visible(visible=javascript)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Live")
    assert "sks_" not in page.content()

    decision.get_by_role("link", name="m_").click()
    decision.get_by_text("Pause", exact=True).click()
    decision.get_by_label("Reason").locator("visible=true").fill("Under suspicion")
    decision.get_by_role("button", name="Pause now").click()
    expect(decision.get_by_role("heading", level=1)).to_contain_text("Paused")
    page.reload()
    expect(page.get_by_text("The bank has paused this shop")).to_be_visible()
    assert owner.complaints + teller.complaints + approver.complaints == []
