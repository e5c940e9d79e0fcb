"""The ledger: `post` is the one door through which money moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from app.controllers.ledger.batch import answered, settle
from app.controllers.ledger.grouping import Grouping
from app.controllers.ledger.memory import Memory
from app.controllers.ledger.posting import (
    Held,
    Key,
    Limits,
    LimitsByCurrency,
    Line,
    Outcome,
    Posting,
    Receipt,
    State,
)
from app.controllers.ledger.rehearsal import Rehearsed, rehearse
from app.controllers.ledger.reversing import opposite
from app.errors import BankError
from app.models.claims import Claim, Told
from app.models.database import Database

__all__ = [
    "Claim", "Key", "Ledger", "Limits", "LimitsByCurrency", "Line", "Posting", "Receipt",
    "Rehearsed", "State", "Told", "opposite",
]  # fmt: skip


class Ledger:
    """The door. One for each process; threads share it and are grouped by it."""

    def __init__(
        self,
        database: Database,
        limits: LimitsByCurrency,
        clock: Callable[[], datetime],
        *,
        queue: int = 1024,
    ) -> None:
        self._database = database
        self._limits = limits
        self._clock = clock
        self._memory = Memory()
        self._grouping = Grouping(self._settle, queue=queue)

    def post(self, posting: Posting) -> Receipt:
        """Move money: all of the posting or nothing of it.

        Raises a refusal by its name (its `replayed` tells whether it was refused before under the
        same key), Overloaded, or Unavailable with outcome "not_applied" or "unknown"; then the
        same key may be sent again without danger.
        """
        outcome = self._grouping.submit(posting)
        if isinstance(outcome, Receipt):
            return outcome
        raise _refusal(outcome)

    def repeat(self, key: Key) -> Receipt | None:
        """What `post` would answer again under a key that was used, whatever has become of the
        books since; None where it is free. Raises as `post`."""
        outcome = answered(self._database, key)
        if outcome is None or isinstance(outcome, Receipt):
            return outcome
        raise _refusal(outcome)

    def hold(self, posting: Posting) -> None:
        """Reserve money, or free it, by a posting that has `holds` and no entries.

        Raises as `post`. Nothing is kept under a key: what it claims happens once.
        """
        outcome = self._grouping.submit(posting)
        if not isinstance(outcome, Held):
            raise _refusal(outcome)

    def post_all(self, postings: Sequence[Posting]) -> list[Outcome | Exception]:
        """Move money many times, in as few transactions as can be; the answers are in order.

        For whoever brings thousands of postings: each fares as if it was posted by itself, beside
        whoever else is there, and what `post` would raise stands in its place.
        """
        return self._grouping.submit_all(postings)

    def rehearse(self, posting: Posting) -> list[Rehearsed]:
        """What `post` would do now, account by account, without doing it; raises what it would."""
        return rehearse(self._database, posting, limits=self._limits, now=self._clock())

    def close(self) -> bool:
        """Finish what was taken, refuse what was not; whether all of it finished."""
        return self._grouping.close()

    def _settle(self, postings: Sequence[Posting], careful: bool) -> list[Outcome]:
        return settle(
            self._database,
            postings,
            limits=self._limits,
            now=self._clock(),
            memory=self._memory,
            careful=careful,
        )


def _refusal(outcome: Outcome) -> Exception:
    if isinstance(outcome, BankError):
        return outcome
    return TypeError("what only holds is not posted, and what moves money is not held")
