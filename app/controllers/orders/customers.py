"""What a customer may ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import fields, post_load, validate

from app.controllers.orders.fields import (
    EXAMPLE_ACCOUNT,
    AccountNumber,
    CurrencyCode,
    Moment,
    Order,
    Text,
    account_field,
    amount_field,
    check_reserved,
    email_field,
    memo_field,
    password_field,
    payment_code_field,
    phone_field,
)
from app.controllers.orders.lists import Span, SpanSchema

USERNAME = re.compile(r"\A[A-Za-z0-9](?:[A-Za-z0-9._-]{1,30})[A-Za-z0-9]\Z")


@dataclass(frozen=True, slots=True)
class Register:
    """Become a customer."""

    username: str
    password: str
    name: str
    email: str | None
    phone: str | None


class RegisterSchema(Order):
    makes = Register
    username = fields.String(
        required=True,
        validate=[
            validate.Regexp(
                USERNAME, error="3 to 32 letters, digits, dots, hyphens or underscores."
            ),
            check_reserved,
        ],
        metadata={"example": "dana"},
    )
    password = password_field()
    name = Text(
        load_default="", validate=validate.Length(max=100), metadata={"example": "Dana Scott"}
    )
    email = email_field(load_default=None, allow_none=True)
    phone = phone_field(load_default=None)


@dataclass(frozen=True, slots=True)
class LogIn:
    """Log in with a user name and a password; `device_token` is of a log-in before, if any."""

    username: str
    password: str
    device_token: str | None = None


class LogInSchema(Order):
    makes = LogIn
    username = fields.String(
        required=True, validate=validate.Length(1, 64), metadata={"example": "alice"}
    )
    password = fields.String(
        required=True,
        validate=validate.Length(1, 128),
        metadata={"example": "strongroom-demo", "format": "password"},
    )
    device_token = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=500),
        metadata={
            "description": "Of a log-in before: wrong tries elsewhere do not shut this device out."
        },
    )


@dataclass(frozen=True, slots=True)
class Refresh:
    """Exchange a refresh token for new tokens."""

    refresh_token: str


class RefreshSchema(Order):
    makes = Refresh
    refresh_token = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"example": "`refresh_token` of the answer before"},
    )


@dataclass(frozen=True, slots=True)
class EditProfile:
    """Change what the bank knows of a customer: `changes` by field; a phone of None is removed."""

    changes: Mapping[str, str | None]


class EditProfileSchema(Order):
    makes = EditProfile
    name = Text(validate=validate.Length(1, 100), metadata={"example": "Dana Scott"})
    phone = phone_field()
    default_account = AccountNumber(metadata={"example": EXAMPLE_ACCOUNT})

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> EditProfile:
        return EditProfile(data)


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open another account."""

    name: str
    currency: str | None


class OpenAccountSchema(Order):
    makes = OpenAccount
    name = Text(
        load_default="Current account",
        validate=validate.Length(1, 100),
        metadata={"example": "Holidays"},
    )
    currency = CurrencyCode(
        load_default=None,
        metadata={"example": "USD"},
    )


@dataclass(frozen=True, slots=True)
class Deposit:
    """Put money on an account."""

    amount: Decimal
    account: str | None
    memo: str
    currency: str | None = None


class DepositSchema(Order):
    makes: ClassVar[type[Any]] = Deposit
    amount = amount_field()
    account = account_field()
    memo = memo_field()
    currency = CurrencyCode(
        load_default=None,
        metadata={"description": "To be sure: refused when the account keeps another one."},
    )


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take money from an account."""

    amount: Decimal
    account: str | None
    memo: str
    currency: str | None = None
    code: str | None = None


class WithdrawSchema(DepositSchema):
    makes = Withdraw
    code = payment_code_field()


@dataclass(frozen=True, slots=True)
class Transfer:
    """Send money to another account."""

    to: str
    amount: Decimal
    account: str | None
    memo: str
    currency: str | None = None
    code: str | None = None


class TransferSchema(DepositSchema):
    makes = Transfer
    code = payment_code_field()
    to = AccountNumber(required=True, metadata={"example": EXAMPLE_ACCOUNT})


@dataclass(frozen=True, slots=True)
class BalanceQuery:
    """Which account's balance, and at what time."""

    account: str | None
    at: datetime | None


class BalanceQuerySchema(Order):
    makes = BalanceQuery
    account = account_field()
    at = Moment(
        load_default=None,
        metadata={
            "description": "The balance at that time, such as 2026-01-31T12:00:00Z.",
            "format": "date-time",
        },
    )


@dataclass(frozen=True, slots=True)
class HistoryQuery(Span):
    """A customer's own transactions on one account."""

    account: str | None
    q: str | None


class HistoryQuerySchema(SpanSchema):
    makes = HistoryQuery
    account = account_field()
    q = Text(
        load_default=None,
        validate=validate.Length(1, 140),
        metadata={"description": "Words of the memo or the reference."},
    )
