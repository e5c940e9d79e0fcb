"""Every route of the shop, and who may use it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.controllers.shop import Shop
from shop.views import guards
from tests.shop import make
from tests.shop.browser import ORIGIN, as_customer


def routes(app: Flask, *wanted: str) -> list[tuple[str, str]]:
    """Method and address of every route behind these guards, with something for its parts."""
    found = []
    for rule in app.url_map.iter_rules():
        blueprint = app.blueprints[rule.endpoint.partition(".")[0]]
        if guards.guard_of(blueprint) in wanted:
            parts = dict.fromkeys(rule.arguments, "x")
            address = app.url_map.bind("localhost").build(rule.endpoint, parts)
            found += [(m, address) for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    assert found
    return sorted(found)


def test_who_is_not_logged_in_is_sent_to_the_log_in(shop_app: Flask, visitor: FlaskClient) -> None:
    for method, address in routes(shop_app, "customers", "admins"):
        answer = visitor.open(address, method=method, headers=ORIGIN)
        assert (answer.status_code, address) == (303, address)
        assert answer.location.startswith("/log-in?next=")


def test_customers_may_not_do_what_the_shop_s_people_do(
    shop: Shop, shop_app: Flask, visitor: FlaskClient
) -> None:
    as_customer(visitor, make.customer(shop))
    for method, address in routes(shop_app, "admins"):
        answer = visitor.open(address, method=method, headers=ORIGIN)
        assert (answer.status_code, address) == (403, address)


def test_no_form_is_taken_without_its_token(
    shop: Shop, shop_app: Flask, visitor: FlaskClient
) -> None:
    as_customer(visitor, make.customer(shop, admin=True))
    for method, address in routes(shop_app, "visitors", "customers", "admins"):
        if method != "GET":
            answer = visitor.open(address, method=method, headers=ORIGIN)
            assert (answer.status_code, address) == (403, address)


@pytest.mark.parametrize("logged_in", [False, True])
def test_every_page_has_a_policy_and_is_kept_by_no_cache(
    shop: Shop, shop_app: Flask, visitor: FlaskClient, logged_in: bool
) -> None:
    if logged_in:
        as_customer(visitor, make.customer(shop, admin=True))
    for method, address in routes(shop_app, "visitors", "customers", "admins"):
        headers = visitor.open(address, method=method, headers=ORIGIN).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], address
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store", address
