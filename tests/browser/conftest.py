"""What tests in a browser are given: a running bank, visitors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.visiting import Visit, Visitors
from tests.running import RunningBank

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    """One running bank with the demo for all these tests; they make what they change themselves."""
    settings = {"DEMO": "true", "RATELIMIT_ENABLED": "false", "MAX_SESSIONS": "200"}
    settings |= {"UNCONFIRMED_DAILY_LIMIT": "1000000,JPY:100000000"}
    with RunningBank(tmp_path_factory.mktemp("demo"), **settings) as bank:
        yield bank.start()


@pytest.fixture
def visitor(browser: Browser, demo: RunningBank) -> Iterator[Visitors]:
    """Makes visitors of the bank, each with a browser of their own."""
    contexts = []

    def make(*, javascript: bool = True, phone: bool = False, **more: Any) -> Visit:
        options: dict[str, Any] = {"viewport": PHONE if phone else DESKTOP, "locale": "en-US"}
        context = browser.new_context(java_script_enabled=javascript, **options | more)
        contexts.append(context)
        return Visit(context.new_page(), demo)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def visit(visitor: Visitors) -> Visit:
    """One visitor at a desk."""
    return visitor()
