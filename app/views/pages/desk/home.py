"""The desk's first page: how the bank does, today and over time."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.views import guards, html

home = guards.desk_pages(Blueprint("desk_home", __name__, url_prefix="/desk"))


@home.get("")
def show() -> Any:
    """The dashboard."""
    return html.page("desk/home.html")
