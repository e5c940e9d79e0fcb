"""Interleaving explorer: operations that meet, in every order of their driver commands.

Two operations of five commands each can be sent in 252 orders (10 over 5); for n and m commands it
is n + m over n. Each order is forced on two banks that share nothing but MongoDB, and whatever
comes of it (answers, balances, states, number of transactions) must be what comes of one operation
after the other. A conflict makes MongoDB abort one of the two at once; the bank's repeats take what
is left of the order, and then both send by turns.

Of three operations a sample is taken. Deposits that read, add and write, without a transaction,
are explored too: the explorer must find what is wrong with them.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations, permutations
from math import ceil
from pathlib import Path
from typing import Any
from uuid import uuid4

from pymongo import MongoClient
from pymongo.monitoring import CommandListener

from app.config import Config, Secret
from app.controllers.bank import Actor, Bank, migrate, open_bank
from app.controllers.ledger.balances import trial_balance
from app.controllers.ledger.verify import verify
from app.errors import BankError
from app.models import accounts, users
from app.models.database import Database, connect, now
from app.models.users import User
from embedded_mongo import EmbeddedMongo
from tests import make
from tests.faults.figures import Figures, Scale
from tests.fuzz.contests import (
    CARELESS,
    PAIRS,
    TRIPLES,
    WITHDRAWALS,
    Act,
    Contest,
    Outcome,
    Scene,
)
from tests.fuzz.stage import Stage

SEED = 2024
THREES = 5_000
SOME = 20
_PLENTY = 50


def run(scale: Scale, folder: Path) -> Figures:
    """Explore the pairs and a sample of the triples."""
    dice = random.Random(SEED)
    with EmbeddedMongo(folder / "mongo", test_commands=True) as mongo:
        bank = Explorer(mongo.uri, "interleavings")
        bank.explore(WITHDRAWALS, every_order)
        for pair in PAIRS:
            bank.explore(pair, every_order if scale.long else partial(some_orders, dice, SOME))
        for triple in TRIPLES:
            count = ceil(THREES / len(TRIPLES)) if scale.long else SOME
            bank.explore(triple, partial(some_orders, dice, count))
        bank.verify()
        bank.leave()
        careless = Explorer(mongo.uri, "careless")
        careless.explore(CARELESS, every_order)
        careless.leave()
    counted = {
        "orders of two withdrawals": bank.orders[WITHDRAWALS.name],
        "orders of other pairs": sum(bank.orders[pair.name] for pair in PAIRS),
        "orders of three operations": sum(bank.orders[triple.name] for triple in TRIPLES),
        "transactions given up": bank.stage.aborted,
        "serial outcomes": sum(map(len, bank.serial.values())),
        "met": sum(map(len, bank.met.values())),
        "orders of careless deposits": careless.orders[CARELESS.name],
        "wrong ones among them": len(careless.violations),
        "seed": SEED,
    }
    return Figures("interleavings", counted, tuple(bank.violations))


Orders = Callable[[Sequence[int]], Iterable[Sequence[int]]]
"""Makes orders for operations of so many commands."""


def every_order(commands: Sequence[int]) -> Iterator[list[int]]:
    """All orders of the commands of two: n + m over n."""
    total = sum(commands)
    for places in combinations(range(total), commands[0]):
        yield [0 if place in places else 1 for place in range(total)]


def some_orders(dice: random.Random, count: int, commands: Sequence[int]) -> Iterator[list[int]]:
    """Any orders of the commands of several."""
    for _ in range(count):
        order = [player for player, sends in enumerate(commands) for _ in range(sends)]
        dice.shuffle(order)
        yield order


class Explorer:
    """A stage with three banks on one database, and what was seen there."""

    def __init__(self, uri: str, database: str) -> None:
        self.stage = Stage(3)
        self.orders: Counter[str] = Counter()
        self.serial: defaultdict[str, set[Outcome]] = defaultdict(set)
        self.met: defaultdict[str, set[Outcome]] = defaultdict(set)
        self.violations: list[str] = []
        config = Config(
            secret_key=Secret("tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"),
            mongo_uri=Secret(uri),
            mongo_database=database,
        )
        self._clerk = open_bank(config, connect(uri, database), now)
        migrate(self._clerk.database)
        self._banks = [
            open_bank(config, _listened(uri, database, self.stage.entrance(player)), now)
            for player in range(3)
        ]

    def explore(self, contest: Contest, orders: Orders) -> None:
        """Play the orders; each must come to what some serial order comes to."""
        commands = self._one_by_one(contest)
        for order in orders(commands):
            outcome = self._play(contest, order)
            self.orders[contest.name] += 1
            if outcome in self.serial[contest.name]:
                self.met[contest.name].add(outcome)
            else:
                letters = "".join("ABC"[player] for player in order)
                self.violations.append(f"{contest.name}: {letters} came to {outcome}")

    def _one_by_one(self, contest: Contest) -> list[int]:
        """Learn what the serial orders come to, and how many commands each operation sends."""
        players = range(len(contest.acts))
        most = [0 for _ in players]
        for turn in permutations(players):
            order = [player for player in turn for _ in range(_PLENTY)]
            self.serial[contest.name].add(self._play(contest, order))
            most = [max(pair) for pair in zip(most, self.stage.commands, strict=False)]
        return most

    def _play(self, contest: Contest, order: Sequence[int]) -> Outcome:
        scene = self._scene(contest)
        acts = [
            partial(_answer, act, bank, scene)
            for act, bank in zip(contest.acts, self._banks, strict=False)
        ]
        return self._outcome(scene, self.stage.play(order, acts))

    def verify(self) -> None:
        """The books of all plays together."""
        database = self._clerk.database
        self.violations += map(str, verify(database, now(), full=True).findings)
        for currency, lines in trial_balance(database, now()).items():
            if lines["total"].minor:
                self.violations.append(f"the trial balance in {currency} is {lines['total']}")

    def leave(self) -> None:
        """Let go of every connection."""
        for bank in (self._clerk, *self._banks):
            bank.ledger.close()
            bank.database.close()

    def _scene(self, contest: Contest) -> Scene:
        """A new customer with new accounts."""
        id = uuid4().hex
        database = self._clerk.database
        opened = [
            accounts.new_account(
                owner=id, username=id, customer="", name="", currency="USD", now=now()
            )
            for _ in contest.balances
        ]
        users.insert_user(database, _customer(id, opened[0].number))
        for account, balance in zip(opened, contest.balances, strict=True):
            accounts.insert_account(database, account)
            if balance:
                self._clerk.ledger.post(make.interest(account, balance))
        return Scene(Actor(id, "", "customer"), tuple(opened), uuid4().hex)

    def _outcome(self, scene: Scene, answers: Sequence[str]) -> Outcome:
        database = self._clerk.database
        found = [accounts.get_account(database, account.number) for account in scene.accounts]
        states = tuple((each.balance_minor, each.status, each.seq) for each in found)
        return Outcome(tuple(answers), states)


def _answer(act: Act, bank: Bank, scene: Scene) -> str:
    try:
        act(bank, scene)
    except BankError as error:
        return error.slug()
    return "ok"


def _customer(id: str, account: str) -> User:
    return User(
        id=id, plane="customer", username=id, name="", email=None, email_confirmed=False,
        phone=None, status="active", password_hash="none", default_account=account,
        created_at=now(), revision=1,
    )  # fmt: skip


def _listened(uri: str, name: str, listener: CommandListener) -> Database:
    """As `connect` makes it, with somebody who listens to its commands."""
    client: MongoClient[dict[str, Any]] = MongoClient(
        uri, w="majority", journal=True, readConcernLevel="majority", timeoutMS=5000,
        tz_aware=True, event_listeners=[listener],
    )  # fmt: skip
    return Database(client, name)
