"""Transactions: immutable movements of money, double entry inside each document, hash-chained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import TransactionNotFound
from app.models.canonical import hash_of
from app.models.database import Database, Document, Shape, closed, patiently
from money import Money

NAME = "transactions"
KINDS = ("deposit", "withdrawal", "transfer", "fee", "interest", "adjustment", "reversal",
         "payment", "refund")  # fmt: skip
SYSTEM_ACCOUNTS = ("cash", "fees", "interest", "suspense")
PAID_AT_SHOPS = ("payment", "refund")
"""Kinds whose `reference` is the payment intent that they are for."""
IRREVERSIBLE = frozenset({"reversal", *PAID_AT_SHOPS})
"""A reversal stays, and what was paid at a shop is refunded there, which counts it."""

NUMBERED = "#"
"""Stands between the id of a transaction and the number of a further reversal of it."""

_LONG = {"bsonType": "long"}
_TEXT = {"bsonType": "string"}
_HASH = {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"}


def _records(required: Mapping[str, Any], **limits: int) -> Document:
    return {
        "bsonType": "array",
        **limits,
        "items": closed(required),
    }


SHAPE = Shape(
    NAME,
    append_only=True,
    watched=True,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "kind": {"enum": list(KINDS)},
            "at": {"bsonType": "date"},
            "actor": _TEXT,
            "currency": {"bsonType": "string", "pattern": "^[A-Z]{3}$"},
            "entries": _records(
                {"account": _TEXT, "amount": _LONG, "balance": _LONG,
                 "seq": {"bsonType": "long", "minimum": 1},
                 "prev": _HASH},
                minItems=1, maxItems=100,
            ),
            "contra": _records(
                {"account": {"enum": list(SYSTEM_ACCOUNTS)}, "amount": _LONG}, maxItems=10
            ),
            "memo": _TEXT,
            "reference": _TEXT,
            "key": {"bsonType": ["string", "null"]},
            "reverses": {"bsonType": ["string", "null"]},
            "hash": _HASH,
        }),
        "$expr": {
            "$eq": [{"$add": [{"$sum": "$entries.amount"}, {"$sum": "$contra.amount"}]}, 0]
        },
    },
    indexes=[
        IndexModel(
            [("entries.account", ASCENDING), ("entries.seq", ASCENDING)],
            name="account_seq", unique=True,
        ),
        IndexModel(
            [("entries.account", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)],
            name="account_newest",
        ),
        IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        IndexModel([("kind", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="kind"),
        IndexModel([("actor", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="actor"),
        IndexModel(
            [("currency", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="currency"
        ),
        IndexModel(
            [("currency", ASCENDING), ("kind", ASCENDING), ("entries.amount", ASCENDING)],
            name="currency_kind_amount",
        ),
        IndexModel(
            [("reverses", ASCENDING)], name="reverses", unique=True,
            partialFilterExpression={"reverses": {"$type": "string"}},
        ),
        IndexModel(
            [("reference", ASCENDING)], name="payment",
            partialFilterExpression={"kind": {"$in": list(PAID_AT_SHOPS)}},
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A line on a customer's account: signed minor units, the balance after it, its place."""

    account: str
    amount_minor: int
    balance_minor: int
    seq: int
    prev: str


@dataclass(frozen=True, slots=True)
class Contra:
    """A line on one of the bank's own accounts: signed minor units."""

    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of money; its entries and contra lines sum to zero."""

    id: str
    kind: str
    at: datetime
    actor: str
    currency: str
    entries: tuple[Entry, ...]
    contra: tuple[Contra, ...]
    memo: str
    reference: str
    key: str | None
    reverses: str | None
    hash: str

    @property
    def reversed_id(self) -> str | None:
        """The transaction that this one takes back, or a part of it."""
        return self.reverses.partition(NUMBERED)[0] if self.reverses else None

    def entry(self, account: str) -> Entry:
        """The line on that account. Raises TransactionNotFound when it has none there."""
        for entry in self.entries:
            if entry.account == account:
                return entry
        raise TransactionNotFound()

    def touches(self, accounts: Iterable[str]) -> bool:
        """Whether any of these accounts has a line in it."""
        return not {entry.account for entry in self.entries}.isdisjoint(accounts)

    def money(self, minor: int) -> Money:
        """Minor units in the transaction's currency."""
        return Money(minor, self.currency)


def seal(transaction: Transaction) -> Transaction:
    """The same transaction with its hash."""
    return replace(transaction, hash=hash_of(to_document(transaction)))


