"""What these tests are given: a running bank, and machines of people who ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests import running
from tests.console.terminals import Home, code_for
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


@dataclass(frozen=True)
class Reached:
    """A new customer with 50.00 whose address is confirmed; the code that did it is used up."""

    home: Home
    name: str
    address: str
    used: str


@pytest.fixture
def reached(demo_bank: RunningBank, home: Home) -> Reached:
    """A customer whom mails reach."""
    name = f"dana{uuid4().hex[:8]}"
    address = f"{name}@example.com"
    body = {"username": name, "password": PASSWORD, "name": "Dana Scott", "email": address}
    begun = demo_bank.request("POST", "/auth/register", body)
    assert begun.status == 202, begun.text
    code = code_for(demo_bank, address)
    proof = {"flow_id": begun.json["flow_id"], "code": code}
    assert demo_bank.request("POST", "/auth/register/verify", proof).status == 201
    home.log_in(name, PASSWORD).json("deposit", "50")
    return Reached(home, name, address, code)
