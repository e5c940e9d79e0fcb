"""Webhooks at the desk: what shops were told, what went wrong, and sending it again."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.payments.hooks import Hooks
from app.controllers.payments.outward import Outward
from app.models.merchants import Merchant
from app.models.webhook_deliveries import Delivery
from tests import make
from tests.conftest import Clock
from tests.pages import Browser
from tests.shop_servers import ShopServer, shop_server
from tests.telling import listen, only, tell
from tests.views.pages.test_desk_books import words


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    return make.merchant(bank)


@pytest.fixture
def server() -> Iterator[ShopServer]:
    served = ShopServer(500)
    with shop_server(served):
        yield served


@pytest.fixture
def sender(bank: Bank, clock: Clock) -> Hooks:
    return Hooks(bank.config, bank.database, clock, Outward(public_only=False))


@pytest.fixture
def failed(bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks, clock: Clock) -> Delivery:
    """A delivery that the shop's server did not take, twice."""
    listen(bank, shop, server.url)
    tell(bank, shop)
    for _ in range(2):
        sender.send_next()
        clock.forward(seconds=6)
    return only(bank)


def at(app: Flask, client: FlaskClient, *roles: str) -> Browser:
    """A banker at the desk."""
    return Browser(app).log_in(make.banker(client, roles=roles).username)


def test_the_list_says_what_failed_and_why(
    app: Flask, client: FlaskClient, failed: Delivery
) -> None:
    tess = at(app, client, "teller")
    said = words(tess.open("/desk/webhooks?status=waiting").text)
    assert "Payment succeeded" in said
    assert "the server answered 500" in said
    assert "Kabel & Co" in unescape(said)
    assert "There are no webhooks." in words(tess.open("/desk/webhooks?status=delivered").text)
    assert "There are no webhooks." in words(tess.open("/desk/webhooks?merchant=m_other").text)


def test_one_delivery_shows_each_try_and_what_it_says(
    app: Flask, client: FlaskClient, failed: Delivery, server: ShopServer
) -> None:
    page = at(app, client, "teller").open(f"/desk/webhooks/{failed.id}")
    said = words(page.text)
    assert said.count("the server answered 500") == 2
    assert server.url in said
    assert failed.event in said
    assert "12.50" in said


def test_a_banker_has_it_sent_again(
    app: Flask, client: FlaskClient, bank: Bank, failed: Delivery, server: ShopServer, sender: Hooks
) -> None:
    tess = at(app, client, "teller")
    answer = tess.send(f"/desk/webhooks/{failed.id}")
    assert answer.status_code == 303
    assert "on its way again" in tess.open(answer.location).text
    server.status = 200
    sender.send_next()
    assert only(bank).status == "delivered"
    assert "Delivered" in words(tess.open(f"/desk/webhooks/{failed.id}").text)


def test_an_auditor_looks_and_sends_nothing(
    app: Flask, client: FlaskClient, bank: Bank, failed: Delivery
) -> None:
    art = at(app, client, "auditor")
    page = art.page(f"/desk/webhooks/{failed.id}")
    assert "Send again" not in page.text
    token = art.token(f"/desk/webhooks/{failed.id}")
    refused = art.post(f"/desk/webhooks/{failed.id}/send-again", {"csrf_token": token})
    assert refused.status_code == 403
    assert only(bank) == failed


def test_what_is_on_its_way_is_told_so(
    app: Flask, client: FlaskClient, bank: Bank, failed: Delivery
) -> None:
    tess = at(app, client, "teller")
    path = f"/desk/webhooks/{failed.id}"
    tess.send(path)
    tess.send(path)
    assert "in that state already" in words(tess.open(path).text)


def test_a_delivery_that_is_not_there_is_not_found(app: Flask, client: FlaskClient) -> None:
    assert at(app, client, "teller").open("/desk/webhooks/nothing").status_code == 404
