"""The checkout: a cart becomes an order, whose goods nobody else can have meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from shop.controllers.addresses import Recipient
from shop.controllers.deliveries import Delivery, delivery
from shop.controllers.shop import Shop
from shop.errors import (
    CartChanged,
    EmptyCart,
    PricesChanged,
    SoldOut,
    TooManyTries,
    Unavailable,
)
from shop.models import attempts, carts, orders, products, stock
from shop.models.carts import CartLine
from shop.models.database import Duplicate
from shop.models.ids import secret_id, sortable_id
from shop.models.orders import Event, Order, OrderLine

PAY_WITHIN = timedelta(minutes=15)
MOST_ORDERS = 60
"""So many orders are placed from one address of the network within the time to pay one."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread
_NUMBERS_TRIED = 5


@dataclass(frozen=True, slots=True)
class Basket:
    """What lies in a cart at today's prices; `lacking` names products of which too few are left,
    `wanted` is the cart itself."""

    lines: tuple[OrderLine, ...]
    lacking: tuple[str, ...]
    wanted: tuple[CartLine, ...]

    @property
    def goods(self) -> int:
        """What it costs without its delivery, in minor units."""
        return sum(line.total for line in self.lines)


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that somebody wants to place. `form` names the form it came from, `shown` is what
    the goods cost, in minor units, when they saw it, `visitor` where it comes from."""

    form: str
    cart: str
    customer: str | None
    recipient: Recipient
    shown: int
    visitor: str


def basket(shop: Shop, cart: str) -> Basket:
    """What lies in the cart. Raises EmptyCart, ProductNotFound."""
    lines, lacking = [], []
    wanted = carts.lines_of(shop.database, cart)
    for each in wanted:
        product = products.get_product(shop.database, each.product)
        lines.append(OrderLine(product.id, product.name, product.price, each.quantity))
        if product.available < each.quantity:
            lacking.append(product.name)
    if not lines:
        raise EmptyCart()
    return Basket(tuple(lines), tuple(lacking), wanted)


def place(shop: Shop, wish: Wish) -> Order:
    """Place the order and reserve its goods; the same form again is the same order.

    Raises EmptyCart, CartChanged, PricesChanged, SoldOut, TooManyTries.
    """
    for _ in range(_NUMBERS_TRIED):
        if placed := orders.find_order(shop.database, form=wish.form):
            return placed
        try:
            return _place(shop, wish)
        except Duplicate:
            continue  # the same form at the same moment, or a number that somebody has
        except (EmptyCart, CartChanged):
            # Perhaps the same form has just emptied it.
            if placed := _placed(shop, wish.form):
                return placed
            raise
        except SoldOut as refused:
            name = products.get_product(shop.database, str(refused.facts["product"])).name
            raise SoldOut(name, **refused.facts) from None
    raise Unavailable("no number is free for the order")


def _placed(shop: Shop, form: str) -> Order | None:
    """The order that the form has made, read for certain: a plain read may be from before it."""
    return shop.database.atomically(lambda: orders.find_order(shop.database, form=form))


def _place(shop: Shop, wish: Wish) -> Order:
    _count(shop, wish.visitor)
    found = basket(shop, wish.cart)
    if found.goods != wish.shown:
        raise PricesChanged("look at the new total and order again")
    order = _order(shop, wish, found, delivery(wish.recipient.delivery, shop.config.currency))

    def work() -> None:
        # Two forms of one cart at one moment: the cart's change lets one of them through.
        if carts.lines_of(shop.database, wish.cart) != found.wanted:
            raise CartChanged("look at it again")
        stock.reserve(shop.database, order.lines)
        orders.insert_order(shop.database, order)
        carts.empty(shop.database, wish.cart)

    shop.database.atomically(work)
    return order


def _count(shop: Shop, visitor: str) -> None:
    """Nobody keeps goods from others by orders that are never paid."""
    stretch = int(PAY_WITHIN.total_seconds())
    tries, _ = attempts.count(shop.database, f"order {visitor}", stretch, shop.now())
    if tries > MOST_ORDERS:
        raise TooManyTries("order again in a quarter of an hour")


def _order(shop: Shop, wish: Wish, found: Basket, chosen: Delivery) -> Order:
    now = shop.now()
    return Order(
        id=sortable_id(), number=_number(), link=secret_id(), form=wish.form,
        customer=wish.customer, email=wish.recipient.email, address=wish.recipient.address,
        delivery=chosen.way, delivery_price=chosen.price, lines=found.lines,
        total=found.goods + chosen.price, currency=shop.config.currency, status="placed",
        refund=None, key=secret_id(), asked_at=None, intent=None, pay_url=None, paid=0,
        placed_at=now, expires_at=now + PAY_WITHIN, paid_at=None, shipped_at=None, closed_at=None,
        look_at=now + PAY_WITHIN, looks=0, trouble=None, refused=None,
        history=(Event(now, "placed"),),
    )  # fmt: skip


def _number() -> str:
    """What people say on the phone: 7K4M-9QXR."""
    return "-".join(_letters(4) for _ in range(2))


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))


def names_of(lines: Iterable[OrderLine]) -> str:
    """The goods in a few words, for the bank's page."""
    first, *others = lines
    return f"{first.name[:100]}{f' and {len(others)} more' if others else ''}"
