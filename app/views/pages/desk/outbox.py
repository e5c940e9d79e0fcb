"""The outbox: which mails wait, were sent or were given up, and why; never what they say."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import desk
from app.controllers import outbox as controller
from app.controllers.desk import Page
from app.controllers.orders import MailsQuery, MailsQuerySchema
from app.controllers.outbox import Posted
from app.errors import Conflict
from app.views import guards, html
from app.views.api.representations import masked_email
from app.views.context import actor, bank
from app.views.forms import Query
from app.views.languages import _, lazy
from app.views.notes import note
from app.views.pages.desk.lists import look

outbox = guards.desk_pages(Blueprint("desk_outbox", __name__, url_prefix="/desk/outbox"))
STATUSES = {
    "waiting": (lazy("Waiting"), ""),
    "sent": (lazy("Sent"), "good"),
    "given_up": (lazy("Given up"), "bad"),
}


@outbox.get("")
def listed() -> Any:
    """All mails, newest first."""
    query: Query[MailsQuery] = Query(MailsQuerySchema)
    asked = query.read()

    def find(place: list[Any] | None) -> Page[Posted, str]:
        return desk.list_mails(bank(), asked, str(place[0]) if place else None)

    return html.page(
        "desk/outbox.html", query.status, query=query, statuses=STATUSES, masked=masked_email,
        found=look(query, asked, "mails", find),
        may_send=not actor().roles.isdisjoint(controller.MAY_SEND),
    )  # fmt: skip


@outbox.post("/<id>/send-again")
def send_again(id: str) -> Any:
    """Have a mail sent that was given up."""
    try:
        controller.send_again(bank(), actor(), id)
        note(_("The mail is on its way again."))
    except Conflict as error:
        html.complain(error)
    return html.see(url_for("desk_outbox.listed"))
