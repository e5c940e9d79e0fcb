"""Breakers against PIN spraying: one PIN tried on many accounts locks none of them.

Where too many payments are refused, at one shop or at all of them, a PIN alone is not looked at for
a while: each payment needs the second factor first, whatever it is worth.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from app.controllers import audits, bankers
from app.controllers.bank import Bank
from app.controllers.mail import notices
from app.errors import Overloaded, PaymentRefused
from app.models import breakers, merchants
from app.models.breakers import Breaker

EVERYWHERE = "everywhere"
MOST_AN_HOUR = 200
OF_A_SHOP, MOST_OF_A_SHOP = 50, 10
AT_ONCE_AT_A_SHOP = 64
_log = logging.getLogger(__name__)


def of_the_bank() -> Breaker:
    """More than 200 refused payments in an hour."""
    hour = timedelta(hours=1)
    return Breaker(EVERYWHERE, most=MOST_AN_HOUR, of=MOST_AN_HOUR + 1, span=hour, pause=hour)


def of_shop(merchant: str) -> Breaker:
    """More than a fifth refused of the last 50 payments at a shop.

    Of many who pay there at one moment nobody waits for the others: so many PINs may be looked at
    beyond the tenth wrong one.
    """
    return Breaker(
        merchant, most=MOST_OF_A_SHOP, of=OF_A_SHOP, span=timedelta(days=1),
        pause=timedelta(minutes=15), at_once=AT_ONCE_AT_A_SHOP, right_too=True,
    )  # fmt: skip


@contextmanager
def looking(bank: Bank, merchant: str) -> Iterator[bool]:
    """One look at a PIN, for a payment at that shop; False when it may not be looked at now.

    A place is taken before the look. What PaymentRefused ends stays counted. Raises Overloaded
    where those that are being looked at may trip the breaker yet.
    """
    if not bank.config.ratelimit_enabled:
        yield True
        return
    taken = _take(bank, merchant)
    try:
        yield bool(taken)
    except PaymentRefused:
        _settle(bank, taken, wrong=True)
        raise
    except BaseException:
        _give_back(bank, taken)
        raise
    _settle(bank, taken, wrong=False)


def _take(bank: Bank, merchant: str) -> list[Breaker]:
    """Places at both breakers; none when one of them is tripped."""
    taken: list[Breaker] = []
    for breaker in (of_the_bank(), of_shop(merchant)):
        place = breakers.reserve(bank.database, breaker, bank.now())
        if place != "free":
            _give_back(bank, taken)
        if place == "busy":
            raise Overloaded("many are paying at this moment")
        if place == "tripped":
            return []
        taken.append(breaker)
    return taken


def _give_back(bank: Bank, taken: list[Breaker]) -> None:
    for breaker in taken:
        breakers.forgive(bank.database, breaker)


def _settle(bank: Bank, taken: list[Breaker], *, wrong: bool) -> None:
    for breaker in taken:
        if breakers.settle(bank.database, breaker, bank.now(), wrong=wrong):
            _tell(bank, breaker)


def _tell(bank: Bank, breaker: Breaker) -> None:
    """A breaker has tripped: into the log, the audit, and the bankers' mailboxes."""
    merchant = merchants.find_merchant(bank.database, breaker.id)
    where = merchant.name if merchant else EVERYWHERE
    minutes = int(breaker.pause.total_seconds()) // 60
    _log.warning("too many wrong PINs", extra={"code": breaker.id})
    facts = {"where": where, "minutes": minutes}
    audits.keep(
        bank, audits.event(bank, audits.SERVER, "PIN payments paused", breaker.id, facts=facts)
    )
    for banker in bankers.everybody(bank):
        letter = notices.pins_paused(bank.config.bank_name, banker.user, where, minutes)
        if banker.roles and letter:
            bank.post.put(letter)
    bank.post.look()
