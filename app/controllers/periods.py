"""Days of reports, and what they are together in weeks and months."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from app.models.transactions import KINDS
from money import Money


@dataclass(frozen=True, slots=True)
class Kind:
    """The transactions of one kind: how many, and how much changed its account in them."""

    kind: str
    count: int
    moved: Money


@dataclass(frozen=True, slots=True)
class Period:
    """One day, or some that follow each other: what came and went, and what was held at the end."""

    first: date
    last: date
    into: Money
    out: Money
    balance: Money
    new_customers: int
    kinds: Sequence[Kind]


def by_weeks(days: Sequence[Period]) -> list[Period]:
    """The same in weeks, which begin on Mondays; the first may have begun before."""
    return _gathered(days, lambda day: day - timedelta(days=day.weekday()))


def by_months(days: Sequence[Period]) -> list[Period]:
    """The same in months; the first may have begun before."""
    return _gathered(days, lambda day: day.replace(day=1))


def added_up(kinds: Sequence[Kind]) -> list[Kind]:
    """Each kind that occurs once, in the order in which the bank names them."""
    found = [[each for each in kinds if each.kind == name] for name in KINDS]
    return [
        Kind(
            some[0].kind,
            sum(each.count for each in some),
            Money(sum(each.moved.minor for each in some), some[0].moved.currency),
        )
        for some in found
        if some
    ]


def _gathered(days: Sequence[Period], begin: Callable[[date], date]) -> list[Period]:
    return [_together(list(some)) for _, some in groupby(days, lambda each: begin(each.first))]


def _together(days: Sequence[Period]) -> Period:
    currency = days[-1].balance.currency
    return Period(
        first=days[0].first,
        last=days[-1].last,
        into=Money(sum(day.into.minor for day in days), currency),
        out=Money(sum(day.out.minor for day in days), currency),
        balance=days[-1].balance,
        new_customers=sum(day.new_customers for day in days),
        kinds=added_up([kind for day in days for kind in day.kinds]),
    )
