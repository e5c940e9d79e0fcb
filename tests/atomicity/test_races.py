"""Races for the same money, on a real replica set."""

from __future__ import annotations

from functools import partial

from app.controllers.bank import Bank
from app.controllers.ledger import Key, Receipt
from app.errors import InsufficientFunds
from app.models import accounts
from tests import make
from tests.atomicity.conftest import errors, together


def test_of_64_withdrawals_with_funds_for_32_exactly_32_succeed(bank: Bank) -> None:
    account = make.account(bank, balance=3200)
    outcomes = together([partial(bank.ledger.post, make.withdrawal(account, 100))] * 64)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 32
    assert errors(outcomes) == [InsufficientFunds.__name__] * 32
    assert accounts.get_account(bank.database, account.number).balance_minor == 0


def test_no_withdrawal_ever_saw_or_left_a_negative_balance(bank: Bank) -> None:
    account = make.account(bank, balance=1000)
    outcomes = together([partial(bank.ledger.post, make.withdrawal(account, 70))] * 64)
    left = [o.transaction.entries[0].balance_minor for o in outcomes if isinstance(o, Receipt)]
    assert sorted(left, reverse=True) == list(range(930, -1, -70))


def test_crossing_transfers_all_arrive(bank: Bank) -> None:
    one, two = make.account(bank, balance=5000), make.account(bank, balance=5000)
    there = partial(bank.ledger.post, make.move(one, two, 10))
    back = partial(bank.ledger.post, make.move(two, one, 10))
    outcomes = together([there, back] * 32)
    assert errors(outcomes) == []
    found = accounts.find_accounts(bank.database, [one.number, two.number])
    assert [found[a.number].balance_minor for a in (one, two)] == [5000, 5000]
    assert [found[a.number].seq for a in (one, two)] == [65, 65]


def test_transfers_in_a_ring_neither_lose_nor_make_money(bank: Bank) -> None:
    ring = [make.account(bank, balance=100) for _ in range(8)]
    moves = [make.move(ring[i % 8], ring[(i + 1) % 8], 1 + i % 7) for i in range(64)]
    outcomes = together([partial(bank.ledger.post, move) for move in moves])
    assert errors(outcomes) == []
    found = accounts.find_accounts(bank.database, [each.number for each in ring])
    assert sum(each.balance_minor for each in found.values()) == 800


def test_one_key_200_times_at_once_is_one_transaction_with_equal_answers(bank: Bank) -> None:
    account = make.account(bank, balance=500)
    posting = make.withdrawal(account, 100, key=Key("owner:one-key", "request"))
    outcomes = together([partial(bank.ledger.post, posting)] * 200)
    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(receipts) == 200
    assert len({receipt.transaction for receipt in receipts}) == 1
    assert sum(not receipt.replayed for receipt in receipts) == 1
    assert accounts.get_account(bank.database, account.number).balance_minor == 400


def test_one_key_for_different_requests_at_once_lets_one_through(bank: Bank) -> None:
    source, *targets = [make.account(bank, balance=1000) for _ in range(17)]
    calls = [
        partial(
            bank.ledger.post, make.move(source, target, 5, key=Key("owner:shared", target.number))
        )
        for target in targets
    ]
    outcomes = together(calls)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 1
    assert errors(outcomes) == ["KeyReused"] * 15


def test_one_key_on_disjoint_accounts_at_once_lets_one_through(bank: Bank) -> None:
    some = [make.account(bank, balance=1000) for _ in range(8)]
    calls = [
        partial(bank.ledger.post, make.withdrawal(each, 5, key=Key("owner:shared", each.number)))
        for each in some
    ]
    outcomes = together(calls)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 1
    assert errors(outcomes) == ["KeyReused"] * 7


def test_two_processes_on_one_account_agree(bank: Bank, make_app: object) -> None:
    account = make.account(bank, balance=6400)
    other: Bank = make_app().extensions["bank"]  # type: ignore[operator]
    calls = [
        partial(door.ledger.post, make.withdrawal(account, 100))
        for _ in range(48)
        for door in (bank, other)
    ]
    outcomes = together(calls)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 64
    assert errors(outcomes) == [InsufficientFunds.__name__] * 32
