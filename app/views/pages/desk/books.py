"""The books: what customers and the bank itself hold, and verifying all of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import books as controller
from app.controllers import verifications
from app.controllers.names import usernames
from app.controllers.orders import VerifyQuery, VerifyQuerySchema
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _, lazy
from app.views.notes import note
from app.views.pages.desk import telling, words

books = guards.desk_pages(Blueprint("desk_books", __name__, url_prefix="/desk/books"))
LINES = {"customers": lazy("Customers"), **words.BOOKS}


@books.route("", methods=["GET", "POST"], endpoint="show")
def show() -> Any:
    """The trial balance, the last verifications, and beginning another one."""
    form: Form[VerifyQuery] = Form(VerifyQuerySchema)
    if form.sent:
        begun = form.attempt(lambda order: verifications.start(bank(), actor(), order))
        if begun:
            if begun.by != actor().user:
                note(_("Somebody else verifies the books just now; this is how far it is."))
            return html.see(url_for("desk_books.check", id=begun.id))
    latest = verifications.latest(bank())
    return html.page(
        "desk/books.html", form.status, form=form, latest=latest,
        balances=controller.balances(bank()), lines_called=LINES,
        names=usernames(bank(), {each.by for each in latest}),
    )  # fmt: skip


@books.get("/checks/<id>")
def check(id: str) -> Any:
    """One verification: how far it is, and then what it found."""
    found = verifications.one(bank(), id)
    return html.page(
        "desk/check.html", check=found,
        subjects=telling.subjects(each.account for each in found.findings),
        by=usernames(bank(), [found.by]).get(found.by, found.by),
    )  # fmt: skip
