"""What the bank answers its customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bank_client.reading import Json, maybe, moment, money
from money import Money


@dataclass(frozen=True, slots=True)
class Profile:
    """What the bank knows of a person."""

    id: str
    username: str
    name: str
    email: str | None
    email_confirmed: bool
    phone: str | None
    status: str
    default_account: str | None
    created_at: datetime

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["username"],
            body["name"],
            body["email"],
            body["email_confirmed"],
            body["phone"],
            body["status"],
            body["default_account"],
            moment(body["created_at"]),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """An account, as its owner sees it."""

    number: str
    name: str
    owner: str
    currency: str
    status: str
    balance: Money
    available: Money
    opened_at: datetime

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["account"],
            body["name"],
            body["owner"],
            body["currency"],
            body["status"],
            money(body["balance"]),
            money(body["available"]),
            moment(body["opened_at"]),
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance, now or at a time; `available` is None for a time that is over."""

    account: str
    customer: str
    balance: Money
    available: Money | None
    as_of: datetime

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["account"],
            body["customer"],
            money(body["balance"]),
            maybe(money, body["available"]),
            moment(body["as_of"]),
        )


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction on one account; a negative amount left it, `balance` is what was left."""

    id: str
    kind: str
    account: str
    amount: Money
    balance: Money
    seq: int
    at: datetime
    memo: str
    reference: str
    counterparty: str | None

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["kind"],
            body["account"],
            money(body["amount"]),
            money(body["balance"]),
            body["seq"],
            moment(body["at"]),
            body["memo"],
            body["reference"],
            body["counterparty"],
        )


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """How to prove the second factor for what was asked; `sent_to` is a masked address."""

    methods: tuple[str, ...]
    sent_to: str | None
    expires_in: int

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(tuple(body["methods"]), body["sent_to"], body["expires_in"])


@dataclass(frozen=True, slots=True)
class Registered:
    """A new customer with the first account."""

    customer: Profile
    account: Account

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(Profile.read(body["customer"]), Account.read(body["account"]))
