"""The charts of the dashboard, and the same figures as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import LazyString
from markupsafe import Markup

from app.controllers.periods import Period, by_months, by_weeks
from app.controllers.reports import Series
from app.views import charts
from app.views.charts import Chart, Row
from app.views.formats import brief, brief_day, brief_month, money, month, number
from app.views.languages import _, lazy
from money import Money

DAYS = (7, 30, 90, 365)
_GROUPS: dict[tuple[str, ...], LazyString] = {
    ("deposit",): lazy("Deposits"),
    ("withdrawal",): lazy("Withdrawals"),
    ("transfer", "payment", "refund"): lazy("Transfers and payments"),
    ("interest", "fee"): lazy("Interest and fees"),
    ("adjustment", "reversal"): lazy("Corrections"),
}
"""Kinds of transactions, no more groups than there are colours."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its picture."""

    chart: Chart
    drawing: Markup


def figures(series: Series) -> list[Figure]:
    """What the dashboard shows of a currency, in periods of such a length that one can see them."""
    periods = _periods(series)
    return [
        _flows(series, periods),
        _balances(series, periods),
        _kinds(series, periods),
        _newcomers(periods),
    ]


def _periods(series: Series) -> Sequence[Period]:
    if len(series.days) > 120:
        return by_months(series.days)
    return by_weeks(series.days) if len(series.days) > 31 else series.days


def _places(periods: Sequence[Period]) -> tuple[list[str], list[str]]:
    """How periods are called, and in short."""
    if any((each.last - each.first).days > 7 for each in periods):
        return [month(each.first) for each in periods], [
            brief_month(each.first) for each in periods
        ]
    days = [brief_day(each.first) for each in periods]
    return days, days


def _flows(series: Series, periods: Sequence[Period]) -> Figure:
    chart = Chart(
        "flows", _("Money in and out"),
        _("What customers' accounts gained and lost, in %(currency)s.", currency=series.currency),
        *_places(periods),
        [
            _amounts(_("In"), [each.into for each in periods]),
            _amounts(_("Out"), [each.out for each in periods]),
        ],
        lambda minor: brief(Money(minor, series.currency)),
    )  # fmt: skip
    return Figure(chart, charts.bars(chart))


def _balances(series: Series, periods: Sequence[Period]) -> Figure:
    chart = Chart(
        "balances", _("Total deposits"),
        _("What customers held at the end, in %(currency)s.", currency=series.currency),
        *_places(periods),
        [_amounts(_("Total deposits"), [each.balance for each in periods])],
        lambda minor: brief(Money(minor, series.currency)),
    )  # fmt: skip
    return Figure(chart, charts.lines(chart))


def _kinds(series: Series, periods: Sequence[Period]) -> Figure:
    rows = [
        _counts(str(name), [_count(period, kinds) for period in periods])
        for kinds, name in _GROUPS.items()
    ]
    chart = Chart(
        "kinds", _("Transactions"),
        _("How many there were of each kind, in %(currency)s.", currency=series.currency),
        *_places(periods), rows, number,
    )  # fmt: skip
    return Figure(chart, charts.bars(chart, stacked=True))


def _newcomers(periods: Sequence[Period]) -> Figure:
    chart = Chart(
        "newcomers", _("New customers"), _("How many people became customers."),
        *_places(periods), [_counts(_("Customers"), [each.new_customers for each in periods])],
        number,
    )  # fmt: skip
    return Figure(chart, charts.bars(chart))


def _count(period: Period, kinds: tuple[str, ...]) -> int:
    return sum(kind.count for kind in period.kinds if kind.kind in kinds)


def _amounts(name: str, amounts: Sequence[Money]) -> Row:
    return Row(name, [each.minor for each in amounts], [money(each) for each in amounts])


def _counts(name: str, counts: Sequence[int]) -> Row:
    return Row(name, counts, [number(each) for each in counts])
