"""Accounts: who holds what, and the end of each account's chain of transactions."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel
from stdnum.iso7064 import mod_97_10

from app.errors import AccountNotFound
from app.models.database import Contention, Database, Document, Shape, closed, patiently
from app.models.transactions import Transaction
from money import Money

NAME = "accounts"
NUMBER = re.compile(r"\A[0-9]{12}\Z")
STATUSES = ("open", "frozen", "closed")
_NO_LIMITS: Document = {"deposits": None, "spending": None}
_LONG = {"bsonType": "long"}
_LONG_OR_NOT = {"bsonType": ["long", "null"], "minimum": 0}
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {
                "_id": {"bsonType": "string", "pattern": "^[0-9]{12}$"},
                "owner": _TEXT,
                "holder": closed({"username": _TEXT, "name": _TEXT}),
                "search": {"bsonType": "array", "items": _TEXT},
                "name": _TEXT,
                "currency": {"bsonType": "string", "pattern": "^[A-Z]{3}$"},
                "status": {"enum": list(STATUSES)},
                "balance": _LONG,
                "floor": {"bsonType": "long", "maximum": 0},
                "held": {"bsonType": "long", "minimum": 0},
                "seq": {"bsonType": "long", "minimum": 0},
                "head": {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"},
                "opened_at": {"bsonType": "date"},
                "moved_at": {"bsonType": "date"},
                "today": closed({"date": _TEXT, "deposited": _LONG, "spent": _LONG}),
                "revision": _LONG,
            },
            optional={
                "limits": closed({"deposits": _LONG_OR_NOT, "spending": _LONG_OR_NOT}),
                "unconfirmed": {"bsonType": "bool"},
                "lowered_until": {"bsonType": ["date", "null"]},
            },
        ),
        "$expr": {"$gte": [{"$subtract": ["$balance", "$held"]}, "$floor"]},
    },
    indexes=[
        IndexModel([("owner", ASCENDING), ("opened_at", ASCENDING)], name="owner"),
        IndexModel([("opened_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        IndexModel(
            [("status", ASCENDING), ("opened_at", DESCENDING), ("_id", DESCENDING)], name="status"
        ),
        IndexModel(
            [("currency", ASCENDING), ("opened_at", DESCENDING), ("_id", DESCENDING)],
            name="currency",
        ),
        # None on the balance: it would double what MongoDB has to do for every posting.
        IndexModel([("holder.name", ASCENDING), ("_id", ASCENDING)], name="holder_name"),
        IndexModel([("search", ASCENDING)], name="search"),
    ],
)


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's account. Amounts are whole minor units of `currency`.

    `daily_deposits_minor` and `daily_spending_minor` are limits of its own, None are the bank's;
    `unconfirmed` says that its owner has no confirmed address, which has lower limits, as an
    account has until `lowered_until`.
    """

    number: str
    owner: str
    username: str
    customer: str
    name: str
    currency: str
    status: str
    balance_minor: int
    floor_minor: int
    held_minor: int
    seq: int
    head: str
    opened_at: datetime
    moved_at: datetime
    day: str
    deposited_minor: int
    spent_minor: int
    revision: int
    daily_deposits_minor: int | None = None
    daily_spending_minor: int | None = None
    unconfirmed: bool = False
    lowered_until: datetime | None = None

    def moved(self, movement: Movement, made: Transaction | None) -> Account:
        """The account after a movement, with which its history ends, unless money is only held.

        The head does not tell of holds: the revision does.
        """
        seq, head, moved_at = self.seq, self.head, self.moved_at
        if made:
            seq, head, moved_at = seq + 1, made.hash, made.at
        revision = self.revision + (movement.held_minor != self.held_minor)
        # Written out: dataclasses.replace takes six times as long, four times for each posting.
        return Account(
            self.number, self.owner, self.username, self.customer, self.name, self.currency,
            self.status, movement.balance_minor, self.floor_minor, movement.held_minor, seq, head,
            self.opened_at, moved_at, movement.day, movement.deposited_minor,
            movement.spent_minor, revision, self.daily_deposits_minor,
            self.daily_spending_minor, self.unconfirmed, self.lowered_until,
        )  # fmt: skip

    @property
    def balance(self) -> Money:
        """What the account holds."""
        return Money(self.balance_minor, self.currency)

    @property
    def held(self) -> Money:
        """What open holds reserve."""
        return Money(self.held_minor, self.currency)

    @property
    def daily_deposits(self) -> Money | None:
        """Its own limit of deposits in a day; None is the bank's."""
        return _own(self.daily_deposits_minor, self.currency)

    @property
    def daily_spending(self) -> Money | None:
        """Its own limit of withdrawals and transfers in a day; None is the bank's."""
        return _own(self.daily_spending_minor, self.currency)

    @property
    def overdraft(self) -> Money:
        """How far below zero it may go."""
        return Money(-self.floor_minor, self.currency)

    @property
    def available_minor(self) -> int:
        """What may leave the account now, in minor units: nothing, unless it is open."""
        if self.status != "open":
            return 0
        return self.balance_minor - self.held_minor - self.floor_minor

    @property
    def available(self) -> Money:
        """What may leave the account now."""
        return Money(self.available_minor, self.currency)


