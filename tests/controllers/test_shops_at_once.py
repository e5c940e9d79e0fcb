"""Shops without four eyes: for development, on the command line, and the demo's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Secret
from app.controllers.bank import Bank
from app.controllers.payments import at_once
from app.errors import NotABanker
from tests import make
from tests.make import Till

URLS = ["http://127.0.0.1:5001/paid"]


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["merchants", *arguments])


def creation(account: str, *more: str) -> list[str]:
    return ["create", "--name", "Kabel", "--account", account, "--return-url", URLS[0], *more]


def test_the_command_makes_a_shop_and_prints_its_key(
    app: Flask, bank: Bank, client: FlaskClient
) -> None:
    account = make.account(bank)
    made = run(app, *creation(account.number, "--direct-pin"))
    told = dict(line.split(": ") for line in made.output.splitlines())
    till = Till(client, "", {}, key=told["key"], secret=told["secret"])
    shop = till.get("/merchant").json
    assert (shop["id"], shop["account"]) == (told["merchant"], account.number)
    assert (shop["return_urls"], shop["direct_pin"], len(shop["scopes"])) == (URLS, True, 6)
    listed = run(app, "list").output
    assert listed == f"{shop['id']} {account.number} active 1 live keys  Kabel\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (creation("123"), "account: Not an account number"),
        (creation("100000000093"), "There is no such account"),
        (["create", "--name", "K", "--account", "100000000093", "--return-url", "x"], "https://"),
    ],
)
def test_the_command_says_what_is_wrong(app: Flask, arguments: list[str], said: str) -> None:
    refused = run(app, *arguments)
    assert refused.exit_code == 1
    assert said in refused.output


def test_no_shop_is_made_at_once_in_production(make_app: Callable[..., Flask], bank: Bank) -> None:
    account = make.account(bank)
    app = make_app()
    object.__setattr__(app.extensions["bank"].config, "environment", "production")
    refused = run(app, *creation(account.number))
    assert refused.exit_code == 1
    assert "in production a shop is proposed" in refused.output
    with pytest.raises(NotABanker):
        at_once.demo_shop(app.extensions["bank"], "Patchbay", URLS)
    assert run(app, "list").output == ""


def test_the_demos_shop_is_the_same_each_time(bank: Bank, client: FlaskClient) -> None:
    first = at_once.demo_shop(bank, "Patchbay", URLS)
    assert at_once.demo_shop(bank, "Patchbay", URLS) == at_once.demo_shop(bank, "Patchbay", URLS)
    moved = at_once.demo_shop(bank, "Patchbay", ["http://127.0.0.1:6001/paid"])
    assert moved.issued == first.issued
    till = Till(client, "", {}, key=first.issued.key.id, secret=first.issued.secret)
    assert till.get("/merchant").json["return_urls"] == ["http://127.0.0.1:6001/paid"]


def test_the_demos_shop_gets_another_key_where_the_secret_key_is_another(
    bank: Bank, make_app: Callable[..., Flask]
) -> None:
    first = at_once.demo_shop(bank, "Patchbay", URLS)
    app = make_app(secret_key=Secret("another-0123456789-abcdefghijklmnopqrstuvwxyz"))
    second = at_once.demo_shop(app.extensions["bank"], "Patchbay", URLS)
    assert second.issued.key.id != first.issued.key.id
    assert second.merchant.id == first.merchant.id
    key, secret = second.issued.key.id, second.issued.secret
    assert (
        Till(app.test_client(), "", {}, key=key, secret=secret).get("/merchant").status_code == 200
    )
