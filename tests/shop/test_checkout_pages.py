"""The walk from a cart to a paid order, as a browser makes it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from shop.controllers.shop import Shop
from shop.models import orders
from shop.models.orders import Order
from tests.shop import make
from tests.shop.browser import DATA, ORIGIN, checked_out, send, with_cart
from tests.shop.fake_bank import PAY_PAGES, FakeBank


@pytest.fixture
def buyer(shop: Shop, visitor: FlaskClient) -> FlaskClient:
    """A visitor with something in the cart."""
    return with_cart(visitor, make.cart(shop, (make.product(shop, price=1000), 2)))


def only(shop: Shop) -> Order:
    (order,) = orders.every(shop.database)
    return order


def test_who_orders_comes_to_the_bank_s_page_by_a_page_of_ours(
    shop: Shop, buyer: FlaskClient
) -> None:
    answer = checked_out(buyer)
    order = only(shop)
    assert (answer.status_code, answer.location) == (303, f"/order/{order.link}/pay")
    page = buyer.get(answer.location).text
    assert f'href="{PAY_PAGES}/pay/{order.intent}"' in page
    assert f'http-equiv="refresh" content="0; url={PAY_PAGES}/pay/{order.intent}"' in page
    assert "$24.90" in page


def test_who_comes_back_from_the_bank_sees_that_the_order_is_paid(
    shop: Shop, buyer: FlaskClient, fake_bank: FakeBank
) -> None:
    checked_out(buyer)
    order = only(shop)
    fake_bank.pay(str(order.intent))
    answer = buyer.get(f"/back?payment_intent={order.intent}", follow_redirects=True)
    assert answer.request.path == f"/order/{order.link}"
    assert "Your order is paid." in answer.text


def test_who_comes_back_without_paying_is_believed_nothing(shop: Shop, buyer: FlaskClient) -> None:
    checked_out(buyer)
    order = only(shop)
    answer = buyer.get(f"/back?payment_intent={order.intent}", follow_redirects=True)
    assert "We are waiting for your payment." in answer.text


def test_no_character_of_what_comes_back_from_the_bank_can_be_changed(
    shop: Shop, buyer: FlaskClient, fake_bank: FakeBank
) -> None:
    checked_out(buyer)
    order = only(shop)
    intent = str(order.intent)
    fake_bank.pay(intent)
    for at, was in enumerate(intent):
        changed = f"{intent[:at]}{'B' if was == 'A' else 'A'}{intent[at + 1 :]}"
        assert buyer.get("/back", query_string={"payment_intent": changed}).status_code == 404
    assert buyer.get(f"/back?payment_intent={intent}x&status=succeeded").status_code == 404
    assert only(shop) == order


def test_another_browser_with_the_payment_s_id_sees_no_order(
    shop: Shop, buyer: FlaskClient
) -> None:
    checked_out(buyer)
    other = buyer.application.test_client()
    answer = other.get(f"/back?payment_intent={only(shop).intent}")
    assert answer.status_code == 404
    assert "Ada" not in answer.text


def test_the_order_is_kept_when_the_bank_is_down_and_can_be_paid_later(
    shop: Shop, buyer: FlaskClient, fake_bank: FakeBank
) -> None:
    fake_bank.down = True
    answer = checked_out(buyer)
    page = buyer.get(answer.location).text
    assert "The bank cannot be reached right now. Nothing was charged." in page
    link = only(shop).link
    again = send(buyer, page, f"/order/{link}/pay")
    assert again.location == f"/order/{link}"
    fake_bank.down = False
    again = send(buyer, page, f"/order/{link}/pay")
    assert again.location == f"/order/{link}/pay"


def test_who_wants_more_than_the_bank_takes_is_told_what_it_said(
    shop: Shop, buyer: FlaskClient, fake_bank: FakeBank
) -> None:
    fake_bank.refuse()
    page = buyer.get(checked_out(buyer).location).text
    assert "It said: It is too much at once." in page
    assert "cannot be reached" not in page


def test_a_form_that_is_sent_twice_is_one_order(shop: Shop, buyer: FlaskClient) -> None:
    page = buyer.get("/checkout").text
    form = re.search(r'name="form" value="(\w+)"', page)
    assert form
    first = checked_out(buyer, form=form[1])
    second = send(buyer, page, "/checkout", **{**DATA, "delivery": "express"})
    assert first.location == second.location
    assert only(shop).delivery == "standard"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("email", "ada", "Write an address such as you@example.com."),
        ("email", "ada@example.com\r\nBcc: all@example.com", "Write an address such as"),
        ("name", " ", "Fill this in."),
        ("street", "", "Fill this in."),
        ("city", "x" * 81, "This is too long."),
        ("postcode", "1\u202e2", "Write letters and digits only."),
        ("country", "XX", "Choose a country from the list."),
        ("delivery", "drone", "Choose how you want to get it."),
        ("form", "../../x", "Reload the page and send the form once more."),
        ("shown", "-1", "Reload the page and send the form once more."),
    ],
)
def test_what_is_typed_wrong_is_said_beside_it_and_kept(
    shop: Shop, buyer: FlaskClient, field: str, value: str, says: str
) -> None:
    answer = checked_out(buyer, **{field: value})
    assert answer.status_code == 422
    assert says in answer.text
    assert list(orders.every(shop.database)) == []


def test_who_picks_it_up_needs_no_address(shop: Shop, buyer: FlaskClient) -> None:
    checked_out(buyer, delivery="pickup", street="", postcode="", city="", country="")
    order = only(shop)
    assert (dict(order.address), order.total) == ({"name": "Ada Byron"}, 2000)


def test_what_is_typed_is_shown_as_text(shop: Shop, buyer: FlaskClient) -> None:
    checked_out(buyer, name='<script>alert("x")</script>')
    page = buyer.get(f"/order/{only(shop).link}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_nobody_orders_what_is_sold_out_meanwhile(shop: Shop, visitor: FlaskClient) -> None:
    product = make.product(shop, stock=1)
    buyer = with_cart(visitor, make.cart(shop, (product, 1)))
    page = buyer.get("/checkout").text
    make.placed(shop, product)
    form = {
        "delivery": "pickup", "name": "A", "email": "ada@example.com",
    }  # fmt: skip
    answer = send(buyer, page, "/checkout", **form)
    assert answer.location == "/checkout"
    assert "There are not enough of it left." in buyer.get("/checkout").text


def test_an_empty_cart_has_no_checkout(visitor: FlaskClient) -> None:
    assert visitor.get("/checkout").location == "/cart"


@pytest.mark.parametrize("action", ["/checkout", "/order/x/cancel", "/order/x/pay"])
def test_a_form_of_another_site_does_nothing(shop: Shop, buyer: FlaskClient, action: str) -> None:
    page = buyer.get("/checkout").text
    token = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert token
    evil = {"Origin": "https://evil.example"}
    assert buyer.post(action, data={"csrf_token": token[1]}, headers=evil).status_code == 403
    assert buyer.post(action, data={"csrf_token": "0" * 64}, headers=ORIGIN).status_code == 403
    assert buyer.post(action, headers=ORIGIN).status_code == 403
