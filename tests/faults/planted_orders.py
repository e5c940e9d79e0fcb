"""Faults that are planted into the databases of bank and shop, so that whoever says that they agree
has shown that they would find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson import Int64
from pymongo.collection import Collection

from tests.faults import agreement
from tests.faults.passing_time import BANK, SHOP
from tests.faults.street import Street

Documents = Collection[dict[str, Any]]
Check = Callable[[Street], list[str]]


def found(street: Street) -> Mapping[str, bool]:
    """Each planted fault, and whether it is found while it is there; then it is mended again."""
    orders, goods = street.client[SHOP]["orders"], street.client[SHOP]["products"]
    accounts = street.client[BANK]["accounts"]
    refunded = {"refund.status": "done"}
    payer = {"_id": street.payers[0].number}
    table: list[tuple[str, Documents, dict[str, Any], dict[str, Any], Check]] = [
        ("a paid order that is called unpaid", orders, {"status": "paid"},
         {"status": "placed", "paid": Int64(0)}, _by_reconciliation),
        ("a refund that the shop has lost", orders, refunded, {"refund": None},
         _by_reconciliation),
        ("a refund that the bank has not made", orders, {"status": "paid"},
         {"refund": {"status": "done", "amount": Int64(1)}, "status": "cancelled"},
         _by_agreement),
        ("goods that nobody has ordered are reserved", goods, {}, {"reserved": Int64(3)},
         _by_reconciliation),
        ("goods are missing", goods, {}, {"stock": Int64(1)}, _by_everything),
        ("a payer has too little", accounts, payer, {"balance": Int64(1)}, _by_everything),
    ]  # fmt: skip
    verdicts = {}
    for name, documents, which, change, check in table:
        with _planted(documents, which, change):
            verdicts[name] = bool(check(street))
    return verdicts


def _by_reconciliation(street: Street) -> list[str]:
    return street.differences()


def _by_everything(street: Street) -> list[str]:
    return agreement.of_everything(street)


def _by_agreement(street: Street) -> list[str]:
    """As for an order whose buyer wants the money back."""
    order = street.client[SHOP]["orders"].find_one({"refund.amount": 1})
    assert order
    return agreement.of_order(street, order["email"], "cancel")


@contextmanager
def _planted(documents: Documents, which: dict[str, Any], change: dict[str, Any]) -> Iterator[None]:
    """One document is changed behind everybody's back, and is what it was afterwards."""
    before = documents.find_one(which)
    assert before, which
    after = {**before, **change}
    documents.replace_one({"_id": before["_id"]}, after, bypass_document_validation=True)
    try:
        yield
    finally:
        documents.replace_one({"_id": before["_id"]}, before, bypass_document_validation=True)
