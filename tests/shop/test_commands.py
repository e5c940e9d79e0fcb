"""The shop's words on the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from shop import create_app
from shop.config import Config, UnsafeConfig
from shop.controllers.following import follow
from shop.controllers.shop import Shop
from shop.models.database import connect
from tests.shop import make
from tests.shop.fake_bank import FakeBank


def test_a_database_that_is_not_ready_is_refused_until_it_is_migrated(
    shop_config: Callable[..., Config], mongo_uri: str, fake_bank: FakeBank
) -> None:
    config = shop_config(database="shop_tests_new")
    database = connect(mongo_uri, "shop_tests_new")
    try:
        with pytest.raises(UnsafeConfig, match="flask --app shop migrate"):
            create_app(config, till=fake_bank)
        unprepared = create_app(config, till=fake_bank, migrated=False)
        for _ in range(2):
            assert unprepared.test_cli_runner().invoke(args=["migrate"]).exit_code == 0
        prepared = create_app(config, till=fake_bank)
        for app in (unprepared, prepared):
            app.extensions["shop"].database.close()
    finally:
        database.drop()
        database.close()


def test_reconcile_says_that_all_agree(shop: Shop, shop_app: Flask, fake_bank: FakeBank) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    follow(shop, order)
    make.placed(shop)
    result = shop_app.test_cli_runner().invoke(args=["reconcile"])
    assert (result.exit_code, result.output) == (0, "2 orders, 1 payments, 0 differences\n")


def test_reconcile_names_what_differs_and_fails(
    shop: Shop, shop_app: Flask, fake_bank: FakeBank
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    result = shop_app.test_cli_runner().invoke(args=["reconcile"])
    assert result.exit_code == 1
    assert f"order {order.number} is placed, its payment succeeded" in result.output


def test_reconcile_without_a_bank_fails_in_a_sentence(shop_app: Flask, fake_bank: FakeBank) -> None:
    fake_bank.down = True
    result = shop_app.test_cli_runner().invoke(args=["reconcile"])
    assert result.exit_code == 1
    assert "The bank cannot be reached." in result.output
