"""The overview: all accounts, what they hold, and what happened last."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from app.controllers import accounts as controller
from app.controllers import overviews, receipts
from app.controllers.orders import OpenAccount, OpenAccountSchema
from app.views import guards, html
from app.views.context import actor, bank
from app.views.formats import currency_name
from app.views.forms import Form
from app.views.kinds import KINDS
from app.views.languages import _
from app.views.notes import note
from app.views.pages.my.sparklines import spark

overview = guards.customer_pages(Blueprint("my_overview", __name__, url_prefix="/my"))


@overview.get("")
def show() -> Any:
    """All of the customer's accounts."""
    asked = request.args.get("days", type=int)
    days = asked if asked in overviews.SPANS else overviews.SPANS[0]
    found = overviews.overview(bank(), actor(), days)
    return html.page(
        "my/overview.html", found=found, days=days, spans=overviews.SPANS, spark=spark,
        parties=receipts.parties(bank(), actor(), found.latest), kinds=KINDS,
    )  # fmt: skip


@overview.route("/accounts/new", methods=["GET", "POST"])
def open_account() -> Any:
    """Open another account."""
    form: Form[OpenAccount] = Form(OpenAccountSchema, {"currency": bank().config.currency})
    if form.sent:
        opened = form.attempt(lambda order: controller.open_account(bank(), actor(), order))
        if opened:
            note(_("Your account %(name)s is open.", name=opened.name))
            return html.see(url_for("my_overview.show"))
    options = [(code, currency_name(code)) for code in bank().config.currencies]
    return html.page("my/open_account.html", form.status, form=form, options=options)
