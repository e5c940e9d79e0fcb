"""What captures and refunds share: a part of an intent's money moves once under its key, decided on
the intent as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal

from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Key, Line, Posting
from app.controllers.payments import events, expiry
from app.errors import (
    BankError,
    Conflict,
    CurrencyMismatch,
    InvalidField,
    Overtaken,
    Refused,
    WrongState,
)
from app.models.intent import Intent
from money import InvalidMoney, Money

MOST_PARTS = 100
"""So many captures, and so many refunds, has one intent at most."""

_TRIES = 20
_ENCODER = json.JSONEncoder(sort_keys=True)


def key_of(actor: Actor, key: str, **asked: object) -> Key:
    """The shop's key in its own scope, with what was asked for under it."""
    return Key(f"{actor.user}:{key}", fingerprint(**asked))


def fingerprint(**asked: object) -> str:
    """A digest that is the same for the same request."""
    return hashlib.sha256(_ENCODER.encode(asked).encode()).hexdigest()


def amount_of(amount: Decimal, currency: str) -> Money:
    """An amount as money of that currency. Raises InvalidField."""
    try:
        return Money.parse(amount, currency)
    except InvalidMoney as error:
        raise InvalidField(str(error), field="amount") from None


def check_currency(asked: str | None, currency: str) -> None:
    """Raises CurrencyMismatch for an amount that is said to be of another currency."""
    if asked not in (None, currency):
        raise CurrencyMismatch(f"this payment is in {currency}", currency=currency)


def told_amount(amount: Decimal | None) -> str | None:
    """An amount for a fingerprint: 12.5 and 12.50 ask for the same."""
    return None if amount is None else str(amount.normalize())


def check_status(intent: Intent, *allowed: str) -> None:
    """Raise WrongState, which says in which state it is."""
    if intent.status not in allowed:
        raise WrongState(f"it is {intent.status}", state=intent.status)


def move(
    bank: Bank, actor: Actor, id: str, key: Key, decide: Callable[[Intent], Posting]
) -> tuple[Intent, bool]:
    """Post what `decide` makes of the intent, once under the key; the intent now, and whether the
    key had been used for it before.

    Raises IntentNotFound, KeyReused, what `decide` and the ledger refuse, and Overtaken where
    others change the intent all the time: then the key is still free.
    """
    for left in reversed(range(_TRIES)):
        intent = expiry.current(bank, id, actor.user)
        try:
            receipt = bank.ledger.repeat(key) or bank.ledger.post(decide(intent))
        except Overtaken:
            if not left:
                raise
            continue
        except (Conflict, Refused) as refusal:
            raise unnamed(refusal) from None
        if not receipt.replayed:
            events.look(bank)
        return expiry.current(bank, id, actor.user), receipt.replayed
    raise AssertionError("the last try returns or raises")


def lines(source: str, target: str, minor: int) -> tuple[Line, Line]:
    """The money that leaves one account for another."""
    return Line(source, -minor), Line(target, minor)


def unnamed(refusal: BankError) -> BankError:
    """The refusal without the account: no shop learns its customers' numbers."""
    facts = {name: value for name, value in refusal.facts.items() if name != "account"}
    told = type(refusal)(refusal.detail, **facts)
    told.replayed = refusal.replayed
    return told
