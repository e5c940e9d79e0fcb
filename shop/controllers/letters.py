"""What the shop's mails say. No secret stands in a subject: phones show it on a locked screen."""

from __future__ import annotations

from dataclasses import dataclass

from money import Money
from shop.config import Config
from shop.models.orders import Order


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is posted: its kind, its subject in one line, its text."""

    kind: str
    subject: str
    text: str


def paid(config: Config, order: Order) -> Letter:
    """The money has come."""
    lines = "\n".join(
        f"  {line.quantity} x {line.name}: {Money(line.total, order.currency)}"
        for line in order.lines
    )
    body = (
        f"thank you: your order {order.number} is paid.\n\n{lines}\n"
        f"  Delivery ({order.delivery}): {Money(order.delivery_price, order.currency)}\n"
        f"  Total: {Money(order.total, order.currency)}\n\n"
        + (
            "We write again when it is ready for you."
            if order.delivery == "pickup"
            else "We write again when it is on its way."
        )
        + " Until then you can cancel it and get your money back."
    )
    return _letter(config, order, "paid", f"Your order {order.number} is paid", body)


def shipped(config: Config, order: Order) -> Letter:
    """The goods are on their way, or wait."""
    body = (
        f"your order {order.number} is ready: come by and pick it up."
        if order.delivery == "pickup"
        else f"your order {order.number} is on its way."
    )
    return _letter(config, order, "shipped", f"News of your order {order.number}", body)


def refunded(config: Config, order: Order) -> Letter:
    """The money has gone back."""
    amount = Money(order.refund.amount if order.refund else 0, order.currency)
    body = (
        f"{amount} for your order {order.number} have gone back to the account that they came from."
    )
    return _letter(config, order, "refunded", f"Your money for order {order.number}", body)


def _letter(config: Config, order: Order, kind: str, subject: str, body: str) -> Letter:
    link = f"{config.address}/order/{order.link}"
    name = order.address.get("name", "")
    text = f"Hello {name},\n\n{body}\n\nYour order: {link}\n\nYours,\n{config.name}\n"
    return Letter(kind, subject, text)
