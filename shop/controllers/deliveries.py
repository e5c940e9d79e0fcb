"""How goods get to people, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from money import decimals_of

_CENTS = {"standard": 490, "express": 1490, "pickup": 0}
WAYS = tuple(_CENTS)
"""`standard` and `express` need an address; `pickup` is at the shop's door."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A way of delivery, with its price in minor units."""

    way: str
    price: int


def delivery(way: str, currency: str) -> Delivery:
    """That way of delivery; KeyError where there is none."""
    return Delivery(way, _CENTS[way] * 10 ** decimals_of(currency) // 100)


def deliveries(currency: str) -> Mapping[str, Delivery]:
    """All ways of delivery by their names."""
    return {way: delivery(way, currency) for way in WAYS}
