"""Tampering: somebody with a key to the database changes the books, and verification tells where.

Places are drawn at random: any field of any stored transaction gets another value, another type or
is gone, with the old hash or a right one; lines and fields are added, taken away and reordered; a
transaction is deleted, forged, swapped with another, moved to another account; the end of a history
is cut off; an account or a payment at a shop is edited. Each time a full verification, which
remembers nothing, has to name every account that the transaction was on; where only the type of a
value changed, which no hash can tell, the transaction. Then everything is put back.

What this does not prove: a history whose end is cut off or written anew *together with* the
account's `seq`, `head` and `balance` is a right history, only another one. Verification knows
better only if it has seen the one before, and its memory is in the same database; sealed
checkpoints outside of it belong to a later step. And what is no part of the history (an account's
status, owner, lower floor) is not proved at all.

A long file, because a third of it is the list of what may be tampered with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import bson
from bson import Int64
from flask import Flask
from pymongo.errors import BulkWriteError

from app import create_app
from app.config import Config, Secret
from app.controllers.bank import Bank, install_least_privilege, migrate
from app.controllers.ledger import Key, Line, Posting, opposite
from app.controllers.ledger.paid import wrongly_paid
from app.controllers.ledger.verify import Finding, verify
from app.controllers.orders import CaptureOrder, RefundOrder
from app.controllers.payments.capturing import capture
from app.controllers.payments.refunds import refund
from app.errors import BankError
from app.models import accounts
from app.models.accounts import Account
from app.models.canonical import hash_of
from app.models.checkpoints import VERIFIED
from app.models.database import Database, connect, now
from app.models.intent import STEPS
from app.models.transactions import KINDS, SYSTEM_ACCOUNTS, Transaction
from embedded_mongo import EmbeddedMongo
from tests import make
from tests.faults.figures import Figures, Scale
from tests.paying import pay
from tests.remembering import Remembering

SECRET = "fuzzing-only-0123456789-abcdefghijklmnopqrstuvwxyz"
DATABASE = "strongroom_fuzz"
SEED = 2026
_TRANSACTIONS, _ACCOUNTS, _INTENTS = "transactions", "accounts", "payment_intents"
_CURRENCIES = ("USD", "USD", "USD", "EUR", "EUR", "JPY")

Document = dict[str, Any]
Place = tuple[str, Any]
"""A collection and an id."""


@contextmanager
def standing_bank(
    folder: Path, *, clock: Callable[[], datetime] = now, **more: Any
) -> Iterator[tuple[Flask, Database]]:
    """An application on a MongoDB of its own, and its database as the administrator sees it."""
    with EmbeddedMongo(folder, users=True, test_commands=True) as mongo:
        administrator = connect(mongo.uri, DATABASE)
        migrate(administrator)
        install_least_privilege(administrator, "bank", "bank-password")
        host = mongo.uri.partition("@")[2].partition("/")[0]
        uri = f"mongodb://bank:bank-password@{host}/{DATABASE}?replicaSet=strongroom"
        own = {
            "secret_key": Secret(SECRET), "mongo_uri": Secret(uri), "mongo_database": DATABASE,
            "ratelimit_enabled": False, "bankers_second_factor": False,
        }  # fmt: skip
        app = create_app(Config(**own, log_level="ERROR", **more), clock=clock)
        passwords = app.extensions["bank"].passwords
        passwords._hasher = Remembering(passwords._hasher)
        try:
            yield app, administrator
        finally:
            app.extensions["bank"].ledger.close()
            app.extensions["bank"].database.close()
            administrator.close()


def fill(bank: Bank, *, size: int, seed: int = SEED) -> None:
    """Six accounts in three currencies, and about that many movements of every kind on them."""
    random = Random(seed)
    opened = []
    for place, currency in enumerate(_CURRENCIES):
        name = f"customer-{place % 3}"
        more = {"owner": name, "username": name, "customer": name, "name": "Current account"}
        opened.append(accounts.new_account(currency=currency, now=bank.now(), **more))
        accounts.insert_account(bank.database, opened[-1])
    made: list[Transaction] = []
    for place in range(size):
        # Some ask for more than there is, some take back what was taken back before.
        with suppress(BankError):
            made.append(bank.ledger.post(_posting(random, opened, made, place)).transaction)
    _pay(bank, *opened[:2])


def _pay(bank: Bank, payer: Account, shops: Account) -> None:
    """Payments between two of them: paid, given back in part, captured in part, held and asked."""
    bank.ledger.post(make.interest(payer, 10_000))
    shop = make.merchant(bank, shops.number)
    till = make.seller(shop)
    for place in range(12):
        manual = place % 2 == 0
        asked = make.intent(bank, shop, "5", capture="manual" if manual else "automatic")
        done = pay(bank, asked, payer) if place else asked
        if manual and place > 4:
            capture(bank, till, done.id, CaptureOrder(Decimal(2), place > 8), f"c{place:015}")
        if not manual and place > 5:
            refund(bank, till, done.id, RefundOrder(Decimal(1), None), f"r{place:015}")


def _posting(
    random: Random, opened: Sequence[Account], made: Sequence[Transaction], place: int
) -> Posting:
    account, minor = random.choice(opened), random.randint(1, 5_000)
    key = Key(f"{account.owner}:{place:016}", f"{place:064x}") if random.random() < 0.5 else None
    if made and random.random() < 0.1:
        return opposite(random.choice(made), actor="tess", memo="a mistake", key=key)
    alike = [a for a in opened if a.currency == account.currency and a is not account]
    kind = random.choice(("deposit", "interest", "transfer", "transfer", "withdrawal", "fee"))
    sign = 1 if kind in ("deposit", "interest") else -1
    lines, contra = [Line(account.number, sign * minor)], [Line("cash", -sign * minor)]
    if kind == "transfer" and alike:
        lines, contra = [*lines, Line(random.choice(alike).number, minor)], []
    own = {"memo": random.choice(("", "rent")), "reference": random.choice(("", f"no {place}"))}
    kind = kind if contra or alike else "adjustment"
    return Posting(
        kind, account.currency, tuple(lines), account.owner, contra=tuple(contra), key=key, **own
    )


@dataclass
class Tampering:
    """Documents as they are to become (None: deleted), and the accounts that have to be named.

    Where `transaction` is named, that is enough.
    """

    what: str
    changes: dict[Place, Document | None]
    accounts: set[str]
    transaction: str = ""
    field: str = ""

    def named(self, findings: Sequence[Finding]) -> bool:
        """Whether the findings tell where it happened."""
        return self.by_account(findings) or any(
            self.transaction and f"{self.transaction} " in each.detail for each in findings
        )

    def by_account(self, findings: Sequence[Finding]) -> bool:
        """Whether they name each account."""
        return self.accounts <= {each.account for each in findings}


@dataclass
class Books:
    """The books of a bank as they are right, and the key to the database."""

    bank: Bank
    administrator: Database
    transactions: list[Document] = field(default_factory=list)
    accounts: dict[str, Document] = field(default_factory=dict)
    intents: list[Document] = field(default_factory=list)
    histories: dict[str, list[Document]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.transactions = self._stored(_TRANSACTIONS)
        self.accounts = {found["_id"]: found for found in self._stored(_ACCOUNTS)}
        self.intents = self._stored(_INTENTS)
        for number in self.accounts:
            own = [each for each in self.transactions if number in accounts_of(each)]
            self.histories[number] = sorted(own, key=lambda each: line_of(each, number)["seq"])

    def _stored(self, collection: str) -> list[Document]:
        return list(self.administrator.collection(collection).find({}).sort("_id", 1))

    def findings(self, tampering: Tampering, *, remembering: bool = False) -> list[Finding]:
        """What a full verification says while the books are wrong; afterwards they are right.

        Raises BulkWriteError where a unique index refuses the change, administrator or not.
        """
        try:
            self._write(tampering.changes)
            if not remembering:
                self.administrator.collection(VERIFIED).delete_many({})
            found = verify(self.bank.database, now(), full=True).findings
            return [*found, *wrongly_paid(self.bank.database)]
        finally:
            self._put_right(tampering.changes)

    def _put_right(self, changes: Mapping[Place, Document | None]) -> None:
        right = {(_TRANSACTIONS, each["_id"]): each for each in self.transactions}
        right |= {(_ACCOUNTS, number): each for number, each in self.accounts.items()}
        right |= {(_INTENTS, each["_id"]): each for each in self.intents}
        self._write({place: right.get(place) for place in changes})
        assert self._stored(_TRANSACTIONS) == self.transactions
        assert self._stored(_ACCOUNTS) == list(self.accounts.values())
        assert self._stored(_INTENTS) == self.intents

    def _write(self, changes: Mapping[Place, Document | None]) -> None:
        for name in (_TRANSACTIONS, _ACCOUNTS, _INTENTS):
            touched = [id for collection, id in changes if collection == name]
            new = [each for (where, _), each in changes.items() if where == name and each]
            if touched:
                self.administrator.collection(name).delete_many({"_id": {"$in": touched}})
            if new:
                collection = self.administrator.collection(name)
                collection.insert_many(deepcopy(new), bypass_document_validation=True)


def accounts_of(transaction: Document) -> set[str]:
    """The customers' accounts of a right transaction."""
    return {line["account"] for line in transaction["entries"]}


