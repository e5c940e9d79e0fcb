"""The people of a loaded bank: customers with accounts, a shop, two bankers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from app.config import Config
from app.controllers import bankers
from app.controllers.bank import Bank, open_bank
from app.controllers.bankers import BOTH_ROLES, NewBanker
from app.controllers.demo import BANKERS, PASSWORD
from app.models import accounts, users
from app.models.accounts import Account
from app.models.database import Database, Duplicate
from app.models.ids import sortable_id
from app.models.users import User

CURRENCY = "USD"
SHOP = "corner-shop"
"""The user name of the customer with the longest history."""
FIRST = (
    "Ada", "Alan", "Amara", "Anton", "Aylin", "Barbara", "Carlos", "Chen", "Dana", "Edsger",
    "Elif", "Emeka", "Fatima", "Frances", "Grace", "Hana", "Ines", "Ivan", "Jamal", "Joan",
    "Kenji", "Lars", "Leila", "Lucia", "Maria", "Mateo", "Mei", "Nadia", "Niels", "Olga",
    "Omar", "Priya", "Radia", "Rosa", "Samir", "Sofia", "Tomas", "Uma", "Viktor", "Yuki",
)  # fmt: skip
LAST = (
    "Abbasi", "Adler", "Allen", "Almeida", "Andersson", "Bauer", "Brandt", "Castro", "Chen",
    "Costa", "Dijkstra", "Dubois", "Eze", "Fischer", "Garcia", "Hopper", "Ito", "Ivanova",
    "Jansen", "Kaya", "Khan", "Kim", "Knuth", "Kowalski", "Lee", "Liskov", "Lopez", "Lovelace",
    "Martin", "Moreau", "Nguyen", "Novak", "Okafor", "Olsen", "Patel", "Perlman", "Rossi",
    "Santos", "Sato", "Schmidt", "Silva", "Singh", "Smith", "Suzuki", "Tanaka", "Turing",
    "Virtanen", "Wagner", "Yilmaz", "Zhang",
)  # fmt: skip
_AT_ONCE = 50

Advance = Callable[[int], object]
"""Told how many more are made."""


class NotOurs(Exception):
    """The bank has customers, and they are not the loader's."""


def make_people(
    database: Database, count: int, opened_at: datetime, *, seed: int, advance: Advance
) -> None:
    """Two bankers, a shop, and customers with two accounts each, in two currencies; only once.

    Raises NotOurs where somebody else is.
    """
    if users.find_by_username(database, SHOP):
        return
    if next(accounts.all_accounts(database), None):
        raise NotOurs("this bank has customers already; choose another database")
    bank = open_bank(Config(), database, lambda: opened_at)
    bankers.bootstrap(bank, [NewBanker(name, PASSWORD, BOTH_ROLES) for name in BANKERS])
    # One for all: a hash takes as long as it takes, ten thousand times.
    password_hash = bank.passwords.hash(PASSWORD)
    chance = Random(seed)
    # The shop last: a load that was cut off before it is refused, not continued.
    names = [f"{chance.choice(FIRST)} {chance.choice(LAST)}" for _ in range(count)]
    people = [(f"customer-{n:06}", name) for n, name in enumerate(names, 1)]
    people.append((SHOP, "The Corner Shop"))
    for at in range(0, len(people), _AT_ONCE):
        _insert(bank, people[at : at + _AT_ONCE], password_hash, chance)
        advance(len(people[at : at + _AT_ONCE]))


def _insert(
    bank: Bank, people: Sequence[tuple[str, str]], password_hash: str, chance: Random
) -> None:
    def work() -> None:
        for username, name in people:
            for user, account in _person(bank, username, name, password_hash, chance):
                if user:
                    users.insert_user(bank.database, user)
                accounts.insert_account(bank.database, account)

    # Numbers are random: now and then one is drawn that somebody has.
    with suppress(Duplicate):
        return bank.database.atomically(work)
    return bank.database.atomically(work)


def _person(
    bank: Bank, username: str, name: str, password_hash: str, chance: Random
) -> Iterator[tuple[User | None, Account]]:
    """Somebody who came in the last year, and a second account; one in 200 of those is frozen."""
    id, moment = sortable_id(), bank.now() - timedelta(minutes=chance.randrange(525_600))
    others = [currency for currency in bank.config.currencies if currency != CURRENCY]
    first, second = (
        accounts.new_account(
            owner=id, username=username, customer=name, name=title, currency=currency, now=moment
        )
        for title, currency in (("Current account", CURRENCY), ("Savings", chance.choice(others)))
    )
    yield (
        User(
            id=id, plane="customer", username=username, name=name, email=f"{username}@example.com",
            email_confirmed=False, phone=None, status="active", password_hash=password_hash,
            default_account=first.number, created_at=moment, revision=1,
        ),
        first,
    )  # fmt: skip
    yield None, replace(second, status="frozen" if chance.random() < 1 / 200 else "open")
