"""Shops give back what was paid, wholly or in parts, from the account that they were paid onto."""

from __future__ import annotations

from dataclasses import dataclass

from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Key, Posting
from app.controllers.orders import RefundOrder
from app.controllers.payments import events
from app.controllers.payments.capturing import memo_of
from app.controllers.payments.parts import (
    MOST_PARTS,
    amount_of,
    check_currency,
    check_status,
    key_of,
    lines,
    move,
    told_amount,
)
from app.controllers.payments.steps import refunded
from app.errors import RefundTooLarge
from app.models import payment_intents
from app.models.ids import random_id
from app.models.intent import Intent, Refund


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund, the intent as it is now, and whether an earlier request made it."""

    part: Refund
    intent: Intent
    replayed: bool


def refund(bank: Bank, actor: Actor, id: str, order: RefundOrder, key: str) -> Refunded:
    """Give back a part of what was paid, or all that was not given back yet.

    Raises IntentNotFound, WrongState, RefundTooLarge, CurrencyMismatch, KeyReused,
    InsufficientFunds, AccountFrozen, AccountClosed, Overtaken.
    """
    own = key_of(
        actor, key, operation="refund", id=id, amount=told_amount(order.amount),
        reason=order.reason,
    )  # fmt: skip
    intent, replayed = move(
        bank, actor, id, own, lambda intent: _refund(bank, actor, intent, order, key, own)
    )
    (part,) = [each for each in intent.refunds if each.key == key]
    return Refunded(part, intent, replayed)


def _refund(
    bank: Bank, actor: Actor, intent: Intent, order: RefundOrder, key: str, own: Key
) -> Posting:
    """The posting that gives it back from the intent as it was read."""
    check_status(intent, "succeeded")
    check_currency(order.currency, intent.currency)
    left = intent.refundable
    amount = amount_of(order.amount, intent.currency) if order.amount is not None else left
    if amount > left or not left.minor:
        raise RefundTooLarge(f"{left} of it can be given back", remaining=left)
    if len(intent.refunds) == MOST_PARTS:
        raise RefundTooLarge(f"at most {MOST_PARTS} refunds of one payment", remaining=left)
    part = Refund(random_id("re"), amount.minor, bank.now(), key, order.reason)
    then = refunded(intent, part)
    return Posting(
        kind="refund",
        currency=intent.currency,
        entries=lines(intent.account, intent.payer_account or "", part.minor),
        actor=actor.user,
        memo=memo_of(intent),
        reference=intent.id,
        key=own,
        claims=(payment_intents.step(intent, then),),
        tells=events.told(bank, then, "payment.refunded"),
    )