def line_of(transaction: Document, number: str) -> Document:
    """The account's line in a right transaction."""
    return next(line for line in transaction["entries"] if line["account"] == number)


Draw = Callable[[Random, Books], Tampering | None]
"""Draws a place and what to do there; None where that would change nothing."""


def _becomes(random: Random, what: str, before: Document, after: Document) -> Tampering | None:
    """A transaction is changed; half of them get the hash that is right for them now."""
    if after.get("hash") == before["hash"] and random.random() < 0.5:
        after["hash"] = hash_of(after)
    if bson.encode(before) == bson.encode(after):
        return None
    changes = {(_TRANSACTIONS, before["_id"]): None, (_TRANSACTIONS, after["_id"]): after}
    return Tampering(what, changes, accounts_of(before), str(after["_id"]))


def draw_field(random: Random, books: Books) -> Tampering | None:
    """Any field of any transaction, nested ones as well."""
    before = random.choice(books.transactions)
    after = deepcopy(before)
    parts = [after, *after["entries"], *after["contra"]]
    part, name = random.choice([(part, name) for part in parts for name in part])
    how = random.choice(("value", "value", "type", "gone"))
    if how == "gone" and name != "_id":
        del part[name]
    elif how == "type":
        part[name] = _another_type(random, part[name])
    else:
        part[name] = _another_value(random, name, part)
    drawn = _becomes(random, "field", before, after)
    return drawn and replace(drawn, field=name)


