"""Reconciliation: every order against the bank's payments, and every payment against the orders.

It looks and changes nothing. What is on its way, such as a refund that is due, is a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bank_client import Intent, Problem
from shop.controllers.shop import Shop
from shop.controllers.till import due, trouble
from shop.models import orders, stock
from shop.models.orders import Order

_UNPAID = frozenset({"canceled", "expired", "failed"})
_FITTING = {
    "placed": frozenset({"requires_customer"}),
    "paid": frozenset({"succeeded"}),
    "shipped": frozenset({"succeeded"}),
    "cancelled": _UNPAID,
    "expired": _UNPAID,
}


@dataclass
class Report:
    """How much was compared, and each difference in words."""

    orders: int = 0
    intents: int = 0
    differences: list[str] = field(default_factory=list)


def reconcile(shop: Shop) -> Report:
    """Compare everything. Raises BankUnreachable, BankRefused."""
    try:
        # The bank first: an order that is placed meanwhile is no payment without an order.
        intents = {intent.order: intent for intent in shop.till.intents()}
    except Problem as problem:
        raise trouble(problem) from problem
    report = Report(intents=len(intents))
    promised: Counter[str] = Counter()
    for order in orders.every(shop.database):
        report.orders += 1
        if any(_of_order(order, intents.pop(order.number, None))):
            report.differences += _once_more(shop, order)
        if order.status == "placed":
            for line in order.lines:
                promised[line.product] += line.quantity
    for intent in intents.values():
        if orders.find_order(shop.database, number=intent.order) is None:
            report.differences.append(f"payment {intent.id} is for no order: {intent.order}")
    report.differences += _of_stock(shop, promised)
    return report


def _once_more(shop: Shop, order: Order) -> Iterator[str]:
    """What is different still: while all were read, something may have happened to this one."""
    try:
        intent = next(iter(shop.till.intents(order=order.number)), None)
    except Problem as problem:
        raise trouble(problem) from problem
    return _of_order(orders.latest(shop.database, order), intent)


def _of_order(order: Order, intent: Intent | None) -> Iterator[str]:
    """What is different about one order."""
    name = f"order {order.number}"
    if order.trouble:
        yield f"{name} has trouble: {order.trouble}"
    if intent is None:
        if order.intent or order.paid:
            yield f"{name} has payment {order.intent}, which the bank does not know"
        return
    if order.intent != intent.id:
        yield f"{name} has payment {order.intent}, the bank has {intent.id}"
    if intent.amount != due(order):
        yield f"{name} costs {due(order)}, its payment is {intent.amount}"
    yield from _of_money(order, intent, name)


def _of_money(order: Order, intent: Intent, name: str) -> Iterator[str]:
    given_back = order.refund.amount if order.refund and order.refund.status == "done" else 0
    if order.paid != intent.captured.minor:
        yield f"{name}: paid here {order.paid}, at the bank {intent.captured.minor} (minor units)"
    if given_back != intent.refunded.minor:
        yield f"{name}: refunded here {given_back}, at the bank {intent.refunded.minor}"
    if order.wants_money_back:
        yield f"{name} has a refund that is due"
    # A closed order that was paid all the same is refunded, which the figures above tell.
    closed_with_money = order.status in ("cancelled", "expired") and order.paid > 0
    if not closed_with_money and intent.status not in _FITTING[order.status]:
        yield f"{name} is {order.status}, its payment {intent.status}"


def _of_stock(shop: Shop, promised: Counter[str]) -> Iterator[str]:
    for product, count in stock.promised(shop.database).items():
        if count != promised[product]:
            yield f"product {product}: {count} reserved, {promised[product]} in orders"
