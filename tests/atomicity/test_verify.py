"""Verification finds what was changed behind the bank's back, and names it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.controllers.bank import Bank
from app.controllers.books import balances, verify_books
from app.controllers.ledger.verify import Report
from app.models import checkpoints
from app.models.accounts import Account
from tests import make


@pytest.fixture
def history(bank: Bank) -> tuple[Account, Account]:
    """Two accounts with ten transactions on the first."""
    one, two = make.account(bank, balance=1000), make.account(bank)
    for _ in range(9):
        bank.ledger.post(make.move(one, two, 10, memo="rent"))
    return one, two


def findings(report: Report) -> set[tuple[str, int]]:
    """What was found, without the words."""
    return {(found.rule, found.seq) for found in report.findings}


def test_sound_books_are_ok(bank: Bank, history: tuple[Account, Account]) -> None:
    report = verify_books(bank, full=True)
    assert (report.ok, report.accounts, report.transactions, report.lines) == (True, 2, 10, 19)


def test_the_second_walk_takes_only_what_is_new(
    bank: Bank, history: tuple[Account, Account]
) -> None:
    verify_books(bank, full=False)
    bank.ledger.post(make.move(*history, 10))
    report = verify_books(bank, full=False)
    assert (report.ok, report.lines) == (True, 2)


def set_field(path: str, value: object) -> Callable[[Any, Account], None]:
    """Change a field of the first account's fifth transaction."""

    def change(raw: Any, account: Account) -> None:
        place = {"entries": {"$elemMatch": {"account": account.number, "seq": 5}}}
        update = {"$set": {path: value}}
        result = raw.transactions.update_one(place, update, bypass_document_validation=True)
        assert result.modified_count == 1

    return change


@pytest.mark.tampers
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("memo", "a gift"), ("actor", "mallory"), ("kind", "fee"), ("reference", "x"),
        ("currency", "EUR"), ("key", "k"), ("reverses", "t"), ("hash", "0" * 64),
        ("entries.0.amount", -11), ("entries.0.balance", 5), ("entries.0.prev", "0" * 64),
        ("entries.1.amount", 9), ("entries.1.account", "100000000028"), ("contra", [1]),
        ("entries.0.seq", 500), ("note", "unheard of"),
    ],
)  # fmt: skip
def test_a_changed_field_is_named_with_its_sequence_number(
    bank: Bank, history: tuple[Account, Account], stranger: Any, path: str, value: object
) -> None:
    set_field(path, value)(stranger, history[0])
    found = findings(verify_books(bank, full=True))
    assert any(seq == 5 for _, seq in found), found


@pytest.mark.tampers
def test_a_deleted_transaction_is_missed(
    bank: Bank, history: tuple[Account, Account], stranger: Any
) -> None:
    stranger.transactions.delete_one(
        {"entries": {"$elemMatch": {"account": history[0].number, "seq": 5}}}
    )
    assert ("seq", 5) in findings(verify_books(bank, full=True))


@pytest.mark.tampers
def test_two_swapped_transactions_are_found(
    bank: Bank, history: tuple[Account, Account], stranger: Any
) -> None:
    def named(seq: int) -> Any:
        return {"entries": {"$elemMatch": {"account": history[0].number, "seq": seq}}}

    four, five = (stranger.transactions.find_one_and_delete(named(seq)) for seq in (4, 5))
    four["entries"][0]["seq"], five["entries"][0]["seq"] = 5, 4
    stranger.transactions.insert_many([four, five], bypass_document_validation=True)
    assert {4, 5} <= {seq for _, seq in findings(verify_books(bank, full=True))}


@pytest.mark.tampers
@pytest.mark.parametrize("full", [True, False])
def test_an_edited_balance_is_found_even_by_the_quick_walk(
    bank: Bank, history: tuple[Account, Account], stranger: Any, full: bool
) -> None:
    verify_books(bank, full=False)
    stranger.accounts.update_one({"_id": history[1].number}, {"$inc": {"balance": 1}})
    assert findings(verify_books(bank, full=full)) == {("account-balance", 9)}


@pytest.mark.tampers
def test_a_cut_tail_is_found_by_the_head_that_stayed(
    bank: Bank, history: tuple[Account, Account], stranger: Any
) -> None:
    last = {"entries": {"$elemMatch": {"account": history[0].number, "seq": 10}}}
    stranger.transactions.delete_one(last)
    assert ("seq", 10) in findings(verify_books(bank, full=True))


@pytest.mark.tampers
def test_a_tail_cut_together_with_the_head_is_found_once_it_was_verified(
    bank: Bank, history: tuple[Account, Account], stranger: Any
) -> None:
    before = stranger.accounts.find_one({"_id": history[0].number})
    bank.ledger.post(make.withdrawal(history[0], 10))
    verify_books(bank, full=False)
    last = {"entries": {"$elemMatch": {"account": history[0].number, "seq": 11}}}
    stranger.transactions.delete_one(last)
    stranger.accounts.replace_one({"_id": history[0].number}, before)
    assert ("truncated", 11) in findings(verify_books(bank, full=False))


@pytest.mark.tampers
def test_history_of_an_account_that_was_deleted_is_an_orphan(
    bank: Bank, history: tuple[Account, Account], stranger: Any
) -> None:
    stranger.accounts.delete_one({"_id": history[1].number})
    report = verify_books(bank, full=True)
    assert [(found.rule, found.account) for found in report.findings] == [
        ("orphan", history[1].number)
    ]


@pytest.mark.tampers
def test_an_account_opened_in_another_currency_than_it_says_is_found(
    bank: Bank, history: tuple[Account, Account], stranger: Any
) -> None:
    stranger.accounts.update_one({"_id": history[0].number}, {"$set": {"currency": "EUR"}})
    assert ("prev", 1) in findings(verify_books(bank, full=True))


def test_the_trial_balance_adds_up_and_is_rolled_up(
    bank: Bank, history: tuple[Account, Account]
) -> None:
    first = balances(bank)["USD"]
    bank.ledger.post(make.withdrawal(history[0], 10))
    second = balances(bank)["USD"]
    assert (first["customers"].minor, first["interest"].minor) == (1000, -1000)
    assert (second["customers"].minor, second["cash"].minor) == (990, 10)
    assert second["total"].minor == 0


def test_what_has_settled_is_summed_once_and_then_remembered(
    bank: Bank, history: tuple[Account, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_SETTLED_AFTER", timedelta())
    time.sleep(0.005)  # so that all of it is older than this millisecond
    balances(bank)
    monkeypatch.undo()
    bank.ledger.post(make.interest(history[0], 7))
    assert balances(bank)["USD"]["interest"].minor == -1007
    rolled = bank.database.collection("system_balances").find_one({})
    assert rolled
    assert [line["minor"] for line in rolled["lines"]] == [-1000]
