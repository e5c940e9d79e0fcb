"""What only pages ask for: lists as people filter them, and forms that are sent as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import fields, post_load, validate

from app.controllers.orders.customers import EditProfile, HistoryQuerySchema
from app.controllers.orders.desk import AuditQuerySchema, DeskTransactionsQuerySchema
from app.controllers.orders.fields import Order, Text, account_field, phone_field
from app.controllers.orders.lists import LastDay


class HistoryFiltersSchema(HistoryQuerySchema):
    """A customer's history; a date at the end of the span is part of it."""

    until = LastDay(load_default=None, data_key="to")


class AuditFiltersSchema(AuditQuerySchema):
    """Who did what; a date at the end of the span is part of it."""

    until = LastDay(load_default=None, data_key="to")


class DeskTransactionsFiltersSchema(DeskTransactionsQuerySchema):
    """All customers' transactions; a date at the end of the span is part of it."""

    until = LastDay(load_default=None, data_key="to")


@dataclass(frozen=True, slots=True)
class MonthsQuery:
    """Which account's statements, and of which year."""

    account: str | None
    year: int | None


class MonthsQuerySchema(Order):
    makes = MonthsQuery
    account = account_field()
    year = fields.Integer(load_default=None, validate=validate.Range(1971, 2999))


@dataclass(frozen=True, slots=True)
class SheetQuery:
    """Which sheet of a statement."""

    sheet: int


class SheetQuerySchema(Order):
    makes = SheetQuery
    sheet = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))


class EditPersonSchema(Order):
    """Name and phone together, as a form has them: an empty phone is removed."""

    makes: ClassVar[type[Any]] = EditProfile
    name = Text(required=True, validate=validate.Length(1, 100))
    phone = phone_field(load_default=None)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> EditProfile:
        return EditProfile(data)
