"""Whatever somebody types, the shop answers, and runs nothing of it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from shop.controllers import accounts, catalogue
from shop.controllers.shop import Shop
from shop.models import customers
from tests.shop.browser import as_customer, send
from tests.views.hostile import SCRIPTS

PASSWORD = "correct horse 9 battery"
TEXTS = [
    *SCRIPTS[:6], "\x00", "\u202e", "\ud7ff\U0010ffff", "' || 1==1", '{"$gt": ""}', "$where", "%",
    "../../etc/passwd", "0" * 3000, "9" * 400, "-1", "1e400", "NaN", "\r\nSet-Cookie: a=b",
    "\ufdfa" * 200,
]  # fmt: skip


@pytest.fixture
def boss(shop: Shop, visitor: FlaskClient) -> FlaskClient:
    """One of the shop's people, in a shop with everything."""
    catalogue.load(shop)
    accounts.make_admin(shop, "boss@example.com", "Boss", PASSWORD)
    found = customers.find_by_email(shop.database, "boss@example.com")
    assert found
    return as_customer(visitor, found)


def test_no_address_is_a_fault(boss: FlaskClient) -> None:
    for text in TEXTS:
        safe = quote(text, safe="")
        for address in (
            f"/search?q={safe}&brand={safe}&category={safe}&order={safe}&page={safe}",
            f"/category/laptops?spec.memory={safe}&spec.{safe}=1&least={safe}&most={safe}",
            f"/category/{safe}", f"/product/{safe}", f"/pictures/light/{safe}/{safe}.svg",
            f"/assets/{safe}/{safe}", f"/admin/products/{safe}", f"/log-in?next={safe}",
        ):  # fmt: skip
            answer = boss.get(address)
            assert answer.status_code < 500, address
            assert text not in answer.text or "<" not in text, address


def test_no_form_is_a_fault(boss: FlaskClient) -> None:
    forms = {
        "/product/tarnbeck-skiff-13": ("/cart/add", "product", "quantity"),
        "/profile": ("/profile", "called", "name", "street", "country"),
        "/admin/products/LT-1001": (
            "/admin/products/LT-1001", "price", "stock", "short", "long", "stock_before",
        ),
    }  # fmt: skip
    for address, (action, *fields) in forms.items():
        page = boss.get(address).text
        for text in TEXTS:
            for field in fields:
                answer = send(boss, page, action, **{field: text})
                assert answer.status_code < 500, (action, field, text)


def test_nobody_gets_in_with_odd_texts(shop: Shop, visitor: FlaskClient) -> None:
    page = visitor.get("/log-in").text
    form = visitor.get("/register").text
    for text in TEXTS:
        entered = send(visitor, page, "/log-in", email=text, password=text)
        assert entered.status_code in (422, 429), text
        made = send(visitor, form, "/register", name=text, email=text, password=text)
        assert made.status_code in (422, 429), text
