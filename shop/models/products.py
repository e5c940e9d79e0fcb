"""Products: what is sold, what it costs, and how many there are.

Of `stock` on the shelf, `reserved` are promised to orders that are being paid; both are whole
numbers, and no more is promised than there is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, IndexModel

from shop.errors import ProductNotFound
from shop.models.catalogue import Value
from shop.models.database import Database, Document, Shape, closed

NAME = "products"
_TEXT = {"bsonType": "string", "minLength": 1}
_COUNT = {"bsonType": "long", "minimum": 0}
_VALUE = {"bsonType": ["string", "int", "long", "double", "bool"]}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string", "pattern": "^[A-Za-z0-9-]{1,32}$"},
            "slug": {"bsonType": "string", "pattern": "^[a-z0-9-]{1,80}$"},
            "name": _TEXT,
            "brand": _TEXT,
            "category": _TEXT,
            "kind": _TEXT,
            "colour": _TEXT,
            "price": {"bsonType": "long", "minimum": 1},
            "stock": _COUNT,
            "reserved": _COUNT,
            "short": {"bsonType": "string"},
            "long": {"bsonType": "string"},
            "specifications": {"bsonType": "object", "additionalProperties": _VALUE},
            "words": {"bsonType": "array", "items": _TEXT},
            "rank": _COUNT,
            "pick": {"bsonType": "bool"},
            "hidden": {"bsonType": "bool"},
            "changed_at": {"bsonType": "date"},
        }),
        "$expr": {"$lte": ["$reserved", "$stock"]},
    },
    indexes=[
        IndexModel([("slug", ASCENDING)], name="slug", unique=True),
        IndexModel([("category", ASCENDING), ("rank", ASCENDING)], name="category"),
        IndexModel([("category", ASCENDING), ("price", ASCENDING)], name="category_price"),
        IndexModel([("words", ASCENDING)], name="words"),
        IndexModel([("price", ASCENDING), ("_id", ASCENDING)], name="price"),
        IndexModel([("rank", ASCENDING)], name="rank"),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold: `id` is its article number (SKU), `price` in minor units of the shop's
    currency; `kind` and `colour` say how it is drawn."""

    id: str
    name: str
    price: int
    stock: int
    reserved: int
    slug: str = ""
    brand: str = ""
    category: str = ""
    kind: str = ""
    colour: str = ""
    short: str = ""
    long: str = ""
    specifications: Mapping[str, Value] = field(default_factory=dict)
    rank: int = 0
    pick: bool = False
    hidden: bool = False

    @property
    def available(self) -> int:
        """How many can still be ordered; of a hidden one, none."""
        return 0 if self.hidden else self.stock - self.reserved


@dataclass(frozen=True, slots=True)
class Edited:
    """What the shop's people change of a product."""

    price: int
    stock: int
    short: str
    long: str
    pick: bool
    hidden: bool


def get_product(database: Database, id: str) -> Product:
    """The product of that article number, also a hidden one. Raises ProductNotFound."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    if document is None:
        raise ProductNotFound()
    return product_of(document)


def get_shown(database: Database, slug: str) -> Product:
    """The product of that address, unless it is hidden. Raises ProductNotFound."""
    document = database.collection(NAME).find_one({"slug": {"$eq": slug}, "hidden": False})
    if document is None:
        raise ProductNotFound()
    return product_of(document)


def by_ids(database: Database, ids: Iterable[str]) -> dict[str, Product]:
    """The products of these article numbers, as far as there are any."""
    found = database.collection(NAME).find({"_id": {"$in": list(ids)}})
    return {document["_id"]: product_of(document) for document in found}


def all_products(database: Database) -> list[Product]:
    """Every product, hidden ones as well, in the order of the catalogue."""
    found = database.collection(NAME).find().sort([("rank", ASCENDING), ("_id", ASCENDING)])
    return [product_of(document) for document in found]


def add(database: Database, product: Product, now: datetime) -> bool:
    """Make the product, unless it is there, and stays as it is; whether it was made."""
    document = _document(product, now)
    id = document.pop("_id")
    result = database.collection(NAME).update_one(
        {"_id": {"$eq": id}}, {"$setOnInsert": document}, upsert=True
    )
    return result.upserted_id is not None


def edit(database: Database, id: str, edited: Edited, stock_before: int, now: datetime) -> bool:
    """Change a product whose stock is still what was seen; whether it was so.

    False also where more is promised than would be there.
    """
    result = database.collection(NAME).update_one(
        {
            "_id": {"$eq": id},
            "stock": {"$eq": Int64(stock_before)},
            "reserved": {"$lte": edited.stock},
        },
        {"$set": {
            "price": Int64(edited.price), "stock": Int64(edited.stock), "short": edited.short,
            "long": edited.long, "pick": edited.pick, "hidden": edited.hidden, "changed_at": now,
        }},
    )  # fmt: skip
    return result.matched_count == 1


def plain(text: str) -> list[str]:
    """The words of a text in small letters and digits, without accents."""
    flat = unicodedata.normalize("NFKD", text.casefold())
    flat = "".join(each for each in flat if not unicodedata.combining(each))
    return re.findall(r"[a-z0-9]+", flat)


def words_of(text: str) -> list[str]:
    """The words by which something is found."""
    return sorted(set(plain(text)))


def product_of(document: Mapping[str, Any]) -> Product:
    """The product that a document describes."""
    facts: dict[str, Any] = {
        name: int(document[name]) for name in ("price", "stock", "reserved", "rank")
    }
    facts |= {name: document[name] for name in _AS_THEY_ARE}
    return Product(id=document["_id"], **facts)


_AS_THEY_ARE = (
    "name", "slug", "brand", "category", "kind", "colour", "short", "long", "specifications",
    "pick", "hidden",
)  # fmt: skip


def _document(product: Product, now: datetime) -> Document:
    searched = [product.id, product.name, product.brand, product.category, product.kind]
    searched += [product.short, *(str(each) for each in product.specifications.values())]
    return {
        "_id": product.id, "slug": product.slug, "name": product.name, "brand": product.brand,
        "category": product.category, "kind": product.kind, "colour": product.colour,
        "price": Int64(product.price), "stock": Int64(product.stock),
        "reserved": Int64(product.reserved), "short": product.short, "long": product.long,
        "specifications": dict(product.specifications), "words": words_of(" ".join(searched)),
        "rank": Int64(product.rank), "pick": product.pick, "hidden": product.hidden,
        "changed_at": now,
    }  # fmt: skip
