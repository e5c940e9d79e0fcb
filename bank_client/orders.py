"""How amounts and filters are written for the bank."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import quote

from bank_client.wire import given
from money import Money, exact

Amount: TypeAlias = Money | Decimal | int | str
"""Money, or major units in the currency of the account: Money(1250, "USD"), "12.50", 12."""

_NAMES = {"since": "from", "until": "to"}


def asked_of(amount: Amount | None, **fields: object) -> dict[str, object]:
    """A body with an amount, exact as text, and the fields that have a value.

    Raises InvalidMoney for what is no amount, a float among them.
    """
    if isinstance(amount, Money):
        return given(amount=amount.amount, currency=amount.currency, **fields)
    text = None if amount is None else f"{exact(amount):f}"
    return given(amount=text, **fields)


def spread(**filters: object) -> dict[str, str]:
    """A query of the filters that have a value, as the bank calls them."""
    return {_NAMES.get(name, name): _text(value) for name, value in given(**filters).items()}


def segment(text: str) -> str:
    """A part of a path: whatever is in it, it is one part."""
    if text in ("", ".", ".."):
        raise ValueError("an id has at least one letter or digit")
    return quote(text, safe="")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time for the bank has its offset: datetime.now(UTC)")
        return value.isoformat()
    return str(value)
