"""The shop's settings: read once, checked, and refused where no shop may run with them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from dotenv import dotenv_values

from shop import create_app
from shop.config import Config, Secret, UnsafeConfig

CANARY = "canary-Zq7-93kd-PPwx-0182-mnbv-4455"
EXAMPLE = Path(__file__).parents[2] / ".env.example"
GOOD = {
    "ENVIRONMENT": "production",
    "SHOP_URL": "https://shop.example.com",
    "BANK_URL": "https://bank.example.com",
    "SHOP_SECRET_KEY": CANARY,
    "SHOP_BANK_KEY": "mk_1234567890123456789012",
    "SHOP_BANK_SECRET": f"sks_{CANARY}",
    "SHOP_WEBHOOK_SECRET": "whsec_one, whsec_two",
}


def test_good_settings_of_production_are_taken() -> None:
    config = Config.from_environment(GOOD)
    assert config.production
    assert config.webhook_secrets == ("whsec_one", "whsec_two")
    assert config.pay_pages == "https://bank.example.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "prod"), ("SHOP_PORT", "0"), ("SHOP_PORT", "http"),
        ("SHOP_URL", "http://shop.example.com"), ("SHOP_URL", "https://shop.example.com/"),
        ("BANK_URL", "bank.example.com"), ("BANK_PAGES_URL", "http://bank.example.com"),
        ("SHOP_SECRET_KEY", CANARY[:31]), ("SHOP_BANK_KEY", ""), ("SHOP_WEBHOOK_SECRET", " , "),
        ("SHOP_CURRENCY", "XXQ"), ("SHOP_MAIL_FROM", "shop"), ("SHOP_MAIL_URL", "https://mail.example.com"),
        ("SECURE_COOKIES", "false"), ("SECURE_COOKIES", "perhaps"),
    ],
)  # fmt: skip
def test_a_setting_that_no_shop_may_run_with_is_named(name: str, value: str) -> None:
    with pytest.raises(UnsafeConfig) as refused:
        Config.from_environment({**GOOD, name: value})
    assert name in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_secret_never_shows_itself() -> None:
    assert "canary" not in repr(Config.from_environment(GOOD))


def test_the_shop_uses_the_bank_s_mongodb_where_it_has_none_of_its_own() -> None:
    config = Config.from_environment({"MONGO_URI": "mongodb://one"})
    assert config.mongo_uri.reveal() == "mongodb://one"


def test_no_shop_starts_without_a_key() -> None:
    with pytest.raises(UnsafeConfig, match="SHOP_SECRET_KEY"):
        create_app(Config(mongo_uri=Secret("mongodb://one")))


def test_the_example_holds_the_defaults() -> None:
    example = {name: text or "" for name, text in dotenv_values(EXAMPLE).items()}
    read, default = Config.from_environment(example), Config()
    for each in fields(Config):
        given, expected = getattr(read, each.name), getattr(default, each.name)
        if isinstance(expected, Secret):
            given, expected = given.reveal(), expected.reveal()
        assert given == expected, each.name
