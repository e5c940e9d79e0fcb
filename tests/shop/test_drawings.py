"""Pictures: drawn from the facts of each product, without anything that could run."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from shop.controllers import catalogue
from shop.controllers.shop import Shop
from shop.models.catalogue import products as sheet
from shop.views.drawings import KINDS, draw

PRODUCTS = {product["sku"]: product for product in sheet()}
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {
    f"{SVG}{name}"
    for name in (
        "svg", "title", "defs", "linearGradient", "stop", "g", "rect", "circle", "ellipse", "path",
        "polygon", "text",
    )
}  # fmt: skip


def drawn(sku: str, *, dark: bool = False, **changes: object) -> str:
    """The picture of a product, with other facts if wanted."""
    product = PRODUCTS[sku]
    facts = {**product["specifications"], **changes}
    return draw(product["name"], product["kind"], product["colour"], facts, dark=dark)


def count(text: str, mark: str) -> int:
    return len(re.findall(mark, text))


@pytest.mark.parametrize("sku", PRODUCTS)
@pytest.mark.parametrize("dark", [False, True])
def test_every_product_has_a_small_picture_of_plain_shapes(sku: str, dark: bool) -> None:
    text = drawn(sku, dark=dark)
    assert len(text) < 20_000
    assert {each.tag for each in ElementTree.fromstring(text).iter()} <= SHAPES
    assert "style=" not in text
    assert "href" not in text


def test_every_kind_is_sold_and_every_product_has_a_kind() -> None:
    assert {product["kind"] for product in sheet()} == set(KINDS)


@pytest.mark.parametrize(
    ("sku", "key", "mark"),
    [
        ("NE-5004", "ports", "#5ad17a"), ("NE-5005", "ports", "#5ad17a"),
        ("PE-3007", "usb_a", "M"), ("CO-4002", "fans", "A"), ("NE-5002", "antennas", "rotate"),
        ("ST-6006", "bays", "#5ad17a"), ("CO-4004", "modules", "q0 -8"),
        ("CO-4007", "memory_slots", "rect"),
    ],
)  # fmt: skip
def test_a_picture_shows_as_many_as_there_are(sku: str, key: str, mark: str) -> None:
    has = PRODUCTS[sku]["specifications"][key]
    more = drawn(sku, **{key: has + 1})
    assert len(more) > len(drawn(sku))
    if mark not in ("M", "A"):
        assert count(more, re.escape(mark)) > count(drawn(sku), re.escape(mark))


def test_a_larger_screen_is_drawn_larger() -> None:
    def width(text: str) -> float:
        return max(
            float(found) for found in re.findall(r'width="([\d.]+)" height="[\d.]+" rx', text)
        )

    assert width(drawn("LT-1001", screen=16)) > width(drawn("LT-1001"))


def test_the_same_product_looks_the_same_each_time() -> None:
    assert drawn("LT-1001") == drawn("LT-1001")
    assert drawn("LT-1001") != drawn("LT-1001", dark=True)


def test_a_name_cannot_leave_its_picture() -> None:
    text = draw('<script>"&', "processor", "silver", {"cores": 4}, dark=False)
    assert "<script" not in text
    ElementTree.fromstring(text)


def test_a_browser_may_keep_a_picture_for_ever(shop: Shop, visitor: FlaskClient) -> None:
    catalogue.load(shop)
    page = visitor.get("/product/tarnbeck-skiff-13").text
    found = re.search(r'src="(/pictures/light/\w+/LT-1001.svg)"', page)
    assert found
    answer = visitor.get(found[1], headers={"Accept-Encoding": "gzip"})
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Set-Cookie" not in answer.headers
    assert len(answer.data) < 4000


def test_an_old_address_shows_the_picture_as_it_is_now(shop: Shop, visitor: FlaskClient) -> None:
    catalogue.load(shop)
    answer = visitor.get("/pictures/dark/000000000000/LT-1001.svg")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
