"""What the bank answers its bankers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bank_client.reading import Json, maybe, moment, money
from money import Money


@dataclass(frozen=True, slots=True)
class DeskAccount:
    """An account, as a banker sees it; a daily limit that is None is the bank's usual one.

    `revision` is named by whoever changes it.
    """

    number: str
    name: str
    owner: str
    customer: str
    customer_id: str
    currency: str
    status: str
    balance: Money
    available: Money
    held: Money
    overdraft: Money
    daily_deposits: Money | None
    daily_spending: Money | None
    transactions: int
    opened_at: datetime
    revision: int

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["account"],
            body["name"],
            body["owner"],
            body["customer"],
            body["customer_id"],
            body["currency"],
            body["status"],
            money(body["balance"]),
            money(body["available"]),
            money(body["held"]),
            money(body["overdraft"]),
            maybe(money, body["daily_deposits"]),
            maybe(money, body["daily_spending"]),
            body["transactions"],
            moment(body["opened_at"]),
            body["revision"],
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transaction; `balance` and `seq` are None on the bank's own accounts."""

    account: str
    amount: Money
    balance: Money | None
    seq: int | None

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        balance = maybe(money, body["balance"])
        return cls(body["account"], money(body["amount"]), balance, body["seq"])


@dataclass(frozen=True, slots=True)
class DeskTransaction:
    """A transaction with all its lines, which sum to zero."""

    id: str
    kind: str
    at: datetime
    actor: str
    amount: Money
    lines: tuple[Line, ...]
    memo: str
    reference: str
    reverses: str | None

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["kind"],
            moment(body["at"]),
            body["actor"],
            money(body["amount"]),
            tuple(Line.read(each) for each in body["lines"]),
            body["memo"],
            body["reference"],
            body["reverses"],
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would become another; money is in major units of `currency`."""

    object: str
    what: str
    before: str
    after: str
    currency: str | None

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(body["object"], body["what"], body["before"], body["after"], body["currency"])


@dataclass(frozen=True, slots=True)
class Approval:
    """A proposal, what it would do, and what became of it; a `link` is shown once."""

    id: str
    kind: str
    subject: str
    asked: dict[str, Any]
    effect: tuple[Change, ...]
    effect_hash: str
    maker: str
    reason: str
    status: str
    created_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    result: str | None
    link: str | None

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["kind"],
            body["subject"],
            dict(body["asked"]),
            tuple(Change.read(each) for each in body["effect"]),
            body["effect_hash"],
            body["maker"],
            body["reason"],
            body["status"],
            moment(body["created_at"]),
            moment(body["expires_at"]),
            body["decided_by"],
            maybe(moment, body["decided_at"]),
            body["decision_reason"],
            body["result"],
            body["link"],
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule of the books, at one place."""

    rule: str
    account: str
    seq: int
    detail: str

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(body["rule"], body["account"], body["seq"], body["detail"])


@dataclass(frozen=True, slots=True)
class Verification:
    """The state of the books; `findings` has every broken rule."""

    ok: bool
    full: bool
    accounts: int
    transactions: int
    lines: int
    events: int
    findings: tuple[Finding, ...]
    checked_at: datetime

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["ok"],
            body["full"],
            body["accounts"],
            body["transactions"],
            body["lines"],
            body["events"],
            tuple(Finding.read(each) for each in body["findings"]),
            moment(body["checked_at"]),
        )
