"""One batch of postings as one MongoDB transaction: read, decide in memory, write, commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.controllers.ledger.posting import Key, LimitsByCurrency, Outcome, Posting, Receipt
from app.controllers.ledger.rules import Books, moved_accounts
from app.errors import BankError, KeyReused, recall
from app.models import accounts, claims, idempotency, transactions
from app.models.database import Contention, Database
from app.models.idempotency import Record
from app.models.transactions import Transaction


class AccountContention(Contention):
    """A batch met another transaction at one account."""

    def __init__(self, account: str) -> None:
        super().__init__(f"account {account} is in use")
        self.account = account


def settle(
    database: Database,
    postings: Sequence[Posting],
    *,
    limits: LimitsByCurrency,
    now: datetime,
    careful: bool = False,
) -> list[Outcome]:
    """Post them all in one transaction, in order; one refusal never touches its neighbours.

    Raises Contention when the batch may simply run again; with `careful` (one write command for
    each account, slower) AccountContention names the account that another transaction holds.
    """
    attempt = _Attempt(database, postings, limits, now, careful)
    try:
        return database.attempt(attempt.run)
    except Contention as error:
        if attempt.writing is None:
            raise
        raise AccountContention(attempt.writing) from error


class _Attempt:
    """One run of a batch inside its transaction."""

    def __init__(
        self,
        database: Database,
        postings: Sequence[Posting],
        limits: LimitsByCurrency,
        now: datetime,
        careful: bool,
    ) -> None:
        self.writing: str | None = None
        self._database = database
        self._postings = postings
        self._limits = limits
        self._now = now
        self._careful = careful
        self._first: dict[str, tuple[Key, Outcome]] = {}
        self._made: list[tuple[Posting, Transaction]] = []
        self._records: list[Record] = []

    def run(self) -> list[Outcome]:
        """Everything between the start and the commit of the transaction."""
        self._recall()
        read = accounts.find_accounts(self._database, self._numbers())
        books = Books(dict(read), self._statuses(), self._reversals(), self._limits, self._now)
        outcomes = [self._outcome(books, posting) for posting in self._postings]
        self._write(books, read)
        return outcomes

    def _recall(self) -> None:
        """Look up what became of the batch's keys before anything is refused."""
        keys = {p.key.text: p.key for p in self._postings if p.key}
        if not keys:
            return
        records = idempotency.find_records(self._database, keys)
        ids = [record.transaction for record in records.values() if record.transaction]
        found = transactions.find_transactions(self._database, ids) if ids else {}
        for text, record in records.items():
            key = Key(text, record.fingerprint)
            self._first[text] = (key, _replay(record, found))

    def _outcome(self, books: Books, posting: Posting) -> Outcome:
        if posting.key and (first := self._first.get(posting.key.text)):
            return _answer_again(posting.key, *first)
        try:
            transaction = books.apply(posting)
        except BankError as refusal:
            self._keep(posting.key, refusal)
            return refusal
        self._made.append((posting, transaction))
        receipt = Receipt(transaction)
        self._keep(posting.key, receipt)
        return receipt

    def _keep(self, key: Key | None, outcome: Outcome) -> None:
        """Note the outcome under the key; refusals too, or a retry after a top-up would pay."""
        if key is None:
            return
        self._records.append(_record(key, outcome, self._now))
        self._first[key.text] = (key, _repeated(outcome))

    def _write(self, books: Books, read: Mapping[str, accounts.Account]) -> None:
        if self._made:
            self._move(read, moved_accounts(books, read))
            claims.take(self._database, [c for posting, _ in self._made for c in posting.claims])
            transactions.append(self._database, [made for _, made in self._made])
        if self._records:
            idempotency.insert_records(self._database, self._records)
        claims.tell(self._database, [told for posting, _ in self._made for told in posting.tells])

    def _move(
        self, read: Mapping[str, accounts.Account], moved: Sequence[accounts.Account]
    ) -> None:
        if not self._careful and len(moved) > 1:
            accounts.write_movements(self._database, read, moved)
            return
        for account in moved:
            self.writing = account.number
            accounts.write_movements(self._database, read, [account])
        self.writing = None

    def _numbers(self) -> set[str]:
        return {line.account for posting in self._postings for line in posting.entries}

    def _statuses(self) -> dict[tuple[str, str], str]:
        wanted = [claim for posting in self._postings for claim in posting.claims]
        return claims.statuses(self._database, wanted) if wanted else {}

    def _reversals(self) -> set[str]:
        wanted = [posting.reverses for posting in self._postings if posting.reverses]
        return transactions.reversed_among(self._database, wanted) if wanted else set()


def _replay(record: Record, found: Mapping[str, Transaction]) -> Outcome:
    if record.transaction:
        return Receipt(found[record.transaction], replayed=True)
    refusal = record.refusal or {}
    return recall(refusal["type"], refusal["detail"], refusal["facts"])


def _answer_again(key: Key, first: Key, outcome: Outcome) -> Outcome:
    """The first answer under the key again, if it is the same request."""
    if key.fingerprint != first.fingerprint:
        return KeyReused("make a new key for a new request")
    return outcome


def _repeated(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Receipt):
        return Receipt(outcome.transaction, replayed=True)
    return recall(outcome.slug(), outcome.detail, outcome.facts)


def _record(key: Key, outcome: Outcome, now: datetime) -> Record:
    if isinstance(outcome, Receipt):
        return Record(key.text, key.fingerprint, now, outcome.transaction.id, None)
    refusal = {"type": outcome.slug(), "detail": outcome.detail, "facts": outcome.facts}
    return Record(key.text, key.fingerprint, now, None, refusal)