def draw_structure(random: Random, books: Books) -> Tampering | None:
    """Lines and fields that are added, taken away or reordered."""
    before = random.choice(books.transactions)
    after = deepcopy(before)
    lines = after[random.choice(("entries", "contra"))]
    how = random.choice(("reversed", "taken", "doubled", "field"))
    if how == "reversed":
        lines.reverse()
    elif how == "taken" and lines:
        lines.pop(random.randrange(len(lines)))
    elif how == "doubled" and lines:
        lines.append(dict(random.choice(lines)))
    else:
        random.choice([after, *after["entries"]])["note"] = "nothing"
    return _becomes(random, "structure", before, after)


def draw_deletion(random: Random, books: Books) -> Tampering:
    """A transaction is gone."""
    gone = random.choice(books.transactions)
    return Tampering("deletion", {(_TRANSACTIONS, gone["_id"]): None}, accounts_of(gone))


def draw_swap(random: Random, books: Books) -> Tampering | None:
    """Two transactions of an account exchange their ids, their places or their amounts."""
    number = random.choice(list(books.histories))
    before = random.sample(books.histories[number], 2)
    after = deepcopy(before)
    names = random.choice((("_id",), ("seq",), ("seq", "prev", "balance"), ("amount",)))
    one, two = after if names == ("_id",) else (line_of(each, number) for each in after)
    for name in names:
        one[name], two[name] = two[name], one[name]
    if names == ("amount",) and one["amount"] == two["amount"]:
        return None
    if random.random() < 0.5:
        for each in after:
            each["hash"] = hash_of(each)
    return Tampering("swap", {(_TRANSACTIONS, each["_id"]): each for each in after}, {number})


