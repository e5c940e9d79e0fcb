"""What a shop may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import fields, validate

from app.controllers.orders.fields import Amount, CurrencyCode, Flag, Order, Text, amount_field
from app.controllers.orders.lists import cursor_field, limit_field
from app.models.intent import STEPS

REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
CANCEL_REASONS = (*REFUND_REASONS, "abandoned")
_ITS_OWN = {"description": "The payment's, or left out."}


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """A payment to be asked for; `expires_in` is in seconds."""

    amount: Decimal
    currency: str | None
    order: str
    description: str
    return_url: str
    capture: str
    expires_in: int


class CreateIntentSchema(Order):
    makes: ClassVar[type[Any]] = CreateIntent
    amount = amount_field()
    currency = CurrencyCode(load_default=None, metadata={"description": "The shop's, or left out."})
    order = Text(
        required=True, validate=validate.Length(1, 64),
        metadata={"example": "A-1001", "description": "What the shop calls it; each once."},
    )  # fmt: skip
    description = Text(load_default="", validate=validate.Length(max=140))
    return_url = fields.String(
        required=True, validate=validate.Length(1, 500),
        metadata={
            "example": "https://shop.example/orders/paid",
            "description": "Exactly one of the shop's registered addresses.",
        },
    )  # fmt: skip
    capture = fields.String(
        load_default="automatic", validate=validate.OneOf(("automatic", "manual")),
        metadata={"description": "manual only holds the money, until the shop captures it."},
    )  # fmt: skip
    expires_in = fields.Integer(
        load_default=900, validate=validate.Range(60, 86_400),
        metadata={"description": "Seconds in which it can be paid."},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """A part of what is held, or all of it; what is left after a final one is freed."""

    amount: Decimal | None
    final: bool
    currency: str | None = None


class CaptureOrderSchema(Order):
    makes: ClassVar[type[Any]] = CaptureOrder
    amount = Amount(
        load_default=None, metadata={"example": "12.50", "description": "Without it, all."}
    )
    final = Flag(load_default=True, metadata={"description": "Frees what is left."})
    currency = CurrencyCode(load_default=None, metadata=_ITS_OWN)


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A part of what was paid, or all that was not given back yet."""

    amount: Decimal | None
    reason: str | None
    currency: str | None = None


class RefundOrderSchema(Order):
    makes: ClassVar[type[Any]] = RefundOrder
    amount = Amount(
        load_default=None, metadata={"example": "12.50", "description": "Without it, all."}
    )
    reason = fields.String(load_default=None, validate=validate.OneOf(REFUND_REASONS))
    currency = CurrencyCode(load_default=None, metadata=_ITS_OWN)


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """Why nobody should pay it any more."""

    reason: str | None


class CancelIntentSchema(Order):
    makes: ClassVar[type[Any]] = CancelIntent
    reason = fields.String(
        load_default=None, validate=validate.OneOf(CANCEL_REASONS),
        metadata={"example": "requested_by_customer"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class IntentsQuery:
    """Which of the shop's intents."""

    order: str | None
    status: str | None
    limit: int
    cursor: str | None


class IntentsQuerySchema(Order):
    makes: ClassVar[type[Any]] = IntentsQuery
    order = Text(load_default=None, validate=validate.Length(1, 64))
    status = fields.String(load_default=None, validate=validate.OneOf(list(STEPS)))
    limit = limit_field()
    cursor = cursor_field()


@dataclass(frozen=True, slots=True)
class DeskIntentsQuery(IntentsQuery):
    """All shops' intents, for bankers."""

    shop: str | None


class DeskIntentsQuerySchema(IntentsQuerySchema):
    makes = DeskIntentsQuery
    shop = Text(load_default=None, validate=validate.Length(1, 64))
