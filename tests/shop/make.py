"""Builders for tests of the shop."""

from __future__ import annotations

import secrets

from bson import Int64

from shop.controllers.addresses import Recipient
from shop.controllers.checkout import Wish, basket, place
from shop.controllers.paying import begin
from shop.controllers.shop import Shop
from shop.models import carts, customers, orders, products
from shop.models.carts import CartLine
from shop.models.customers import Customer
from shop.models.orders import Order
from shop.models.products import Product

ADDRESS = {
    "name": "Ada Byron", "street": "Serpentine 1", "postcode": "10115", "city": "Berlin",
    "country": "DE",
}  # fmt: skip


def product(shop: Shop, *, stock: int = 10, price: int = 4900, name: str = "Switch") -> str:
    """A product on the shelf; its id."""
    id = f"p-{secrets.token_hex(4)}"
    made = Product(id, name, price, stock, 0, id, "Brand", "networking", "switch", "grey", "Short")
    assert products.add(shop.database, made, shop.now())
    return id


def stocked(shop: Shop, id: str) -> Product:
    """The product as it is now."""
    return products.get_product(shop.database, id)


def promised(shop: Shop, id: str, count: int) -> None:
    """So many of it promised to nobody, past the door."""
    change = {"$inc": {"reserved": Int64(count)}}
    shop.database.collection(products.NAME).update_one({"_id": id}, change)


def cart(shop: Shop, *lines: tuple[str, int]) -> str:
    """A cart with so many of these products; its id."""
    id = secrets.token_hex(16)
    carts.fill(shop.database, id, tuple(CartLine(each, quantity) for each, quantity in lines))
    return id


def wish(
    shop: Shop, cart: str, *, way: str = "standard", customer: str | None = None,
    form: str | None = None, visitor: str = "",
) -> Wish:  # fmt: skip
    """What somebody who saw the right total sends, each from another place."""
    visitor = visitor or secrets.token_hex(4)
    shown = basket(shop, cart).goods
    recipient = Recipient("ada@example.com", way, ADDRESS)
    return Wish(form or secrets.token_hex(16), cart, customer, recipient, shown, visitor)


def placed(shop: Shop, id: str | None = None, quantity: int = 1) -> Order:
    """An order whose payment nobody has asked for."""
    return place(shop, wish(shop, cart(shop, (id or product(shop), quantity))))


def asked(shop: Shop, id: str | None = None, quantity: int = 1) -> Order:
    """An order whose payment is awaited."""
    return begin(shop, placed(shop, id, quantity))


def again(shop: Shop, order: Order) -> Order:
    """The order as it is now."""
    return orders.get_order(shop.database, id=order.id)


def customer(shop: Shop, *, admin: bool = False) -> Customer:
    """Somebody with a log-in."""
    id = secrets.token_hex(8)
    made = Customer(id, "Ada Byron", f"{id}@example.com", admin, "$argon2id$none")
    customers.add(shop.database, made, shop.now())
    customers.set_profile(shop.database, id, made.name, ADDRESS)
    return made
