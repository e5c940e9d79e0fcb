"""Customers of the shop: registering, logging in and out, profiles."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.controllers import accounts
from shop.controllers.shop import Shop
from shop.errors import TooManyTries, WrongLogIn
from shop.models import customers
from tests.conftest import Clock
from tests.shop.browser import ORIGIN, send

EMAIL, PASSWORD = "ada@example.com", "correct horse 9 battery"


@pytest.fixture
def ada(shop: Shop) -> accounts.Customer:
    """Somebody with an account."""
    return accounts.register(shop, "Ada Byron", EMAIL, PASSWORD, "test")


def log_in(
    visitor: FlaskClient, email: str = EMAIL, password: str = PASSWORD, next: str = ""
) -> TestResponse:
    page = visitor.get("/log-in").text
    typed = {"next": next} if next else {}
    return send(visitor, page, "/log-in", email=email, password=password, **typed)


def logged_in(visitor: FlaskClient) -> bool:
    return visitor.get("/profile").status_code == 200


def test_whoever_registers_is_logged_in(visitor: FlaskClient, shop: Shop) -> None:
    page = visitor.get("/register?next=/cart").text
    answer = send(
        visitor, page, "/register", name="Ada", email=" Ada@Example.com ", password=PASSWORD
    )
    assert (answer.status_code, answer.location) == (303, "/cart")
    assert logged_in(visitor)
    assert customers.find_by_email(shop.database, EMAIL)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Say what we may call you."),
        ({"name": "Ada\x00"}, "Say what we may call you."),
        ({"email": "ada"}, "not an e-mail address"),
        ({"password": "short"}, "Use 8 to 128 characters"),
        ({"password": "password1"}, "list of common passwords"),
        ({"email": "byron@example.com", "password": "byron-1815"}, "your own name or address"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_the_rest_is_kept(
    visitor: FlaskClient, changes: dict[str, str], said: str
) -> None:
    typed = {"name": "Countess", "email": EMAIL, "password": PASSWORD, **changes}
    answer = send(visitor, visitor.get("/register").text, "/register", **typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert typed["password"] not in answer.text
    assert f'value="{typed["email"]}"' in answer.text


def test_an_address_has_one_account(visitor: FlaskClient, ada: accounts.Customer) -> None:
    typed = {"name": "Eve", "email": "ADA@example.com", "password": PASSWORD}
    answer = send(visitor, visitor.get("/register").text, "/register", **typed)
    assert "log in instead" in answer.text


def test_a_password_is_nowhere_in_the_database(shop: Shop, ada: accounts.Customer) -> None:
    row = shop.database.collection("customers").find_one({}) or {}
    assert row["password"].startswith("$argon2id$")
    assert PASSWORD not in str(row)


def test_a_log_in_goes_back_to_where_somebody_was(
    visitor: FlaskClient, ada: accounts.Customer
) -> None:
    assert log_in(visitor, next="/cart").location == "/cart"


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_a_log_in_goes_nowhere_else(
    visitor: FlaskClient, ada: accounts.Customer, next: str
) -> None:
    assert log_in(visitor, next=next).location == "/"


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong"), ("bob@example.com", PASSWORD), ("", "")]
)
def test_a_wrong_log_in_says_no_more_than_that(
    visitor: FlaskClient, ada: accounts.Customer, email: str, password: str
) -> None:
    answer = log_in(visitor, email, password)
    assert answer.status_code == 422
    assert "The address or the password is wrong." in answer.text
    assert not logged_in(visitor)


def test_a_log_in_gives_the_browser_a_new_cookie(
    visitor: FlaskClient, ada: accounts.Customer
) -> None:
    visitor.get("/log-in")
    with visitor.session_transaction() as session:
        before = session["random"]
    log_in(visitor)
    visitor.get("/")
    with visitor.session_transaction() as session:
        assert session["random"] != before


def test_a_stolen_cookie_is_worth_nothing_after_the_log_out(
    shop_app: Flask, visitor: FlaskClient, ada: accounts.Customer
) -> None:
    log_in(visitor)
    cookie = visitor.get_cookie("shop")
    assert cookie
    send(visitor, visitor.get("/").text, "/log-out")
    thief = shop_app.test_client()
    thief.set_cookie("shop", cookie.value)
    assert thief.get("/profile").status_code == 303


def test_the_database_alone_lets_nobody_in(
    shop: Shop, visitor: FlaskClient, ada: accounts.Customer
) -> None:
    log_in(visitor)
    row = shop.database.collection("entrances").find_one({}) or {}
    assert accounts.entered(shop, row["_id"]) is None


def test_a_log_in_ends_after_thirty_days(
    visitor: FlaskClient, ada: accounts.Customer, shop_clock: Clock
) -> None:
    log_in(visitor)
    shop_clock.forward(days=29)
    assert logged_in(visitor)
    shop_clock.forward(days=2)
    assert not logged_in(visitor)


def test_who_guesses_is_stopped_even_with_the_right_password(
    shop: Shop, ada: accounts.Customer, shop_clock: Clock
) -> None:
    shop_clock.at(2030, 1, 1)
    for _ in range(10):
        with pytest.raises(WrongLogIn):
            accounts.log_in(shop, EMAIL, "guess", "203.0.113.7")
    with pytest.raises(TooManyTries, match="try again in"):
        accounts.log_in(shop, EMAIL, PASSWORD, "203.0.113.7")
    assert accounts.log_in(shop, EMAIL, PASSWORD, "198.51.100.1").id == ada.id
    shop_clock.forward(minutes=15)
    assert accounts.log_in(shop, EMAIL, PASSWORD, "203.0.113.7").id == ada.id


def test_too_many_tries_are_a_page_that_says_when(
    visitor: FlaskClient, ada: accounts.Customer, shop_clock: Clock
) -> None:
    shop_clock.at(2030, 1, 1)
    for _ in range(10):
        log_in(visitor, password="guess")
    answer = log_in(visitor)
    assert answer.status_code == 429
    assert "try again in" in answer.text.lower()


def test_a_good_log_in_forgives_the_wrong_ones(
    shop: Shop, ada: accounts.Customer, shop_clock: Clock
) -> None:
    shop_clock.at(2030, 1, 1)
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(WrongLogIn):
                accounts.log_in(shop, EMAIL, "guess", "203.0.113.7")
        accounts.log_in(shop, EMAIL, PASSWORD, "203.0.113.7")


def test_an_address_is_kept_for_the_next_order(
    shop: Shop, visitor: FlaskClient, ada: accounts.Customer
) -> None:
    log_in(visitor)
    page = visitor.get("/profile").text
    typed = {"called": "Ada", "name": "A. Byron", "street": "Serpentine 1", "city": "Berlin"}
    send(visitor, page, "/profile", **typed, country="DE")
    kept = customers.find_customer(shop.database, ada.id)
    assert kept
    assert (kept.name, kept.address["street"], kept.address["country"]) == (
        "Ada", "Serpentine 1", "DE",
    )  # fmt: skip
    assert 'value="Serpentine 1"' in visitor.get("/profile").text


def test_an_address_that_is_too_long_is_refused_and_shown_again(
    visitor: FlaskClient, ada: accounts.Customer
) -> None:
    log_in(visitor)
    page = visitor.get("/profile").text
    answer = send(visitor, page, "/profile", called="Ada", city="x" * 81)
    assert answer.status_code == 422
    assert "Use at most 80 characters." in answer.text


def test_a_new_password_logs_out_everywhere_else(
    shop_app: Flask, visitor: FlaskClient, ada: accounts.Customer
) -> None:
    other = shop_app.test_client()
    log_in(visitor)
    log_in(other)
    page = visitor.get("/profile").text
    send(visitor, page, "/profile/password", old=PASSWORD, new="another good one 7")
    assert logged_in(visitor)
    assert not logged_in(other)
    assert log_in(other, password="another good one 7").status_code == 303


def test_a_new_password_needs_the_old_one(visitor: FlaskClient, ada: accounts.Customer) -> None:
    log_in(visitor)
    page = visitor.get("/profile").text
    answer = send(visitor, page, "/profile/password", old="guess", new="another good one 7")
    assert "This is not your password." in answer.text


@pytest.mark.parametrize("path", ["/log-in", "/register", "/log-out"])
def test_a_form_from_elsewhere_is_refused(visitor: FlaskClient, path: str) -> None:
    assert visitor.post(path, headers=ORIGIN).status_code == 403
    assert visitor.post(path, headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_profile_is_for_who_is_logged_in(visitor: FlaskClient) -> None:
    assert visitor.get("/profile").location == "/log-in?next=%2Fprofile"
