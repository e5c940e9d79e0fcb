"""The kinds of fields that requests have, and what all schemas share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from app.models.accounts import valid_number
from app.models.transactions import KINDS
from money import InvalidMoney, exact

EXAMPLE_ACCOUNT = "100000000093"
# Overrides of the writing direction make a name look like another one.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
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

    above_zero = True

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        try:
            amount = exact(value)
        except InvalidMoney as error:
            raise ValidationError(f"{str(error).capitalize()}.") from None
        if amount <= 0 and self.above_zero:
            raise ValidationError("An amount is above zero.")
        return amount


class Bound(Amount):
    """An end of a range of amounts: exact like one, and zero or less as well."""

    above_zero = False


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


def memo_field() -> Text:
    """What a customer writes to a movement of money."""
    return Text(load_default="", validate=validate.Length(max=140), metadata={"example": "rent"})


def amount_field() -> Amount:
    """An amount that must be given."""
    return Amount(required=True, metadata={"example": "12.50"})


def account_field() -> AccountNumber:
    """Which of the own accounts."""
    # No example: Swagger UI would send it, and it is nobody's account.
    return AccountNumber(
        load_default=None, metadata={"description": "Without it, the default account."}
    )


def limit_field() -> fields.Integer:
    """How many rows a page has."""
    return fields.Integer(load_default=20, validate=validate.Range(1, 100))


def cursor_field() -> fields.String:
    """Where a list goes on."""
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
    least = Bound(
        load_default=None,
        data_key="min",
        validate=validate.Range(min=0),
        metadata={"description": "This or more."},
    )
    most = Bound(
        load_default=None,
        data_key="max",
        validate=validate.Range(min=0),
        metadata={"description": "This or less."},
    )
    limit = limit_field()
    cursor = cursor_field()
