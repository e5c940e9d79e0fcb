"""What a banker is shown of payments at shops: a list, and one with all that became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.controllers.bank import Bank
from app.controllers.desk import Page, Place
from app.controllers.names import usernames
from app.controllers.orders import DeskIntentsQuery
from app.controllers.payments.intents import page_of_intents
from app.controllers.payments.steps import seen
from app.models import payment_history, payment_intents
from app.models.intent import Capture, Intent, Refund
from app.models.intent_lists import IntentFilters, merchants_like
from app.models.transactions import Transaction
from money import Money

__all__ = ["Intent", "PaymentDossier", "Step", "list_payments", "of_payment"]
_MOST_SHOPS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a payment, or by when it ends by itself; `amount` is what was
    paid, held, captured or given back."""

    what: str
    at: datetime
    amount: Money | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentDossier:
    """A payment as it is now, its payer's user name, its steps in time, and its transactions."""

    intent: Intent
    payer: str | None
    steps: list[Step]
    transactions: list[Transaction]

    def moved(self, made: Transaction) -> Money:
        """What one of its transactions moved."""
        return made.money(max(line.amount_minor for line in made.entries))


def list_payments(bank: Bank, query: DeskIntentsQuery, after: Place | None) -> Page[Intent, Place]:
    """A page of all shops' payments, newest first."""
    shops = merchants_like(bank.database, query.shop, _MOST_SHOPS) if query.shop else None
    filters = IntentFilters(shops, query.order, query.status)
    return page_of_intents(bank, filters, after, query.limit)


def of_payment(bank: Bank, id: str) -> PaymentDossier:
    """Any shop's payment. Raises IntentNotFound."""
    intent = seen(payment_intents.get_intent(bank.database, id), bank.now())
    names = usernames(bank, {intent.payer}) if intent.payer else {}
    made = payment_history.of_intent(bank.database, id)
    return PaymentDossier(intent, names.get(intent.payer or ""), _steps(intent), made)


def _steps(intent: Intent) -> list[Step]:
    """What happened, oldest first; last, by when it ends, where it waits."""
    steps = [Step("asked", intent.created_at, intent.amount)]
    if intent.paid_at:
        what = "held" if intent.capture == "manual" else "paid"
        steps.append(Step(what, intent.paid_at, intent.amount))
    if intent.capture == "manual":
        steps += [_step(intent, "captured", part) for part in intent.captures]
    steps += [_step(intent, "refunded", part) for part in intent.refunds]
    if intent.ended_at:
        what = "freed" if intent.status == "succeeded" else intent.status
        reason = intent.reason if intent.status == "canceled" else None
        steps.append(Step(what, intent.ended_at, None, reason))
    steps.sort(key=lambda step: step.at)
    if intent.deadline:
        steps.append(Step("deadline", intent.deadline))
    return steps


def _step(intent: Intent, what: str, part: Capture | Refund) -> Step:
    reason = part.reason if isinstance(part, Refund) else None
    return Step(what, part.at, intent.money(part.minor), reason)
