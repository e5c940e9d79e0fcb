"""Swagger UI in a real browser: log in, authorize, ask for the balance."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import running
from tests.running import RunningBank

demo_bank = running.demo_bank


class Visit:
    """One page of /docs, and everything it complained about or asked for."""

    def __init__(self, page: Page, bank: RunningBank) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(request.url))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(f"{bank.address}/docs")

    def operation(self, method: str, path: str) -> Locator:
        """An operation, unfolded."""
        place = f".opblock-{method.lower()}:has([data-path='{path}'])"
        operation = self.page.locator(place)
        operation.locator(".opblock-summary-control").click()
        return operation

    def execute(self, method: str, path: str) -> tuple[str, str]:
        """What "Execute" brings for the examples that stand there: status and body."""
        operation = self.operation(method, path)
        operation.get_by_role("button", name="Execute").click()
        answer = operation.locator(".live-responses-table .response")
        body = answer.locator("pre").first
        return answer.locator(".response-col_status").inner_text(), body.inner_text()

    def authorize(self, token: str) -> None:
        """Put a token behind "Authorize"."""
        self.page.locator(".btn.authorize").click()
        dialog = self.page.locator(".dialog-ux")
        bearer = dialog.locator("form").filter(has_text="bearer (http, Bearer)")
        bearer.get_by_role("textbox").fill(token)
        bearer.get_by_role("button", name="Apply credentials").click()
        dialog.get_by_role("button", name="Close").first.click()

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture
def visit(browser: Browser, demo_bank: RunningBank) -> Iterator[Visit]:
    """A fresh visitor of /docs."""
    page = browser.new_page()
    yield Visit(page, demo_bank)
    page.close()


def test_a_visitor_logs_in_authorizes_and_sees_the_balance(visit: Visit) -> None:
    status, body = visit.execute("POST", "/auth/login")
    assert status == "200"
    visit.authorize(json.loads(body)["access_token"])
    status, body = visit.execute("GET", "/balance")
    assert status == "200"
    assert json.loads(body)["customer"] == "Alice Adler"
    assert visit.complaints == []


def test_without_a_token_the_balance_is_refused(visit: Visit) -> None:
    status, body = visit.execute("GET", "/balance")
    assert (status.splitlines()[0], json.loads(body)["type"]) == ("401", "/problems/invalid-token")


def test_a_deposit_with_the_example_that_stands_there_works(visit: Visit) -> None:
    visit.authorize(json.loads(visit.execute("POST", "/auth/login")[1])["access_token"])
    status, body = visit.execute("POST", "/deposit")
    assert status == "201"
    assert json.loads(body)["amount"] == {"amount": "12.50", "currency": "USD"}


def test_nothing_is_asked_of_another_host(visit: Visit, demo_bank: RunningBank) -> None:
    visit.execute("POST", "/auth/login")
    assert any(url.endswith("/openapi.json") for url in visit.asked)
    elsewhere = [url for url in visit.asked if not url.startswith((demo_bank.address, "data:"))]
    assert elsewhere == []


def test_the_browser_tells_of_what_the_policy_forbids(visit: Visit) -> None:
    visit.page.evaluate("document.head.append(document.createElement('script'))")
    visit.page.evaluate("document.querySelector('head script').textContent = 'let x'")
    visit.page.evaluate("fetch('http://127.0.0.1:9/').catch(() => null)")
    assert any("Content Security Policy" in text for text in visit.complaints)


def test_every_operation_of_the_description_is_on_the_page(
    visit: Visit, demo_bank: RunningBank
) -> None:
    paths = demo_bank.request("GET", "/openapi.json").json["paths"]
    operations = sum(len(methods) for methods in paths.values())
    expect(visit.page.locator(".opblock")).to_have_count(operations)
    assert visit.complaints == []
