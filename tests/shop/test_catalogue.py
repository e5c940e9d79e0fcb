"""The catalogue of the project, and what people are shown of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from pymongo.errors import WriteError

from shop.controllers import catalogue
from shop.controllers.catalogue import Asked, Listing, categories
from shop.controllers.shop import Shop
from shop.models import products
from shop.models.catalogue import products as sheet
from shop.models.database import now
from shop.models.products import Edited


@pytest.fixture
def loaded(shop: Shop) -> Iterator[Shop]:
    """The shop with all that the project sells."""
    catalogue.load(shop)
    return shop


def listed(shop: Shop, slug: str = "", **asked: object) -> Listing:
    """What somebody sees who asks so."""
    within = categories()[slug] if slug else None
    return catalogue.listing(shop, Asked(**asked), within)  # type: ignore[arg-type]


def names(listing: Listing) -> list[str]:
    """The products of a page."""
    return [product.name for product in listing.products]


def test_the_project_describes_forty_products_in_six_categories() -> None:
    assert len(sheet()) >= 40
    assert list(categories()) == [
        "laptops", "monitors", "peripherals", "components", "networking", "storage",
    ]  # fmt: skip


def test_each_product_says_only_what_its_category_knows() -> None:
    for product in sheet():
        known = {each.key for each in categories()[product["category"]].specifications}
        assert set(product["specifications"]) <= known, product["sku"]


def test_every_category_is_chosen_by_two_specifications() -> None:
    assert [len(each.filters) for each in categories().values()] == [2] * 6


def test_loading_twice_makes_nothing_new(loaded: Shop) -> None:
    made, count = catalogue.load(loaded)
    assert (made, count) == (0, len(sheet()))


def test_loading_again_leaves_what_the_shop_s_people_changed(loaded: Shop) -> None:
    before = products.get_product(loaded.database, "LT-1001")
    changed = Edited(99900, 3, before.short, before.long, pick=False, hidden=False)
    assert products.edit(loaded.database, "LT-1001", changed, before.stock, now())
    catalogue.load(loaded)
    after = products.get_product(loaded.database, "LT-1001")
    assert (after.price, after.stock) == (99900, 3)


def test_a_price_is_kept_in_whole_cents(loaded: Shop) -> None:
    assert products.get_product(loaded.database, "LT-1001").price == 119900


@pytest.mark.parametrize(
    "change",
    [
        {"reserved": 15}, {"stock": -1}, {"reserved": -1}, {"stock": 1.5}, {"price": 0},
        {"slug": "A b"}, {"colour_of_box": "brown"},
    ],
)  # fmt: skip
def test_the_database_refuses_what_no_product_can_be(
    loaded: Shop, change: dict[str, object]
) -> None:
    with pytest.raises(WriteError, match="failed validation"):
        loaded.database.collection("products").update_one({"_id": "LT-1001"}, {"$set": change})


def test_a_page_holds_twelve_and_all_pages_hold_everything(loaded: Shop) -> None:
    pages = [listed(loaded, page=number) for number in range(1, 5)]
    assert [len(page.products) for page in pages] == [12, 12, 12, 6]
    assert len({product.id for page in pages for product in page.products}) == 42


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("skiff 14", "Tarnbeck Skiff 14 Plus"), ("SCRIVENER", "Quillmark Scrivener"),
        ("st-6002", "Bitloom Warp 4 TB"), ("nvm warp", "Bitloom Warp 4 TB"),
        ("Pané anchor", None), (".*", "Tarnbeck Skiff 13"), ("$qqq", None),
    ],
)  # fmt: skip
def test_a_search_finds_products_whose_words_begin_so(
    loaded: Shop, words: str, first: str | None
) -> None:
    found = names(listed(loaded, words=words))
    assert (found[0] if found else None) == first


def test_a_choice_of_two_memories_shows_both(loaded: Shop) -> None:
    page = listed(loaded, "laptops", chosen={"memory": ("8", "64")})
    assert names(page) == ["Pyrelight Forge 16", "Nimbrel Leaf 12"]


def test_a_specification_that_nothing_has_chooses_nothing(loaded: Shop) -> None:
    assert listed(loaded, "laptops", chosen={"memory": ("9000",), "$where": ("1",)}).count == 7


def test_prices_are_bounds_on_both_sides(loaded: Shop) -> None:
    page = listed(loaded, "laptops", least="899", most="1,199.00", order="cheapest")
    assert names(page) == ["Ostrane Ledger 14", "Ostrane Ledger 16", "Tarnbeck Skiff 13"]


@pytest.mark.parametrize("typed", ["cheap", "-5", "1e3", "12.345"])
def test_a_price_that_cannot_be_read_is_named_and_left_out(loaded: Shop, typed: str) -> None:
    page = listed(loaded, "laptops", most=typed)
    assert (page.count, page.refused) == (7, ("most",))


def test_only_what_can_be_had(loaded: Shop) -> None:
    collection = loaded.database.collection("products")
    leaf = collection.find_one({"_id": "LT-1007"}) or {}
    collection.update_one({"_id": "LT-1007"}, {"$set": {"reserved": leaf["stock"]}})
    found = names(listed(loaded, "laptops", in_stock=True))
    assert "Nimbrel Leaf 12" not in found
    assert "Pyrelight Ember 15" not in found
    assert len(found) == 5


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ("cheapest", "Nimbrel Leaf 12", "Pyrelight Forge 16"),
        ("dearest", "Pyrelight Forge 16", "Nimbrel Leaf 12"),
        ("name", "Nimbrel Leaf 12", "Tarnbeck Skiff 14 Plus"),
        ("", "Tarnbeck Skiff 13", "Nimbrel Leaf 12"),
        ("by magic", "Tarnbeck Skiff 13", "Nimbrel Leaf 12"),
    ],
)
def test_a_list_has_the_order_that_was_asked_for(
    loaded: Shop, order: str, first: str, last: str
) -> None:
    found = names(listed(loaded, "laptops", order=order))
    assert (found[0], found[-1]) == (first, last)


def test_each_value_says_how_many_there_would_be(loaded: Shop) -> None:
    page = listed(loaded, "laptops", brands=("Tarnbeck",), chosen={"memory": ("16",)})
    counts = {
        facet.key: {option.text: option.count for option in facet.options} for facet in page.facets
    }
    assert counts["brand"] == {"Ostrane": 2, "Pyrelight": 1, "Tarnbeck": 1}
    assert counts["memory"] == {"16\u00a0GB": 1, "32\u00a0GB": 1}
    assert counts["screen"] == {"13.3\u00a0in": 1}


def test_others_like_it_are_of_its_kind_first(loaded: Shop) -> None:
    _, others = catalogue.product(loaded, "quillmark-dormouse")
    assert others[0].name == "Pyrelight Flint"
    assert len(others) == 4


def test_a_hidden_product_is_nowhere(loaded: Shop, visitor: FlaskClient) -> None:
    collection = loaded.database.collection("products")
    collection.update_one({"_id": "LT-1001"}, {"$set": {"hidden": True}})
    assert visitor.get("/product/tarnbeck-skiff-13").status_code == 404
    assert "Skiff 13" not in visitor.get("/").text
    assert "Skiff 13" not in visitor.get("/category/laptops").text
    assert listed(loaded, words="skiff 13").count == 0
    assert products.get_product(loaded.database, "LT-1001").available == 0


def test_a_product_s_page_says_what_it_is(loaded: Shop, visitor: FlaskClient) -> None:
    text = visitor.get("/product/stonevault-key-256-gb").text
    for shown in ("Stonevault Key 256 GB", "$29.00", "In stock", "256\u00a0GB", "Add to cart"):
        assert shown in text


def test_what_is_sold_out_cannot_be_put_into_a_cart(loaded: Shop, visitor: FlaskClient) -> None:
    text = visitor.get("/product/pyrelight-ember-15").text
    assert "Sold out" in text
    assert "Add to cart" not in text


@pytest.mark.parametrize(
    "address",
    [
        "/", "/search", "/search?q=usb&page=2", "/search?page=9999&category=storage&category=x",
        "/category/storage?spec.capacity=1&spec.capacity=4&brand=Bitloom&order=dearest",
        "/category/monitors?least=a&most=%00&page=-1&brand=<b>", "/search?q=%F0%9F%92%BE<script>",
    ],
)  # fmt: skip
def test_every_list_opens(loaded: Shop, visitor: FlaskClient, address: str) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert "<b>Bit" not in answer.text


def test_a_filter_can_be_taken_away_again(loaded: Shop, visitor: FlaskClient) -> None:
    text = visitor.get("/category/laptops?brand=Ostrane&brand=Nimbrel&in_stock=yes&page=2").text
    assert 'href="/category/laptops?brand=Nimbrel&amp;in_stock=yes"' in text
    assert 'href="/category/laptops?brand=Ostrane&amp;brand=Nimbrel"' in text


@pytest.mark.parametrize(
    "address", ["/category/cars", "/product/nothing", "/pictures/pink/1/x.svg"]
)
def test_what_is_not_sold_is_not_found(loaded: Shop, visitor: FlaskClient, address: str) -> None:
    assert visitor.get(address).status_code == 404


def test_a_product_of_its_own_can_be_added_once(shop: Shop) -> None:
    catalogue.load(shop)
    one = replace(products.get_product(shop.database, "LT-1001"), id="LT-9", slug="lt-9")
    assert products.add(shop.database, one, now())
    assert not products.add(shop.database, one, now())
