"""A grown bank for the tests of plans: 20,000 accounts, 60,000 transactions, 20,000 events."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.models import accounts, audit, directory, histories, transactions, users
from app.models.accounts import Account
from app.models.audit import STREAMS, Event, Head
from app.models.database import Database
from app.models.directory import AccountFilters, After
from app.models.histories import BankFilters, Place
from app.models.transactions import Contra, Entry, Transaction
from app.models.users import User

START = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNTS, TRANSACTIONS, HOT = 20_000, 60_000, 5_000
EVENTS = 20_000
PAGE = 21
MIDDLE = START + timedelta(minutes=TRANSACTIONS // 2)
FIRST = ("Grace", "Alan", "Ada", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Tony")
LAST = ("Hopper", "Turing", "Lovelace", "Dijkstra", "Liskov", "Knuth", "Allen", "Perlman")


@dataclass(frozen=True)
class Plan:
    """What MongoDB says of a command it answered; `sorts` is a sort in memory."""

    by: str
    sorts: bool
    returned: int
    keys: int
    documents: int

    @property
    def looked_at(self) -> int:
        """Keys or documents, whichever are more."""
        return max(self.keys, self.documents)


@dataclass
class Town:
    """The grown bank, and the account of it with the longest history."""

    database: Database
    hot: Account

    def plans(self, run: Callable[[], object]) -> list[Plan]:
        """How the commands that `run` sends were answered."""
        raw = self.database.collection(accounts.NAME).database
        raw.command("profile", 2)
        run()
        raw.command("profile", 0)
        entries = list(raw["system.profile"].find({"planSummary": {"$exists": True}}).sort("ts", 1))
        raw.drop_collection("system.profile")
        return [
            Plan(
                by=entry["planSummary"],
                sorts=bool(entry.get("hasSortStage")),
                returned=entry["nreturned"],
                keys=entry["keysExamined"],
                documents=entry["docsExamined"],
            )
            for entry in entries
        ]

    def plan(self, run: Callable[[], object]) -> Plan:
        """How the one command that `run` sends was answered."""
        (plan,) = self.plans(run)
        return plan

    def accounts(self, filters: AccountFilters, sort: str, after: After | None = None) -> Plan:
        """The plan of a page of accounts."""
        return self.plan(lambda: directory.accounts_page(self.database, filters, sort, after, PAGE))

    def transactions(self, filters: BankFilters, after: Place | None = None) -> Plan:
        """The plan of a page of everybody's transactions."""
        return self.plan(lambda: histories.bank_page(self.database, filters, after, PAGE))


def grow(database: Database) -> Town:
    """Twenty thousand customers with an account each, and what happened on them."""
    chance = random.Random(7)
    people = [_person(number, chance) for number in range(ACCOUNTS)]
    _insert(database, users.NAME, (users._document(user) for user, _ in people))
    _insert(database, accounts.NAME, (accounts._document(account) for _, account in people))
    everyone = [account for _, account in people]
    _insert(database, transactions.NAME, _history(everyone, chance))
    _insert(database, audit.NAME, _events())
    return Town(database, everyone[0])


def _events() -> Iterator[dict[str, Any]]:
    """One busy banker, now and then another; a refusal is rare. Their chains do not verify."""
    for number in range(EVENTS):
        thing = f"thing {number % 2_000}"
        event = Event(
            at=START + timedelta(minutes=number), actor="busy" if number % 10 else "other",
            action="customer seen" if number % 4 else "account frozen", object=thing,
            outcome="denied" if number % 200 == 7 else "done",
        )  # fmt: skip
        head = Head(STREAMS[number % 64], number // 64, "0" * 64)
        yield audit._following(head, event)


def _insert(database: Database, name: str, documents: Iterator[dict[str, Any]]) -> None:
    database.collection(name).insert_many(list(documents), ordered=False)


def _person(number: int, chance: random.Random) -> tuple[User, Account]:
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}{number % 40}"
    moment = START + timedelta(minutes=number)
    account = accounts.new_account(
        owner=f"id-{number:05}", username=f"user{number:05}", customer=name,
        name="Current account", currency="JPY" if number % 50 == 3 else "USD", now=moment,
    )  # fmt: skip
    status = "frozen" if number % 100 == 1 else "closed" if number % 100 == 2 else "open"
    user = User(
        id=account.owner, plane="customer", username=account.username, name=name, email=None,
        email_confirmed=False, phone=None, status="active", password_hash="x",
        default_account=account.number, created_at=moment, revision=1,
    )  # fmt: skip
    return user, replace(account, status=status, balance_minor=chance.randrange(10**7))


def _history(everyone: list[Account], chance: random.Random) -> Iterator[dict[str, Any]]:
    seqs: dict[str, int] = {}
    for number in range(TRANSACTIONS):
        hot = number % (TRANSACTIONS // HOT) == 0
        account = everyone[0] if hot else chance.choice(everyone[1:])
        seq = seqs[account.number] = seqs.get(account.number, 0) + 1
        minor = chance.randrange(1, 10**6)
        kind = "fee" if number % 500 == 0 else chance.choice(("deposit", "withdrawal"))
        minor = minor if kind == "deposit" else -minor
        made = Transaction(
            id=f"{number:08}", kind=kind, at=START + timedelta(minutes=number),
            actor=account.owner, currency=account.currency,
            entries=(Entry(account.number, minor, 0, seq, account.head),),
            contra=(Contra("cash", -minor),), memo="rent" if number % 1000 == 0 else "",
            reference="", key=None, reverses=None, hash="0" * 64,
        )  # fmt: skip
        yield transactions.to_document(made)
