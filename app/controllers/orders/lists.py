"""What all lists take: filters, and where and how far to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import fields, validate

from app.controllers.orders.fields import Bound, Moment, Order
from app.models.transactions import KINDS


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


def since_field() -> Moment:
    """Where a span of time begins."""
    about = {"description": "At this time or later.", "format": "date-time"}
    return Moment(load_default=None, data_key="from", metadata=about)


def until_field() -> Moment:
    """Where a span of time ends."""
    about = {"description": "Before this time.", "format": "date-time"}
    return Moment(load_default=None, data_key="to", metadata=about)


class LastDay(Moment):
    """Where a span ends, as people say it: a date is still part of it."""

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        return moment + timedelta(days=1) if len(str(value)) == len("2026-01-31") else moment


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
    since = since_field()
    until = until_field()
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
