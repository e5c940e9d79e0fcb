"""Which products somebody is shown: by category, words, brand, price, stock and specifications."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pymongo import ASCENDING, DESCENDING

from shop.models.catalogue import Value
from shop.models.database import Database, Document
from shop.models.products import NAME, Product, product_of, words_of

ORDERS: Mapping[str, Sequence[tuple[str, int]]] = {
    "picks": (("rank", ASCENDING), ("_id", ASCENDING)),
    "cheapest": (("price", ASCENDING), ("_id", ASCENDING)),
    "dearest": (("price", DESCENDING), ("_id", ASCENDING)),
    "name": (("name", ASCENDING), ("_id", ASCENDING)),
}
"""In which orders products are listed."""
MOST_WORDS = 8
"""As many words of a search are looked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to see; prices in minor units, `chosen` by the key of a specification."""

    category: str = ""
    words: str = ""
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    in_stock: bool = False
    chosen: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """One value of what is chosen by, and how many products have it."""

    value: Value
    count: int


def found(
    database: Database, choice: Choice, order: str, skip: int, limit: int
) -> tuple[list[Product], int]:
    """One page of the products, and how many there are in all."""
    wanted = _filter(choice)
    collection = database.collection(NAME)
    rows = collection.find(wanted).sort(list(ORDERS[order])).skip(skip).limit(limit)
    return [product_of(row) for row in rows], collection.count_documents(wanted)


def picks(database: Database, limit: int) -> list[Product]:
    """What the shop's people recommend, and can be had."""
    wanted = {**_filter(Choice(in_stock=True)), "pick": True}
    rows = database.collection(NAME).find(wanted).sort("rank", ASCENDING).limit(limit)
    return [product_of(row) for row in rows]


def firsts(database: Database) -> dict[str, Product]:
    """The first product of each category, in the order of the catalogue."""
    rows = database.collection(NAME).aggregate([
        {"$match": {"hidden": False}},
        {"$sort": {"rank": ASCENDING}},
        {"$group": {"_id": "$category", "first": {"$first": "$$ROOT"}}},
    ])  # fmt: skip
    return {row["_id"]: product_of(row["first"]) for row in rows}


def related(database: Database, product: Product, limit: int) -> list[Product]:
    """Others of its category: first those of the same kind, then those of a similar price."""
    wanted = {**_filter(Choice(category=product.category)), "_id": {"$ne": product.id}}
    others = [product_of(row) for row in database.collection(NAME).find(wanted)]
    others.sort(key=lambda other: (other.kind != product.kind, abs(other.price - product.price)))
    return others[:limit]


def values(database: Database, category: str, key: str) -> list[Value]:
    """What the products of a category say of a specification."""
    wanted = _filter(Choice(category=category))
    return sorted(database.collection(NAME).distinct(f"specifications.{key}", wanted), key=_sorting)


def counts(database: Database, choice: Choice, keys: Sequence[str]) -> dict[str, list[Counted]]:
    """How many products there would be for each brand, category, and value of these
    specifications, if only this one were chosen differently."""
    sides: dict[str, list[Document]] = {
        "brand": _counting(replace(choice, brands=()), "brand"),
        "category": _counting(replace(choice, categories=()), "category"),
    }
    for key in keys:
        rest = {other: chosen for other, chosen in choice.chosen.items() if other != key}
        sides[f"spec_{key}"] = _counting(replace(choice, chosen=rest), f"specifications.{key}")
    answer = next(iter(database.collection(NAME).aggregate([{"$facet": sides}])))
    return {
        name.removeprefix("spec_"): sorted(
            (Counted(row["_id"], row["count"]) for row in rows),
            key=lambda each: _sorting(each.value),
        )
        for name, rows in answer.items()
    }


def _counting(choice: Choice, path: str) -> list[Document]:
    return [
        {"$match": {"$and": [_filter(choice), {path: {"$exists": True}}]}},
        {"$group": {"_id": f"${path}", "count": {"$sum": 1}}},
    ]


def _filter(choice: Choice) -> Document:
    wanted: Document = {"hidden": False}
    if choice.category:
        wanted["category"] = {"$eq": choice.category}
    elif choice.categories:
        wanted["category"] = {"$in": list(choice.categories)}
    if choice.brands:
        wanted["brand"] = {"$in": list(choice.brands)}
    if price := _price(choice):
        wanted["price"] = price
    if choice.in_stock:
        wanted["$expr"] = {"$gt": ["$stock", "$reserved"]}
    for key, chosen in choice.chosen.items():
        wanted[f"specifications.{key}"] = {"$in": list(chosen)}
    # Each word is the beginning of one of the product's, which the index answers.
    if words := words_of(choice.words)[:MOST_WORDS]:
        wanted["words"] = {"$all": [re.compile(f"^{re.escape(word)}") for word in words]}
    return wanted


def _price(choice: Choice) -> Document:
    bounds: dict[str, Any] = {"$gte": choice.least, "$lte": choice.most}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _sorting(value: Value) -> tuple[bool, float, str]:
    number = isinstance(value, int | float)
    return (not number, float(value) if number else 0.0, str(value))
