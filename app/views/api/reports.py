"""How the bank does: its totals now, and day by day."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import reports as controller
from app.controllers.orders import SeriesQuery, SeriesQuerySchema
from app.errors import InvalidField
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import bank

reports = guards.bankers(Blueprint("reports", __name__, url_prefix="/banker/reports"))


@reports.get("/summary")
@operation(answer=representations.Summary)
def summary() -> Any:
    """Customers, accounts, deposits, and what came and went today.

    `in` is what customers' accounts gained together (deposits, interest, withdrawals taken back),
    `out` what they lost; transfers between them are neither.
    """
    return controller.summary(bank())


@reports.get("/series")
@operation(query=SeriesQuerySchema, answer=representations.Series, problems=(InvalidField,))
def series(query: SeriesQuery) -> Any:
    """A currency over the last days: in, out, balances, new customers, kinds of transactions.

    `in` less `out` is by how much the customers' balances grew. New customers are those of the
    whole bank.
    """
    return controller.series(bank(), query)
