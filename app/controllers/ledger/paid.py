"""Payment intents against accounts and history: a part of the verification of the books.

The rule `held-money`: what an account holds is what its open intents hold on it. The rule
`payment`: an intent's figures fit each other, and are what its transactions moved between the
customer's account and the shop's; no transaction of a payment is without its intent. Payments go
on meanwhile, so that what looks wrong is looked at once more, at one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from app.controllers.ledger.verify import MALFORMED, Finding
from app.models import holds, payment_history, payment_intents
from app.models.database import Database
from app.models.intent import Intent
from app.models.payment_history import Moved

T = TypeVar("T")
_CHUNK = 500


def wrongly_paid(database: Database) -> Iterator[Finding]:
    """What is wrong with payments; the account is the payer's, where there is one."""
    misshapen = [*database.misshapen(payment_intents.SHAPE)]
    for id in misshapen:
        yield Finding("shape", "", 0, f"payment {id} is not what the validator allows")
    for check in (_held, lambda database: _moved(database, misshapen), _nameless):
        try:
            yield from check(database)
        except MALFORMED as error:
            yield Finding("unreadable", "", 0, f"payments: {type(error).__name__}")


def _held(database: Database) -> Iterator[Finding]:
    """Accounts that hold another amount than their intents."""
    own, needed = holds.on_accounts(database), holds.for_intents(database)
    for number in sorted(own.keys() | needed.keys()):
        if own.get(number, 0) != needed.get(number, 0) and _holds_wrongly(database, number):
            yield Finding("held-money", number, 0, "it does not hold what its payments hold on it")


def _holds_wrongly(database: Database, number: str) -> bool:
    """Whether it is so at one moment."""

    def look() -> bool:
        own = holds.on_accounts(database, number)
        return own.get(number, 0) != holds.for_intents(database, number).get(number, 0)

    return database.atomically(look)


def _moved(database: Database, misshapen: list[object]) -> Iterator[Finding]:
    """Intents that say another thing than the history, or that contradict themselves."""
    for chunk in _chunks(holds.all_intents(database, but=misshapen)):
        moved = payment_history.moved_for(database, [intent.id for intent in chunk])
        for intent in chunk:
            if _fits(intent) and moved.get(intent.id, {}) == _expected(intent):
                continue
            if _says_wrongly(database, intent.id):
                account = intent.payer_account or ""
                yield Finding("payment", account, 0, f"{intent.id} is not what was paid for it")


def _says_wrongly(database: Database, id: str) -> bool:
    """Whether it is so at one moment."""

    def look() -> bool:
        intent = payment_intents.get_intent(database, id)
        moved = payment_history.moved_for(database, [id]).get(id, {})
        return not _fits(intent) or moved != _expected(intent)

    return database.atomically(look)


def _fits(intent: Intent) -> bool:
    """Whether its figures and its status fit each other."""
    captured, held = intent.captured_minor, intent.held_minor
    return all((
        held + captured <= intent.amount_minor,
        intent.refunded_minor <= captured,
        captured == sum(part.minor for part in intent.captures),
        intent.refunded_minor == sum(part.minor for part in intent.refunds),
        (held > 0) == (intent.status == "requires_capture"),
        captured == 0 or intent.status in ("requires_capture", "succeeded"),
        captured > 0 or intent.status != "succeeded",
        bool(held or captured) <= (intent.payer_account is not None),
    ))  # fmt: skip


def _expected(intent: Intent) -> dict[Moved, int]:
    """What its transactions must have moved, by kind and account."""
    payer, shop = intent.payer_account or "", intent.account
    paid, back = intent.captured_minor, intent.refunded_minor
    lines = {
        Moved("payment", payer): -paid, Moved("payment", shop): paid,
        Moved("refund", shop): -back, Moved("refund", payer): back,
    }  # fmt: skip
    return {line: minor for line, minor in lines.items() if minor}


def _nameless(database: Database) -> Iterator[Finding]:
    """Transactions of payments that nobody has asked for."""
    for chunk in _chunks(payment_history.named_intents(database)):
        for id in sorted({*chunk} - holds.existing(database, chunk)):
            for transaction, accounts in payment_history.named_by(database, id):
                for account in accounts:
                    detail = f"transaction {transaction} is of no payment"
                    yield Finding("payment", account, 0, detail)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
