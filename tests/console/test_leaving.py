"""Ctrl-C and Ctrl-D at every question there is: the person leaves, and nothing was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.console.terminals import CTRL_C, CTRL_D, Home, Terminal, with_an_app
from tests.make import PASSWORD as OWN
from tests.running import RunningBank, Visitor

Steps = tuple[tuple[str, str], ...]
HOME, MENU = "Leave", "Leave, and stay logged in"
KEYS = pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["ctrl-c", "ctrl-d"])
_ACCOUNT = "Which account?"
_STRANGER = ((HOME, "2"), ("user name", "{new}"), ("Your name", "X"), ("Phone", ""))
_OPENING = (*_STRANGER, ("E-mail", "{new}@example.com"), ("Choose a password", OWN))
_TO, _SUM, _FOR = ("To account", "{other}"), ("Amount", "1"), ("What for", "")
_SENDING = ((MENU, "3"), _TO, _SUM, _FOR, (_ACCOUNT, "1"), ("Send 1", "1"))
_CHANGING = ((MENU, "6"), ("Current password", OWN), ("New password", "amber-lantern-19"))
_OPEN = ((MENU, "3"), ("Account number", "{other}"))
_FROZEN = ((MENU, "3"), ("Account number", "{frozen}"))
_PROPOSED = ((MENU, "4"), ("Which one?", "1"))

STRANGERS: dict[str, Steps] = {
    "home": ((HOME, ""),),
    "user name": ((HOME, "1"), ("User name", "")),
    "password": ((HOME, "1"), ("User name", "coded"), ("Password", "")),
    "code": ((HOME, "1"), ("User name", "coded"), ("Password", OWN), ("Code", "")),
    "new here": (
        (HOME, "1"), ("User name", "{new}"), ("Password", "wrong"), ("Are you new here?", ""),
    ),
    "new user name": ((HOME, "2"), ("user name", "")),
    "name": (*_STRANGER[:2], ("Your name", "")),
    "phone": (*_STRANGER[:3], ("Phone", "")),
    "e-mail": (*_STRANGER, ("E-mail", "")),
    "new password": (*_OPENING[:-1], ("Choose a password", "")),
    "once more": (*_OPENING, ("once more", "")),
    "after two different ones": (*_OPENING, ("once more", "other"), ("not the same", "")),
    "code by mail": (*_OPENING, ("once more", OWN), ("Code", "")),
}  # fmt: skip
CUSTOMERS: dict[str, Steps] = {
    "menu": ((MENU, ""),),
    "deposit": ((MENU, "1"), ("Amount", "")),
    "deposit, which account": ((MENU, "1"), _SUM, (_ACCOUNT, "")),
    "withdraw": ((MENU, "2"), ("Amount", "")),
    "withdraw, which account": ((MENU, "2"), _SUM, (_ACCOUNT, "")),
    "to": ((MENU, "3"), ("To account", "")),
    "amount": ((MENU, "3"), _TO, ("Amount", "")),
    "memo": ((MENU, "3"), _TO, _SUM, ("What for", "")),
    "which account": (*_SENDING[:-2], (_ACCOUNT, "")),
    "sure": (*_SENDING[:-1], ("Send 1", "")),
    "code for money": (*_SENDING, ("Code", "")),
    "transactions": ((MENU, "4"), (_ACCOUNT, "")),
    "balance": ((MENU, "5"), (_ACCOUNT, "")),
    "current password": ((MENU, "6"), ("Current password", "")),
    "new password": (*_CHANGING[:-1], ("New password", "")),
    "once more": (*_CHANGING, ("once more", "")),
    "code for the password": (*_CHANGING, ("once more", "amber-lantern-19"), ("Code", "")),
}
BANKERS: dict[str, Steps] = {
    "menu": ((MENU, ""),),
    "status": ((MENU, "1"), ("Which ones?", "")),
    "search": ((MENU, "1"), ("Which ones?", "1"), ("begins with", "")),
    "number": ((MENU, "3"), ("Account number", "")),
    "an open account": (*_OPEN, ("And now?", "")),
    "why freeze": (*_OPEN, ("And now?", "1"), ("Why", "")),
    "a frozen account": (*_FROZEN, ("And now?", "")),
    "why unfreeze": (*_FROZEN, ("And now?", "1"), ("Why", "")),
    "which proposal": (*_PROPOSED[:-1], ("Which one?", "")),
    "approve or reject": (*_PROPOSED, ("And now?", "")),
    "why approve": (*_PROPOSED, ("And now?", "1"), ("Why", "")),
    "why reject": (*_PROPOSED, ("And now?", "2"), ("Why", "")),
    "books": ((MENU, "5"), ("How much?", "")),
    "current password": ((MENU, "7"), ("Current password", "")),
    "new password": ((MENU, "7"), *_CHANGING[1:-1], ("New password", "")),
    "once more": ((MENU, "7"), *_CHANGING[1:], ("once more", "")),
}


@dataclass(frozen=True)
class Town:
    """Machines of a stranger, a customer and a banker, what can be named at their prompts, and
    somebody who looks at the accounts."""

    stranger: Home
    customer: Home
    banker: Home
    named: dict[str, str]
    auditor: Visitor

    def accounts(self) -> object:
        """All accounts of these people, as bankers see them."""
        answers = [self.auditor.get(f"/banker/accounts/{n}") for n in self.named.values()]
        assert {each.status for each in answers} == {200}
        return [each.json for each in answers]


@pytest.fixture(scope="module")
def demo_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    """A bank that does not mind how often one machine asks."""
    folder = tmp_path_factory.mktemp("demo")
    with RunningBank(folder, DEMO="true", RATELIMIT_ENABLED="false") as bank:
        yield bank.start()


@pytest.fixture(scope="module")
def town(demo_bank: RunningBank, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A customer who has two accounts and an app, another one, and one who is frozen."""

    def register(name: str) -> Home:
        body = {"username": name, "password": OWN, "name": "Dana Scott"}
        assert demo_bank.request("POST", "/auth/register", body).status == 201
        home = Home(tmp_path_factory.mktemp(name), demo_bank.address).log_in(name, OWN)
        home.json("deposit", "50")
        return home

    homes = {name: register(name) for name in ("settled", "coded", "frozen", "other")}
    numbers = {name: str(home.json("balance")["account"]) for name, home in homes.items()}
    demo_bank.log_in("settled", OWN).post("/accounts", {"name": "Holidays"})
    for name in ("settled", "coded"):
        with_an_app(homes[name])
    banker = Home(tmp_path_factory.mktemp("teller"), demo_bank.address).log_in("teller")
    for act in ("freeze", "unfreeze"):  # of which the second waits for somebody else
        banker.json("banker", act, numbers["frozen"], "--reason", "reported stolen")
    stranger = Home(tmp_path_factory.mktemp("stranger"), demo_bank.address)
    return Town(stranger, homes["settled"], banker, numbers, demo_bank.log_in("teller"))


