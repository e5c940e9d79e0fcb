"""Tries to pay an intent: who may, and how often; what it costs, and how little a refusal tells."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import Literal, NoReturn

from app.controllers import pins, quotas
from app.controllers.bank import Bank
from app.controllers.ledger import Claim
from app.controllers.orders import Pay
from app.controllers.payments import breakers, events, proving
from app.controllers.quotas import Quota, Window
from app.errors import (
    InvalidCode,
    PaymentRefused,
    SecondFactorNeeded,
    TooManyTries,
    WrongState,
)
from app.models import claims, intent_tries, payment_intents
from app.models.ids import digest_of
from app.models.intent import Intent
from app.models.merchants import find_merchant
from app.models.payment_intents import get_intent

Standing = Literal["open", "elsewhere", "unavailable", "paid", "canceled", "expired", "failed"]
TRIES = 5
PAID = frozenset({"requires_capture", "succeeded"})
AT_THE_BANK = "send the customer to `pay_url`, for this needs a second factor"
_LINE = BoundedSemaphore(16)  # for those who wait for others: threads are not without end
_PAUSES_SECONDS = (0.05, 0.1, 0.15, 0.2, *[0.25] * 8)
_OF_ACCOUNT = Quota("pay", (Window(20, 3600), Window(100, 86400)))


@dataclass(frozen=True, slots=True)
class Visit:
    """Who tries to pay: a digest of what the one browser knows, None for no browser, and the
    address on the network."""

    browser: str | None
    address: str = ""


def visit_of(intent: str, secret: str, address: str) -> Visit:
    """A visit by a browser that keeps a secret; what an intent keeps of it says nothing about other
    intents that are paid there."""
    return Visit(digest_of(f"{intent} {secret}"), address)


def standing(bank: Bank, intent: Intent, browser: str | None) -> Standing:
    """How an intent stands to whoever wants to pay it there now."""
    if intent.status in PAID:
        return "paid"
    if intent.status == "requires_customer":
        if intent.expires_at <= bank.now():
            return "expired"
        merchant = find_merchant(bank.database, intent.merchant)
        if merchant is None or merchant.status != "active":
            return "unavailable"
        return "open" if intent.browser in (None, browser) else "elsewhere"
    found: Standing = intent.status  # type: ignore[assignment]
    return found


def begun(bank: Bank, id: str, visit: Visit) -> Intent:
    """The intent, open or paid in this very browser. Raises WrongState."""
    intent = get_intent(bank.database, id)
    stands = standing(bank, intent, visit.browser)
    if stands == "open" or (stands == "paid" and mine(intent, visit)):
        return intent
    raise WrongState("ask the shop for a new payment", state=stands)


def mine(intent: Intent, visit: Visit) -> bool:
    """Whether it was this browser that began to pay it."""
    return intent.browser == visit.browser


def count(bank: Bank, number: str) -> None:
    """Count a try of an account, whether anybody has it or not."""
    if bank.config.ratelimit_enabled:
        who = quotas.hashed(bank, f"pay {number}")
        counted = quotas.count(bank, _OF_ACCOUNT, who, bank.now())
        if not counted.admitted:
            raise TooManyTries("wait, then try again", retry_after=counted.retry_after)


def reserve(bank: Bank, intent: Intent, visit: Visit) -> Intent:
    """Count a try on the intent before it is looked at, in turn: who comes at the same moment, by a
    second click on the button, waits a little. It may be paid then.

    Raises WrongState, TooManyTries.
    """
    waiting = _LINE.acquire(blocking=False)
    try:
        for seconds in (0.0, *_PAUSES_SECONDS) if waiting else (0.0,):
            time.sleep(seconds)
            tried = intent_tries.reserve_try(
                bank.database, intent, visit.browser, bank.now(), tries=TRIES
            )
            found = tried or _still_open(bank, intent.id, visit)
            if found:
                return found
    finally:
        if waiting:
            _LINE.release()
    raise TooManyTries("others are being looked at", retry_after=5)


def _still_open(bank: Bank, id: str, visit: Visit) -> Intent | None:
    """The intent, if it is paid meanwhile; None while it can be paid."""
    if used_up := intent_tries.find_used_up(bank.database, id, bank.now(), tries=TRIES):
        _fail(bank, used_up)
    found = begun(bank, id, visit)
    return found if found.status in PAID else None


@contextmanager
def settling(bank: Bank, tried: Intent) -> Iterator[None]:
    """Settle a try: it stays counted where it was refused, and the last one ends the intent."""
    try:
        yield
    except (PaymentRefused, InvalidCode):
        intent_tries.settle_try(bank.database, tried, refused=True)
        if tried.tries >= TRIES:
            _fail(bank, tried)
        raise
    except BaseException:
        intent_tries.settle_try(bank.database, tried, refused=False)
        raise
    intent_tries.settle_try(bank.database, tried, refused=False)


def _fail(bank: Bank, tried: Intent) -> None:
    """Too many tries were refused; nothing happens where somebody has ended it meanwhile."""
    then = replace(
        tried, status="failed", reason="too many refused tries", ended_at=bank.now(),
        revision=tried.revision + 1,
    )  # fmt: skip
    claim = payment_intents.step(tried, then)

    def work() -> None:
        if claims.taken(bank.database, claim):
            claims.tell(bank.database, events.told(bank, then, "payment.failed"))

    bank.database.atomically(work)
    events.look(bank)


def look(bank: Bank, tried: Intent, order: Pay, visit: Visit) -> Claim | None:
    """Look at the PIN, or at the code before it; what a posting has to claim besides."""
    with breakers.looking(bank, tried.merchant) as may:
        if may:
            if not pins.check_pin(bank, order.account, order.pin):
                _refuse(tried)
            return None
        return _look_at_code_first(bank, tried, order, visit)


def _look_at_code_first(bank: Bank, tried: Intent, order: Pay, visit: Visit) -> Claim | None:
    """While somebody tries PINs, only whoever has the code hears whether the PIN is right."""
    browser, number = visit.browser, order.account
    if browser is None:
        raise SecondFactorNeeded(AT_THE_BANK, purpose="pay", methods=[])
    if order.code is None:
        proving.ask_quietly(bank, tried, number, browser, visit.address)
        raise SecondFactorNeeded("send it again with a code", purpose="pay", methods=[])
    proof = proving.proved_first(bank, tried, number, order.code, browser, visit.address)
    if proof is None:
        bank.passwords.verify(order.pin, None)
    if proof is None or not pins.check_pin(bank, number, order.pin):
        _refuse(tried)
    return proof


def _refuse(tried: Intent) -> NoReturn:
    left = TRIES - tried.tries
    raise PaymentRefused("check the account number and the PIN", tries_left=left)
