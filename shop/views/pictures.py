"""Pictures of products as a browser loads them: one for light pages and one for dark ones."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, url_for

from shop.controllers.catalogue import Product, any_product
from shop.errors import NotFound
from shop.views import guards
from shop.views.assets import Asset, asset, sent
from shop.views.context import shop
from shop.views.drawings import KINDS, draw

pictures = guards.public(Blueprint("pictures", __name__, url_prefix="/pictures"))
GROUNDS = ("light", "dark")


def address_of(product: Product, ground: str) -> str:
    """Where a browser finds the product's picture on that ground, as it looks now."""
    version = _picture(product, ground).version
    return url_for("pictures.picture", ground=ground, version=version, id=product.id)


@pictures.get("/<ground>/<version>/<id>.svg")
def picture(ground: str, version: str, id: str) -> Response:
    """A product as we draw it."""
    if ground not in GROUNDS:
        raise NotFound("pictures are light or dark")
    return sent(_picture(any_product(shop(), id), ground), version)


def _picture(product: Product, ground: str) -> Asset:
    facts = tuple(product.specifications.items())
    return _drawn(product.name, product.kind, product.colour, facts, ground)


@lru_cache(maxsize=1024)
def _drawn(
    name: str, kind: str, colour: str, facts: tuple[tuple[str, object], ...], ground: str
) -> Asset:
    if kind not in KINDS:
        raise NotFound("nobody has drawn this")
    drawing = draw(name, kind, colour, dict(facts), dark=ground == "dark")
    return asset(drawing.encode(), "svg")
