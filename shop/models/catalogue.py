"""What the shop sells, as it stands in the project: categories with their specifications, products.

Categories are what the program knows; products are copied into the database by `load` and belong
to the shop's people from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "catalogue"
_ORDER = ("laptops", "monitors", "peripherals", "components", "networking", "storage")

Value = str | int | float | bool
"""What one specification of a product says."""


@dataclass(frozen=True, slots=True)
class Specification:
    """One line of a data sheet; with `filter`, products of the category are chosen by it."""

    key: str
    name: str
    unit: str = ""
    filter: bool = False

    def text(self, value: Value) -> str:
        """The value as people read it, with its unit."""
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if self.key == "capacity" and isinstance(value, int | float) and value < 1:
            return f"{value * 1000:g}\u00a0GB"
        plain = f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)
        return f"{plain}\u00a0{self.unit}" if self.unit else plain


@dataclass(frozen=True, slots=True)
class Category:
    """Products of one kind, and what their data sheets tell."""

    slug: str
    name: str
    about: str
    specifications: tuple[Specification, ...]

    @property
    def filters(self) -> tuple[Specification, ...]:
        """By which specifications its products are chosen."""
        return tuple(each for each in self.specifications if each.filter)


@cache
def categories() -> Mapping[str, Category]:
    """All categories by slug, in the order in which they are shown."""
    return {slug: _category(_sheet(slug)) for slug in _ORDER}


def products() -> list[Mapping[str, Any]]:
    """All products as the project describes them, each with its `category`."""
    return [
        {"pick": False, **product, "category": slug}
        for slug in _ORDER
        for product in _sheet(slug)["products"]
    ]


def _category(sheet: Mapping[str, Any]) -> Category:
    specifications = tuple(Specification(**each) for each in sheet["specifications"])
    return Category(sheet["slug"], sheet["name"], sheet["about"], specifications)


@cache
def _sheet(slug: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((_FOLDER / f"{slug}.json").read_text(encoding="utf-8"))
    return found
