"""The bank answers like its model; and where one of the two is wrong, the machine finds it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.faults.figures import SHORT, Figures
from tests.fuzz import exploring
from tests.fuzz.model import Account, Bank, Expected, Request
from tests.fuzz.tampering import standing_bank
from tests.fuzz.world import LIMITS, Clock, World, bank_settings, settle
from tests.running import Answer

RULES = {
    "deposit", "withdraw", "transfer", "repeat", "mix_up", "borrow", "retry_after_a_top_up",
    "open_account", "choose_default", "change_account", "change_customer", "come_or_go",
    "day_passes", "trespass", "look_at_balance", "look_back", "look_at_accounts",
    "look_at_history",
}  # fmt: skip
ANSWERS = {
    "done", "replayed", "key-reused", "insufficient-funds", "posting-limit-exceeded",
    "daily-limit-exceeded", "account-frozen", "account-closed", "account-not-found",
    "currency-mismatch", "same-account", "invalid-field", "invalid-token", "too-many-accounts",
    "already-in-state", "not-a-customer", "not-a-banker",
}  # fmt: skip


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """What the short form counted."""
    return exploring.run(SHORT, tmp_path_factory.mktemp("explored"))


def test_the_bank_answers_like_its_model(figures: Figures) -> None:
    assert figures.violations == ()


def test_every_rule_was_used_and_every_kind_of_answer_came(figures: Figures) -> None:
    assert {name for name in RULES | ANSWERS if not figures.counted.get(name)} == set()
    assert int(figures.counted["steps"]) > 1_500
    assert int(figures.counted["steps over HTTP"]) > 100


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bank on its first day."""
    clock, chosen = Clock(), bank_settings(LIMITS)
    with standing_bank(tmp_path_factory.mktemp("planted"), clock=clock, **chosen) as (app, admin):
        yield settle(app, admin, LIMITS, clock)


UNKNOWN = Answer(503, {}, '{"type": "/problems/unavailable", "outcome": "unknown"}')


def divergence(world: World, **changes: Any) -> str:
    """What the machine finds in the world with these changes."""
    changed = replace(world, **changes)
    return exploring.explore(changed, seed=7, runs=60, shrink=False)


def test_a_bank_that_forgets_its_keys_is_found(world: World) -> None:
    def forgetful(method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        headers.pop("Idempotency-Key", None)
        return world.ask(method, path, body, headers)

    assert "replayed=True" in divergence(world, ask=forgetful)


def test_answers_that_are_lost_are_asked_for_again_and_agree(world: World) -> None:
    random = Random(7)

    def losing(method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        answer = world.ask(method, path, body, headers)
        safe = method == "GET" or "Idempotency-Key" in headers
        return UNKNOWN if safe and random.random() < 0.2 else answer

    before = world.answers["unavailable"]
    assert exploring.explore(replace(world, ask=losing), seed=7, runs=5) == ""
    assert world.answers["unavailable"] > before


def test_a_bank_that_shows_a_cent_too_much_is_found(world: World) -> None:
    def generous(method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        answer = world.ask(method, path, body, headers)
        more = answer.text.replace('"amount":"0.00"', '"amount":"0.01"')
        return replace(answer, text=more if path.startswith("/balance") else answer.text)

    assert "'amount': '0.01'" in divergence(world, ask=generous)


def test_a_transaction_that_is_lost_behind_the_banks_back_is_found(world: World) -> None:
    def losing(method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        if path.startswith("/banker/accounts?"):
            world.administrator.collection("transactions").delete_one({"kind": "withdrawal"})
        return world.ask(method, path, body, headers)

    assert "the bank says" in divergence(world, ask=losing)


def test_a_balance_that_is_changed_behind_the_banks_back_is_found(world: World) -> None:
    def corrupting(method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        answer = world.ask(method, path, body, headers)
        if path.startswith("/banker/transactions?"):
            accounts = world.administrator.collection("accounts")
            accounts.update_one({"seq": {"$gt": 0}}, {"$inc": {"balance": 1}})
        return answer

    assert "account-balance" in divergence(world, ask=corrupting)


class PaysAfterATopUp(Bank):
    """Forgets what it refused."""

    def move(self, name: str, request: Request, key: str | None) -> Expected:
        """A refusal leaves no record."""
        answer = super().move(name, request, key)
        if answer.status >= 400 and answer.problem != "key-reused" and key:
            self.records.pop((name, key), None)
        return answer


class SharesKeys(Bank):
    """Knows a key, but not whose it is."""

    def move(self, name: str, request: Request, key: str | None) -> Expected:
        """Everybody's keys are one person's."""
        self.records = {(name, used): kept for (_, used), kept in self.records.items()}
        return super().move(name, request, key)


class LetsFrozenAccountsSend(Bank):
    """Freezes nothing."""

    def _check(self, account: Account, minor: int, operation: str) -> None:
        frozen = account.status == "frozen"
        super()._check(replace(account, status="open") if frozen else account, minor, operation)


class TakesMoneyForClosedAccounts(Bank):
    """Forgets that closed is closed."""

    def _check(self, account: Account, minor: int, operation: str) -> None:
        closed = account.status == "closed"
        super()._check(replace(account, status="open") if closed else account, minor, operation)


class ForgetsDays(Bank):
    """Counts the money of all days together."""

    def day_passes(self) -> None:
        """Nothing begins anew."""


WRONG = [
    PaysAfterATopUp, SharesKeys, LetsFrozenAccountsSend, TakesMoneyForClosedAccounts, ForgetsDays,
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_model_is_found(world: World, wrong: type[Bank]) -> None:
    model = wrong(LIMITS, max_accounts=world.model.max_accounts)
    model.people, model.accounts = copy.deepcopy((world.model.people, world.model.accounts))
    assert "the bank says" in divergence(world, model=model)
