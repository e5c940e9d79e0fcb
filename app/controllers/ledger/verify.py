"""Verification: walk the history and name each wrong sequence number and the rule it breaks.

Rules: `seq` (no gaps), `prev` (each transaction names the hash of the account's one before),
`hash` (covers every field), `balance` (running balance), `zero-sum`, `currency`, `head` and
`account-balance` (the account agrees with the end of its history), `floor` (it holds enough),
`truncated` (the history once reached further), `rewritten` (it was verified as another one),
`beyond-head` (it reaches further than the account), `entries` (one line for each account),
`orphan` (no such account), `shape` (what the validators would refuse), `unreadable` (what cannot
even be walked); `reversal` in `overtaken.py`, `held-money` and `payment` in `paid.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from app.models import accounts, transactions
from app.models.accounts import Account
from app.models.canonical import hash_of
from app.models.checkpoints import Checkpoint, find_checkpoints, roll_up, save_checkpoints
from app.models.database import Database, UnreadableDocument

MOST_FINDINGS = 10_000
# What comes of walking documents that were written around the validators.
MALFORMED = (
    AttributeError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    UnreadableDocument,
)
_CHUNK = 500

Progress = Callable[[str, int, int], None]
"""Told now and then of "accounts", "lines" or "events": how many are walked, of about how many."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place; `seq` is the account's sequence number."""

    rule: str
    account: str
    seq: int
    detail: str


@dataclass
class Report:
    """The state of the books. `lines` were walked now, and `events` of the audit by whoever adds
    them; `full` means none was taken on trust."""

    checked_at: datetime
    full: bool
    accounts: int = 0
    transactions: int = 0
    lines: int = 0
    events: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not self.findings


def verify(
    database: Database, now: datetime, *, full: bool = True, progress: Progress | None = None
) -> Report:
    """Walk the books: all of them, or only what is new since the last verification.

    The quick form compares every account with its checkpoint and walks what came after it; it
    trusts that what was verified before was not altered since. Serving goes on meanwhile.
    """
    report = _Walk(database, now, full, progress).run()
    if full:
        roll_up(database, now, afresh=True)
    return report


class _Walk:
    """One verification."""

    def __init__(
        self, database: Database, now: datetime, full: bool, progress: Progress | None
    ) -> None:
        self._database = database
        self._tell = progress or (lambda *_: None)
        self._total = transactions.count(database)
        self.report = Report(now, full, transactions=self._total)
        self._known: set[str] = set()

    def run(self) -> Report:
        misshapen = self._shapes()
        everyone = accounts.all_accounts(self._database, but=misshapen)
        for chunk in _chunks(everyone, _CHUNK):
            self._chunk(chunk)
        if self.report.full:
            self._orphans()
        return self.report

    def _shapes(self) -> list[object]:
        """What MongoDB's validators would refuse; a misshapen account cannot be walked at all."""
        if self.report.full:
            for id in self._database.misshapen(transactions.SHAPE):
                self._find("shape", "", 0, f"transaction {id} is not what the validator allows")
        misshapen = list(self._database.misshapen(accounts.SHAPE))
        for id in misshapen:
            self._find("shape", str(id), 0, "the account is not what the validator allows")
            self._known.add(str(id))
        return misshapen

    def _chunk(self, chunk: list[Account]) -> None:
        checkpoints = find_checkpoints(self._database, [account.number for account in chunk])
        sound: list[Account] = []
        for account in chunk:
            before = len(self.report.findings)
            self._account(account, checkpoints.get(account.number))
            if len(self.report.findings) == before:
                sound.append(account)
        fresh = [a for a in sound if _moved_on(a, checkpoints.get(a.number))]
        save_checkpoints(self._database, fresh)
        self._tell("accounts", self.report.accounts, accounts.count(self._database))

    def _account(self, account: Account, checkpoint: Checkpoint | None) -> None:
        self.report.accounts += 1
        if self.report.full:
            self._known.add(account.number)
        if checkpoint and account.seq < checkpoint.seq:
            # Another verification may have seen it later than this one.
            account = accounts.find_account(self._database, account.number) or account
        if checkpoint and account.seq < checkpoint.seq:
            self._find("truncated", account.number, account.seq + 1, "the history was longer")
            checkpoint = None
        chain = _Chain(account, None if self.report.full else checkpoint)
        if self.report.full or chain.seq < account.seq:
            self._history(account, chain, checkpoint)
        for rule, seq, detail in chain.end(account):
            self._find(rule, account.number, seq, detail)

    def _history(self, account: Account, chain: _Chain, checkpoint: Checkpoint | None) -> None:
        try:
            self._walk(account, chain, checkpoint)
        except MALFORMED as error:
            kind = type(error).__name__
            self._find("unreadable", account.number, chain.seq + 1, kind)

    def _walk(self, account: Account, chain: _Chain, checkpoint: Checkpoint | None) -> None:
        for document in transactions.chain(self._database, account.number, chain.seq):
            line = _line(document, account.number)
            if line.get("seq", 0) > account.seq:
                self._beyond(account, line)
                continue
            for rule, seq, detail in chain.step(document, line):
                self._find(rule, account.number, seq, detail)
            if checkpoint and chain.seq == checkpoint.seq and chain.head != checkpoint.head:
                self._find("rewritten", account.number, chain.seq, "once it was another one")
            self._count()

    def _beyond(self, account: Account, line: Mapping[str, Any]) -> None:
        """A line beyond the account's head is new, if the account has moved on meanwhile."""
        present = accounts.find_account(self._database, account.number)
        if present is None or present.seq < line["seq"]:
            self._find("beyond-head", account.number, line["seq"], "the account ends before it")

    def _orphans(self) -> None:
        for number in transactions.entry_accounts(self._database):
            if str(number) in self._known or accounts.find_account(self._database, str(number)):
                continue
            self._find("orphan", str(number), 1, "history of an account that does not exist")

    def _find(self, rule: str, account: str, seq: int, detail: str) -> None:
        if len(self.report.findings) < MOST_FINDINGS:
            self.report.findings.append(Finding(rule, account, seq, detail))

    def _count(self) -> None:
        self.report.lines += 1
        if self.report.lines % 1000 == 0:
            self._tell("lines", self.report.lines, self._total)


