"""Pages of the catalogue: categories, search, products."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from shop.controllers import catalogue
from shop.controllers.catalogue import Asked, Category, Listing
from shop.views import guards
from shop.views.context import shop
from shop.views.html import page

goods = guards.visitors(Blueprint("goods", __name__))
ORDERS = (
    ("picks", "Recommended"), ("cheapest", "Price: low to high"), ("dearest", "Price: high to low"),
    ("name", "Name"),
)  # fmt: skip
_SPECIFICATION = "spec."
_LONGEST = 100


@goods.get("/category/<slug>")
def category(slug: str) -> Response:
    """The products of a category, as they were chosen."""
    return _list(catalogue.category(slug))


@goods.get("/search")
def search() -> Response:
    """What a search finds; without words, everything."""
    return _list(None)


@goods.get("/product/<slug>")
def product(slug: str) -> Response:
    """One product."""
    found, others = catalogue.product(shop(), slug)
    return page(
        "goods/product.html", product=found, others=others, sheet=catalogue.data_sheet(found),
        within=catalogue.category(found.category),
    )  # fmt: skip


def _list(within: Category | None) -> Response:
    asked = _asked()
    found = catalogue.listing(shop(), asked, within)
    return page(
        "goods/list.html", within=within, asked=asked, found=found, orders=ORDERS,
        chips=_chips(found), page_address=_page_address, name_of=_name_of,
    )  # fmt: skip


def _asked() -> Asked:
    def several(name: str) -> tuple[str, ...]:
        return tuple(text[:_LONGEST] for text in request.args.getlist(name)[:20])

    number = request.args.get("page", "1")
    chosen = {
        name.removeprefix(_SPECIFICATION): several(name)
        for name in request.args
        if name.startswith(_SPECIFICATION)
    }
    return Asked(
        words=request.args.get("q", "").strip()[:_LONGEST],
        brands=several("brand"),
        categories=several("category"),
        least=request.args.get("least", "")[:20],
        most=request.args.get("most", "")[:20],
        in_stock=request.args.get("in_stock") == "yes",
        chosen=chosen,
        order=request.args.get("order", ""),
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1,
    )


def _name_of(key: str) -> str:
    """What a facet is called in the address."""
    return key if key in ("brand", "category") else f"{_SPECIFICATION}{key}"


def _chips(found: Listing) -> list[tuple[str, str]]:
    """What was chosen, each with the address of the page without it."""
    chips = [
        (option.text, _without(_name_of(facet.key), option.value))
        for facet in found.facets
        for option in facet.options
        if option.chosen
    ]
    for name, text in (("least", "from"), ("most", "up to")):
        if (typed := request.args.get(name, "").strip()) and name not in found.refused:
            chips.append((f"{text} {typed[:20]}", _without(name)))
    if request.args.get("in_stock") == "yes":
        chips.append(("in stock", _without("in_stock")))
    return chips


def _without(name: str, value: str | None = None) -> str:
    """The address of this page without one choice, from its first page on."""
    kept = [
        (key, text)
        for key, text in request.args.items(multi=True)
        if text and key != "page" and (key != name or (value is not None and text != value))
    ]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def _page_address(number: int) -> str:
    """The address of another page of the same list."""
    kept = [(key, text) for key, text in request.args.items(multi=True) if text and key != "page"]
    return f"{request.path}?{urlencode([*kept, ('page', number)])}"