def _next_line(account: Document, amount: int) -> Document:
    """A line that would be right on the account as its next one."""
    balance, seq = Int64(account["balance"] + amount), Int64(account["seq"] + 1)
    line = {"account": account["_id"], "amount": Int64(amount), "balance": balance}
    return {**line, "seq": seq, "prev": account["head"]}


def draw_forgery(random: Random, books: Books) -> Tampering:
    """A right-looking transaction comes after an account's last one, or an old one goes there."""
    account, old = random.choice(list(books.accounts.values())), random.choice(books.transactions)
    forged = deepcopy(old)
    forged["entries"][0] = _next_line(account, old["entries"][0]["amount"])
    named = {account["_id"]}
    changes: dict[Place, Document | None] = {}
    if random.random() < 0.5:
        forged |= {"_id": _new_id(random), "key": None, "reverses": None}
        forged["entries"] = forged["entries"][:1]
        changes = {(_TRANSACTIONS, forged["_id"]): forged}
    else:
        named.add(old["entries"][0]["account"])
        changes = {(_TRANSACTIONS, old["_id"]): forged}
    forged["hash"] = hash_of(forged)
    return Tampering("forgery", changes, named)


def draw_cut(random: Random, books: Books) -> Tampering:
    """The end of a history is cut off; of the account, not all of what tells of it is set back."""
    number = random.choice(list(books.histories))
    set_back = random.choice(((), ("seq",), ("head",), ("balance",), ("seq", "balance")))
    cut = truncation(books, number, random.randint(1, 3))
    whole = cut.changes[_ACCOUNTS, number] or {}
    cut.changes[_ACCOUNTS, number] = {
        **books.accounts[number], **{name: whole[name] for name in set_back},
    }  # fmt: skip
    return cut


def truncation(books: Books, number: str, count: int = 1) -> Tampering:
    """The last transactions of an account are gone, and the account is as it was before them."""
    gone = books.histories[number][-count:]
    first = line_of(gone[0], number)
    before = {
        "seq": Int64(first["seq"] - 1),
        "head": first["prev"],
        "balance": Int64(first["balance"] - first["amount"]),
    }
    changes: dict[Place, Document | None] = {(_TRANSACTIONS, each["_id"]): None for each in gone}
    changes[_ACCOUNTS, number] = {**books.accounts[number], **before}
    return Tampering("cut", changes, {a for each in gone for a in accounts_of(each)})


def rewriting(books: Books, number: str) -> Tampering:
    """The last transaction of an account, alone on it, was of one minor unit more all along."""
    after = deepcopy(books.histories[number][-1])
    line, account = after["entries"][0], dict(books.accounts[number])
    for place, name, more in (
        (line, "amount", 1), (line, "balance", 1), (account, "balance", 1),
        (after["contra"][0], "amount", -1),
    ):  # fmt: skip
        place[name] = Int64(place[name] + more)
    after["hash"] = account["head"] = hash_of(after)
    changes = {(_TRANSACTIONS, after["_id"]): after, (_ACCOUNTS, number): account}
    return Tampering("rewriting", changes, {number})


def draw_account(random: Random, books: Books) -> Tampering | None:
    """An account gets another value where the history proves it, another type, or is gone."""
    before = random.choice(list(books.accounts.values()))
    after = deepcopy(before)
    proved = {
        "balance": _another_value(random, "balance", before),
        "seq": _another_value(random, "seq", before),
        "head": _another_value(random, "head", before),
        "opened_at": _another_value(random, "opened_at", before),
        "currency": _another_value(random, "currency", before),
        "_id": accounts.new_number(),
        "floor": Int64(random.randint(1, 1_000)),
        "held": Int64(before["balance"] + random.randint(1, 1_000)),
        "status": "gold",
    }
    how = random.choice(("value", "value", "value", "type", "gone"))
    # What an account need not have is as good as its usual value where it is gone.
    needed = accounts.SHAPE.validator["$jsonSchema"]["required"]
    name = random.choice(list({"value": proved, "type": before, "gone": needed}[how]))
    if how == "value":
        after[name] = proved[name]
    elif how == "type":
        after[name] = _another_type(random, after[name])
    else:
        del after[name]
    changes: dict[Place, Document | None] = {(_ACCOUNTS, before["_id"]): None}
    if "_id" in after:
        changes[_ACCOUNTS, after["_id"]] = after
    return None if after == before else Tampering("account", changes, {before["_id"]})


