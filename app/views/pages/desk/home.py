"""The desk's first page: how the bank does, today and over time, and what happens now."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import news, reports
from app.controllers.orders import SeriesQuery, SeriesQuerySchema
from app.views import guards, html
from app.views.context import bank
from app.views.forms import Query
from app.views.pages.desk.figures import DAYS, figures
from app.views.pages.desk.live import shown

home = guards.desk_pages(Blueprint("desk_home", __name__, url_prefix="/desk"))


@home.get("")
def show() -> Any:
    """The dashboard."""
    query = Query[SeriesQuery](SeriesQuerySchema).read()
    summary, series = reports.dashboard(bank(), query)
    return html.page(
        "desk/home.html", summary=summary, own=summary.of(series.currency), series=series,
        figures=figures(series), spans=DAYS, latest=[shown(each) for each in news.latest(bank())],
    )  # fmt: skip
