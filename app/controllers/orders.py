"""What a caller may ask for: schemas that check the form and load into frozen dataclasses.

A schema never asks the database. Unknown fields are refused, everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from app.models.accounts import STATUSES, valid_number
from app.models.transactions import KINDS
from money import InvalidMoney, exact

EXAMPLE_ACCOUNT = "100000000093"
# Overrides of the writing direction make a name look like another one.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_USERNAME = re.compile(r"\A[A-Za-z0-9](?:[A-Za-z0-9._-]{1,30})[A-Za-z0-9]\Z")
_PHONE = re.compile(r"\A\+[1-9][0-9]{6,14}\Z")
IDEMPOTENCY_KEY = re.compile(r"\A[A-Za-z0-9_-]{16,64}\Z")


class Text(fields.String):
    """Text in NFC without control characters, lone surrogates or direction overrides."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if any(unicodedata.category(c) in ("Cc", "Cs") or c in _BIDI for c in text):
            raise ValidationError("Control characters are not allowed; use plain text.")
        return unicodedata.normalize("NFC", text)


class Amount(fields.Field[Decimal]):
    """An exact, positive amount in major units: "12.50" or 12.5, never a float."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        try:
            amount = exact(value)
        except InvalidMoney as error:
            raise ValidationError(f"{str(error).capitalize()}.") from None
        if amount <= 0:
            raise ValidationError("An amount is above zero.")
        return amount


class AccountNumber(fields.String):
    """Twelve digits with right check digits; spaces and hyphens are forgiven."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        number = text.replace(" ", "").replace("-", "")
        if not valid_number(number):
            raise ValidationError(
                "Not an account number: twelve digits, the last two check the others."
            )
        return number


class Moment(fields.String):
    """A time as RFC 3339 text with an offset, between 1970 and 2999, in UTC."""

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            moment = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not 1970 < moment.year < 3000:
            raise ValidationError("Write a time like 2026-01-31T12:00:00Z.")
        return moment.astimezone(UTC)


class Flag(fields.Boolean):
    """true or false, in these words."""

    truthy = {"true", "1", True}  # noqa: RUF012
    falsy = {"false", "0", False}  # noqa: RUF012


def _memo() -> Text:
    return Text(load_default="", validate=validate.Length(max=140), metadata={"example": "rent"})


def _amount() -> Amount:
    return Amount(required=True, metadata={"example": "12.50"})


def _account() -> AccountNumber:
    # No example: Swagger UI would send it, and it is nobody's account.
    return AccountNumber(
        load_default=None, metadata={"description": "Without it, the default account."}
    )


def _limit() -> fields.Integer:
    return fields.Integer(load_default=20, validate=validate.Range(1, 100))


def _cursor() -> fields.String:
    return fields.String(
        load_default=None,
        validate=validate.Length(max=1000),
        metadata={"description": "`next` of the page before."},
    )


class Order(Schema):
    """A schema whose loaded form is the frozen dataclass `makes`."""

    makes: ClassVar[type[Any]]

    class Meta:
        unknown = RAISE

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data)


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
        validate=validate.Regexp(
            _USERNAME, error="3 to 32 letters, digits, dots, hyphens or underscores."
        ),
        metadata={"example": "dana"},
    )
    password = Text(
        required=True,
        validate=validate.Length(1, 128),
        metadata={"example": "violet-harbour-73", "format": "password"},
    )
    name = Text(
        load_default="", validate=validate.Length(max=100), metadata={"example": "Dana Scott"}
    )
    email = fields.Email(
        load_default=None, validate=validate.Length(max=254),
        metadata={"example": "dana@example.com"},
    )  # fmt: skip
    phone = fields.String(
        load_default=None,
        validate=validate.Regexp(_PHONE, error="Write a phone number like +15550100123."),
        metadata={"example": "+15550100123"},
    )


@dataclass(frozen=True, slots=True)
class LogIn:
    """Log in with a user name and a password."""

    username: str
    password: str


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
    """Change what the bank knows of a customer; what is None stays."""

    name: str | None
    phone: str | None
    default_account: str | None


class EditProfileSchema(Order):
    makes = EditProfile
    name = Text(
        load_default=None, validate=validate.Length(1, 100), metadata={"example": "Dana Scott"}
    )
    phone = fields.String(
        load_default=None,
        validate=validate.Regexp(_PHONE, error="Write a phone number like +15550100123."),
        metadata={"example": "+15550100123"},
    )
    default_account = AccountNumber(load_default=None, metadata={"example": EXAMPLE_ACCOUNT})


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
    currency = fields.String(
        load_default=None,
        validate=validate.Regexp(r"\A[A-Z]{3}\Z", error="Write a currency like USD."),
        metadata={"example": "USD"},
    )


@dataclass(frozen=True, slots=True)
class Deposit:
    """Put money on an account."""

    amount: Decimal
    account: str | None
    memo: str


