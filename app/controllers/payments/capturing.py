"""Shops capture what is held for them: at once or in parts; a final part frees the rest."""

from __future__ import annotations

from dataclasses import dataclass

from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Key, Line, Posting
from app.controllers.orders import CaptureOrder
from app.controllers.payments import events
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
from app.controllers.payments.steps import captured
from app.errors import CaptureTooLarge, InvalidField
from app.models import payment_intents
from app.models.ids import random_id
from app.models.intent import Capture, Intent


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture, the intent as it is now, and whether an earlier request made it."""

    part: Capture
    intent: Intent
    replayed: bool


def capture(bank: Bank, actor: Actor, id: str, order: CaptureOrder, key: str) -> Captured:
    """Take a part of what is held, or all of it; the rest is freed unless more is to come.

    Raises IntentNotFound, WrongState, CaptureTooLarge, CurrencyMismatch, KeyReused, AccountFrozen,
    Overtaken.
    """
    own = key_of(
        actor, key, operation="capture", id=id, amount=told_amount(order.amount), final=order.final
    )
    intent, replayed = move(
        bank, actor, id, own, lambda intent: _capture(bank, intent, order, key, own)
    )
    (part,) = [each for each in intent.captures if each.key == key]
    return Captured(part, intent, replayed)


def _capture(bank: Bank, intent: Intent, order: CaptureOrder, key: str, own: Key) -> Posting:
    """The posting that takes it from the intent as it was read."""
    check_status(intent, "requires_capture")
    check_currency(order.currency, intent.currency)
    held = intent.held
    amount = amount_of(order.amount, intent.currency) if order.amount is not None else held
    if amount > held:
        raise CaptureTooLarge(f"{held} is held", remaining=held)
    final = order.final or amount == held
    if not final and len(intent.captures) == MOST_PARTS - 1:
        raise InvalidField("the hundredth capture is the last one: say true", field="final")
    part = Capture(random_id("ca"), amount.minor, bank.now(), key)
    then = captured(intent, part, final=final)
    payer = intent.payer_account or ""
    return Posting(
        kind="payment",
        currency=intent.currency,
        entries=lines(payer, intent.account, part.minor),
        holds=(Line(payer, then.held_minor - intent.held_minor),),
        actor=intent.payer or "",
        memo=memo_of(intent),
        reference=intent.id,
        key=own,
        claims=(payment_intents.step(intent, then),),
        tells=events.told(bank, then, "payment.succeeded" if final else "payment.captured"),
    )


def memo_of(intent: Intent) -> str:
    """What the customer reads in the history."""
    return f"{intent.name} · {intent.order}"