def draw_payment(random: Random, books: Books) -> Tampering | None:
    """A payment at a shop gets another figure, status or account, or is gone."""
    before = random.choice([each for each in books.intents if each["payer_account"]])
    after = deepcopy(before)
    name = random.choice(("held", "captured", "refunded", "parts", "status", "account", "gone"))
    if name == "parts":
        parts = after[random.choice(("captures", "refunds"))]
        if parts:
            parts[-1]["minor"] = _another_value(random, "minor", parts[-1])
    elif name == "status":
        after["status"] = random.choice([each for each in STEPS if each != before["status"]])
    elif name == "account":
        after[random.choice(("account", "payer_account"))] = accounts.new_number()
    elif name != "gone":
        after[name] = _another_value(random, name, after)
    if after == before and name != "gone":
        return None
    # What holds and has moved nothing does not prove where its money would go.
    if after["account"] != before["account"] and not before["captured"]:
        return None
    changes = {(_INTENTS, before["_id"]): None if name == "gone" else after}
    return Tampering("payment", changes, {before["payer_account"]}, before["_id"])


def _new_id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def _another_value(random: Random, name: str, part: Document) -> Any:
    """Another value of the same kind."""
    value = part[name]
    choices = {"kind": KINDS, "currency": ("CHF", "EUR", "JPY", "USD")}.get(name, ())
    if name == "account":
        choices = SYSTEM_ACCOUNTS if value in SYSTEM_ACCOUNTS else (accounts.new_number(),)
    if choices:
        return random.choice([each for each in choices if each != value])
    if isinstance(value, int):
        return Int64(value + random.choice((-1, 1)) * random.choice((1, random.randint(1, 10**6))))
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=random.randint(1, 10**9))
    if name in ("hash", "prev", "head"):
        return f"{random.getrandbits(256):064x}"
    return f"{value or ''}{random.choice('abc')}"


def _another_type(random: Random, value: Any) -> Any:
    """Almost the same, as another type of BSON."""
    if isinstance(value, Int64):
        return random.choice((int(value), float(value), str(value), None))
    if isinstance(value, datetime):
        text = value.isoformat(timespec="milliseconds")
        return random.choice((text, Int64(value.timestamp() * 1000), None))
    if value is None:
        return random.choice((0, False, Int64(7)))
    if isinstance(value, str):
        return random.choice((None, value.encode(), 7))
    return random.choice((None, "text", 7))


DRAWS: Mapping[Draw, int] = {
    draw_field: 10, draw_structure: 2, draw_deletion: 2, draw_swap: 2, draw_forgery: 2,
    draw_cut: 2, draw_account: 4, draw_payment: 4,
}  # fmt: skip


def places(random: Random, books: Books) -> Iterator[Tampering]:
    """Places without end."""
    while True:
        [draw] = random.choices(list(DRAWS), list(DRAWS.values()))
        if tampering := draw(random, books):
            yield tampering


def tamper(books: Books, tried: Iterator[Tampering], count: int) -> tuple[Counter[str], list[str]]:
    """Try so many; how many were found, and those that were not."""
    counted: Counter[str] = Counter()
    missed = []
    while counted["places"] < count:
        tampering = next(tried)
        try:
            findings = books.findings(tampering)
        except BulkWriteError:
            counted["refused by a unique index"] += 1
            continue
        named = tampering.named(findings)
        counted.update({"places": 1, tampering.what: 1, "found": int(named)})
        counted["told by the transaction alone"] += named and not tampering.by_account(findings)
        if not named:
            missed.append(f"{tampering.what} not found: {tampering.changes}; {findings}")
    return counted, missed


def run(scale: Scale, folder: Path) -> Figures:
    """A thousand places, or some."""
    with standing_bank(folder) as (app, administrator):
        bank: Bank = app.extensions["bank"]
        fill(bank, size=240)
        books = Books(bank, administrator)
        assert verify(bank.database, now(), full=True).ok
        drawn = places(Random(SEED), books)
        counted, missed = tamper(books, drawn, 1_000 if scale.long else 150)
    size = {"seed": SEED, "transactions in the books": len(books.transactions)}
    return Figures("tampering", {**size, **counted}, tuple(missed))