class _Chain:
    """Where the walk along one account's history stands."""

    def __init__(self, account: Account, checkpoint: Checkpoint | None) -> None:
        genesis = accounts.genesis(account.number, account.currency, account.opened_at)
        self.seq = checkpoint.seq if checkpoint else 0
        self.balance = checkpoint.balance_minor if checkpoint else 0
        self.head = checkpoint.head if checkpoint else genesis
        self._currency = account.currency

    def step(
        self, document: Mapping[str, Any], line: Mapping[str, Any]
    ) -> Iterator[tuple[str, int, str]]:
        """The rules that the next transaction breaks; the walk goes on from what it says."""
        seq = int(line.get("seq", self.seq + 1))
        if seq != self.seq + 1:
            yield "seq", self.seq + 1, f"missing; the next is {seq}"
        elif line.get("prev") != self.head:
            yield "prev", seq, "does not follow the transaction before it"
        elif line.get("balance") != self.balance + line.get("amount", 0):
            yield "balance", seq, "the running balance does not add up"
        if hash_of(document) != document.get("hash"):
            yield "hash", seq, "a field was changed"
        if sum(each.get("account") == line["account"] for each in document["entries"]) != 1:
            yield "entries", seq, "more than one line of the account"
        if not _sums_to_zero(document):
            yield "zero-sum", seq, "its lines do not sum to zero"
        if document.get("currency") != self._currency:
            yield "currency", seq, "not in the account's currency"
        self.seq, self.balance, self.head = seq, line.get("balance", 0), document.get("hash", "")

    def end(self, account: Account) -> Iterator[tuple[str, int, str]]:
        """The rules that the account itself breaks, seen from the end of its history."""
        if self.seq != account.seq:
            yield "seq", self.seq + 1, f"missing; the account counts {account.seq}"
        elif self.head != account.head:
            yield "head", account.seq, "the account's head is not its last transaction"
        if account.balance_minor - account.held_minor < account.floor_minor:
            yield "floor", account.seq, "less is available than nothing"
        if self.balance != account.balance_minor:
            yield "account-balance", account.seq, "the account's balance is not its history's"


def _line(document: Mapping[str, Any], account: str) -> Mapping[str, Any]:
    """The account's line in a stored transaction, which somebody may have tampered with."""
    lines = [line for line in document.get("entries", ()) if line.get("account") == account]
    return lines[0] if lines else {}


def _sums_to_zero(document: Mapping[str, Any]) -> bool:
    try:
        lines = [*document.get("entries", ()), *document.get("contra", ())]
        return bool(sum(line["amount"] for line in lines) == 0)
    except (KeyError, TypeError):
        return False


def _moved_on(account: Account, checkpoint: Checkpoint | None) -> bool:
    return checkpoint is None or account.seq > checkpoint.seq


def _chunks(items: Iterable[Account], size: int) -> Iterator[list[Account]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
