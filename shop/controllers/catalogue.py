"""The catalogue: what somebody is shown, and by what they may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from money import InvalidMoney, Money
from shop.controllers.shop import Shop
from shop.errors import NotFound
from shop.models import assortment, catalogue, products
from shop.models.assortment import ORDERS, Choice
from shop.models.catalogue import Category, Specification, Value, categories
from shop.models.products import Product, get_product, get_shown

__all__ = ["ORDERS", "Category", "Product", "Specification", "categories"]

PAGE = 12
"""So many products stand on a page."""
_MOST_PAGES = 100
_ORDER = list(categories())


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the address of a list, as it was typed."""

    words: str = ""
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    least: str = ""
    most: str = ""
    in_stock: bool = False
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Option:
    """One value that may be chosen: as the address names it, as people read it, and how many
    products have it."""

    value: str
    text: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing to choose by."""

    key: str
    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of products, and what else there is to choose."""

    products: Sequence[Product]
    count: int
    page: int
    pages: int
    order: str
    facets: tuple[Facet, ...]
    refused: tuple[str, ...]


def category(slug: str) -> Category:
    """The category of that address. Raises NotFound."""
    try:
        return categories()[slug]
    except KeyError:
        raise NotFound("there is no such category") from None


def listing(shop: Shop, asked: Asked, within: Category | None = None) -> Listing:
    """The products that were asked for. A price that cannot be read is left out, and named."""
    prices = {"least": asked.least, "most": asked.most}
    bounds = {name: _price(shop, text) for name, text in prices.items()}
    refused = tuple(name for name, text in prices.items() if text.strip() and bounds[name] is None)
    choice = Choice(
        category=within.slug if within else "",
        words=asked.words,
        brands=asked.brands,
        categories=tuple(each for each in asked.categories if each in categories()),
        in_stock=asked.in_stock,
        least=bounds["least"],
        most=bounds["most"],
    )
    filters = within.filters if within else ()
    if within:
        choice = replace(choice, chosen=_chosen(shop, within, asked))
    order = asked.order if asked.order in ORDERS else "picks"
    page = min(max(asked.page, 1), _MOST_PAGES)
    found, count = assortment.found(shop.database, choice, order, (page - 1) * PAGE, PAGE)
    facets = _facets(shop, choice, within, filters)
    return Listing(found, count, page, max(-(-count // PAGE), 1), order, facets, refused)


def product(shop: Shop, slug: str) -> tuple[Product, list[Product]]:
    """A product, and others like it. Raises ProductNotFound."""
    found = get_shown(shop.database, slug)
    return found, assortment.related(shop.database, found, 4)


def any_product(shop: Shop, id: str) -> Product:
    """The product of that article number, also a hidden one. Raises ProductNotFound."""
    return get_product(shop.database, id)


def picks(shop: Shop) -> list[Product]:
    """What we recommend."""
    return assortment.picks(shop.database, 8)


def data_sheet(found: Product) -> list[tuple[str, str]]:
    """What is to be said of a product: names and values, in the order of its category."""
    return [
        (each.name, each.text(found.specifications[each.key]))
        for each in categories()[found.category].specifications
        if each.key in found.specifications
    ]


def faces(shop: Shop) -> dict[str, Product]:
    """For each category the product that stands for it."""
    return assortment.firsts(shop.database)


def load(shop: Shop) -> tuple[int, int]:
    """Copy the project's catalogue into the shop: how many were new, and how many there are.

    What is there stays as it is: since it was loaded, it belongs to the shop's people.
    """
    sheet = catalogue.products()
    made = sum(
        products.add(shop.database, _from_sheet(shop, row, rank), shop.now())
        for rank, row in enumerate(sheet)
    )
    return made, len(sheet)


def _from_sheet(shop: Shop, row: Mapping[str, object], rank: int) -> Product:
    price = Money.parse(str(row["price"]), shop.config.currency).minor
    given = {name: value for name, value in row.items() if name not in ("sku", "price")}
    name = str(row["name"])
    return Product(
        id=str(row["sku"]), price=price, reserved=0, rank=rank,
        slug="-".join(products.plain(name)), **given,  # type: ignore[arg-type]
    )  # fmt: skip


def _price(shop: Shop, text: str) -> int | None:
    try:
        found = Money.parse(text.strip().replace(",", ""), shop.config.currency).minor
    except InvalidMoney:
        return None
    return found if found >= 0 else None


def _chosen(shop: Shop, within: Category, asked: Asked) -> dict[str, tuple[Value, ...]]:
    """What the address names, as the values that products really have."""
    chosen = {}
    for each in within.filters:
        if named := asked.chosen.get(each.key):
            there = assortment.values(shop.database, within.slug, each.key)
            chosen[each.key] = tuple(value for value in there if str(value) in named)
    return {key: found for key, found in chosen.items() if found}


def _facets(
    shop: Shop, choice: Choice, within: Category | None, filters: Sequence[Specification]
) -> tuple[Facet, ...]:
    counted = assortment.counts(shop.database, choice, [each.key for each in filters])
    kinds: list[tuple[str, str, Sequence[Value], Specification | None]] = []
    if not within:
        kinds.append(("category", "Category", choice.categories, None))
    kinds += [(each.key, each.name, choice.chosen.get(each.key, ()), each) for each in filters]
    kinds.append(("brand", "Brand", choice.brands, None))
    facets = []
    for key, name, chosen, specification in kinds:
        rows = counted[key]
        if key == "category":
            rows = sorted(rows, key=lambda each: _ORDER.index(str(each.value)))
        options = tuple(
            Option(
                str(each.value), _text(key, each.value, specification), each.count,
                each.value in chosen,
            )
            for each in rows
        )  # fmt: skip
        facets.append(Facet(key, name, options))
    return tuple(facets)


def _text(key: str, value: Value, specification: Specification | None) -> str:
    if specification:
        return specification.text(value)
    return categories()[str(value)].name if key == "category" else str(value)
