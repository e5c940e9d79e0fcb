"""Products, as far as orders need them: what one costs, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from shop.errors import ProductNotFound
from shop.models.database import Database, Document, Shape, closed

NAME = "products"
_COUNT = {"bsonType": "long", "minimum": 0}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string"},
            "name": {"bsonType": "string"},
            "price": {"bsonType": "long", "minimum": 1},
            "stock": _COUNT,
            "reserved": _COUNT,
        }),
        "$expr": {"$lte": ["$reserved", "$stock"]},
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold: `price` in minor units; of `stock` on the shelf, `reserved` are promised."""

    id: str
    name: str
    price: int
    stock: int
    reserved: int

    @property
    def available(self) -> int:
        """How many can still be ordered."""
        return self.stock - self.reserved


def get_product(database: Database, id: str) -> Product:
    """The product of that id. Raises ProductNotFound."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    if document is None:
        raise ProductNotFound()
    return _product(document)


def _product(document: Document) -> Product:
    numbers = {name: int(document[name]) for name in ("price", "stock", "reserved")}
    return Product(id=document["_id"], name=document["name"], **numbers)
