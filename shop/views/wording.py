"""What the shop's states, ways and complaints are called on its pages."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString

from shop.errors import ShopError
from shop.views.languages import _, lazy

STATUSES: Mapping[str, LazyString] = {
    "placed": lazy("waiting for the payment"),
    "paid": lazy("paid"),
    "shipped": lazy("shipped"),
    "cancelled": lazy("cancelled"),
    "expired": lazy("not paid in time"),
}
DELIVERIES: Mapping[str, LazyString] = {
    "standard": lazy("Standard, 3 to 5 days"),
    "express": lazy("Express, the next working day"),
    "pickup": lazy("Pick up at the shop"),
}
EVENTS: Mapping[str, LazyString] = {
    "placed": lazy("Ordered"),
    "paid": lazy("Paid"),
    "shipped": lazy("Sent"),
    "not paid in time": lazy("Not paid in time"),
    "payment given up": lazy("Payment given up at the bank"),
    "paid too late": lazy("Paid too late: the money goes back"),
    "cancelled by the customer": lazy("Cancelled by you"),
    "cancelled by the shop": lazy("Cancelled by the shop"),
    "refund asked": lazy("Refund asked of the bank"),
    "money back": lazy("Money given back"),
}
FIELDS: Mapping[str, LazyString] = {
    "name": lazy("Name"),
    "street": lazy("Street and number"),
    "more": lazy("Company, floor, c/o (if any)"),
    "postcode": lazy("Postcode"),
    "city": lazy("City"),
    "email": lazy("E-mail"),
}
_COMPLAINTS = (
    lazy("Fill this in."),
    lazy("This is too long."),
    lazy("Write letters and digits only."),
    lazy("Choose how you want to get it."),
    lazy("Write an address such as you@example.com."),
    lazy("Choose a country from the list."),
    lazy("Reload the page and send the form once more."),
    lazy("There is nothing in the cart."),
    lazy("There are not enough of it left."),
    lazy("The prices have changed meanwhile."),
    lazy("The cart has changed meanwhile."),
    lazy("The order is not in a state in which this can be done."),
    lazy("The bank cannot be reached."),
    lazy("The bank did not take the request."),
    lazy("There is no such order."),
)
"""What `say` and the checkout translate: here for whoever gathers the texts."""


def say(error: ShopError) -> str:
    """An error in words, with what it is about."""
    return f"{_(error.title())} {error.detail}".strip()
