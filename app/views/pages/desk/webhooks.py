"""Webhooks at the desk: what shops were told, what their servers answered, and sending it again."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, url_for

from app.controllers.desk import Page
from app.controllers.orders import DeskDeliveriesQuery, DeskDeliveriesQuerySchema
from app.controllers.payments import webhooks as controller
from app.controllers.payments.webhooks import Delivery
from app.errors import Conflict
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Query
from app.views.languages import _, lazy
from app.views.notes import note
from app.views.pages.desk.lists import look

webhooks = guards.desk_pages(Blueprint("desk_webhooks", __name__, url_prefix="/desk/webhooks"))
STATUSES = {
    "waiting": (lazy("Waiting"), ""),
    "delivered": (lazy("Delivered"), "good"),
    "given_up": (lazy("Given up"), "bad"),
}
TYPES = {
    "payment.succeeded": lazy("Payment succeeded"),
    "payment.held": lazy("Payment held"),
    "payment.captured": lazy("Part of a payment captured"),
    "payment.failed": lazy("Payment failed"),
    "payment.canceled": lazy("Payment canceled"),
    "payment.expired": lazy("Payment expired"),
    "payment.refunded": lazy("Payment refunded"),
}


@webhooks.get("")
def listed() -> Any:
    """All deliveries, newest first; by default of any status."""
    query: Query[DeskDeliveriesQuery] = Query(DeskDeliveriesQuerySchema)
    asked = query.read()

    def find(place: list[Any] | None) -> Page[Delivery, str]:
        below = str(place[0]) if place else None
        return controller.list_deliveries(bank(), asked, asked.merchant, below)

    found = look(query, asked, "webhooks", find)
    return html.page(
        "desk/webhooks.html", query.status, query=query, statuses=STATUSES, types=TYPES,
        found=found, shops=controller.shops_of(bank(), found.items),
    )  # fmt: skip


@webhooks.get("/<id>")
def one(id: str) -> Any:
    """One delivery: what it says, and each of its last tries."""
    delivery, endpoint = controller.show_delivery(bank(), id)
    return html.page(
        "desk/webhook.html", delivery=delivery, endpoint=endpoint, statuses=STATUSES, types=TYPES,
        body=json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
        shops=controller.shops_of(bank(), [delivery]),
        may_send=not actor().roles.isdisjoint(controller.MAY_SEND),
    )  # fmt: skip


@webhooks.post("/<id>/send-again")
def send_again(id: str) -> Any:
    """Have a delivery sent now, whatever became of it."""
    try:
        controller.send_again(bank(), actor(), id)
        note(_("It is on its way again."))
    except Conflict as error:
        html.complain(error)
    return html.see(url_for("desk_webhooks.one", id=id))
