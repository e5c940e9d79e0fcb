"""Operations that meet: what the interleaving explorer lets two or three banks do at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from bson import Int64

from app.controllers import desk, transfers
from app.controllers.bank import Actor, Bank
from app.controllers.orders import Deposit, Reason, Transfer, Withdraw
from app.models import accounts
from app.models.accounts import Account

_BANKER = Actor("banker", "", "banker", frozenset({"teller", "approver"}))
_WHY = Reason("to see who is first")


@dataclass(frozen=True)
class Scene:
    """Accounts for one play, as they were at its start; all of one customer."""

    owner: Actor
    accounts: tuple[Account, ...]
    key: str


@dataclass(frozen=True)
class Outcome:
    """What can be seen when a play is over."""

    answers: tuple[str, ...]
    accounts: tuple[tuple[int, str, int], ...]
    """Balance, status and number of transactions of each."""


Act = Callable[[Bank, Scene], object]


@dataclass(frozen=True)
class Contest:
    """Operations that meet, and what their accounts hold before."""

    name: str
    balances: tuple[int, ...]
    acts: tuple[Act, ...]


def deposit(minor: int, bank: Bank, scene: Scene) -> object:
    """Onto the first account."""
    order = Deposit(Decimal(minor) / 100, scene.accounts[0].number, "")
    return transfers.deposit(bank, scene.owner, order)


def withdrawal(minor: int, bank: Bank, scene: Scene, *, keyed: bool = False) -> object:
    """From the first account; with a key, it is the same one for everybody in the scene."""
    order = Withdraw(Decimal(minor) / 100, scene.accounts[0].number, "")
    return transfers.withdraw(bank, scene.owner, order, scene.key if keyed else None)


def transfer(minor: int, source: int, target: int, bank: Bank, scene: Scene) -> object:
    """From one account of the scene to another one."""
    to = scene.accounts[target].number
    order = Transfer(to, Decimal(minor) / 100, scene.accounts[source].number, "")
    return transfers.transfer(bank, scene.owner, order)


def freeze(bank: Bank, scene: Scene) -> object:
    """A banker freezes the first account, as it was seen at the start."""
    return desk.freeze(bank, _BANKER, scene.accounts[0].number, scene.accounts[0].revision, _WHY)


def close(bank: Bank, scene: Scene) -> object:
    """A banker closes the first account, as it was seen at the start."""
    return desk.close(bank, _BANKER, scene.accounts[0].number, scene.accounts[0].revision, _WHY)


def careless_deposit(bank: Bank, scene: Scene) -> object:
    """How not to do it: read, add, write."""
    number = scene.accounts[0].number
    books = bank.database.collection(accounts.NAME)
    found = books.find_one({"_id": number}) or {}
    return books.update_one({"_id": number}, {"$set": {"balance": Int64(found["balance"] + 10)}})


WITHDRAWALS = Contest("two withdrawals", (100,), (partial(withdrawal, 60), partial(withdrawal, 70)))
PAIRS = (
    Contest(
        "opposite transfers", (100, 100), (partial(transfer, 80, 0, 1), partial(transfer, 90, 1, 0))
    ),
    Contest(
        "one transfer needs the other",
        (100, 100),
        (partial(transfer, 80, 0, 1), partial(transfer, 150, 1, 0)),
    ),
    Contest("withdrawal and freeze", (100,), (partial(withdrawal, 60), freeze)),
    Contest("deposit and freeze", (100,), (partial(deposit, 60), freeze)),
    Contest("deposit and close", (0,), (partial(deposit, 60), close)),
    Contest("one key twice", (100,), (partial(withdrawal, 60, keyed=True),) * 2),
)
_RING = tuple(partial(transfer, 60, each, (each + 1) % 3) for each in range(3))
TRIPLES = (
    Contest("three withdrawals", (100,), tuple(partial(withdrawal, each) for each in (60, 50, 40))),
    Contest("transfers in a ring", (100, 60, 20), _RING),
    Contest("withdrawal, transfer, freeze", (100, 0), (partial(withdrawal, 60), _RING[0], freeze)),
)
CARELESS = Contest("careless deposits", (100,), (careless_deposit,) * 2)
