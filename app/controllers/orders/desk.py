"""What a banker may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import fields, validate

from app.controllers.orders.fields import (
    AccountNumber,
    Bound,
    CurrencyCode,
    Flag,
    Order,
    Text,
    code_field,
)
from app.controllers.orders.lists import (
    Span,
    SpanSchema,
    cursor_field,
    limit_field,
    since_field,
    until_field,
)
from app.models import audit, outbox
from app.models.accounts import STATUSES


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a banker does something."""

    reason: str


class ReasonSchema(Order):
    makes: ClassVar[type[Any]] = Reason
    reason = Text(
        required=True,
        validate=validate.Length(3, 500),
        metadata={"example": "Reported stolen by the customer"},
    )


@dataclass(frozen=True, slots=True)
class Proposal(Reason):
    """What another banker is to decide, and why; `code` is of the maker's second factor."""

    code: str | None


class ProposalSchema(ReasonSchema):
    makes: ClassVar[type[Any]] = Proposal
    code = code_field(load_default=None)


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
    currency = CurrencyCode(
        load_default=None,
    )
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
    currency = CurrencyCode(
        load_default=None,
    )
    least = Bound(load_default=None, data_key="min", metadata={"description": "Balance or more."})
    most = Bound(load_default=None, data_key="max", metadata={"description": "Balance or less."})
    sort = fields.String(load_default="newest", validate=validate.OneOf(ACCOUNT_SORTS))
    limit = limit_field()
    cursor = cursor_field()
    csv = Flag(load_default=False, metadata={"description": "All of them, as a CSV file."})


@dataclass(frozen=True, slots=True)
class CustomersQuery:
    """All customers, for bankers."""

    q: str | None
    limit: int
    cursor: str | None
    csv: bool = False


class CustomersQuerySchema(Order):
    makes = CustomersQuery
    q = Text(
        load_default=None,
        validate=validate.Length(1, 100),
        metadata={"description": "Beginnings of a name or a user name."},
    )
    limit = limit_field()
    cursor = cursor_field()
    csv = Flag(load_default=False, metadata={"description": "All of them, as a CSV file."})


@dataclass(frozen=True, slots=True)
class FindQuery:
    """What a banker looks for: one number, name, user name or id."""

    q: str | None


class FindQuerySchema(Order):
    makes = FindQuery
    q = Text(load_default=None, validate=validate.Length(1, 100))


@dataclass(frozen=True, slots=True)
class MailsQuery:
    """The bank's mails, for bankers."""

    status: str | None
    limit: int
    cursor: str | None


class MailsQuerySchema(Order):
    makes = MailsQuery
    status = fields.String(load_default=None, validate=validate.OneOf(outbox.STATUSES))
    limit = limit_field()
    cursor = cursor_field()


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Who did what, for bankers."""

    actor: str | None
    action: str | None
    object: str | None
    outcome: str | None
    since: datetime | None
    until: datetime | None
    limit: int
    cursor: str | None


class AuditQuerySchema(Order):
    makes = AuditQuery
    actor = Text(
        load_default=None,
        validate=validate.Length(1, 64),
        metadata={"description": "User name of who did it, or `server`."},
    )
    action = Text(
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "What was done, in the words of the list."},
    )
    object = Text(
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "Number or id of what it was done to."},
    )
    outcome = fields.String(load_default=None, validate=validate.OneOf(audit.OUTCOMES))
    since = since_field()
    until = until_field()
    limit = limit_field()
    cursor = cursor_field()


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """A currency over the last days, for bankers."""

    days: int
    currency: str | None


class SeriesQuerySchema(Order):
    makes: ClassVar[type[Any]] = SeriesQuery
    days = fields.Integer(
        load_default=30,
        validate=validate.Range(1, 366),
        metadata={"description": "How many, today included."},
    )
    currency = CurrencyCode(
        load_default=None, metadata={"description": "By default the bank's first."}
    )


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