def _leaves_at(town: Town, home: Home, steps: Steps, key: str) -> None:
    """Answer all questions but the last one, and press a key there."""
    named = {**town.named, "new": f"new{uuid4().hex[:8]}"}
    before = town.accounts()
    with Terminal(home) as terminal:
        terminal.goes(*((question, answer.format(**named)) for question, answer in steps[:-1]))
        terminal.sees(steps[-1][0]).presses(key).sees("Good bye.")
        assert terminal.ends() == 0
        assert "Traceback" not in terminal.heard
        assert OWN not in terminal.heard
    assert town.accounts() == before


@KEYS
@pytest.mark.parametrize("prompt", STRANGERS)
def test_strangers_may_leave_at_every_question(town: Town, prompt: str, key: str) -> None:
    _leaves_at(town, town.stranger, STRANGERS[prompt], key)


@KEYS
@pytest.mark.parametrize("prompt", CUSTOMERS)
def test_customers_may_leave_at_every_question(town: Town, prompt: str, key: str) -> None:
    _leaves_at(town, town.customer, CUSTOMERS[prompt], key)


@KEYS
@pytest.mark.parametrize("prompt", BANKERS)
def test_bankers_may_leave_at_every_question(town: Town, prompt: str, key: str) -> None:
    _leaves_at(town, town.banker, BANKERS[prompt], key)