def _own(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


@dataclass(frozen=True, slots=True)
class Movement:
    """What a posting makes of an account: its balance, what is held, and the counters of the day,
    in minor units."""

    balance_minor: int
    held_minor: int
    day: str
    deposited_minor: int
    spent_minor: int


def valid_number(number: str) -> bool:
    """Whether it is an account number with right check digits (ISO 7064 mod 97-10)."""
    return bool(NUMBER.match(number)) and mod_97_10.is_valid(number)


def plain_number(text: str) -> str:
    """An account number as it is kept; people write it in groups, and pages show it so."""
    return text.replace(" ", "").replace("\u00a0", "").replace("-", "")


def new_number() -> str:
    """A random account number: ten digits and two check digits."""
    digits = str(secrets.randbelow(9 * 10**9) + 10**9)
    return digits + mod_97_10.calc_check_digits(digits)


def genesis(number: str, currency: str, opened_at: datetime) -> str:
    """The head of an account without transactions: a hash of what it was opened as."""
    text = f"strongroom account {number} {currency} {opened_at.isoformat(timespec='milliseconds')}"
    return hashlib.sha256(text.encode()).hexdigest()


def new_account(
    *,
    owner: str,
    username: str,
    customer: str,
    name: str,
    currency: str,
    now: datetime,
    unconfirmed: bool = False,
) -> Account:
    """An empty, open account with a number of its own."""
    number = new_number()
    return Account(
        number=number, owner=owner, username=username, customer=customer, name=name,
        currency=currency, status="open", balance_minor=0, floor_minor=0, held_minor=0, seq=0,
        head=genesis(number, currency, now), opened_at=now, moved_at=now,
        day=now.date().isoformat(), deposited_minor=0, spent_minor=0, revision=1,
        unconfirmed=unconfirmed,
    )  # fmt: skip


def insert_account(database: Database, account: Account) -> None:
    """Store a new account. The number is random: on Duplicate draw another one."""
    database.collection(NAME).insert_one(_document(account))


def get_account(database: Database, number: str) -> Account:
    """The account of that number. Raises AccountNotFound."""
    if account := find_account(database, number):
        return account
    raise AccountNotFound("nobody at this bank has that number", account=number)


def find_account(database: Database, number: str) -> Account | None:
    """The account of that number, if there is one."""
    document = database.collection(NAME).find_one({"_id": {"$eq": number}})
    return account_from_document(document) if document else None


def find_accounts(database: Database, numbers: Iterable[str]) -> dict[str, Account]:
    """Those of the numbered accounts that exist, by number."""
    wanted = list(numbers)
    criterion: Document = {"_id": wanted[0]} if len(wanted) == 1 else {"_id": {"$in": wanted}}
    return {
        doc["_id"]: account_from_document(doc) for doc in database.collection(NAME).find(criterion)
    }


def accounts_of(database: Database, owner: str) -> list[Account]:
    """All accounts of a customer, oldest first."""
    cursor = database.collection(NAME).find({"owner": {"$eq": owner}}).sort("opened_at", ASCENDING)
    return [account_from_document(document) for document in cursor]


def count(database: Database) -> int:
    """How many accounts there are, from the collection's own count."""
    return database.collection(NAME).estimated_document_count()


def all_accounts(database: Database, *, but: Collection[object] = ()) -> Iterator[Account]:
    """Every account, in order of number, but those of some ids."""
    criterion: Document = {"_id": {"$nin": list(but)}} if but else {}
    cursor = database.collection(NAME).find(criterion).sort("_id", ASCENDING)
    for document in cursor.batch_size(1000):
        yield account_from_document(document)


def write_movements(
    database: Database, before: Mapping[str, Account], after: Sequence[Account]
) -> None:
    """The ledger's write: each account moves on from the state it is known in, or Contention.

    Its head stands for all of its history, its revision for every other change.
    """
    updates = [_movement(before[account.number], account) for account in after]
    if database.update(NAME, updates) != len(updates):
        raise Contention("an account has moved on")


def _movement(before: Account, after: Account) -> tuple[Document, Document]:
    values = {
        "balance": Int64(after.balance_minor),
        "seq": Int64(after.seq),
        "head": after.head,
        "moved_at": after.moved_at,
        "today": _today(after),
    }
    if after.revision != before.revision:
        values |= {"held": Int64(after.held_minor), "revision": Int64(after.revision)}
    known = {"seq": before.seq, "head": before.head, "revision": before.revision}
    return {"_id": before.number, **known}, {"$set": values}


def change_status(database: Database, account: Account, status: str) -> bool:
    """Freeze, open or close; False when the account changed since it was read as `account`."""
    criterion: Document = {"_id": account.number, "revision": account.revision}
    if status == "closed":
        criterion |= {"balance": 0, "held": 0}
    change = {"$set": {"status": status}, "$inc": {"revision": Int64(1)}}
    return database.collection(NAME).update_one(criterion, change).modified_count == 1


def change_limits(
    database: Database, account: Account, *, deposits: int | None, spending: int | None, floor: int
) -> bool:
    """Give it daily limits of its own, in minor units, and how far below zero it may go; False
    when the account changed since it was read as `account`."""
    values = {"limits": _limits(deposits, spending), "floor": Int64(floor)}
    result = database.collection(NAME).update_one(
        {"_id": account.number, "revision": account.revision},
        {"$set": values, "$inc": {"revision": Int64(1)}},
    )
    return result.modified_count == 1


def confirm_owner(database: Database, owner: str) -> None:
    """Lift the lower limits from all accounts of a customer whose address is confirmed."""
    database.collection(NAME).update_many(
        {"owner": owner, "unconfirmed": True},
        {"$set": {"unconfirmed": False}, "$inc": {"revision": Int64(1)}},
    )


def lower_limits(database: Database, owner: str, until: datetime) -> None:
    """Let all accounts of a customer have the lower limits until that time."""
    database.collection(NAME).update_many(
        {"owner": owner}, {"$set": {"lowered_until": until}, "$inc": {"revision": Int64(1)}}
    )


def rename_holder(database: Database, owner: str, username: str, customer: str) -> None:
    """Let the accounts of a customer show and find the customer's present name."""
    for account in accounts_of(database, owner):
        renamed = replace(account, username=username, customer=customer)
        values = {"holder": _holder(renamed), "search": _search(renamed)}
        database.collection(NAME).update_one({"_id": account.number}, {"$set": values})


def _search(account: Account) -> list[str]:
    """The words a banker may start to type: lower case, each once."""
    words = f"{account.customer} {account.username}".casefold().split()
    return sorted({*words, account.username.casefold(), account.number})


def _holder(account: Account) -> Document:
    return {"username": account.username, "name": account.customer}


def _limits(deposits: int | None, spending: int | None) -> Document:
    own = {"deposits": deposits, "spending": spending}
    return {name: None if minor is None else Int64(minor) for name, minor in own.items()}


def _today(account: Account) -> Document:
    return {
        "date": account.day,
        "deposited": Int64(account.deposited_minor),
        "spent": Int64(account.spent_minor),
    }


def _document(account: Account) -> Document:
    return {
        "_id": account.number,
        "owner": account.owner,
        "holder": _holder(account),
        "search": _search(account),
        "name": account.name,
        "currency": account.currency,
        "status": account.status,
        "balance": Int64(account.balance_minor),
        "floor": Int64(account.floor_minor),
        "held": Int64(account.held_minor),
        "seq": Int64(account.seq),
        "head": account.head,
        "opened_at": account.opened_at,
        "moved_at": account.moved_at,
        "today": _today(account),
        "revision": Int64(account.revision),
        "limits": _limits(account.daily_deposits_minor, account.daily_spending_minor),
        "unconfirmed": account.unconfirmed,
        "lowered_until": account.lowered_until,
    }


def account_from_document(document: Mapping[str, object]) -> Account:
    """The stored document as an Account."""
    doc: Document = dict(document)
    # Accounts from before these fields were kept do not have them.
    limits = doc.get("limits", _NO_LIMITS)
    return Account(
        number=doc["_id"],
        owner=doc["owner"],
        username=doc["holder"]["username"],
        customer=doc["holder"]["name"],
        name=doc["name"],
        currency=doc["currency"],
        status=doc["status"],
        balance_minor=int(doc["balance"]),
        floor_minor=int(doc["floor"]),
        held_minor=int(doc["held"]),
        seq=int(doc["seq"]),
        head=doc["head"],
        opened_at=doc["opened_at"],
        moved_at=doc["moved_at"],
        day=doc["today"]["date"],
        deposited_minor=int(doc["today"]["deposited"]),
        spent_minor=int(doc["today"]["spent"]),
        revision=int(doc["revision"]),
        daily_deposits_minor=limits["deposits"],
        daily_spending_minor=limits["spending"],
        unconfirmed=doc.get("unconfirmed", False),
        lowered_until=doc.get("lowered_until"),
    )


def totals(database: Database) -> dict[str, int]:
    """What all customers hold together, in minor units, by currency."""
    pipeline: list[Document] = [{"$group": {"_id": "$currency", "minor": {"$sum": "$balance"}}}]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline)
        return {row["_id"]: int(row["minor"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Holding:
    """All accounts of one currency and status: how many, and what they hold in minor units."""

    currency: str
    status: str
    accounts: int
    minor: int


def census(database: Database) -> list[Holding]:
    """All accounts, counted and summed."""
    pipeline: list[Document] = [
        {
            "$group": {
                "_id": {"currency": "$currency", "status": "$status"},
                "accounts": {"$sum": 1},
                "minor": {"$sum": "$balance"},
            }
        },
        {"$sort": {"_id": ASCENDING}},
    ]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline)
        return [
            Holding(
                row["_id"]["currency"],
                row["_id"]["status"],
                int(row["accounts"]),
                int(row["minor"]),
            )
            for row in rows
        ]
