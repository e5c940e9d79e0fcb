"""The page of an order, a customer's list, and the shop's own pages for orders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from shop.controllers.checkout import place
from shop.controllers.closing import cancel, ship
from shop.controllers.following import expire, follow
from shop.controllers.shop import Shop
from shop.models.orders import Order
from tests.shop import make
from tests.shop.browser import as_customer, send
from tests.shop.fake_bank import FakeBank


def paid(shop: Shop, bank: FakeBank) -> Order:
    order = make.asked(shop)
    bank.pay(str(order.intent))
    return follow(shop, order)


def test_an_order_s_address_cannot_be_guessed(shop: Shop, visitor: FlaskClient) -> None:
    order = make.placed(shop)
    assert len(order.link) == 32
    assert visitor.get(f"/order/{order.link}").status_code == 200
    for guess in (order.number, order.id, "0" * 32):
        assert visitor.get(f"/order/{guess}").status_code == 404


def test_the_page_works_without_javascript_and_looks_again_by_itself(
    shop: Shop, visitor: FlaskClient
) -> None:
    page = visitor.get(f"/order/{make.asked(shop).link}").text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


def test_the_page_hears_when_the_payment_has_come(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank
) -> None:
    order = make.asked(shop)
    before = visitor.get(f"/order/{order.link}/state").json
    fake_bank.pay(str(order.intent))
    follow(shop, order)
    assert visitor.get(f"/order/{order.link}/state").json != before


def test_the_customer_cancels_and_reads_that_the_money_went_back(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank
) -> None:
    order = paid(shop, fake_bank)
    page = visitor.get(f"/order/{order.link}").text
    send(visitor, page, f"/order/{order.link}/cancel")
    page = visitor.get(f"/order/{order.link}").text
    assert "$53.90 went back to the account that they came from." in page
    assert "cancel" not in page.partition("<ol")[2].partition("</ol>")[2]


def test_every_state_of_an_order_has_its_page(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank
) -> None:
    late = make.asked(shop)
    fake_bank.pay(str(late.intent))
    expected = {
        expire(shop, make.placed(shop)).link: "Nothing was charged; order again",
        follow(shop, expire(shop, late)).link: "Your payment came after the time",
        cancel(shop, make.asked(shop), "cancelled by the customer").link: "Nothing was charged.",
        ship(shop, paid(shop, fake_bank)).link: "Your order is on its way.",
    }
    for link, says in expected.items():
        assert says in visitor.get(f"/order/{link}").text


def test_my_orders_are_mine_alone(shop: Shop, visitor: FlaskClient) -> None:
    me, other = make.customer(shop), make.customer(shop)
    wish = make.wish(shop, make.cart(shop, (make.product(shop), 1)))
    mine = place(shop, replace(wish, customer=me.id))
    wish = make.wish(shop, make.cart(shop, (make.product(shop), 1)))
    others = place(shop, replace(wish, customer=other.id))
    page = as_customer(visitor, me).get("/my/orders").text
    assert mine.number in page
    assert others.number not in page


def test_my_orders_need_a_log_in(visitor: FlaskClient) -> None:
    assert visitor.get("/my/orders").location == "/log-in?next=%2Fmy%2Forders"


@pytest.mark.parametrize("path", ["", "/AAAA-AAAA"])
def test_only_the_shop_s_own_people_see_all_orders(
    shop: Shop, visitor: FlaskClient, path: str
) -> None:
    assert visitor.get(f"/admin/orders{path}").status_code == 303
    visitor = as_customer(visitor, make.customer(shop))
    assert visitor.get(f"/admin/orders{path}").status_code == 403


def test_an_admin_finds_ships_and_refunds_an_order(
    shop: Shop, visitor: FlaskClient, fake_bank: FakeBank
) -> None:
    admin = as_customer(visitor, make.customer(shop, admin=True))
    order = paid(shop, fake_bank)
    assert order.number in admin.get("/admin/orders?status=paid").text
    found = admin.get(f"/admin/orders?number={order.number.lower()}", follow_redirects=True)
    assert found.request.path == f"/admin/orders/{order.number}"
    send(admin, found.text, f"/admin/orders/{order.number}/ship")
    assert make.again(shop, order).status == "shipped"
    page = admin.get(f"/admin/orders/{order.number}").text
    send(admin, page, f"/admin/orders/{order.number}/refund")
    refund = make.again(shop, order).refund
    assert refund
    assert refund.status == "done"


def test_older_orders_are_on_the_next_page(shop: Shop, visitor: FlaskClient) -> None:
    admin = as_customer(visitor, make.customer(shop, admin=True))
    product = make.product(shop, stock=30)
    first, *_ = [make.placed(shop, product) for _ in range(21)]
    page = admin.get("/admin/orders").text
    assert first.number not in page
    below = page.partition("below=")[2].partition('"')[0]
    assert first.number in admin.get(f"/admin/orders?below={below}").text
