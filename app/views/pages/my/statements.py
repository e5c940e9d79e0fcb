"""Statements: month by month, to read and to print."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import accounts, months, receipts
from app.controllers.orders import MonthsQuery, MonthsQuerySchema, SheetQuery, SheetQuerySchema
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Query
from app.views.kinds import KINDS

statements = guards.customer_pages(
    Blueprint("my_statements", __name__, url_prefix="/my/statements")
)


@statements.get("", endpoint="months")
def list_months() -> Any:
    """The months of an account, a year at a time."""
    asked: Query[MonthsQuery] = Query(MonthsQuerySchema)
    query = asked.read()
    account = accounts.own_account(bank(), actor(), query.account)
    years = months.years(bank(), account)
    year = query.year if query.year in years else years[0]
    return html.page(
        "my/statements.html",
        asked.status,
        account=account,
        accounts=accounts.own_accounts(bank(), actor()),
        months=months.months(bank(), account, year),
        years=years,
        year=year,
    )


@statements.get("/<account>/<month>")
def show(account: str, month: str) -> Any:
    """The statement of one month, sheet by sheet."""
    asked: Query[SheetQuery] = Query(SheetQuerySchema)
    found = months.statement(bank(), actor(), account, month, asked.read().sheet)
    return html.page(
        "my/statement.html",
        asked.status,
        statement=found,
        month=found.month,
        account=found.month.account,
        parties=receipts.parties(bank(), actor(), found.lines),
        kinds=KINDS,
        now=bank().now(),
    )
