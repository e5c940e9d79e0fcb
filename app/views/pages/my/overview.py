"""The overview: all accounts, what they hold, and what happened last."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import accounts as controller
from app.views import guards, html
from app.views.context import actor, bank

overview = guards.customer_pages(Blueprint("my_overview", __name__, url_prefix="/my"))


@overview.get("")
def show() -> Any:
    """All of the customer's accounts."""
    return html.page("my/overview.html", accounts=controller.own_accounts(bank(), actor()))
