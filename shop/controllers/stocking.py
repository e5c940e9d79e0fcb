"""What the shop's own people do with products: prices, stock, words, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping

from money import InvalidMoney, Money
from shop.controllers.shop import Shop
from shop.errors import ChangedMeanwhile, InvalidFields
from shop.models import products
from shop.models.products import Edited, Product

_MOST_STOCK = 1_000_000
_LENGTHS = {"short": 160, "long": 2000}


def shelf(shop: Shop) -> list[Product]:
    """Every product, hidden ones as well."""
    return products.all_products(shop.database)


def edit(shop: Shop, id: str, typed: Mapping[str, str]) -> None:
    """Change a product as the form says. Raises InvalidFields, ProductNotFound, ChangedMeanwhile.

    The form tells which stock was seen: an order in between is not overwritten.
    """
    before = products.get_product(shop.database, id)
    edited = _edited(shop, before, typed)
    seen = _count(typed.get("stock_before", ""))
    if seen is None or not products.edit(shop.database, id, edited, seen, shop.now()):
        raise ChangedMeanwhile("somebody has ordered it; look at the stock and save once more")


def _edited(shop: Shop, before: Product, typed: Mapping[str, str]) -> Edited:
    errors: dict[str, str] = {}
    price, stock = _price(shop, typed.get("price", "")), _count(typed.get("stock", ""))
    if price is None:
        errors["price"] = "Write an amount above zero, for example 49.00."
    if stock is None:
        errors["stock"] = "Write a whole number from 0."
    elif stock < before.reserved:
        errors["stock"] = f"{before.reserved} are promised to orders; there cannot be fewer."
    texts = {name: " ".join(typed.get(name, "").split()) for name in _LENGTHS}
    for name, most in _LENGTHS.items():
        if not 0 < len(texts[name]) <= most:
            errors[name] = f"Write 1 to {most} characters."
    if errors or price is None or stock is None:
        raise InvalidFields(errors)
    return Edited(
        price, stock, texts["short"], texts["long"], pick="pick" in typed, hidden="hidden" in typed
    )


def _price(shop: Shop, text: str) -> int | None:
    try:
        price = Money.parse(text.strip(), shop.config.currency).minor
    except InvalidMoney:
        return None
    return price if price > 0 else None


def _count(text: str) -> int | None:
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 8):
        return None
    return min(int(plain), _MOST_STOCK)
