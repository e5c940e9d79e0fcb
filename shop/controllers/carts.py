"""Carts: what somebody means to buy, and what of it can be had now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shop.controllers.shop import Shop
from shop.errors import SoldOut
from shop.models import carts, products
from shop.models.carts import CartLine, Lines
from shop.models.products import Product

MOST_OF_ONE, MOST_LINES = 99, 50
"""So many of one product, and so many products, one cart holds."""


@dataclass(frozen=True, slots=True)
class Line:
    """So many of a product, and whether there are so many."""

    product: Product
    quantity: int

    @property
    def total(self) -> int:
        """What the line costs, in minor units."""
        return self.product.price * self.quantity

    @property
    def most(self) -> int:
        """How many of it can be chosen."""
        return min(self.product.available, MOST_OF_ONE)

    @property
    def short(self) -> bool:
        """Whether there are fewer than are wanted."""
        return self.quantity > self.product.available


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a cart."""

    lines: Sequence[Line]

    @property
    def total(self) -> int:
        """What all of it costs, in minor units, without delivery."""
        return sum(line.total for line in self.lines)

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return sum(line.quantity for line in self.lines)

    @property
    def ready(self) -> bool:
        """Whether all of it can be ordered."""
        return bool(self.lines) and not any(line.short for line in self.lines)


def contents(shop: Shop, cart: str) -> Contents:
    """What lies in the cart. A product that is no more is left out."""
    wanted = carts.lines_of(shop.database, cart)
    found = products.by_ids(shop.database, [line.product for line in wanted])
    return Contents(
        [Line(found[each.product], each.quantity) for each in wanted if each.product in found]
    )


def lines(shop: Shop, cart: str) -> list[tuple[Product, int]]:
    """What lies in the cart: products and how many."""
    return [(line.product, line.quantity) for line in contents(shop, cart).lines]


def pieces(shop: Shop, cart: str) -> int:
    """How many pieces lie in the cart."""
    return sum(line.quantity for line in carts.lines_of(shop.database, cart))


def quantity_of(shop: Shop, cart: str, product: str) -> int:
    """How many of a product lie in the cart."""
    return _of(carts.lines_of(shop.database, cart), product)


def empty(shop: Shop, cart: str) -> None:
    """Take everything out."""
    carts.empty(shop.database, cart)


def add(shop: Shop, cart: str, product: str, quantity: int) -> int:
    """Put some more of a product into the cart, as far as there are any: how many lie there now.

    Raises ProductNotFound, and SoldOut where none are left.
    """
    found = products.get_product(shop.database, product)
    most = min(found.available, MOST_OF_ONE)
    if most < 1:
        raise SoldOut("it is sold out; we hope to have it again")
    here = carts.change(
        shop.database, cart, lambda held: _more(held, CartLine(product, quantity), most)
    )
    return _of(here, product)


def set_quantity(shop: Shop, cart: str, product: str, quantity: int) -> int:
    """How many of a product shall lie in the cart, as far as there are any; 0 takes it out.

    How many lie there now.
    """
    most = 0
    if quantity > 0:
        found = products.get_product(shop.database, product)
        most = min(found.available, MOST_OF_ONE, quantity)
    here = carts.change(
        shop.database, cart, lambda held: _exactly(held, CartLine(product, max(most, 0)))
    )
    return _of(here, product)


def merge(shop: Shop, visitor: str, customer: str) -> None:
    """At the log-in, what the visitor chose comes to what the customer had, up to the stock."""

    def take(held: Lines) -> Lines:
        brought = carts.lines_of(shop.database, visitor)
        found = products.by_ids(shop.database, [line.product for line in brought])
        for line in brought:
            if line.product in found and found[line.product].available:
                most = min(found[line.product].available, MOST_OF_ONE)
                held = _more(held, line, most)
        carts.empty(shop.database, visitor)
        return held

    if visitor != customer and carts.lines_of(shop.database, visitor):
        carts.change(shop.database, customer, take)


def _more(held: Lines, line: CartLine, most: int) -> Lines:
    """With so many more of it; what lies there already does not become less."""
    before = _of(held, line.product)
    if not before and len(held) >= MOST_LINES:
        raise SoldOut(f"a cart holds {MOST_LINES} different products; take one out first")
    return _exactly(held, CartLine(line.product, max(min(before + line.quantity, most), before)))


def _exactly(held: Lines, line: CartLine) -> Lines:
    """With exactly so many of it, in its old place."""
    changed = [line if each.product == line.product else each for each in held]
    if line not in changed:
        changed.append(line)
    return tuple(each for each in changed if each.quantity > 0)


def _of(held: Lines, product: str) -> int:
    return sum(line.quantity for line in held if line.product == product)
