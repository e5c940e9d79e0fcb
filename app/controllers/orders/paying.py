"""What a customer types to pay at a shop."""

from __future__ import annotations

import re
from dataclasses import dataclass

from marshmallow import fields, validate

from app.controllers.orders.fields import EXAMPLE_ACCOUNT, AccountNumber, Order, Text, code_field

_PIN = re.compile(r"\A[0-9]{6}\Z")


def _number_field() -> AccountNumber:
    return AccountNumber(required=True, metadata={"example": EXAMPLE_ACCOUNT})


def _pin_field() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Regexp(_PIN, error="A PIN has six digits."),
        metadata={"example": "483926", "format": "password"},
    )


@dataclass(frozen=True, slots=True)
class Pay:
    """Pay an intent from an account; `code` where a PIN alone does not do for now."""

    account: str
    pin: str
    code: str | None = None


class PaySchema(Order):
    makes = Pay
    account = _number_field()
    pin = _pin_field()
    code = code_field(load_default=None)


@dataclass(frozen=True, slots=True)
class PayDirectly:
    """Pay an intent with what a shop's own page has asked for."""

    intent: str
    account: str
    pin: str


class PayDirectlySchema(Order):
    makes = PayDirectly
    intent = Text(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"example": "pi_Zm9vYmFyYmF6cXV4MTIzNA"},
    )
    account = _number_field()
    pin = _pin_field()
