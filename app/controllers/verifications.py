"""Verifications in the background: a banker starts one, a thread walks the books, and everybody at
the desk sees how far it is and what it found.

A second thread renews the lease meanwhile: MongoDB may take minutes to answer the first one.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from threading import Thread

from app.controllers import books
from app.controllers.bank import Actor, Bank, DriverError
from app.controllers.orders import VerifyQuery
from app.errors import Unavailable
from app.models import verifications
from app.models.database import Duplicate
from app.models.verifications import Outcome, Place, Verification, Walked

__all__ = ["KEPT", "Verification", "latest", "one", "start"]
LEASE = timedelta(seconds=30)
KEPT = 500
"""How many findings are kept of one verification; the command line shows all of them."""
_TELL_SECONDS = 0.5
_log = logging.getLogger(__name__)


def start(bank: Bank, actor: Actor, order: VerifyQuery) -> Verification:
    """Begin a verification; where one runs already, in whichever process, it is that one."""
    now = bank.now()
    begun = verifications.new_verification(
        full=order.full, by=actor.user, now=now, lease_until=now + LEASE
    )
    try:
        bank.database.atomically(lambda: verifications.begin(bank.database, begun))
    except Duplicate:
        return latest(bank)[0]
    run = _Run(bank, begun)
    Thread(target=run.keep, name="verification lease", daemon=True).start()
    return begun


def one(bank: Bank, id: str) -> Verification:
    """One verification. Raises NotFound."""
    return verifications.get_verification(bank.database, id, bank.now())


def latest(bank: Bank, limit: int = 10) -> list[Verification]:
    """The last ones, newest first."""
    return verifications.newest(bank.database, bank.now(), limit)


class _Lost(Exception):
    """It was taken for interrupted, and somebody may have started another one."""


class _Run:
    """One verification as this process runs it."""

    def __init__(self, bank: Bank, verification: Verification) -> None:
        self._bank = bank
        self._id, self._full = verification.id, verification.full
        self._walked = Walked()
        self._lost = False

    def keep(self) -> None:
        """Let the books be walked, and say all the while that it goes on."""
        walk = Thread(target=self._walk, name="verification", daemon=True)
        walk.start()
        while walk.is_alive():
            walk.join(_TELL_SECONDS)
            if walk.is_alive() and not self._lost:
                with suppress(DriverError):
                    self._lost = not verifications.go_on(
                        self._bank.database, self._id, self._walked, self._bank.now() + LEASE
                    )

    def _walk(self) -> None:
        try:
            self._end(self._verified())
        except _Lost:
            _log.warning("a verification was too slow to keep its lease")
        except Exception as error:  # noqa: BLE001 - whatever it is, there will be no result
            _log.error("a verification failed", extra={"error": type(error).__name__})
            with suppress(DriverError, Unavailable):
                self._end(Outcome("failed", self._walked, error=type(error).__name__))

    def _verified(self) -> Outcome:
        report = books.verify_books(self._bank, full=self._full, progress=self._tell)
        walked = replace(
            self._walked, accounts=report.accounts, of_accounts=report.accounts,
            lines=report.lines, of_lines=report.transactions, events=report.events,
        )  # fmt: skip
        places = [Place(**asdict(each)) for each in report.findings[:KEPT]]
        return Outcome("done", walked, len(report.findings), places)

    def _tell(self, what: str, done: int, total: int) -> None:
        if self._lost:
            raise _Lost
        self._walked = replace(self._walked, **{what: done, f"of_{what}": total})

    def _end(self, outcome: Outcome) -> None:
        verifications.end(self._bank.database, self._id, outcome, self._bank.now())