class DepositSchema(Order):
    makes: ClassVar[type[Any]] = Deposit
    amount = _amount()
    account = _account()
    memo = _memo()


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take money from an account."""

    amount: Decimal
    account: str | None
    memo: str


class WithdrawSchema(DepositSchema):
    makes = Withdraw


@dataclass(frozen=True, slots=True)
class Transfer:
    """Send money to another account."""

    to: str
    amount: Decimal
    account: str | None
    memo: str


class TransferSchema(DepositSchema):
    makes = Transfer
    to = AccountNumber(required=True, metadata={"example": EXAMPLE_ACCOUNT})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a banker does something."""

    reason: str


class ReasonSchema(Order):
    makes = Reason
    reason = Text(
        required=True,
        validate=validate.Length(3, 500),
        metadata={"example": "Reported stolen by the customer"},
    )


@dataclass(frozen=True, slots=True)
class BalanceQuery:
    """Which account's balance, and at what time."""

    account: str | None
    at: datetime | None


class BalanceQuerySchema(Order):
    makes = BalanceQuery
    account = _account()
    at = Moment(
        load_default=None,
        metadata={
            "description": "The balance at that time, such as 2026-01-31T12:00:00Z.",
            "format": "date-time",
        },
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Filters that all lists of transactions share; amounts in major units, without sign."""

    kind: str | None
    since: datetime | None
    until: datetime | None
    least: Decimal | None
    most: Decimal | None
    limit: int
    cursor: str | None


class SpanSchema(Order):
    makes: ClassVar[type[Any]] = Span
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    since = Moment(
        load_default=None, data_key="from",
        metadata={"description": "At this time or later.", "format": "date-time"},
    )  # fmt: skip
    until = Moment(
        load_default=None, data_key="to",
        metadata={"description": "Before this time.", "format": "date-time"},
    )  # fmt: skip
    least = Amount(load_default=None, data_key="min", metadata={"description": "This or more."})
    most = Amount(load_default=None, data_key="max", metadata={"description": "This or less."})
    limit = _limit()
    cursor = _cursor()


@dataclass(frozen=True, slots=True)
class HistoryQuery(Span):
    """A customer's own transactions on one account."""

    account: str | None
    q: str | None


class HistoryQuerySchema(SpanSchema):
    makes = HistoryQuery
    account = _account()
    q = Text(
        load_default=None,
        validate=validate.Length(1, 140),
        metadata={"description": "Words of the memo or the reference."},
    )


@dataclass(frozen=True, slots=True)
class DeskTransactionsQuery(Span):
    """All customers' transactions, for bankers."""

    account: str | None
    actor: str | None
    currency: str | None
    csv: bool


class DeskTransactionsQuerySchema(SpanSchema):
    makes = DeskTransactionsQuery
    account = AccountNumber(load_default=None)
    actor = fields.String(
        load_default=None,
        validate=validate.Length(1, 64),
        metadata={"description": "User name of who made it."},
    )
    currency = fields.String(load_default=None, validate=validate.Regexp(r"\A[A-Z]{3}\Z"))
    csv = Flag(load_default=False, metadata={"description": "All of them, as a CSV file."})


ACCOUNT_SORTS = ("newest", "oldest", "balance", "-balance", "name", "number")


@dataclass(frozen=True, slots=True)
class DeskAccountsQuery:
    """All customers' accounts, for bankers."""

    q: str | None
    status: str | None
    currency: str | None
    least: Decimal | None
    most: Decimal | None
    sort: str
    limit: int
    cursor: str | None
    csv: bool


class DeskAccountsQuerySchema(Order):
    makes = DeskAccountsQuery
    q = Text(
        load_default=None,
        validate=validate.Length(1, 100),
        metadata={"description": "Beginnings of a name, a user name or an account number."},
    )
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    currency = fields.String(load_default=None, validate=validate.Regexp(r"\A[A-Z]{3}\Z"))
    least = Amount(load_default=None, data_key="min", metadata={"description": "Balance or more."})
    most = Amount(load_default=None, data_key="max", metadata={"description": "Balance or less."})
    sort = fields.String(load_default="newest", validate=validate.OneOf(ACCOUNT_SORTS))
    limit = _limit()
    cursor = _cursor()
    csv = Flag(load_default=False, metadata={"description": "All of them, as a CSV file."})


@dataclass(frozen=True, slots=True)
class CustomersQuery:
    """All customers, for bankers."""

    q: str | None
    limit: int
    cursor: str | None


class CustomersQuerySchema(Order):
    makes = CustomersQuery
    q = Text(
        load_default=None,
        validate=validate.Length(1, 100),
        metadata={"description": "Beginnings of a name or a user name."},
    )
    limit = _limit()
    cursor = _cursor()


@dataclass(frozen=True, slots=True)
class VerifyQuery:
    """How much of the books to walk."""

    full: bool


class VerifyQuerySchema(Order):
    makes = VerifyQuery
    full = Flag(
        load_default=False,
        metadata={"description": "Walk everything again, not only what is new."},
    )
