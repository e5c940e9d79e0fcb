"""One batch of postings as one MongoDB transaction: read, decide in memory, write, commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from app.controllers.ledger.memory import Memory
from app.controllers.ledger.posting import Held, Key, LimitsByCurrency, Outcome, Posting, Receipt
from app.controllers.ledger.rules import Books, moved_accounts
from app.errors import BankError, KeyReused, Overtaken, recall
from app.models import accounts, audit, claims, idempotency, transactions
from app.models.database import Contention, Database, Duplicate
from app.models.idempotency import Record
from app.models.reversals import Reversible, find_reversibles
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
    memory: Memory | None = None,
    careful: bool = False,
) -> list[Outcome]:
    """Post them all in one transaction, in order; one refusal never touches its neighbours.

    First in hope: the accounts are as `memory` has them and no key was used before, which saves
    two questions. Raises Contention when the batch may simply run again; with `careful` (without
    hope, and one write command for each account, slower) AccountContention names the account that
    another transaction holds.
    """
    memory = memory or Memory()
    keys = {posting.key.text for posting in postings if posting.key}
    if not careful and not memory.seen(keys):
        try:
            return _attempt(_Attempt(database, postings, limits, now, memory, hopeful=True), keys)
        except Duplicate:
            pass  # a key was used before, most likely: look
    return _attempt(_Attempt(database, postings, limits, now, memory, careful=careful), keys)


def _attempt(attempt: _Attempt, keys: Iterable[str]) -> list[Outcome]:
    """Run it in a transaction, and let the memory follow what came of it."""
    try:
        outcomes = attempt.database.attempt(attempt.run)
    except Contention as error:
        attempt.memory.mistrust()
        if attempt.writing is None:
            raise
        raise AccountContention(attempt.writing) from error
    except BaseException:
        attempt.memory.drop(attempt.numbers)
        raise
    attempt.memory.keep(attempt.moved, keys)
    return outcomes


def answered(database: Database, key: Key) -> Outcome | None:
    """The first answer under a key again, where it was used."""
    record = idempotency.find_records(database, [key.text]).get(key.text)
    if record is None:
        return None
    found = transactions.find_transactions(database, filter(None, [record.transaction]))
    return _answer_again(key, Key(key.text, record.fingerprint), _replay(record, found))


class _Attempt:
    """One run of a batch inside its transaction."""

    def __init__(
        self,
        database: Database,
        postings: Sequence[Posting],
        limits: LimitsByCurrency,
        now: datetime,
        memory: Memory,
        *,
        hopeful: bool = False,
        careful: bool = False,
    ) -> None:
        self.database = database
        self.memory = memory
        self.numbers = {number for posting in postings for number in posting.accounts}
        self.moved: list[accounts.Account] = []
        self.writing: str | None = None
        self._postings = postings
        self._hopeful = hopeful
        self._limits = limits
        self._now = now
        self._careful = careful
        self._first: dict[str, tuple[Key, Outcome]] = {}
        self._made: list[tuple[Posting, Transaction | None]] = []
        self._records: list[Record] = []
        self._read: Mapping[str, accounts.Account] = {}

    def run(self) -> list[Outcome]:
        """Everything between the start and the commit of the transaction."""
        if self._hopeful:
            known = self.memory.accounts(self.numbers)
            outcomes = self._decide(known | self._find(self.numbers - known.keys()))
            if all(isinstance(outcome, Receipt | Held) for outcome in outcomes):
                return self._write(outcomes)
            # Nobody is refused in hope: what was not read here may have changed.
            self._first, self._made, self._records = {}, [], []
        self._recall()
        return self._write(self._decide(self._find(self.numbers)))

    def _find(self, numbers: Collection[str]) -> dict[str, accounts.Account]:
        return accounts.find_accounts(self.database, numbers) if numbers else {}

    def _decide(self, read: dict[str, accounts.Account]) -> list[Outcome]:
        """Let the postings pass the door one by one."""
        wanted = [claim for posting in self._postings for claim in posting.claims]
        books = Books(
            dict(read), self._statuses(wanted), self._reversals(), self._limits, self._now,
            claims.barred(self.database, wanted),
        )  # fmt: skip
        outcomes = [self._outcome(books, posting) for posting in self._postings]
        self._read, self.moved = read, moved_accounts(books, read)
        return outcomes

    def _recall(self) -> None:
        """Look up what became of the batch's keys before anything is refused."""
        keys = {p.key.text: p.key for p in self._postings if p.key}
        if not keys:
            return
        records = idempotency.find_records(self.database, keys)
        ids = [record.transaction for record in records.values() if record.transaction]
        found = transactions.find_transactions(self.database, ids) if ids else {}
        for text, record in records.items():
            key = Key(text, record.fingerprint)
            self._first[text] = (key, _replay(record, found))

    def _outcome(self, books: Books, posting: Posting) -> Outcome:
        if posting.key and (first := self._first.get(posting.key.text)):
            return _answer_again(posting.key, *first)
        try:
            transaction = books.apply(posting)
        except Overtaken as overtaken:
            # Nothing was decided: the caller decides anew, under the same key.
            return overtaken
        except BankError as refusal:
            self._keep(posting.key, refusal)
            return refusal
        self._made.append((posting, transaction))
        if transaction is None:
            return Held()
        receipt = Receipt(transaction)
        self._keep(posting.key, receipt)
        return receipt

    def _keep(self, key: Key | None, outcome: Receipt | BankError) -> None:
        """Note the outcome under the key; refusals too, or a retry after a top-up would pay."""
        if key is None:
            return
        self._records.append(_record(key, outcome, self._now))
        self._first[key.text] = (key, _repeated(outcome))

    def _write(self, outcomes: list[Outcome]) -> list[Outcome]:
        if self._made:
            self._move()
            claims.take(self.database, [c for posting, _ in self._made for c in posting.claims])
        if history := [made for _, made in self._made if made]:
            transactions.append(self.database, history)
        if self._records:
            idempotency.insert_records(self.database, self._records)
        claims.tell(self.database, [told for posting, _ in self._made for told in posting.tells])
        # Last, because others need the heads of its streams, too.
        audit.record_all(self.database, [e for posting, _ in self._made for e in posting.events])
        return outcomes

    def _move(self) -> None:
        if not self._careful and len(self.moved) > 1:
            accounts.write_movements(self.database, self._read, self.moved)
            return
        for account in self.moved:
            self.writing = account.number
            accounts.write_movements(self.database, self._read, [account])
        self.writing = None

    def _statuses(self, wanted: list[claims.Claim]) -> dict[tuple[str, str], str]:
        return claims.statuses(self.database, wanted) if wanted else {}

    def _reversals(self) -> dict[str, Reversible]:
        wanted = {posting.reverses for posting in self._postings if posting.reverses}
        return find_reversibles(self.database, wanted) if wanted else {}


def _replay(record: Record, found: Mapping[str, Transaction]) -> Receipt | BankError:
    if record.transaction:
        return Receipt(found[record.transaction], replayed=True)
    refusal = record.refusal or {}
    return recall(refusal["type"], refusal["detail"], refusal["facts"])


def _answer_again(key: Key, first: Key, outcome: Outcome) -> Outcome:
    """The first answer under the key again, if it is the same request."""
    if key.fingerprint != first.fingerprint:
        return KeyReused("make a new key for a new request")
    return outcome


def _repeated(outcome: Receipt | BankError) -> Outcome:
    if isinstance(outcome, Receipt):
        return Receipt(outcome.transaction, replayed=True)
    return recall(outcome.slug(), outcome.detail, outcome.facts)


def _record(key: Key, outcome: Receipt | BankError, now: datetime) -> Record:
    if isinstance(outcome, Receipt):
        return Record(key.text, key.fingerprint, now, outcome.transaction.id, None)
    refusal = {"type": outcome.slug(), "detail": outcome.detail, "facts": outcome.facts}
    return Record(key.text, key.fingerprint, now, None, refusal)
