"""An order as the program holds it, and as MongoDB keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Int64

from shop.models.database import Document


@dataclass(frozen=True, slots=True)
class OrderLine:
    """So many of a product, at the price in minor units that it had then."""

    product: str
    name: str
    price: int
    quantity: int

    @property
    def total(self) -> int:
        """What the line costs."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that goes back: `key` is the Idempotency-Key under which the bank is asked for it,
    `error` why it has not gone yet, `id` the bank's name for it."""

    status: str
    amount: int
    reason: str
    key: str
    id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an order."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `form` names the form that it came from, `link` is the secret of its address, `key`
    the Idempotency-Key under which the bank is asked for the payment, `asked_at` when it first was,
    `look_at` when its payment is looked at next, `trouble` what people have to look into, `refused`
    what the bank said when it did not make the payment."""

    id: str
    number: str
    link: str
    form: str
    customer: str | None
    email: str
    address: Mapping[str, str]
    delivery: str
    delivery_price: int
    lines: tuple[OrderLine, ...]
    total: int
    currency: str
    status: str
    refund: Refund | None
    key: str
    asked_at: datetime | None
    intent: str | None
    pay_url: str | None
    paid: int
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    closed_at: datetime | None
    look_at: datetime | None
    looks: int
    trouble: str | None
    refused: str | None
    history: tuple[Event, ...]

    @property
    def wants_money_back(self) -> bool:
        """Whether a refund is due."""
        return self.refund is not None and self.refund.status == "due"


def plain(value: Any) -> Any:
    """A value as MongoDB keeps it."""
    if isinstance(value, OrderLine | Refund | Event):
        return {name: plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return Int64(value)
    return dict(value) if isinstance(value, Mapping) else value


def to_document(order: Order) -> Document:
    """The order as it is stored."""
    values = {name: plain(getattr(order, name)) for name in Order.__slots__ if name != "id"}
    return {"_id": order.id, **values}


def from_document(document: Mapping[str, Any]) -> Order:
    """The order that is stored so."""
    values = {name: document[name] for name in Order.__slots__ if name != "id"}
    values["lines"] = tuple(OrderLine(**_whole(each)) for each in values["lines"])
    values["history"] = tuple(Event(**each) for each in values["history"])
    values["refund"] = Refund(**_whole(values["refund"])) if values["refund"] else None
    return Order(id=document["_id"], **_whole(values))


def _whole(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the driver's integers as Python's."""
    return {
        name: int(value) if isinstance(value, Int64) else value for name, value in document.items()
    }
