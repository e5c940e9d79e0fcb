"""Payments at shops: a list, and one of them with all that became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask_babel import LazyString

from app.controllers.desk import Page, Place
from app.controllers.orders import DeskIntentsQuery, DeskIntentsQuerySchema
from app.controllers.payments import dossiers
from app.controllers.payments.dossiers import Intent
from app.views import guards, html
from app.views.context import bank
from app.views.forms import Query
from app.views.languages import lazy
from app.views.pages.desk import words
from app.views.pages.desk.lists import look

payments = guards.desk_pages(Blueprint("desk_payments", __name__, url_prefix="/desk/payments"))

STATUSES: Mapping[str, tuple[LazyString, str]] = {
    "requires_customer": (lazy("Unpaid"), ""),
    "requires_capture": (lazy("Held"), ""),
    "succeeded": (lazy("Paid"), "good"),
    "canceled": (lazy("Canceled"), ""),
    "expired": (lazy("Expired"), ""),
    "failed": (lazy("Refused"), "bad"),
}
STEPS: Mapping[str, LazyString] = {
    "asked": lazy("Asked for by the shop"),
    "paid": lazy("Paid by the customer"),
    "held": lazy("Held for the shop"),
    "captured": lazy("Captured by the shop"),
    "refunded": lazy("Given back by the shop"),
    "canceled": lazy("Canceled by the shop"),
    "expired": lazy("Expired"),
    "failed": lazy("Refused too often"),
    "freed": lazy("The rest was freed"),
    "deadline": lazy("Ends by itself"),
}
REASONS: Mapping[str, LazyString] = {
    "duplicate": lazy("asked for twice"),
    "fraudulent": lazy("fraud"),
    "requested_by_customer": lazy("the customer wanted it"),
    "abandoned": lazy("the customer went away"),
}


@payments.get("")
def listed() -> Any:
    """All payments, newest first."""
    filters: Query[DeskIntentsQuery] = Query(DeskIntentsQuerySchema)
    query = filters.read()

    def find(place: list[Any] | None) -> Page[Intent, Place]:
        return dossiers.list_payments(bank(), query, Place(*place) if place else None)

    return html.page(
        "desk/payments.html", filters.status, form=filters, statuses=STATUSES,
        found=look(filters, query, "desk payments", find),
    )  # fmt: skip


@payments.get("/<id>")
def one(id: str) -> Any:
    """One payment with its states in time, captures, refunds and transactions."""
    shown = dossiers.of_payment(bank(), id)
    return html.page(
        "desk/payment.html", shown=shown, intent=shown.intent, statuses=STATUSES, steps=STEPS,
        reasons=REASONS, words=words,
    )  # fmt: skip
