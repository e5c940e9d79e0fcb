"""The rules at the door: what a posting does to the accounts of its batch, or why it may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from app.controllers.ledger.posting import (
    MAX_POSTING_MINOR,
    Limits,
    LimitsByCurrency,
    Line,
    Posting,
)
from app.controllers.ledger.reversing import check_reversal, reversed_by
from app.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AlreadyClaimed,
    BalanceLimitExceeded,
    CurrencyMismatch,
    DailyLimitExceeded,
    InsufficientFunds,
    Overtaken,
    PostingLimitExceeded,
    StateDrifted,
)
from app.models.accounts import Account, Movement
from app.models.claims import Claim
from app.models.ids import sortable_id
from app.models.reversals import Reversible
from app.models.transactions import Contra, Entry, Transaction, seal
from money import MAX_MINOR, Money

_DEPOSITING = frozenset({"deposit"})
_SPENDING = frozenset({"withdrawal", "transfer", "payment"})


@dataclass
class Books:
    """The accounts, claims and reversals of a batch, as its postings leave them one by one."""

    accounts: dict[str, Account]
    claims: dict[tuple[str, str], str]
    reversals: dict[str, Reversible]
    limits: LimitsByCurrency
    now: datetime
    barred: Sequence[Claim] = ()
    taken: set[tuple[str, str]] = field(default_factory=set)

    def apply(self, posting: Posting) -> Transaction | None:
        """Make the posting's transaction, if it has one, and move the accounts on.

        Raises the named refusal, and then the books are as they were before.
        """
        self._check_claims(posting)
        befores = {number: self._account(posting, number) for number in posting.accounts}
        _check_expected(posting, befores.values())
        movements = self._movements(posting, befores)
        made = self._made(posting, befores, movements) if posting.entries else None
        for number, movement in movements.items():
            self.accounts[number] = befores[number].moved(movement, made)
        self._take_claims(posting)
        return made

    def _movements(self, posting: Posting, befores: Mapping[str, Account]) -> dict[str, Movement]:
        amounts = {line.account: line.minor for line in posting.entries}
        holds = {line.account: line.minor for line in posting.holds}
        return {
            number: self._movement(posting, account, amounts.get(number, 0), holds.get(number, 0))
            for number, account in befores.items()
        }

    def _made(
        self, posting: Posting, befores: Mapping[str, Account], movements: Mapping[str, Movement]
    ) -> Transaction:
        moment = max(self.now, *(befores[line.account].moved_at for line in posting.entries))
        return _transaction(posting, self._reverses(posting), befores, movements, moment)

    def _account(self, posting: Posting, number: str) -> Account:
        account = self.accounts.get(number)
        if account is None:
            raise AccountNotFound("nobody at this bank has that number", account=number)
        if account.currency != posting.currency:
            raise CurrencyMismatch(
                f"account {number} keeps {account.currency}", currency=account.currency
            )
        return account

    def _movement(self, posting: Posting, account: Account, minor: int, held: int) -> Movement:
        """What the lines make of the account; or the rule that forbids it."""
        # What was held before is not asked for again when it leaves.
        needed = held - minor
        _check_status(account, min(minor, -needed))
        day, deposited, spent = _today(account, self.now)
        limits = self.limits.get(posting.currency)
        balance = account.balance_minor + minor
        _check_size(account, minor, balance)
        if limits and minor > 0 and posting.kind in _DEPOSITING:
            daily = self._daily(account, account.daily_deposits_minor, limits.daily_deposits)
            _check_limits(minor, limits, daily, deposited, self.now)
            deposited += minor
        if limits and needed > 0 and posting.kind in _SPENDING:
            daily = self._daily(account, account.daily_spending_minor, limits.daily_spending)
            _check_limits(needed, limits, daily, spent, self.now)
            spent += needed
        if needed > 0:
            _check_funds(account, needed)
        return Movement(balance, account.held_minor + held, day, deposited, spent)

    def _daily(self, account: Account, own_minor: int | None, usual: Money) -> Money:
        """The limit of a day: the account's own or else the bank's; lower where it is lowered."""
        daily = usual if own_minor is None else Money(own_minor, account.currency)
        until = account.lowered_until
        if account.unconfirmed or (until and self.now < until):
            return min(daily, self.limits[account.currency].unconfirmed)
        return daily

    def _check_claims(self, posting: Posting) -> None:
        if posting.reverses:
            check_reversal(posting, self.reversals.get(posting.reverses))
        for claim in posting.claims:
            moved_on = self.claims.get((claim.collection, claim.id)) != claim.when
            if moved_on and not claim.only:
                raise AlreadyClaimed(f"it is not {claim.when} any more", id=claim.id)
            # What `only` asks for was read before the batch: it says nothing about a second claim.
            again = bool(claim.only) and (claim.collection, claim.id) in self.taken
            late = claim.until is not None and self.now >= claim.until
            if moved_on or late or again or any(claim is each for each in self.barred):
                raise Overtaken("read it again, and decide anew", id=claim.id)

    def _reverses(self, posting: Posting) -> str | None:
        return self.reversals[posting.reverses].next_name if posting.reverses else None

    def _take_claims(self, posting: Posting) -> None:
        if id := posting.reverses:
            self.reversals[id] = reversed_by(self.reversals[id], posting)
        for claim in posting.claims:
            self.claims[claim.collection, claim.id] = claim.then
            self.taken.add((claim.collection, claim.id))


def _check_expected(posting: Posting, accounts: Iterable[Account]) -> None:
    """Refuse what was decided on a state that is over."""
    if not posting.expects:
        return
    for account in accounts:
        if posting.expects.get(account.number) != (account.seq, account.revision):
            raise StateDrifted(
                "an account has moved on since", account=account.number, balance=account.balance
            )


def _check_status(account: Account, minor: int) -> None:
    if account.status == "closed":
        raise AccountClosed("choose an open account", account=account.number)
    if account.status == "frozen" and minor < 0:
        raise AccountFrozen("ask the bank why", account=account.number)


def _check_size(account: Account, minor: int, balance: int) -> None:
    """Refuse what no account can move or hold, so that the database never has to."""
    if abs(minor) > MAX_POSTING_MINOR:
        limit = Money(MAX_POSTING_MINOR, account.currency)
        raise PostingLimitExceeded(f"at most {limit} at once", limit=limit)
    if abs(balance) > MAX_MINOR:
        limit = Money(MAX_MINOR, account.currency)
        raise BalanceLimitExceeded(
            "split the money over several accounts", account=account.number, limit=limit
        )


def _check_limits(minor: int, limits: Limits, daily: Money, used: int, now: datetime) -> None:
    """Refuse what is above the limit for one posting or for the day, with the figures."""
    if minor > limits.per_posting.minor:
        raise PostingLimitExceeded(
            f"at most {limits.per_posting} at once", limit=limits.per_posting
        )
    left = Money(max(daily.minor - used, 0), daily.currency)
    if minor > left.minor:
        raise DailyLimitExceeded(
            f"at most {left} more today",
            limit=daily,
            used=Money(used, daily.currency),
            remaining=left,
            resets_at=_tomorrow(now),
        )


def _check_funds(account: Account, minor: int) -> None:
    if minor > account.available_minor:
        raise InsufficientFunds(
            f"{account.available} is available",
            account=account.number,
            available=account.available,
            requested=Money(minor, account.currency),
        )


def _today(account: Account, now: datetime) -> tuple[str, int, int]:
    """The day (UTC) and what was deposited and spent on it; each day starts at zero."""
    day = now.date().isoformat()
    # A clock that lags behind another process's must not open a day that is over.
    if account.day >= day:
        return account.day, account.deposited_minor, account.spent_minor
    return day, 0, 0


def _tomorrow(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=now.tzinfo)


def _entry(line: Line, before: Account, movement: Movement) -> Entry:
    return Entry(line.account, line.minor, movement.balance_minor, before.seq + 1, before.head)


def _transaction(
    posting: Posting,
    reverses: str | None,
    befores: Mapping[str, Account],
    movements: Mapping[str, Movement],
    moment: datetime,
) -> Transaction:
    entries = tuple(
        _entry(line, befores[line.account], movements[line.account]) for line in posting.entries
    )
    return seal(
        Transaction(
            id=sortable_id(),
            kind=posting.kind,
            at=moment,
            actor=posting.actor,
            currency=posting.currency,
            entries=entries,
            contra=tuple(Contra(line.account, line.minor) for line in posting.contra),
            memo=posting.memo,
            reference=posting.reference,
            key=posting.key.text if posting.key else None,
            reverses=reverses,
            hash="",
        )
    )


def moved_accounts(books: Books, read: Mapping[str, Account]) -> list[Account]:
    """The accounts that moved, in order of number, so that batches meet in one order."""
    moved = [a for number, a in books.accounts.items() if a is not read[number]]
    return sorted(moved, key=lambda account: account.number)
