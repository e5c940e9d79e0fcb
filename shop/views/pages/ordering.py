"""An order at its secret address: it follows the payment, and can be paid or cancelled there."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, Response, flash, g, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.controllers import closing, counter
from shop.controllers.following import follow
from shop.controllers.paying import BACK
from shop.errors import BankRefused, BankUnreachable, WrongState
from shop.views import guards, wording
from shop.views.context import remembered_orders, shop
from shop.views.html import page, see
from shop.views.pages.checkout import to_pay

ordering = guards.visitors(Blueprint("ordering", __name__))


@ordering.get("/order/<link>")
def shown(link: str) -> Response:
    """The order, its goods, and how far it is."""
    order = counter.by_link(shop(), link)
    return page(
        "order.html", order=order, statuses=wording.STATUSES, events=wording.EVENTS,
        deliveries=wording.DELIVERIES, mark=_mark(order),
    )  # fmt: skip


@ordering.get("/order/<link>/state")
def state(link: str) -> dict[str, str]:
    """How far it is, for a page that looks by itself whether that has changed."""
    return {"mark": _mark(counter.by_link(shop(), link))}


@ordering.get("/order/<link>/pay")
def pay(link: str) -> AnyResponse:
    """The page that goes on to the bank. It is a page, not a redirect: a browser may hold what a
    form leads to against the form."""
    order = counter.by_link(shop(), link)
    if order.status != "placed" or not order.pay_url:
        return see(url_for("ordering.shown", link=link))
    return page("to_the_bank.html", order=order)


@ordering.post("/order/<link>/pay")
def try_again(link: str) -> AnyResponse:
    """Ask the bank once more for the payment."""
    order = counter.by_link(shop(), link)
    try:
        return to_pay(order)
    except WrongState:
        return see(url_for("ordering.shown", link=link))


@ordering.post("/order/<link>/cancel")
def cancel(link: str) -> AnyResponse:
    """Cancel the order; what was paid goes back."""
    try:
        closing.cancel(shop(), counter.by_link(shop(), link), "cancelled by the customer")
    except WrongState as error:
        flash(wording.say(error), "problem")
    return see(url_for("ordering.shown", link=link))


@ordering.get(BACK)
def back() -> AnyResponse:
    """Somebody comes back from the bank: what they bring proves nothing, so the bank is asked."""
    customer = g.customer.id if g.customer else None
    intent = request.args.get("payment_intent", "")
    if not intent and remembered_orders():
        return see(url_for("ordering.shown", link=remembered_orders()[0]))
    order = counter.by_intent(shop(), intent, remembered_orders(), customer)
    with suppress(BankUnreachable, BankRefused):  # the order's page waits, and looks again
        follow(shop(), order)
    return see(url_for("ordering.shown", link=order.link))


def _mark(order: counter.Order) -> str:
    """Changes with everything that the page shows."""
    refund = order.refund.status if order.refund else "none"
    return f"{order.status} {refund} {'asked' if order.intent else 'unasked'}"
