"""A posting rehearsed: by the rules of the door, on the accounts as they are, moving nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.controllers.ledger.posting import LimitsByCurrency, Posting, State
from app.controllers.ledger.rules import Books
from app.models import accounts
from app.models.accounts import Account
from app.models.database import Database
from app.models.reversals import find_reversibles


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """An account as it is, and as the posting would leave it."""

    before: Account
    after: Account

    @property
    def state(self) -> State:
        """The state in which the posting found it."""
        return self.before.seq, self.before.revision


def rehearse(
    database: Database, posting: Posting, *, limits: LimitsByCurrency, now: datetime
) -> list[Rehearsed]:
    """What the posting would do now, account by account; or the refusal that it would meet."""
    if posting.claims:
        raise ValueError("a rehearsal claims nothing")

    def work() -> list[Rehearsed]:
        read = accounts.find_accounts(database, [line.account for line in posting.entries])
        reversals = find_reversibles(database, [posting.reverses]) if posting.reverses else {}
        books = Books(dict(read), {}, reversals, limits, now)
        books.apply(posting)
        return [Rehearsed(read[n], books.accounts[n]) for n in sorted(read)]

    return database.atomically(work)
