"""Verification finds payments that were changed behind the bank's back, and names them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from bson import Int64

from app.controllers.bank import Bank
from app.controllers.books import verify_books
from app.controllers.ledger import Line, Posting
from app.controllers.ledger.verify import Finding
from app.controllers.orders import CaptureOrder, RefundOrder
from app.controllers.payments.capturing import capture
from app.controllers.payments.refunds import refund
from app.models import holds
from app.models.accounts import Account
from app.models.intent import Intent
from app.models.merchants import get_merchant
from tests import make
from tests.paying import pay

Street = tuple[Account, Intent, Intent]


@pytest.fixture
def street(bank: Bank) -> Street:
    """A payer with 100.00; a payment of 50.00 that is held, 20.00 of it captured; one of 30.00
    that was paid, 10.00 of it given back."""
    payer, shop = make.account(bank, balance=10_000), make.merchant(bank)
    held = pay(bank, make.intent(bank, shop, "50", capture="manual"), payer)
    till = make.seller(shop)
    held = capture(bank, till, held.id, CaptureOrder(Decimal(20), False), "c" * 16).intent
    paid = pay(bank, make.intent(bank, shop, "30"), payer)
    paid = refund(bank, till, paid.id, RefundOrder(Decimal(10), None), "r" * 16).intent
    return payer, held, paid


def found(bank: Bank) -> list[Finding]:
    """What a full verification finds."""
    return verify_books(bank, full=True).findings


def test_payments_as_the_bank_makes_them_are_right(bank: Bank, street: Street) -> None:
    assert found(bank) == []


Tamper = Callable[[Any, Intent], None]


def change(**values: object) -> Tamper:
    """Change fields of the intent."""

    def tamper(raw: Any, intent: Intent) -> None:
        raw.payment_intents.update_one(
            {"_id": intent.id}, {"$set": values}, bypass_document_validation=True
        )

    return tamper


def delete(raw: Any, intent: Intent) -> None:
    """The intent is gone."""
    raw.payment_intents.delete_one({"_id": intent.id})


@pytest.mark.tampers
@pytest.mark.parametrize(
    "tamper",
    [
        change(held=Int64(2_999)), change(held=Int64(0)), change(held=Int64(3_001)),
        change(payer_account="100000000091"), change(status="succeeded"),
        change(status="requires_customer"), change(status="expired"), delete,
    ],
)  # fmt: skip
def test_another_hold_than_the_accounts_is_named_by_the_account(
    bank: Bank, street: Street, stranger: Any, tamper: Tamper
) -> None:
    payer, held, _ = street
    tamper(stranger, held)
    assert ("held-money", payer.number) in {(each.rule, each.account) for each in found(bank)}


@pytest.mark.tampers
@pytest.mark.parametrize("more", [-1, 1, -3_000])
def test_an_account_that_holds_another_amount_is_named(
    bank: Bank, street: Street, stranger: Any, more: int
) -> None:
    payer, _, _ = street
    stranger.accounts.update_one({"_id": payer.number}, {"$inc": {"held": Int64(more)}})
    assert [(each.rule, each.account) for each in found(bank)] == [("held-money", payer.number)]


@pytest.mark.tampers
@pytest.mark.parametrize(
    "tamper",
    [
        change(captured=Int64(3_001)), change(captured=Int64(0)), change(captures=[]),
        change(refunded=Int64(0)), change(refunds=[]), change(refunded=Int64(1_001)),
        change(status="canceled"), change(status="requires_capture"), change(held=Int64(1)),
        change(amount=Int64(2_999)), change(account="100000000091"),
        change(refunded=Int64(0), refunds=[]),
        change(payer_account="100000000091"), change(payer_account=None),
    ],
)  # fmt: skip
def test_another_figure_than_the_historys_is_named_by_its_payment(
    bank: Bank, street: Street, stranger: Any, tamper: Tamper
) -> None:
    _, _, paid = street
    tamper(stranger, paid)
    named = [each.detail for each in found(bank) if each.rule == "payment"]
    assert any(paid.id in detail for detail in named), named


@pytest.mark.tampers
@pytest.mark.parametrize(
    "tamper", [change(captured="3000"), change(held=-1), change(note="x"), change(refunds=None)]
)
def test_a_payment_of_another_shape_is_named(
    bank: Bank, street: Street, stranger: Any, tamper: Tamper
) -> None:
    _, _, paid = street
    tamper(stranger, paid)
    named = [each.detail for each in found(bank) if each.rule == "shape"]
    assert named == [f"payment {paid.id} is not what the validator allows"]


@pytest.mark.tampers
def test_transactions_of_a_payment_that_is_gone_are_named(
    bank: Bank, street: Street, stranger: Any
) -> None:
    payer, _, paid = street
    delete(stranger, paid)
    gone = [each for each in found(bank) if each.rule == "payment"]
    assert {each.account for each in gone} == {payer.number, paid.account}
    assert all("of no payment" in each.detail for each in gone)


@pytest.mark.tampers
def test_a_payment_that_names_none_is_named(bank: Bank, street: Street) -> None:
    payer, held, _ = street
    lines = (Line(payer.number, -1), Line(held.account, 1))
    bank.ledger.post(Posting(kind="payment", currency="USD", entries=lines, actor="tests"))
    named = {(each.rule, each.account) for each in found(bank)}
    assert named == {("payment", payer.number), ("payment", held.account)}


@pytest.mark.tampers
def test_a_second_capture_that_the_payment_does_not_know_is_named(
    bank: Bank, street: Street
) -> None:
    payer, _, paid = street
    lines = (Line(payer.number, -1), Line(paid.account, 1))
    bank.ledger.post(
        Posting(kind="payment", currency="USD", entries=lines, actor="tests", reference=paid.id)
    )
    assert [each.detail for each in found(bank)] == [f"{paid.id} is not what was paid for it"]


def test_payments_that_go_on_meanwhile_are_right(
    bank: Bank, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, held, _ = street
    look = holds.on_accounts

    def then_captured(database: Any, number: str | None = None) -> dict[str, int]:
        before = look(database, number)
        if number is None:
            till = make.seller(get_merchant(bank.database, held.merchant))
            capture(bank, till, held.id, CaptureOrder(None, True), "d" * 16)
        return before

    monkeypatch.setattr(holds, "on_accounts", then_captured)
    assert found(bank) == []
