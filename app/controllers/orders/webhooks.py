"""What a shop may ask for about its webhooks, and a banker about all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from app.controllers.orders.fields import Order, Text
from app.controllers.orders.lists import cursor_field, limit_field
from app.models.webhook_deliveries import STATUSES
from app.models.webhook_endpoints import TYPES

# RFC 3986 without a user, a fragment, or a name that is not in ASCII yet.
_ADDRESS = re.compile(
    r"\Ahttps?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?\Z"
)


def check_address(text: str) -> None:
    """Refuse what is no address that a request could be sent to."""
    found = _ADDRESS.match(text)
    if found is None or not 0 < int(found["port"] or 443) < 65536:
        raise ValidationError("Write an address like https://shop.example.com/webhooks.")


@dataclass(frozen=True, slots=True)
class AddWebhook:
    """Where a shop wants to be told, and of what."""

    url: str
    events: list[str]


class AddWebhookSchema(Order):
    makes: ClassVar[type[Any]] = AddWebhook
    url = fields.String(
        required=True,
        validate=[validate.Length(max=500), check_address],
        metadata={"example": "https://shop.example.com/webhooks", "format": "uri"},
    )
    events = fields.List(
        fields.String(validate=validate.OneOf(TYPES)),
        load_default=lambda: list(TYPES),
        validate=validate.Length(1, len(TYPES)),
        metadata={"description": "Without it, all of them.", "example": ["payment.succeeded"]},
    )


@dataclass(frozen=True, slots=True)
class DeliveriesQuery:
    """A shop's deliveries."""

    status: str | None
    limit: int
    cursor: str | None


class DeliveriesQuerySchema(Order):
    makes: ClassVar[type[Any]] = DeliveriesQuery
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    limit = limit_field()
    cursor = cursor_field()


@dataclass(frozen=True, slots=True)
class DeskDeliveriesQuery(DeliveriesQuery):
    """All shops' deliveries, for bankers."""

    merchant: str | None


class DeskDeliveriesQuerySchema(DeliveriesQuerySchema):
    makes = DeskDeliveriesQuery
    merchant = Text(
        load_default=None,
        validate=validate.Length(1, 64),
        metadata={"description": "Id of the shop."},
    )
