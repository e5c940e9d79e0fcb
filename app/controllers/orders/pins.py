"""What a customer may ask for about a PIN."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from app.controllers.orders.fields import Order

_CODE = re.compile(r"\A[A-Za-z0-9 -]{6,40}\Z")
_PIN = re.compile(r"\A[0-9]{6}\Z")


@dataclass(frozen=True, slots=True)
class SetPin:
    """Give an account a PIN; `code` proves a second factor, and without one is told how."""

    pin: str
    code: str | None


class SetPinSchema(Order):
    makes = SetPin
    pin = fields.String(
        required=True,
        validate=validate.Regexp(_PIN, error="A PIN has six digits."),
        metadata={"example": "483926", "format": "password"},
    )
    code = fields.String(
        load_default=None,
        validate=validate.Regexp(_CODE, error="Write the code as it was given to you."),
        metadata={"example": "123456"},
    )


class ChoosePinSchema(SetPinSchema):
    """As a person types it: twice, for nobody sees what was typed."""

    again = fields.String(required=True, metadata={"format": "password"})

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> SetPin:
        if data.pop("again") != data["pin"]:
            raise ValidationError("Type the same PIN twice.", "again")
        return SetPin(**data)
