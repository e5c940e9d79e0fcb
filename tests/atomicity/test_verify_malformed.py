"""Verification of books into which somebody wrote around the validators: named, never a crash."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64

from app.controllers.bank import Bank
from app.controllers.books import verify_books
from app.controllers.ledger.verify import verify
from app.models import accounts, checkpoints, transactions
from app.models.accounts import Account
from app.models.canonical import hash_of
from tests import make

pytestmark = pytest.mark.tampers


@pytest.fixture
def account(bank: Bank) -> Account:
    """An account with five transactions."""
    opened = make.account(bank)
    for _ in range(5):
        bank.ledger.post(make.interest(opened, 100))
    return opened


def rules(bank: Bank) -> set[str]:
    """The rules that a full verification finds broken."""
    return {found.rule for found in verify_books(bank, full=True).findings}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entries", {}), ("entries", ["text"]), ("entries", [None]), ("contra", None),
        ("contra", 7), ("entries.0.amount", "100"), ("entries.0.amount", None),
        ("entries.0.amount", Decimal128("100")), ("entries.0.balance", "x"),
        ("entries.0.seq", [3]), ("entries.0.seq", Decimal128("3")), ("entries.0.account", {}),
        ("at", "2026-01-31"), ("at", Int64(1)), ("entries.0.amount", 100),
    ],
)  # fmt: skip
def test_a_malformed_transaction_is_found(
    bank: Bank, account: Account, stranger: Any, field: str, value: object
) -> None:
    place = {"entries": {"$elemMatch": {"account": account.number, "seq": 3}}}
    update = {"$set": {field: value}}
    changed = stranger.transactions.update_one(place, update, bypass_document_validation=True)
    assert changed.modified_count == 1
    assert rules(bank)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("balance", "500"), ("balance", 500.9), ("balance", None), ("seq", "x"), ("holder", None),
        ("today", "x"), ("opened_at", "x"), ("status", "gold"), ("held", Int64(-5)),
        ("held", Int64(501)),
    ],
)  # fmt: skip
def test_a_malformed_account_is_found(
    bank: Bank, account: Account, stranger: Any, field: str, value: object
) -> None:
    changed = stranger.accounts.update_one(
        {"_id": account.number}, {"$set": {field: value}}, bypass_document_validation=True
    )
    assert changed.modified_count == 1
    assert rules(bank) & {"shape", "floor"}


@pytest.mark.parametrize("seq", [Int64(0), Int64(-5), "x", None])
def test_invented_history_in_no_place_of_the_chain_is_found(
    bank: Bank, account: Account, stranger: Any, seq: object
) -> None:
    invented = deepcopy(stranger.transactions.find_one({}))
    invented |= {"_id": "invented", "at": datetime(2026, 1, 31, tzinfo=UTC)}
    invented["entries"][0]["seq"] = seq
    invented["hash"] = hash_of(invented)
    stranger.transactions.insert_one(invented, bypass_document_validation=True)
    assert "shape" in rules(bank)


def test_a_second_line_of_the_same_account_is_found(
    bank: Bank, account: Account, stranger: Any
) -> None:
    found = stranger.transactions.find_one({"entries.seq": 5})
    extra = {**found["entries"][0], "amount": Int64(-1), "seq": Int64(9)}
    found["entries"].append(extra)
    found["hash"] = hash_of(found)
    stranger.transactions.replace_one({"_id": found["_id"]}, found, bypass_document_validation=True)
    assert "entries" in rules(bank)


def test_two_verifications_at_once_raise_no_alarm_and_keep_the_later_checkpoint(
    bank: Bank, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = accounts.all_accounts

    def slowly(database: Any, **but: Any) -> Any:
        read = list(everyone(database, **but))
        monkeypatch.setattr(accounts, "all_accounts", everyone)
        bank.ledger.post(make.interest(account, 1))
        assert verify(bank.database, bank.now(), full=False).ok
        return iter(read)

    monkeypatch.setattr(accounts, "all_accounts", slowly)
    assert verify(bank.database, bank.now(), full=False).findings == []
    kept = checkpoints.find_checkpoints(bank.database, [account.number])
    assert kept[account.number].seq == 6


def test_the_validator_itself_refuses_a_place_before_the_first(
    bank: Bank, account: Account, stranger: Any
) -> None:
    invented = deepcopy(stranger.transactions.find_one({}))
    invented["_id"] = "invented"
    invented["entries"][0]["seq"] = Int64(0)
    with pytest.raises(Exception, match="failed validation"):
        stranger.transactions.insert_one(invented)
    assert transactions.count(bank.database) == 5