def append(database: Database, transactions: Sequence[Transaction]) -> None:
    """The ledger's write: add transactions to the history. Nothing ever changes them."""
    database.insert(NAME, [to_document(each) for each in transactions])


def get_transaction(database: Database, id: str) -> Transaction:
    """The transaction of that id. Raises TransactionNotFound."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    if document is None:
        raise TransactionNotFound()
    return from_document(document)


def find_transactions(database: Database, ids: Iterable[str]) -> dict[str, Transaction]:
    """Those of the transactions that exist, by id."""
    cursor = database.collection(NAME).find({"_id": {"$in": list(ids)}})
    return {document["_id"]: from_document(document) for document in cursor}


def find_last_before(database: Database, account: str, moment: datetime) -> Transaction | None:
    """The account's last transaction at or before that moment."""
    cursor = database.collection(NAME).find(
        {"entries.account": {"$eq": account}, "at": {"$lte": moment}}
    )
    newest = list(cursor.sort("at", DESCENDING).limit(1))
    if not newest:
        return None
    # Several may share the millisecond; the account's own sequence says which was last.
    same = database.collection(NAME).find({"entries.account": account, "at": newest[0]["at"]})
    return max((from_document(d) for d in same), key=lambda found: found.entry(account).seq)


def chain(database: Database, account: str, after_seq: int) -> Iterator[Document]:
    """The stored documents of an account's history from `after_seq` on, in order of `seq`."""
    criterion = {"entries": {"$elemMatch": {"account": account, "seq": {"$gt": after_seq}}}}
    documents = database.collection(NAME).find(criterion).hint("account_seq")
    yield from documents.batch_size(1000)


def count(database: Database) -> int:
    """How many transactions there are, from the collection's own count."""
    return database.collection(NAME).estimated_document_count()


def entry_accounts(database: Database) -> Iterator[str]:
    """Every account number that occurs in the history."""
    pipeline: list[Document] = [
        {"$unwind": "$entries"},
        {"$group": {"_id": "$entries.account"}},
    ]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline, allowDiskUse=True)
    for row in rows:
        yield row["_id"]


def sum_of_contra(database: Database, *, from_id: str, to_id: str) -> dict[tuple[str, str], int]:
    """Minor units on the bank's own accounts, by account and currency, in from_id <= id < to_id."""
    pipeline: list[Document] = [
        {"$match": {"_id": {"$gte": from_id, "$lt": to_id}}},
        {"$unwind": "$contra"},
        {
            "$group": {
                "_id": {"account": "$contra.account", "currency": "$currency"},
                "minor": {"$sum": "$contra.amount"},
            }
        },
    ]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline, allowDiskUse=True)
        return {(row["_id"]["account"], row["_id"]["currency"]): int(row["minor"]) for row in rows}


def to_document(transaction: Transaction) -> Document:
    """The transaction as it is stored."""
    return {
        "_id": transaction.id,
        "kind": transaction.kind,
        "at": transaction.at,
        "actor": transaction.actor,
        "currency": transaction.currency,
        "entries": [
            {
                "account": entry.account,
                "amount": Int64(entry.amount_minor),
                "balance": Int64(entry.balance_minor),
                "seq": Int64(entry.seq),
                "prev": entry.prev,
            }
            for entry in transaction.entries
        ],
        "contra": [
            {"account": line.account, "amount": Int64(line.amount_minor)}
            for line in transaction.contra
        ],
        "memo": transaction.memo,
        "reference": transaction.reference,
        "key": transaction.key,
        "reverses": transaction.reverses,
        "hash": transaction.hash,
    }


def from_document(document: Mapping[str, Any]) -> Transaction:
    """The stored document as a Transaction."""
    return Transaction(
        id=document["_id"],
        kind=document["kind"],
        at=document["at"],
        actor=document["actor"],
        currency=document["currency"],
        entries=tuple(_entry(line) for line in document["entries"]),
        contra=tuple(Contra(line["account"], int(line["amount"])) for line in document["contra"]),
        memo=document["memo"],
        reference=document["reference"],
        key=document["key"],
        reverses=document["reverses"],
        hash=document["hash"],
    )


def _entry(line: Mapping[str, Any]) -> Entry:
    return Entry(
        account=line["account"],
        amount_minor=int(line["amount"]),
        balance_minor=int(line["balance"]),
        seq=int(line["seq"]),
        prev=line["prev"],
    )
