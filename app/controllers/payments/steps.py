"""What a payment intent becomes: each step of `STEPS` as the figures that come of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.models.intent import Capture, Intent, Refund


def over(intent: Intent, now: datetime) -> bool:
    """Whether its time is over, and it waits only to be ended."""
    return intent.deadline is not None and intent.deadline <= now


def seen(intent: Intent, now: datetime) -> Intent:
    """The intent as everybody sees it at that moment: ended, where its time is over."""
    return ended(intent) if over(intent, now) else intent


def ended(intent: Intent) -> Intent:
    """Its time is over: nothing is held any more, and what was captured stays paid."""
    status = "succeeded" if intent.captured_minor else "expired"
    return replace(intent, status=status, held_minor=0, ended_at=intent.deadline)


def canceled(intent: Intent, reason: str | None, now: datetime) -> Intent:
    """The shop wants nothing of it any more."""
    return replace(intent, status="canceled", held_minor=0, reason=reason, ended_at=now)


def captured(intent: Intent, part: Capture, *, final: bool) -> Intent:
    """A part of what was held is the shop's; a final one frees the rest."""
    held = 0 if final else intent.held_minor - part.minor
    return replace(
        intent,
        status="requires_capture" if held else "succeeded",
        held_minor=held,
        captured_minor=intent.captured_minor + part.minor,
        captures=(*intent.captures, part),
    )


def refunded(intent: Intent, part: Refund) -> Intent:
    """A part of what was paid is the customer's again."""
    return replace(
        intent,
        refunded_minor=intent.refunded_minor + part.minor,
        refunds=(*intent.refunds, part),
    )
