"""What MongoDB itself holds an order to: its fields, its figures, and what its state implies."""

from __future__ import annotations

from shop.models.database import Document, closed

NAME = "orders"
_TEXT = {"bsonType": "string"}
_MAYBE_TEXT = {"bsonType": ["string", "null"]}
_DATE = {"bsonType": "date"}
_MAYBE_DATE = {"bsonType": ["date", "null"]}
_COUNT = {"bsonType": "long", "minimum": 0}
_SOME = {"bsonType": "long", "minimum": 1}

_LINE = closed({"product": _TEXT, "name": _TEXT, "price": _SOME, "quantity": _SOME})
_REFUND = closed({
    "status": {"enum": ["due", "done"]},
    "amount": _SOME,
    "reason": _TEXT,
    "key": _TEXT,
    "id": _MAYBE_TEXT,
    "error": _MAYBE_TEXT,
})  # fmt: skip
_ADDRESS = {"bsonType": "object", "additionalProperties": _TEXT, "maxProperties": 8}

_SUM = {
    "$add": [
        "$delivery_price",
        {
            "$sum": {
                "$map": {
                    "input": "$lines",
                    "in": {"$multiply": ["$$this.price", "$$this.quantity"]},
                }
            }
        },
    ]
}
# Whoever has paid has a date of it, and the bank's intent.
_PAID = {"$in": ["$status", ["paid", "shipped"]]}

VALIDATOR: Document = {
    "$jsonSchema": closed(
        {
            "_id": _TEXT,
            "number": {"bsonType": "string", "pattern": "^[0-9A-Z]{4}-[0-9A-Z]{4}$"},
            "link": _TEXT,
            "form": _TEXT,
            "customer": _MAYBE_TEXT,
            "email": _TEXT,
            "address": _ADDRESS,
            "delivery": {"enum": ["standard", "express", "pickup"]},
            "delivery_price": _COUNT,
            "lines": {"bsonType": "array", "items": _LINE, "minItems": 1, "maxItems": 100},
            "total": _SOME,
            "currency": {"bsonType": "string", "pattern": "^[A-Z]{3}$"},
            "status": {"enum": ["placed", "paid", "shipped", "cancelled", "expired"]},
            "refund": {"anyOf": [{"bsonType": "null"}, _REFUND]},
            "key": _TEXT,
            "asked_at": _MAYBE_DATE,
            "intent": _MAYBE_TEXT,
            "pay_url": _MAYBE_TEXT,
            "paid": _COUNT,
            "placed_at": _DATE,
            "expires_at": _DATE,
            "paid_at": _MAYBE_DATE,
            "shipped_at": _MAYBE_DATE,
            "closed_at": _MAYBE_DATE,
            "look_at": _MAYBE_DATE,
            "looks": _COUNT,
            "trouble": _MAYBE_TEXT,
            "refused": _MAYBE_TEXT,
            "history": {"bsonType": "array", "items": closed({"at": _DATE, "what": _TEXT})},
        }
    ),
    "$expr": {
        "$and": [
            {"$eq": ["$total", _SUM]},
            {"$or": [{"$not": [_PAID]}, {"$eq": ["$paid", "$total"]}]},
            {"$lte": [{"$ifNull": ["$refund.amount", 0]}, {"$max": ["$paid", 0]}]},
        ]
    },
}
