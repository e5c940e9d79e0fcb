"""Statements: what an account did in a month, computed from its history.

Months are those of UTC, as everywhere in the bank. A statement comes in sheets of SHEET lines, so
that a month of any size can be read and printed; each sheet begins with the balance that the one
before it ended with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.controllers.accounts import own_account
from app.controllers.bank import Actor, Bank
from app.controllers.statements import View
from app.errors import StatementNotFound
from app.models import histories, transactions
from app.models.accounts import Account
from app.models.histories import Filters
from money import Money

__all__ = ["SHEET", "Month", "Statement", "months", "statement", "years"]
SHEET = 500
_MONTH = re.compile(r"\A([0-9]{4})-(0[1-9]|1[0-2])\Z")
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """How an account stood at a time: how many transactions it had had, and its balance."""

    seq: int
    balance: Money


@dataclass(frozen=True, slots=True)
class Month:
    """A month of an account; `so_far` says that it is not over."""

    account: Account
    begins: date
    before: Mark
    after: Mark
    so_far: bool

    @property
    def name(self) -> str:
        """The month as an address has it: 2026-01."""
        return f"{self.begins:%Y-%m}"

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return _next(self.begins) - timedelta(days=1)

    @property
    def opening(self) -> Money:
        """The balance at its beginning."""
        return self.before.balance

    @property
    def closing(self) -> Money:
        """The balance at its end, or now."""
        return self.after.balance

    @property
    def transactions(self) -> int:
        """How many there were."""
        return self.after.seq - self.before.seq


@dataclass(frozen=True, slots=True)
class Statement:
    """A sheet of a month's statement, oldest line first.

    `came` and `went` are the sums of the whole month's lines, both without a sign: opening + came
    - went is closing. `brought` and `carried` are the balances before and after this sheet.
    """

    month: Month
    came: Money
    went: Money
    lines: list[View]
    sheet: int
    sheets: int
    brought: Money
    carried: Money


def years(bank: Bank, account: Account) -> list[int]:
    """The years in which the account had months, newest first."""
    return list(range(bank.now().year, account.opened_at.year - 1, -1))


def months(bank: Bank, account: Account, year: int) -> list[Month]:
    """The account's months in a year, newest first; none in a year without it."""
    today, first = bank.now().date(), account.opened_at.date().replace(day=1)
    found = [date(year, number, 1) for number in range(1, 13)]
    begins = [day for day in found if first <= day <= today]
    marks = {day: _mark(bank, account, day) for day in [*begins, *map(_next, begins[-1:])]}
    return [_month(bank, account, day, marks[day], marks[_next(day)]) for day in begins[::-1]]


def statement(bank: Bank, actor: Actor, number: str, month: str, sheet: int) -> Statement:
    """One sheet of the statement of an own account's month, such as "2026-01".

    Raises AccountNotFound, StatementNotFound.
    """
    account = own_account(bank, actor, number)
    begins = _begins(bank, account, month)
    ends = _mark(bank, account, _next(begins))
    found = _month(bank, account, begins, _mark(bank, account, begins), ends)
    sheets = max(1, -(-found.transactions // SHEET))
    if not 1 <= sheet <= sheets:
        raise StatementNotFound(f"this one has sheets 1 to {sheets}")
    lines = _lines(bank, found, sheet)
    came, went = histories.sums(
        bank.database, account.number, lowest=found.before.seq, highest=found.after.seq
    )
    first = lines[0] if lines else None
    return Statement(
        month=found,
        came=Money(came, account.currency),
        went=Money(went, account.currency),
        lines=lines,
        sheet=sheet,
        sheets=sheets,
        brought=first.balance - first.amount if first else found.opening,
        carried=lines[-1].balance if lines else found.closing,
    )


def _begins(bank: Bank, account: Account, month: str) -> date:
    """The first day of a month in which there was the account."""
    given = _MONTH.match(month)
    if given is None:
        raise StatementNotFound("a month is written like 2026-01")
    year, number = int(given[1]), int(given[2])
    if year not in years(bank, account):
        raise StatementNotFound("there was no such account then")
    begins = date(year, number, 1)
    if not account.opened_at.date().replace(day=1) <= begins <= bank.now().date():
        raise StatementNotFound("there was no such account then")
    return begins


def _month(bank: Bank, account: Account, begins: date, before: Mark, after: Mark) -> Month:
    return Month(account, begins, before, after, so_far=_midnight(_next(begins)) > bank.now())


def _lines(bank: Bank, month: Month, sheet: int) -> list[View]:
    lowest = month.before.seq + (sheet - 1) * SHEET
    highest = min(lowest + SHEET, month.after.seq)
    found, _ = histories.page(
        bank.database, month.account.number, below=highest, lowest=lowest, limit=SHEET,
        filters=Filters(),
    )  # fmt: skip
    return [View(each, month.account.number) for each in found[::-1]]


def _mark(bank: Bank, account: Account, day: date) -> Mark:
    """How the account stood when that day began, or now where it has not."""
    moment = _midnight(day)
    if moment > bank.now():
        return Mark(account.seq, account.balance)
    last = transactions.find_last_before(bank.database, account.number, moment - _INSTANT)
    if last is None:
        return Mark(0, Money.zero(account.currency))
    entry = last.entry(account.number)
    return Mark(entry.seq, last.money(entry.balance_minor))


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
