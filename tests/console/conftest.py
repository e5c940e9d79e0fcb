"""What these tests are given: a running bank, and machines of people who ask it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests import running
from tests.console.terminals import Home
from tests.make import PASSWORD
from tests.running import RunningBank

demo_bank = running.demo_bank
Newcomer = Callable[..., Home]


@pytest.fixture
def home(demo_bank: RunningBank, tmp_path: Path) -> Home:
    """A machine where nobody is logged in."""
    return Home(tmp_path / "home", demo_bank.address)


@pytest.fixture
def alice(home: Home) -> Home:
    """The machine of a customer of the demo."""
    return home.log_in("alice")


@pytest.fixture
def newcomer(demo_bank: RunningBank, tmp_path: Path) -> Newcomer:
    """Makes machines of new customers who have 50.00 and no second factor."""

    def make(address: str = demo_bank.address) -> Home:
        name = f"dana{uuid4().hex[:8]}"
        body = {"username": name, "password": PASSWORD, "name": "Dana Scott"}
        assert demo_bank.request("POST", "/auth/register", body).status == 201
        home = Home(tmp_path / name, address).log_in(name, PASSWORD)
        home.json("deposit", "50")
        return home

    return make
