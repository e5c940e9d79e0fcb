"""Payment intents as their shops make, read and cancel them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.controllers.bank import Actor, Bank
from app.controllers.desk import Page, cut
from app.controllers.names import masked
from app.controllers.orders import CancelIntent, CreateIntent, IntentsQuery
from app.controllers.payments import expiry
from app.controllers.payments.parts import amount_of, check_status, fingerprint
from app.controllers.payments.steps import seen
from app.errors import (
    CurrencyMismatch,
    InvalidField,
    KeyReused,
    OrderTaken,
    Overtaken,
    PostingLimitExceeded,
)
from app.models import accounts, intent_lists, payment_intents
from app.models.database import Duplicate
from app.models.histories import Place
from app.models.intent import Capture, Intent, Refund, new_intent
from app.models.intent_lists import IntentFilters
from app.models.merchants import Merchant, get_merchant
from money import Money

__all__ = [
    "Intent", "PartShown", "Shown", "cancel", "create", "list_intents", "page_of_intents",
    "pay_url", "read", "show",
]  # fmt: skip
_TRIES = 20


@dataclass(frozen=True, slots=True)
class PartShown:
    """A capture or a refund as its shop sees it."""

    id: str
    amount: Money
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An intent as its shop sees it: where it is paid, and the payer's masked name."""

    intent: Intent
    pay_url: str
    payer: str | None

    @property
    def captures(self) -> list[PartShown]:
        """What was captured, oldest first."""
        return [self.part(each) for each in self.intent.captures]

    @property
    def refunds(self) -> list[PartShown]:
        """What was given back, oldest first."""
        return [self.part(each) for each in self.intent.refunds]

    def part(self, part: Capture | Refund) -> PartShown:
        """A capture or a refund of it."""
        reason = part.reason if isinstance(part, Refund) else None
        return PartShown(part.id, self.intent.money(part.minor), part.at, reason)


def create(bank: Bank, actor: Actor, order: CreateIntent, key: str) -> tuple[Intent, bool]:
    """Ask for a payment; the intent, and whether the same key has made it before.

    Raises KeyReused, OrderTaken, PostingLimitExceeded, CurrencyMismatch, InvalidField.
    """
    merchant = get_merchant(bank.database, actor.user)
    intent = _asked(bank, merchant, order, key)
    if before := _same(bank, intent):
        return before, True
    _check(bank, merchant, intent)
    try:
        bank.database.atomically(lambda: payment_intents.insert_intent(bank.database, intent))
    except Duplicate:
        # The same call at the same moment, or another one for the order.
        if before := _same(bank, intent):
            return before, True
        raise
    return intent, False


def read(bank: Bank, actor: Actor, id: str) -> Intent:
    """One of the shop's own intents, as it is now. Raises IntentNotFound."""
    return seen(payment_intents.get_intent(bank.database, id, actor.user), bank.now())


def list_intents(
    bank: Bank, actor: Actor, query: IntentsQuery, after: Place | None
) -> Page[Intent, Place]:
    """A page of the shop's own intents, newest first."""
    filters = IntentFilters([actor.user], query.order, query.status)
    return page_of_intents(bank, filters, after, query.limit)


def page_of_intents(
    bank: Bank, filters: IntentFilters, after: Place | None, limit: int
) -> Page[Intent, Place]:
    """A page of the intents that match, as they are now, newest first."""
    now = bank.now()
    found = intent_lists.intents_page(bank.database, filters, now, after, limit + 1)
    shown = [seen(intent, now) for intent in found]
    return cut(shown, limit, lambda last: Place(last.created_at, last.id))


def cancel(bank: Bank, actor: Actor, id: str, order: CancelIntent) -> Intent:
    """Let nobody pay it any more, and free what is held; a canceled one stays as it is.

    Raises IntentNotFound, WrongState, Overtaken.
    """
    for left in reversed(range(_TRIES)):
        intent = expiry.current(bank, id, actor.user)
        if intent.status == "canceled":
            return intent
        check_status(intent, "requires_customer", "requires_capture")
        if intent.captured_minor:
            check_status(intent, "requires_customer")
        try:
            return expiry.cancel(bank, intent, order.reason)
        except Overtaken:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def show(bank: Bank, intents: Iterable[Intent]) -> list[Shown]:
    """The intents as their shop may see them."""
    listed = list(intents)
    numbers = {each.payer_account for each in listed if each.payer_account}
    payers = accounts.find_accounts(bank.database, numbers) if numbers else {}
    names = {number: masked(account.customer) for number, account in payers.items()}
    return [
        Shown(each, pay_url(bank, each), names.get(each.payer_account or "")) for each in listed
    ]


def pay_url(bank: Bank, intent: Intent) -> str:
    """Where the customer pays."""
    return f"{bank.config.address}/pay/{intent.id}"


def _asked(bank: Bank, merchant: Merchant, order: CreateIntent, key: str) -> Intent:
    """The intent that is asked for; what two calls under one key must agree in is in its print."""
    if order.currency not in (None, merchant.currency):
        raise CurrencyMismatch(
            f"the shop is paid in {merchant.currency}", currency=merchant.currency
        )
    amount, now = amount_of(order.amount, merchant.currency), bank.now()
    asked = {
        "order": order.order, "description": order.description, "return_url": order.return_url,
        "capture": order.capture,
    }  # fmt: skip
    return new_intent(
        merchant=merchant.id, name=merchant.name, account=merchant.account, amount=amount,
        key=key, fingerprint=fingerprint(amount=str(amount), expires_in=order.expires_in, **asked),
        now=now, expires_at=now + timedelta(seconds=order.expires_in), **asked,
    )  # fmt: skip


def _same(bank: Bank, asked: Intent) -> Intent | None:
    """The intent that the key has made before. Raises KeyReused, OrderTaken."""
    shop = asked.merchant
    before = payment_intents.find_intent(bank.database, shop, key=asked.key)
    before = before or payment_intents.find_intent(bank.database, shop, order=asked.order)
    if before is None:
        return None
    # The order's may be the key's, too: made since it was looked for by its key.
    if before.key != asked.key:
        raise OrderTaken("read that one, or give the order another name", intent=before.id)
    if before.fingerprint != asked.fingerprint:
        raise KeyReused("make a new key for a new request")
    return seen(before, bank.now())


def _check(bank: Bank, merchant: Merchant, intent: Intent) -> None:
    """Refuse what could not be paid, and a way back that is not the shop's."""
    if merchant.currency not in bank.config.currencies:
        raise InvalidField(f"this bank keeps no {merchant.currency} any more", field="currency")
    limit: Money = bank.config.limit("limit_per_payment", merchant.currency)
    if intent.amount > limit:
        raise PostingLimitExceeded(f"at most {limit} at once", limit=limit)
    if intent.return_url not in merchant.return_urls:
        message = "not one of the shop's registered addresses; GET /merchant lists them"
        raise InvalidField(message, field="return_url")
