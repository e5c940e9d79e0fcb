"""Orders for the shop's own people: the list, one of them, shipping and giving money back."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.controllers import closing, counter
from shop.errors import OrderNotFound, WrongState
from shop.views import guards, wording
from shop.views.context import shop
from shop.views.html import page, see
from shop.views.languages import _

admin_orders = guards.admins(Blueprint("admin_orders", __name__, url_prefix="/admin/orders"))


@admin_orders.get("")
def listed() -> AnyResponse:
    """Orders, newest first; of one state, or the one of a number."""
    if number := request.args.get("number"):
        try:
            found = counter.by_number(shop(), number)
            return see(url_for("admin_orders.shown", number=found.number))
        except OrderNotFound as error:
            flash(wording.say(error), "problem")
    status = request.args.get("status")
    return page(
        "admin/orders.html", found=counter.listed(shop(), status, request.args.get("below")),
        chosen=status, all=counter.STATUSES, statuses=wording.STATUSES,
    )  # fmt: skip


@admin_orders.get("/<number>")
def shown(number: str) -> Response:
    """One order, with its payment."""
    return page(
        "admin/order.html", order=counter.by_number(shop(), number), statuses=wording.STATUSES,
        events=wording.EVENTS, deliveries=wording.DELIVERIES,
    )  # fmt: skip


@admin_orders.post("/<number>/ship")
def ship(number: str) -> AnyResponse:
    """The goods leave, and the customer is told."""
    return _done(number, "ship")


@admin_orders.post("/<number>/cancel")
def cancel(number: str) -> AnyResponse:
    """Cancel it; what was paid goes back."""
    return _done(number, "cancel")


@admin_orders.post("/<number>/refund")
def refund(number: str) -> AnyResponse:
    """Give the money of a shipped order back."""
    return _done(number, "refund")


def _done(number: str, what: str) -> AnyResponse:
    order = counter.by_number(shop(), number)
    try:
        if what == "ship":
            closing.ship(shop(), order)
        elif what == "cancel":
            closing.cancel(shop(), order, "cancelled by the shop")
        else:
            closing.give_back(shop(), order)
    except WrongState as error:
        flash(wording.say(error), "problem")
    else:
        flash(_("Done."), "note")
    return see(url_for("admin_orders.shown", number=number))
