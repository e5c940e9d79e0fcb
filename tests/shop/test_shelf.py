"""The shop's own people: who they are, and what they do with products."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.controllers import accounts, stocking
from shop.controllers.shop import Shop
from shop.errors import ChangedMeanwhile, InvalidFields
from shop.models import customers
from tests.shop import make
from tests.shop.browser import as_customer, send

BOSS, PASSWORD = "boss@example.com", "correct horse 9 battery"


@pytest.fixture
def boss(shop: Shop, visitor: FlaskClient) -> FlaskClient:
    """One of the shop's people, logged in."""
    accounts.make_admin(shop, BOSS, "Boss", PASSWORD)
    found = customers.find_by_email(shop.database, BOSS)
    assert found
    return as_customer(visitor, found)


def saved(boss: FlaskClient, product: str, **typed: str) -> TestResponse:
    """The answer to the product's form."""
    filled = {"price": "49.00", "stock": "10", "short": "A switch.", "long": "It switches."}
    page = boss.get(f"/admin/products/{product}").text
    return send(boss, page, f"/admin/products/{product}", **{**filled, **typed})


def test_every_product_is_listed_for_the_shop_s_people(shop: Shop, boss: FlaskClient) -> None:
    make.product(shop, name="Ledge 8")
    assert "Ledge 8" in boss.get("/admin/products").text


def test_prices_stock_and_words_can_be_changed(shop: Shop, boss: FlaskClient) -> None:
    switch = make.product(shop)
    assert saved(boss, switch, price="59.90", stock="4", short="New.").status_code == 303
    after = make.stocked(shop, switch)
    assert (after.price, after.stock, after.short) == (5990, 4, "New.")


def test_a_product_can_be_hidden_and_shown_again(shop: Shop, boss: FlaskClient) -> None:
    switch = make.product(shop)
    saved(boss, switch, hidden="yes")
    assert boss.get(f"/product/{switch}").status_code == 404
    saved(boss, switch)
    assert boss.get(f"/product/{switch}").status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("price", "free", "Write an amount above zero"), ("price", "0", "an amount above zero"),
        ("price", "1.999", "an amount above zero"), ("stock", "-1", "a whole number from 0"),
        ("stock", "1.5", "a whole number from 0"), ("short", "", "Write 1 to 160 characters"),
        ("long", "x" * 2001, "Write 1 to 2000 characters"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_named(
    shop: Shop, boss: FlaskClient, name: str, value: str, said: str
) -> None:
    answer = saved(boss, make.product(shop), **{name: value})
    assert answer.status_code == 422
    assert said in answer.text


def test_stock_does_not_fall_below_what_is_promised(shop: Shop) -> None:
    switch = make.product(shop, stock=10)
    make.placed(shop, switch, 3)
    typed = {"price": "1", "stock": "2", "short": "A.", "long": "A.", "stock_before": "10"}
    with pytest.raises(InvalidFields) as refused:
        stocking.edit(shop, switch, typed)
    assert refused.value.errors == {"stock": "3 are promised to orders; there cannot be fewer."}


def test_a_sale_in_between_is_not_overwritten(shop: Shop, boss: FlaskClient) -> None:
    switch = make.product(shop, stock=10)
    page = boss.get(f"/admin/products/{switch}").text
    shop.database.collection("products").update_one({"_id": switch}, {"$inc": {"stock": -1}})
    typed = {"price": "49.00", "stock": "12", "short": "A.", "long": "A."}
    answer = send(boss, page, f"/admin/products/{switch}", **typed)
    assert answer.status_code == 409
    assert make.stocked(shop, switch).stock == 9
    assert 'name="stock_before" value="9"' in answer.text


def test_a_form_without_the_stock_that_was_seen_changes_nothing(shop: Shop) -> None:
    typed = {"price": "1", "stock": "2", "short": "A.", "long": "A."}
    with pytest.raises(ChangedMeanwhile):
        stocking.edit(shop, make.product(shop), typed)


def test_customers_do_not_come_in(shop: Shop, visitor: FlaskClient) -> None:
    as_customer(visitor, accounts.register(shop, "Ada", "ada@example.com", PASSWORD, "test"))
    assert visitor.get("/admin/products").status_code == 403


def test_strangers_are_sent_to_the_log_in(visitor: FlaskClient) -> None:
    assert visitor.get("/admin/products").location == "/log-in?next=%2Fadmin%2Fproducts"


def test_the_command_makes_an_admin(shop_app: Flask, shop: Shop) -> None:
    words = ["admin", "create", BOSS, "--password", PASSWORD]
    result = shop_app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    assert accounts.log_in(shop, BOSS, PASSWORD, "test").admin


def test_the_command_makes_an_admin_of_a_customer(shop_app: Flask, shop: Shop) -> None:
    ada = accounts.register(shop, "Ada", "ada@example.com", "an old password 3", "test")
    token = accounts.enter(shop, ada)
    words = ["admin", "create", "ada@example.com", "--password", PASSWORD]
    assert shop_app.test_cli_runner().invoke(args=words).exit_code == 0
    assert accounts.log_in(shop, "ada@example.com", PASSWORD, "test").admin
    assert accounts.entered(shop, token) is None


def test_the_command_refuses_a_weak_password(shop_app: Flask) -> None:
    words = ["admin", "create", BOSS, "--password", "12345678"]
    result = shop_app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 1
    assert "common passwords" in result.output


def test_the_command_loads_the_catalogue(shop_app: Flask) -> None:
    result = shop_app.test_cli_runner().invoke(args=["load"])
    assert result.output == "42 of 42 products are new.\n"
    result = shop_app.test_cli_runner().invoke(args=["load"])
    assert result.output == "0 of 42 products are new.\n"
