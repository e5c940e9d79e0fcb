"""Customers pay what shops ask for: at the ledger's door, without the pages that lead there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.controllers.bank import Bank
from app.controllers.ledger import Line, Posting
from app.models import payment_intents
from app.models.accounts import Account
from app.models.ids import random_id
from app.models.intent import Capture, Intent


def pay(bank: Bank, asked: Intent, payer: Account) -> Intent:
    """The intent as it is paid, or, where its shop captures later, held."""
    known = replace(asked, payer=payer.owner, payer_account=payer.number, paid_at=bank.now())
    if asked.capture == "manual":
        _hold(bank, asked, known)
    else:
        _post(bank, asked, known)
    return payment_intents.get_intent(bank.database, asked.id)


def _hold(bank: Bank, asked: Intent, known: Intent) -> None:
    then = replace(
        known, status="requires_capture", held_minor=asked.amount_minor,
        held_until=bank.now() + timedelta(days=bank.config.payment_hold_days),
    )  # fmt: skip
    bank.ledger.hold(
        Posting(
            kind="payment", currency=asked.currency, entries=(), actor=known.payer or "",
            holds=(Line(known.payer_account or "", asked.amount_minor),), reference=asked.id,
            claims=(payment_intents.step(asked, then),),
        )
    )  # fmt: skip


def _post(bank: Bank, asked: Intent, known: Intent) -> None:
    minor = asked.amount_minor
    whole = Capture(random_id("ca"), minor, bank.now(), None)
    then = replace(known, status="succeeded", captured_minor=minor, captures=(whole,))
    bank.ledger.post(
        Posting(
            kind="payment", currency=asked.currency, actor=known.payer or "",
            entries=(Line(known.payer_account or "", -minor), Line(asked.account, minor)),
            memo=f"{asked.name} · {asked.order}", reference=asked.id,
            claims=(payment_intents.step(asked, then),),
        )
    )  # fmt: skip
