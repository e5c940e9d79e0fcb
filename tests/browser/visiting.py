"""Somebody at a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from app.controllers.demo import PASSWORD
from tests.running import RunningBank

# A browser says so of every answer above 399; whether that was right, the tests say themselves.
_STATUS = "Failed to load resource: the server responded with a status of"


class Visit:
    """One visitor of the bank's pages, and everything that the browser complained about."""

    def __init__(self, page: Page, bank: RunningBank) -> None:
        self.page = page
        self.bank = bank
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Page:
        """Go to an address of the bank."""
        self.page.goto(f"{self.bank.address}{path}")
        return self.page

    def log_in(self, username: str, password: str = PASSWORD) -> Page:
        """Log in as somebody without a second factor at log-in."""
        # With a name, the log-in is shown to whoever is logged in already as well.
        page = self.open(f"/log-in?as={username}")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(password)
        page.locator("main").get_by_role("button", name="Log in").click()
        expect(page).to_have_url(re.compile(r"/(my|desk)$"))
        return page

    def newcomer(self, amount: str = "") -> tuple[str, str]:
        """A fresh customer, logged in here, with so much money: user name and account number."""
        username = f"guest-{uuid4().hex[:12]}"
        body = {"username": username, "password": PASSWORD}
        made = self.bank.request("POST", "/auth/register", body)
        assert made.status == 201, made.text
        if amount:
            answer = self.bank.log_in(username).post("/deposit", {"amount": amount})
            assert answer.status == 201, answer.text
        self.log_in(username)
        return username, str(made.json["account"]["account"])

    def confirmed(self) -> tuple[str, str, str]:
        """A fresh customer with a confirmed address, logged in here: user name, account number and
        address."""
        username = f"guest-{uuid4().hex[:12]}"
        address = f"{username}@example.com"
        body = {"username": username, "password": PASSWORD, "email": address}
        applied = self.bank.request("POST", "/auth/register", body).json
        answer = {"flow_id": applied["flow_id"], "code": self.code_for(address)}
        made = self.bank.request("POST", "/auth/register/verify", answer)
        assert made.status == 201, made.text
        self.log_in(username)
        return username, str(made.json["account"]["account"]), address

    def code_for(self, address: str) -> str:
        """The six digits of the newest mail to an address, as soon as it was sent."""
        return self.mail_to(address, r": (\d{6})$")

    def mail_to(self, address: str, pattern: str) -> str:
        """What `pattern` finds in the newest mail to an address, as soon as there is one."""
        while True:
            mails: list[dict[str, Any]] = self.bank.request("GET", "/dev/outbox").json["items"]
            for mail in mails:
                found = re.search(pattern, mail["text"], re.MULTILINE)
                if mail["to"] == address and found:
                    return found[1]
            self.page.wait_for_timeout(100)

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(_STATUS):
            self.complaints.append(text)


Visitors = Callable[..., Visit]
"""Makes a visitor with a browser of their own: visitor(javascript=False), visitor(phone=True)."""
