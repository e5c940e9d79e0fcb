"""Whether money and orders agree: what the databases of bank and shop say, read without either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.faults.passing_time import BANK, SHOP
from tests.faults.street import HAD_MINOR, Street

Document = Mapping[str, Any]
OUTCOMES = {
    "keep": ("paid", 1, 0),
    "cancel": ("cancelled", 1, 1),
    "give up": ("cancelled", 0, 0),
    "leave": ("expired", 0, 0),
    "late": ("expired", 1, 1),
}
"""What becomes of an order by what its buyer wanted: its state, and how often it is paid and given
back. Whoever pays too late gets it back."""

_GONE = frozenset({"paid", "shipped"})


def of_order(street: Street, email: str, ending: str) -> list[str]:
    """What is wrong about the order of that address."""
    found = list(street.client[SHOP]["orders"].find({"email": email}))
    if len(found) != 1:
        return [f"{len(found)} orders instead of one"]
    order, (status, payments, refunds) = found[0], OUTCOMES[ending]
    wrong = [] if order["status"] == status else [f"it is {order['status']}, not {status}"]
    intents = list(street.client[BANK]["payment_intents"].find({"order": order["number"]}))
    if len(intents) > 1:
        wrong.append(f"{len(intents)} payment intents")
    ids = [intent["_id"] for intent in intents]
    made = list(street.client[BANK]["transactions"].find({"reference": {"$in": ids}}))
    return [*wrong, *_of_money(order, made, payments, refunds)]


def of_everything(street: Street) -> list[str]:
    """What is wrong about all accounts and the stock."""
    return [*_of_payers(street), *_of_stock(street)]


def _of_money(order: Document, made: list[Document], payments: int, refunds: int) -> Iterator[str]:
    kinds = Counter(each["kind"] for each in made)
    if kinds != +Counter(payment=payments, refund=refunds):
        yield f"at the bank it has {dict(kinds)}, not {payments} payments and {refunds} refunds"
    for each in made:
        amounts = sorted(int(entry["amount"]) for entry in each["entries"])
        if amounts != [-order["total"], order["total"]]:
            yield f"a {each['kind']} moved {amounts}, the order costs {order['total']}"
    refunded = order["refund"]["status"] if order["refund"] else None
    if (refunded == "done") != bool(refunds) or refunded == "due":
        yield f"its refund is {refunded}"


def _of_payers(street: Street) -> Iterator[str]:
    """Each account holds what it had, less the orders that its payments are for."""
    orders = {order["number"]: order for order in street.client[SHOP]["orders"].find()}
    kept: Counter[str] = Counter()
    for intent in street.client[BANK]["payment_intents"].find({"status": "succeeded"}):
        order = orders.get(intent["order"])
        if order and order["status"] in _GONE:
            kept[intent["payer_account"]] += int(order["total"])
    for payer in street.payers:
        account = street.client[BANK]["accounts"].find_one({"_id": payer.number})
        balance = int(account["balance"]) if account else 0
        if balance != HAD_MINOR - kept[payer.number]:
            yield (f"{payer.email} holds {balance}, not {HAD_MINOR - kept[payer.number]}")


def _of_stock(street: Street) -> Iterator[str]:
    """What was sold is gone from the shelf, and what nobody has ordered is promised to nobody."""
    sold: Counter[str] = Counter()
    promised: Counter[str] = Counter()
    for order in street.client[SHOP]["orders"].find():
        for line in order["lines"]:
            sold[line["product"]] += int(line["quantity"]) * (order["status"] in _GONE)
            promised[line["product"]] += int(line["quantity"]) * (order["status"] == "placed")
    for product in street.client[SHOP]["products"].find():
        id, stock, reserved = product["_id"], int(product["stock"]), int(product["reserved"])
        if (stock, reserved) != (street.goods[id] - sold[id], promised[id]):
            yield (
                f"{id}: {stock} in stock and {reserved} reserved, "
                f"not {street.goods[id] - sold[id]} and {promised[id]}"
            )
