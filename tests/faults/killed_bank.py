"""A bank in a process of its own, which kill -9 ends at a chosen event of its driver.

The functions here run in child processes. Each opens a bank with a connection of its own, which is
why whoever forks them must have none.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from threading import Event, Lock, Timer
from typing import Any

from pymongo import monitoring

from app.config import Config, Secret
from app.controllers import transfers
from app.controllers.bank import Actor, Bank, open_bank
from app.controllers.ledger import Receipt
from app.controllers.orders import Deposit, Transfer, Withdraw
from app.errors import BankError, Unavailable
from app.models import accounts
from app.models.database import connect, now
from tests.faults import wrong_design
from tests.faults.history import Movement
from tests.faults.wrong_design import Answer

OWNER = "owner"
_ACTOR = Actor(OWNER, "", "customer", second_factor=False)


@dataclass(frozen=True)
class Design:
    """Where the bank's money is, and whether its records of keys stand where they should."""

    uri: str
    database: str
    wrong: bool = False


@dataclass(frozen=True)
class Fate:
    """At which of its driver's events the bank is killed (0: at none), and how much later."""

    event: int
    delay: float = 0.0


@dataclass(frozen=True)
class Said:
    """What a bank answered, in order, and how many events its driver had meanwhile."""

    answers: Sequence[Answer]
    events: int = 0


class Fuse(monitoring.CommandListener):
    """Counts the events of the driver's commands once it is armed, and kills at the chosen one.

    Until then the first commit is held when its answer is there: its leader keeps the account, so
    that others come to wait for it.
    """

    def __init__(self, fate: Fate) -> None:
        self.events = 0
        self.leading = Event()
        self.armed = Event()
        self._fate = fate
        self._later = Timer(fate.delay, _die)
        self._lock = Lock()

    def started(self, _event: monitoring.CommandStartedEvent) -> None:
        """A command is about to be sent."""
        if self.armed.is_set():
            self._burn()

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """An answer is there."""
        if self.armed.is_set():
            self._burn()
        elif event.command_name == "commitTransaction":
            self.leading.set()
            self.armed.wait()

    def failed(self, _event: monitoring.CommandFailedEvent) -> None:
        """An answer is there, and it is no good."""
        if self.armed.is_set():
            self._burn()

    def _burn(self) -> None:
        with self._lock:
            self.events += 1
            if self.events != self._fate.event:
                return
            if not self._fate.delay:
                _die()
        self._later.start()

    def await_fate(self) -> None:
        """Do not end by oneself when one is about to be killed."""
        if self._later.is_alive():
            self._later.join()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def open_accounts(design: Design, count: int) -> list[str]:
    """The numbers of new, empty accounts."""
    bank = _bank(design)
    numbers: list[str] = []
    for _ in range(count):
        made = accounts.new_account(
            owner=OWNER, username=OWNER, customer="", name="", currency="USD", now=bank.now()
        )
        accounts.insert_account(bank.database, made)
        numbers.append(made.number)
    return numbers


def post_and_die(design: Design, fate: Fate, movements: Sequence[Movement]) -> Said:
    """Post one movement, or several of which the first leads and the rest are one batch."""
    fuse = Fuse(fate)
    monitoring.register(fuse)
    bank = _bank(design)
    bank.database.writable(seconds=5)  # so that the connection is there
    if len(movements) > 1:
        answers = _post_batch(bank, fuse, movements)
    else:
        fuse.armed.set()
        answers = [_post(design, bank, movements[0])]
    fuse.await_fate()
    return Said(answers, fuse.events)


def _post_batch(bank: Bank, fuse: Fuse, movements: Sequence[Movement]) -> list[Answer]:
    """One leader with an account, and everybody who comes meanwhile: they share a transaction."""
    with ThreadPoolExecutor(len(movements)) as pool:
        answers = [pool.submit(_answer, bank, movements[0], movements[0].key)]
        fuse.leading.wait()
        for waiting, movement in enumerate(movements[1:], 1):
            answers.append(pool.submit(_answer, bank, movement, movement.key))
            while len(bank.ledger._grouping._queue) < waiting:
                time.sleep(0.001)
        fuse.armed.set()
        return [answer.result() for answer in answers]


def post_together(design: Design, movements: Sequence[Movement]) -> Said:
    """Post all movements at once, as clients do who each ask again."""
    bank = _bank(design)
    with ThreadPoolExecutor(min(len(movements), 32)) as pool:
        return Said(list(pool.map(partial(_post, design, bank), movements)))


def _bank(design: Design) -> Bank:
    config = Config(
        unconfirmed_daily_limit="1000000000",
        secret_key=Secret("tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"),
        mongo_uri=Secret(design.uri),
        mongo_database=design.database,
    )
    return open_bank(config, connect(design.uri, design.database), now)


def _post(design: Design, bank: Bank, movement: Movement) -> Answer:
    if design.wrong:
        act = partial(_answer, bank, movement, None)
        return wrong_design.once(bank.database, movement.key, act)
    return _answer(bank, movement, movement.key)


def _answer(bank: Bank, movement: Movement, key: str | None) -> Answer:
    """What a client is told, as an event of the history."""
    try:
        receipt = _act(bank, movement, key)
    except Unavailable as error:
        return str(error.facts["outcome"]), error.slug(), False
    except BankError as refusal:
        return "refused", refusal.slug(), refusal.replayed
    return "ok", receipt.transaction.id, receipt.replayed


def _act(bank: Bank, movement: Movement, key: str | None) -> Receipt:
    order: dict[str, Any] = {"account": movement.account, "memo": ""}
    order["amount"] = Decimal(movement.minor) / 100
    if movement.kind == "deposit":
        return transfers.deposit(bank, _ACTOR, Deposit(**order), key)
    if movement.kind == "withdrawal":
        return transfers.withdraw(bank, _ACTOR, Withdraw(**order), key)
    return transfers.transfer(bank, _ACTOR, Transfer(to=str(movement.to), **order), key)
