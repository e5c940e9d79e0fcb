"""The cart: it survives, it tells the truth about the stock, and it goes with its customer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.controllers import accounts, carts
from shop.controllers.shop import Shop
from shop.models.carts import lines_of
from tests.shop import make
from tests.shop.browser import ORIGIN, send

PASSWORD = "correct horse 9 battery"


def put(visitor: FlaskClient, product: str, quantity: int = 1) -> TestResponse:
    """Put so many into the cart, from the product's page."""
    page = visitor.get(f"/product/{product}").text
    return send(visitor, page, "/cart/add", quantity=str(quantity))


def change(visitor: FlaskClient, product: str, quantity: str) -> TestResponse:
    """Change a quantity on the cart's page."""
    page = visitor.get("/cart").text
    return send(visitor, page, "/cart/change", product=product, quantity=quantity)


def held(visitor: FlaskClient, shop: Shop) -> dict[str, int]:
    """What lies in the visitor's cart."""
    with visitor.session_transaction() as session:
        lines = lines_of(shop.database, session.get("cart", ""))
    return {line.product: line.quantity for line in lines}


def log_in(visitor: FlaskClient, email: str) -> TestResponse:
    page = visitor.get("/log-in").text
    return send(visitor, page, "/log-in", email=email, password=PASSWORD)


def test_what_was_added_lies_in_the_cart(shop: Shop, visitor: FlaskClient) -> None:
    switch = make.product(shop, price=4900, name="Ledge 8")
    assert put(visitor, switch, 2).location == "/cart"
    page = visitor.get("/cart").text
    assert "Ledge 8" in page
    assert "$98.00" in page
    assert "It is in your cart." in page


def test_the_cart_outlives_the_window(shop: Shop, visitor: FlaskClient) -> None:
    put(visitor, make.product(shop))
    cookie = visitor.get_cookie("shop")
    assert cookie
    assert cookie.expires
    assert cookie.expires - datetime.now(UTC) > timedelta(days=80)
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_adding_again_adds_up(shop: Shop, visitor: FlaskClient) -> None:
    switch = make.product(shop)
    put(visitor, switch, 2)
    put(visitor, switch, 3)
    assert held(visitor, shop) == {switch: 5}


def test_a_cart_takes_no_more_than_there_are(shop: Shop, visitor: FlaskClient) -> None:
    switch = make.product(shop, stock=3)
    put(visitor, switch, 2)
    put(visitor, switch, 2)
    assert held(visitor, shop) == {switch: 3}
    assert "There are only 3 of it; all of them are in your cart." in visitor.get("/cart").text


def test_what_sold_out_meanwhile_is_said(shop: Shop, visitor: FlaskClient) -> None:
    switch = make.product(shop, stock=2)
    put(visitor, switch, 2)
    make.placed(shop, switch, 1)
    page = visitor.get("/cart").text
    assert "Only 1 are left" in page
    assert "To the checkout" not in page
    make.placed(shop, switch, 1)
    assert "It is sold out; remove it" in visitor.get("/cart").text


def test_a_cart_promises_nothing(shop: Shop, visitor: FlaskClient) -> None:
    switch = make.product(shop, stock=2)
    put(visitor, switch, 2)
    assert make.stocked(shop, switch).available == 2


@pytest.mark.parametrize(
    ("typed", "after"), [("7", 7), ("1", 1), ("0", 0), ("99", 10), ("-3", 0), ("x", 0), ("1e9", 0)]
)
def test_a_quantity_is_changed_as_far_as_there_are(
    shop: Shop, visitor: FlaskClient, typed: str, after: int
) -> None:
    switch = make.product(shop, stock=10)
    put(visitor, switch, 2)
    change(visitor, switch, typed)
    assert held(visitor, shop) == ({switch: after} if after else {})


def test_what_is_not_sold_cannot_be_added(shop: Shop, visitor: FlaskClient) -> None:
    page = visitor.get(f"/product/{make.product(shop)}").text
    assert send(visitor, page, "/cart/add", product="nothing").status_code == 404


def test_a_form_from_elsewhere_changes_no_cart(shop: Shop, visitor: FlaskClient) -> None:
    switch = make.product(shop)
    answer = visitor.post("/cart/add", data={"product": switch}, headers=ORIGIN)
    assert answer.status_code == 403
    assert held(visitor, shop) == {}


def test_fifty_clicks_at_once_all_count(shop: Shop) -> None:
    switch = make.product(shop, stock=500)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: carts.add(shop, "one", switch, 1), range(50)))
    assert carts.lines(shop, "one")[0][1] == 50


def test_what_a_visitor_chose_comes_along_once_however_many_log_in_at_once(shop: Shop) -> None:
    switch = make.product(shop, stock=500)
    carts.add(shop, "visitor", switch, 3)
    carts.add(shop, "customer", switch, 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: carts.merge(shop, "visitor", "customer"), range(8)))
    assert carts.lines(shop, "customer")[0][1] == 4
    assert carts.lines(shop, "visitor") == []


def test_a_cart_holds_fifty_products(shop: Shop) -> None:
    for _ in range(carts.MOST_LINES):
        carts.add(shop, "full", make.product(shop), 1)
    with pytest.raises(carts.SoldOut, match="50 different products"):
        carts.add(shop, "full", make.product(shop), 1)


def test_at_the_log_in_both_carts_become_one_up_to_the_stock(
    shop: Shop, visitor: FlaskClient
) -> None:
    customer = accounts.register(shop, "Ada", "ada@example.com", PASSWORD, "test")
    switch, router = make.product(shop, stock=5), make.product(shop, stock=5)
    carts.add(shop, customer.id, switch, 4)
    put(visitor, switch, 3)
    put(visitor, router, 2)
    log_in(visitor, "ada@example.com")
    assert held(visitor, shop) == {switch: 5, router: 2}


def test_a_customer_s_cart_waits_for_the_next_log_in(shop: Shop, visitor: FlaskClient) -> None:
    accounts.register(shop, "Ada", "ada@example.com", PASSWORD, "test")
    log_in(visitor, "ada@example.com")
    switch = make.product(shop)
    put(visitor, switch, 2)
    send(visitor, visitor.get("/").text, "/log-out")
    assert held(visitor, shop) == {}
    assert "There is nothing in it yet." in visitor.get("/cart").text
    log_in(visitor, "ada@example.com")
    assert held(visitor, shop) == {switch: 2}


def test_a_second_customer_gets_nothing_of_the_first_one_s(
    shop: Shop, visitor: FlaskClient
) -> None:
    for name in ("ada", "bob"):
        accounts.register(shop, name, f"{name}@example.com", PASSWORD, "test")
    form = visitor.get("/log-in").text
    log_in(visitor, "ada@example.com")
    switch = make.product(shop)
    put(visitor, switch)
    page = visitor.get("/").text
    data = {"email": "bob@example.com", "password": PASSWORD}
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = visitor.post("/log-in", data={**data, "csrf_token": token}, headers=ORIGIN)
    assert answer.status_code == 303
    assert "csrf_token" in form
    assert held(visitor, shop) == {}
