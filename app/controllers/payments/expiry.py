"""Payment intents end by the clock: nobody may pay or capture them then, and what is held is freed.

From that moment on every reader sees them ended (`steps.seen`); a thread writes it down, and tells
the shops. Of several processes one ends each intent: the others find it changed.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from threading import Event, Thread

from app.controllers.bank import Bank, DriverError
from app.controllers.ledger import Line, Posting
from app.controllers.payments import events
from app.controllers.payments.steps import canceled, ended, over
from app.errors import Overtaken, Unavailable
from app.models import claims, payment_intents
from app.models.intent import Intent

_LOOK_SECONDS = 5.0
_AT_ONCE = 100
_log = logging.getLogger(__name__)


class Expiry:
    """One for each process. Without `start` nothing ends until somebody acts on it."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._ended = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """End what is over from now on, until `end`."""
        self._thread = Thread(target=self._run, name="expiry", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Finish the intent that is being ended; the others are for the next start."""
        self._ended.set()

    def join(self, seconds: float) -> None:
        """Wait until it is finished, for so many seconds at most."""
        if self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self.sweep()
            except (DriverError, Unavailable) as error:
                name = type(error).__name__
                _log.warning("expired payments cannot be ended", extra={"error": name})
            self._ended.wait(_LOOK_SECONDS)

    def sweep(self) -> int:
        """End everything that is over; how many this process has ended."""
        count, stuck = 0, set[str]()
        while not self._ended.is_set():
            due = payment_intents.due(self._bank.database, self._bank.now(), _AT_ONCE, but=stuck)
            if not due:
                break
            for intent in due:
                if self._ended_now(intent):
                    count += 1
                else:
                    stuck.add(intent.id)
        return count

    def _ended_now(self, intent: Intent) -> bool:
        """End one; whether it ended."""
        try:
            end(self._bank, intent)
        except Overtaken:
            return False
        except (DriverError, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - whatever one of them does, the others must end
            _log.exception("a payment cannot be ended", extra={"code": intent.id})
            return False
        return True


def end(bank: Bank, intent: Intent) -> None:
    """Write down that its time is over, and free what is held. Raises Overtaken."""
    then = ended(intent)
    let_go(bank, intent, then, f"payment.{then.status}")


def current(bank: Bank, id: str, merchant: str | None = None) -> Intent:
    """The intent for who is to act on it: ended first, where its time is over.

    Raises IntentNotFound.
    """
    intent = payment_intents.get_intent(bank.database, id, merchant)
    if over(intent, bank.now()):
        with suppress(Overtaken):
            end(bank, intent)
        intent = payment_intents.get_intent(bank.database, id, merchant)
    return intent


def cancel(bank: Bank, intent: Intent, reason: str | None) -> Intent:
    """Cancel it as it was read, and free what is held. Raises Overtaken."""
    then = canceled(intent, reason, bank.now())
    let_go(bank, intent, then, "payment.canceled")
    return replace(then, revision=intent.revision + 1)


def let_go(bank: Bank, intent: Intent, then: Intent, event: str) -> None:
    """Make the intent what it is then, with nothing held any more. Raises Overtaken."""
    claim, told = payment_intents.step(intent, then), events.told(bank, then, event)
    if intent.held_minor and intent.payer_account:
        bank.ledger.hold(
            Posting(
                kind="payment",
                currency=intent.currency,
                entries=(),
                holds=(Line(intent.payer_account, -intent.held_minor),),
                actor=intent.merchant,
                reference=intent.id,
                claims=(claim,),
                tells=told,
            )
        )
    else:
        bank.database.atomically(lambda: _take(bank, claim, told))
    events.look(bank)


def _take(bank: Bank, claim: claims.Claim, told: tuple[claims.Told, ...]) -> None:
    if not claims.taken(bank.database, claim):
        raise Overtaken("read it again, and decide anew", id=claim.id)
    claims.tell(bank.database, told)
