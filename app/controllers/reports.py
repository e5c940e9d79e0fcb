"""Reports for the desk: how much the bank holds, and what came and went day by day, in UTC.

"In" is what customers' accounts gained in transactions that gave them money: deposits, interest,
adjustments upwards, and withdrawals or fees that were taken back. "Out" is what they lost in the
others: withdrawals, fees, adjustments downwards, and deposits that were taken back. A reversal
counts on its own day, for no day that is over changes. Transfers between customers are neither,
and so "in" less "out" is exactly by how much the customers' deposits grew.

A day that is over is summed once and kept; only what is younger is summed each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.controllers.bank import Bank
from app.controllers.orders import SeriesQuery
from app.controllers.periods import Kind, Period, added_up
from app.errors import InvalidField, Unavailable
from app.models import accounts, day_totals, users
from app.models.accounts import Holding
from app.models.database import seconds_left, within
from app.models.day_totals import DayTotals
from money import Money

_SETTLED_AFTER = timedelta(hours=1)
"""A transaction has its time before it is committed, and clocks of processes differ."""

_PATIENCE_SECONDS = 20.0
_AT_ONCE_DAYS = 31
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Currency:
    """What customers hold in one currency, and what came and went today."""

    deposits: Money
    into: Money
    out: Money


@dataclass(frozen=True, slots=True)
class Summary:
    """The bank at a moment; accounts by status."""

    as_of: datetime
    customers: int
    new_customers: int
    accounts: Mapping[str, int]
    currencies: Sequence[Currency]

    @property
    def open_accounts(self) -> int:
        """Accounts that are not closed."""
        return sum(count for status, count in self.accounts.items() if status != "closed")

    def of(self, currency: str) -> Currency:
        """What there is in that currency."""
        none = Money(0, currency)
        found = (each for each in self.currencies if each.deposits.currency == currency)
        return next(found, Currency(none, none, none))


@dataclass(frozen=True, slots=True)
class Series:
    """A currency day by day, the oldest first; the last day is today, as far as it has come."""

    currency: str
    days: Sequence[Period]


@dataclass(frozen=True, slots=True)
class _Present:
    """What is not kept: the days that are not settled, and the accounts, both at one moment."""

    days: Sequence[DayTotals]
    holdings: Sequence[Holding]
    customers: int


def summary(bank: Bank) -> Summary:
    """Customers, accounts, their deposits, and what came and went today."""
    now = bank.now()
    return _summary(bank, now, _present(bank, now))


def series(bank: Bank, query: SeriesQuery) -> Series:
    """What happened in a currency in the last days, today included. Raises Unavailable where so
    much has to be summed for the first time that it takes another request."""
    now = bank.now()
    return _series(bank, now, query, _present(bank, now))


def dashboard(bank: Bank, query: SeriesQuery) -> tuple[Summary, Series]:
    """Summary and series of one moment. Raises as `series`."""
    now = bank.now()
    present = _present(bank, now)
    return _summary(bank, now, present), _series(bank, now, query, present)


def _present(bank: Bank, now: datetime) -> _Present:
    first = (now - _SETTLED_AFTER).date()

    # In one transaction: a deposit is in both of them, or in neither.
    def work() -> _Present:
        return _Present(
            day_totals.sum_days(bank.database, first, now.date()),
            accounts.census(bank.database),
            users.count_customers(bank.database),
        )

    return bank.database.atomically(work)


def _summary(bank: Bank, now: datetime, present: _Present) -> Summary:
    statuses = dict.fromkeys(accounts.STATUSES, 0)
    held = dict.fromkeys(bank.config.currencies, 0)
    for holding in present.holdings:
        statuses[holding.status] += holding.accounts
        held[holding.currency] = held.get(holding.currency, 0) + holding.minor
    today = present.days[-1]
    currencies = [
        Currency(Money(minor, currency), *_flow(today, currency))
        for currency, minor in held.items()
    ]
    return Summary(now, present.customers, today.customers, statuses, currencies)


def _series(bank: Bank, now: datetime, query: SeriesQuery, present: _Present) -> Series:
    currency = query.currency or bank.config.currency
    held = sum(each.minor for each in present.holdings if each.currency == currency)
    known = {each.currency for each in present.holdings} | set(bank.config.currencies)
    if currency not in known:
        message = f"this bank keeps {', '.join(sorted(known))}"
        raise InvalidField(message, field="currency")
    first = now.date() - timedelta(days=query.days - 1)
    totals = _kept(bank, first, present.days[0].day - _ONE_DAY)
    totals += [each for each in present.days if each.day >= first]
    days = list(_backwards(totals, currency, held))[::-1]
    return Series(currency, days)


def _backwards(totals: Sequence[DayTotals], currency: str, held: int) -> Iterator[Period]:
    """The newest first: what was held before a day is what is held after it, less its flows."""
    for each in reversed(totals):
        into, out = _flow(each, currency)
        balance = Money(held, currency)
        kinds = [
            Kind(flow.kind, flow.count, Money(flow.moved_minor, currency))
            for flow in each.flows
            if flow.currency == currency
        ]
        yield Period(each.day, each.day, into, out, balance, each.customers, added_up(kinds))
        held += out.minor - into.minor


def _flow(totals: DayTotals, currency: str) -> tuple[Money, Money]:
    own = [flow for flow in totals.flows if flow.currency == currency]
    into = sum(flow.into_minor for flow in own)
    return Money(into, currency), Money(sum(flow.out_minor for flow in own), currency)


def _kept(bank: Bank, first: date, last: date) -> list[DayTotals]:
    """The settled days from `first` to `last`; those that are not kept yet are summed and kept.

    What other processes have kept counts, so that all tell the same.
    """
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    kept = day_totals.find_days(bank.database, first, last)
    with within(_PATIENCE_SECONDS):
        for span in _spans([day for day in days if day not in kept]):
            if seconds_left() < _PATIENCE_SECONDS / 2:
                raise Unavailable("many days are summed for the first time; ask again")
            summed = day_totals.sum_days(bank.database, span[0], span[-1])
            day_totals.keep_days(bank.database, summed)
            kept |= day_totals.find_days(bank.database, span[0], span[-1])
    return [kept[day] for day in days]


def _spans(days: Sequence[date]) -> Iterator[list[date]]:
    """Days that follow each other, so many at once as are summed in a few seconds."""
    span: list[date] = []
    for day in days:
        if span and (day - span[-1] != _ONE_DAY or len(span) == _AT_ONCE_DAYS):
            yield span
            span = []
        span.append(day)
    if span:
        yield span
