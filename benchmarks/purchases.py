"""Payments without HTTP and PIN: the ledger's door, and PyMongo alone doing the same writes.

A payment changes an intent, two accounts and the history. Both prepare what is asked for first, and
then only pay; customer 7 pays shop 7, or all of them the first one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from math import inf
from threading import Thread
from typing import Any
from uuid import uuid4

from pymongo import MongoClient
from pymongo.client_session import ClientSession

from app.controllers.ledger import Line, Posting
from app.models import payment_intents
from app.models.ids import random_id
from app.models.intent import Capture, Intent, new_intent
from benchmarks.shoppers import PRICE, PRICE_MINOR, Street
from benchmarks.tables import latencies
from money import Money
from tests import make

_AT_ONCE = 100
Client = MongoClient[dict[str, Any]]
Pay = Callable[[int], None]
"""Customer so-and-so makes one payment."""


def crowd(pay: Pay, people: int, each: int, seconds: float = inf) -> dict[str, float]:
    """Everybody at once pays so many times, one after the other, or for so long."""
    took: list[float] = []
    end = time.monotonic() + seconds

    def work(customer: int) -> None:
        for _ in range(each):
            if (begun := time.monotonic()) > end:
                return
            pay(customer)
            took.append(time.monotonic() - begun)

    threads = [Thread(target=work, args=[customer]) for customer in range(people)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"rate": len(took) / (time.monotonic() - begun), **latencies(took)}


class AtTheDoor:
    """Payments through the ledger's door, each with a claim of its intent."""

    def __init__(self, street: Street, *, one: bool) -> None:
        self._street = street
        self._one = one
        self._asked: list[deque[Intent]] = [deque() for _ in street.customers]

    def prepare(self, each: int) -> None:
        """Ask everybody for so many payments."""
        database = self._street.bank.database
        for customer, waiting in enumerate(self._asked):
            made = [self._intent(customer) for _ in range(each - len(waiting))]
            for at in range(0, len(made), _AT_ONCE):
                some = made[at : at + _AT_ONCE]
                database.atomically(
                    lambda some=some: [
                        payment_intents.insert_intent(database, intent) for intent in some
                    ]
                )
            waiting.extend(made)

    def pay(self, customer: int) -> None:
        """One posting."""
        bank, asked = self._street.bank, self._asked[customer].popleft()
        payer, minor = self._street.customers[customer], asked.amount_minor
        whole = Capture(random_id("ca"), minor, bank.now(), None)
        then = replace(
            asked, status="succeeded", captured_minor=minor, captures=(whole,), payer=payer.owner,
            payer_account=payer.number, paid_at=bank.now(),
        )  # fmt: skip
        bank.ledger.post(
            Posting(
                kind="payment", currency=asked.currency, actor=payer.owner, reference=asked.id,
                entries=(Line(payer.number, -minor), Line(asked.account, minor)),
                memo=f"{asked.name} · {asked.order}",
                claims=(payment_intents.step(asked, then),),
            )
        )  # fmt: skip

    def _intent(self, customer: int) -> Intent:
        shop, now = self._street.shop_of(customer, one=self._one).merchant, self._street.bank.now()
        return new_intent(
            merchant=shop.id, name=shop.name, account=shop.account,
            amount=Money.parse(PRICE, shop.currency), order=uuid4().hex, description="",
            return_url=make.SHOP_URL, capture="automatic", key=uuid4().hex, fingerprint="",
            now=now, expires_at=now.replace(year=now.year + 1),
        )  # fmt: skip


class Bare:
    """The same by PyMongo alone: one transaction each, tried again for as long as it meets others.

    There is no rule but that money is there, no hash chain, and no limit of a day.
    """

    def __init__(self, client: Client, database: str, people: int, *, one: bool) -> None:
        self._client = client
        self._intents = client[database]["bare_intents"]
        self._accounts = client[database]["bare_balances"]
        self._history = client[database]["bare_payments"]
        self._one = one
        self._asked: list[deque[str]] = [deque() for _ in range(people)]

    def prepare(self, each: int) -> None:
        """Ask everybody for so many payments; the first time, open the accounts, too."""
        people = len(self._asked)
        if not self._accounts.estimated_document_count():
            names = [f"{kind} {n}" for kind in ("customer", "shop") for n in range(people)]
            self._accounts.insert_many({"_id": name, "balance": 10**9} for name in names)
            self._history.create_index([("accounts", 1), ("at", 1)])
        for waiting in self._asked:
            ids = [uuid4().hex for _ in range(each - len(waiting))]
            if ids:
                self._intents.insert_many({"_id": id, "status": "asked"} for id in ids)
            waiting.extend(ids)

    def pay(self, customer: int) -> None:
        """One transaction."""
        id = self._asked[customer].popleft()
        shop = f"shop {0 if self._one else customer}"
        with self._client.start_session() as session:
            session.with_transaction(lambda own: self._move(own, id, f"customer {customer}", shop))

    def _move(self, session: ClientSession, id: str, payer: str, shop: str) -> None:
        asked = {"_id": id, "status": "asked"}
        self._intents.update_one(asked, {"$set": {"status": "paid"}}, session=session)
        enough = {"_id": payer, "balance": {"$gte": PRICE_MINOR}}
        self._accounts.update_one(enough, {"$inc": {"balance": -PRICE_MINOR}}, session=session)
        self._accounts.update_one(
            {"_id": shop}, {"$inc": {"balance": PRICE_MINOR}}, session=session
        )
        made = {"accounts": [payer, shop], "minor": PRICE_MINOR, "intent": id, "at": time.time()}
        self._history.insert_one(made, session=session)
