"""What the ledger remembers of its own postings: it saves questions, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pymongo.monitoring
import pytest

from app.config import Config
from app.controllers.bank import Bank, open_bank
from app.controllers.ledger import Key, Receipt
from app.controllers.ledger.memory import Memory
from app.errors import AccountFrozen, InsufficientFunds, KeyReused
from app.models import accounts
from app.models.accounts import Account
from app.models.database import connect, now
from tests import make


@pytest.fixture
def other(bank: Bank, make_config: Callable[..., Config]) -> Iterator[Bank]:
    """Another process of the same bank, as far as the database can tell."""
    config = make_config()
    database = connect(config.mongo_uri.reveal(), config.mongo_database)
    yield open_bank(config, database, now)
    database.close()


class Commands(pymongo.monitoring.CommandListener):
    """Notes the names of the commands that a bank sends."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: Any) -> None:
        """A command is sent."""
        self.names.append(event.command_name)

    def succeeded(self, event: Any) -> None:
        """Its answer came."""

    def failed(self, event: Any) -> None:
        """It was refused."""


def _balance(bank: Bank, account: Account) -> int:
    return accounts.get_account(bank.database, account.number).balance_minor


def _key(text: str, fingerprint: str = "f") -> Key:
    return Key(f"dana:{text}", fingerprint)


def test_two_processes_that_take_turns_at_an_account_keep_its_books(
    bank: Bank, other: Bank
) -> None:
    account = make.account(bank)
    for turn in range(20):
        (bank, other)[turn % 2].ledger.post(make.interest(account, 1, key=_key(f"turn {turn}")))
    assert _balance(bank, account) == 20


def test_a_freeze_counts_at_once_for_a_process_that_remembers_the_account_open(
    bank: Bank, other: Bank
) -> None:
    account = make.account(bank, 500)
    bank.ledger.post(make.withdrawal(account, 1))
    present = accounts.get_account(other.database, account.number)
    assert accounts.change_status(other.database, present, "frozen")
    with pytest.raises(AccountFrozen):
        bank.ledger.post(make.withdrawal(account, 1))
    assert _balance(bank, account) == 499


def test_nobody_is_refused_from_memory(bank: Bank, other: Bank) -> None:
    account = make.account(bank, 100)
    bank.ledger.post(make.withdrawal(account, 100))
    other.ledger.post(make.interest(account, 300))
    bank.ledger.post(make.withdrawal(account, 250))
    assert _balance(bank, account) == 50


def test_money_that_another_process_took_is_not_spent_from_memory(bank: Bank, other: Bank) -> None:
    account = make.account(bank, 100)
    bank.ledger.post(make.interest(account, 1))
    other.ledger.post(make.withdrawal(account, 101))
    with pytest.raises(InsufficientFunds):
        bank.ledger.post(make.withdrawal(account, 1))


def test_a_key_that_another_process_has_used_is_found(bank: Bank, other: Bank) -> None:
    account = make.account(bank)
    first = other.ledger.post(make.interest(account, 5, key=_key("once")))
    again = bank.ledger.post(make.interest(account, 5, key=_key("once")))
    assert again == Receipt(first.transaction, replayed=True)
    assert _balance(bank, account) == 5


def test_a_key_that_this_process_has_used_is_found(bank: Bank) -> None:
    account = make.account(bank)
    first = bank.ledger.post(make.interest(account, 5, key=_key("once")))
    again = bank.ledger.post(make.interest(account, 5, key=_key("once")))
    assert again == Receipt(first.transaction, replayed=True)
    with pytest.raises(KeyReused):
        bank.ledger.post(make.interest(account, 5, key=_key("once", "other")))


def test_a_refusal_under_a_key_stays_one_for_a_process_that_did_not_see_it(
    bank: Bank, other: Bank
) -> None:
    account = make.account(bank)
    with pytest.raises(InsufficientFunds):
        other.ledger.post(make.withdrawal(account, 5, key=_key("too early")))
    bank.ledger.post(make.interest(account, 100))
    with pytest.raises(InsufficientFunds) as refused:
        bank.ledger.post(make.withdrawal(account, 5, key=_key("too early")))
    assert refused.value.replayed
    assert _balance(bank, account) == 100


def test_a_keyed_posting_to_a_known_account_asks_nothing_before_it_writes(
    bank: Bank, make_config: Callable[..., Config]
) -> None:
    commands, config = Commands(), make_config()
    account = make.account(bank)
    pymongo.monitoring.register(commands)
    database = connect(config.mongo_uri.reveal(), config.mongo_database)
    pymongo.monitoring._LISTENERS.command_listeners.remove(commands)
    listening = open_bank(config, database, now)
    listening.ledger.post(make.interest(account, 1, key=_key("first")))
    commands.names.clear()
    listening.ledger.post(make.interest(account, 1, key=_key("second")))
    database.close()
    assert commands.names[:4] == ["update", "insert", "insert", "commitTransaction"]


def test_once_it_was_wrong_nothing_is_remembered_for_a_while(bank: Bank, other: Bank) -> None:
    account = make.account(bank)
    other.ledger.post(make.interest(account, 1))
    assert other.ledger._memory.accounts([account.number])
    bank.ledger.post(make.interest(account, 1))
    for balance in (3, 4):
        other.ledger.post(make.interest(account, 1))
        assert other.ledger._memory.accounts([account.number]) == {}
        assert _balance(bank, account) == balance


def test_what_is_dropped_is_not_remembered_and_the_others_are(bank: Bank) -> None:
    first, second, memory = make.account(bank), make.account(bank), Memory()
    memory.keep([first, second], ["a key"])
    memory.drop([first.number, "nobody"])
    assert memory.accounts([first.number, second.number]) == {second.number: second}
    assert memory.seen(["another", "a key"])
    assert not memory.seen(["another"])
