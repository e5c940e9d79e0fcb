"""Settings: read once, checked, and refused where no bank may run with them."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.config import Config, Secret, UnsafeConfig
from money import Money
from shop.config import Config as ShopConfig

CANARY = "canary-Zq7-93kd-PPwx-0182-mnbv-4455"
GOOD = {
    "ENVIRONMENT": "production",
    "PUBLIC_URL": "https://bank.example.com",
    "SECRET_KEY": CANARY,
    "MONGO_URI": "mongodb+srv://bank:canary-password@cluster.example.com/",
    "TRUSTED_HOSTS": "bank.example.com",
    "MAIL_URL": "smtp://bank:canary-mail@mail.example.com",
}
EXAMPLE = Path(__file__).parent.parent / ".env.example"
LIMITS = (
    "LIMIT_PER_POSTING", "LIMIT_DAILY_DEPOSITS", "LIMIT_DAILY_SPENDING",
    "UNCONFIRMED_DAILY_LIMIT", "STEP_UP_ABOVE",
)  # fmt: skip


def _refusal(**changes: str) -> str:
    """The message with which good settings are refused after changes."""
    with pytest.raises(UnsafeConfig) as refused:
        Config.from_environment({**GOOD, **changes})
    return str(refused.value)


def test_good_settings_of_production_are_taken() -> None:
    assert Config.from_environment(GOOD).production


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DEMO", "true"),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "canary"),
        ("SECRET_KEY", "canary" + "y" * 40),
        ("SECRET_KEY", "c" * 31),
        ("SECRET_KEY", "change-me"),
        ("SECRET_KEY", "0123456789" * 3),
        ("MONGO_URI", ""),
        ("MONGO_URI", "mongodb://canary.example.com/?tls=true"),
        ("MONGO_URI", "mongodb://bank:canary@db.example.com/"),
        ("MONGO_URI", "mongodb://bank:canary@db.example.com/?tls=false"),
        ("MONGO_URI", "mongodb+srv://bank:canary@db.example.com/?tls=false"),
        ("MONGO_URI", "mongodb+srv://bank:canary@db.example.com/?ssl=false"),
        ("MONGO_URI", "mongodb+srv://bank:canary@db.example.com/?tlsInsecure=true"),
        ("MONGO_URI", "mongodb://b:canary@db/?tls=true&tlsAllowInvalidCertificates=true"),
        ("MONGO_URI", "mongodb://b:canary@db/?tls=true&tlsAllowInvalidHostnames=true"),
        ("TRUSTED_HOSTS", ""),
        ("TRUSTED_HOSTS", " , "),
        ("RATELIMIT_ENABLED", "false"),
        ("MAIL_URL", ""),
        ("SECRET_KEY_PREVIOUS", "canary"),
        ("SECRET_KEY_PREVIOUS", CANARY),
        ("MAIL_URL", "console:"),
        ("PUBLIC_URL", "http://bank.example.com"),
        ("PUBLIC_URL", ""),
        ("BANKERS_SECOND_FACTOR", "false"),
        ("FLASK_DEBUG", "1"),
        ("SECURE_COOKIES", "false"),
        ("MAIL_KEY", GOOD["SECRET_KEY"]),
        ("PASSWORD_MIN_LENGTH", "7"),
    ],
)
def test_production_refuses_what_only_a_developer_may_do(setting: str, value: str) -> None:
    message = _refusal(**{setting: value})
    assert ("SECRET_KEY" if setting == "MAIL_KEY" else setting) in message
    assert "canary" not in message.lower()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ENVIRONMENT", "canary"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "5e3"),
        ("PORT", "\u0661"),
        ("PORT", "9" * 5000),
        ("DEMO", "canary"),
        ("DEMO", "on"),
        ("LOG_LEVEL", "canary"),
        ("LOG_LEVEL", "debug"),
        ("THREADS", "0"),
        ("THREADS", "101"),
        ("MONGO_POOL", "63"),
        ("MAX_ACCOUNTS", "0"),
        ("MAX_SESSIONS", "0"),
        ("SESSION_HOURS", "0"),
        ("IDLE_MINUTES", "0"),
        ("ACCESS_TOKEN_MINUTES", "0"),
        ("PASSWORD_MIN_LENGTH", "0"),
        ("HASHES_AT_ONCE", "0"),
        ("LEDGER_QUEUE", "0"),
        ("CURRENCIES", ","),
        ("CURRENCIES", "USD,usd"),
        ("CURRENCIES", "USD,QQQ"),
        ("CURRENCIES", "USD,XAU"),
        *((name, value) for name in LIMITS for value in (
            "canary", "0", "-1", "1e3", "10.001", "10000,500", "10000,JPY", "10000,JPY:canary",
            "10000,JPY:0.5", "10000,JPY:0", "1" * 17, ",JPY:5",
        )),
    ],
)  # fmt: skip
def test_no_bank_runs_with_settings_that_make_no_sense(setting: str, value: str) -> None:
    message = _refusal(**{setting: value})
    assert setting in message
    assert "canary" not in message


def test_a_refusal_never_shows_a_secret() -> None:
    for changes in ({"PORT": "0"}, {"DEMO": "yes"}, {"TRUSTED_HOSTS": ""}, {"CURRENCIES": "Q"}):
        message = _refusal(**changes)
        assert CANARY not in message
        assert "canary-password" not in message


def test_a_secret_shows_itself_only_when_asked() -> None:
    config = Config.from_environment(GOOD)
    shown = f"{config} {config!r} {config.secret_key} {config.secret_key!r} {[config.mongo_uri]}"
    assert "canary" not in shown
    assert config.secret_key.reveal() == CANARY


@pytest.mark.parametrize("setting", ["SECRET_KEY", "MONGO_URI"])
def test_a_bank_without_its_two_settings_does_not_start(setting: str) -> None:
    given: dict[str, Any] = {"secret_key": Secret(CANARY), "mongo_uri": Secret("mongodb://a/")}
    given.pop(setting.lower())
    with pytest.raises(UnsafeConfig, match=setting) as refused:
        create_app(Config(**given))
    assert "canary" not in str(refused.value)


def test_an_empty_variable_is_none() -> None:
    empty = {each.name.upper(): "" for each in fields(Config)}
    assert Config.from_environment(empty).port == Config().port


def test_a_file_holds_a_value_and_wins(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}\n", encoding="utf-8")
    config = Config.from_environment({"SECRET_KEY_FILE": str(file), "SECRET_KEY": "other"})
    assert config.secret_key.reveal() == CANARY


def test_a_file_can_hold_any_setting(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("8080\n", encoding="utf-8")
    assert Config.from_environment({"PORT_FILE": str(file)}).port == 8080


def test_a_file_that_cannot_be_read_is_refused_by_the_name_of_its_setting(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe" + CANARY.encode("utf-16"))
    for path in (tmp_path / "nothing", tmp_path, binary):
        message = _refusal(SECRET_KEY_FILE=str(path))
        assert "SECRET_KEY_FILE" in message
        assert "canary" not in message


def test_settings_have_the_types_of_their_defaults() -> None:
    config = Config.from_environment(
        {"DATA_DIR": "/srv/data", "DEMO": "YES", "CURRENCIES": "EUR, JPY ,", "THREADS": "8"}
    )
    assert (config.data_dir, config.demo, config.threads) == (Path("/srv/data"), True, 8)
    assert (config.currencies, config.currency) == (("EUR", "JPY"), "EUR")


def test_an_override_wins_over_the_environment() -> None:
    assert Config.from_environment({"PORT": "1"}, port=2).port == 2


def test_settings_cannot_be_changed_afterwards() -> None:
    config = Config()
    with pytest.raises(FrozenInstanceError):
        config.demo = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("currency", "minor"), [("USD", 1000000), ("JPY", 1500000), ("KWD", 10000000)]
)
def test_a_limit_is_in_the_major_units_of_its_currency(currency: str, minor: int) -> None:
    assert Config().limit("limit_per_posting", currency) == Money(minor, currency)


def test_a_limit_may_be_written_with_spaces() -> None:
    config = Config.from_environment({"LIMIT_PER_POSTING": "10.50 , JPY: 7 ,EUR:3"})
    limits = [config.limit("limit_per_posting", name) for name in ("USD", "JPY", "EUR")]
    assert [str(limit) for limit in limits] == ["10.50 USD", "7 JPY", "3.00 EUR"]


def test_no_two_purposes_share_a_key_and_no_two_banks() -> None:
    config, other = Config(secret_key=Secret(CANARY)), Config(secret_key=Secret(CANARY[1:]))
    purposes = ("access token customer", "access token banker", "refresh token", "cursor")
    keys = {each.key(purpose) for each in (config, other) for purpose in purposes}
    assert len(keys) == 8
    assert {len(key) for key in keys} == {32}


def _example() -> dict[str, str]:
    """The variables of .env.example in their order."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {name: value for name, value in pairs}  # noqa: C416


def test_the_example_names_every_setting_and_no_other() -> None:
    names = list(_example())
    assert names[:3] == ["FLASK_APP", "SECRET_KEY", "SECRET_KEY_PREVIOUS"]
    of_shop = {each.metadata["variable"] for each in fields(ShopConfig)}
    assert set(names[1:]) == {each.name.upper() for each in fields(Config)} | of_shop
    assert len(names) == len(set(names))


def test_the_example_says_of_every_setting_what_it_is() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    of_shop = {each.metadata["variable"]: each.metadata["about"] for each in fields(ShopConfig)}
    about = of_shop | {each.name.upper(): each.metadata["about"] for each in fields(Config)}
    for comment, line in pairwise(lines):
        name = line.partition("=")[0]
        if re.match(r"[A-Z]", line) and name in about:
            assert comment.startswith(f"# {about[name]}"), name


def test_the_example_holds_the_defaults_and_no_secret() -> None:
    example = _example()
    assert (example["SECRET_KEY"], example["MONGO_URI"]) == ("", "")
    read, default = Config.from_environment(example), Config()
    for each in fields(Config):
        given, expected = getattr(read, each.name), getattr(default, each.name)
        if isinstance(expected, Secret):
            given, expected = given.reveal(), expected.reveal()
        assert given == expected, each.name


def test_the_example_is_refused_by_production() -> None:
    with pytest.raises(UnsafeConfig):
        Config.from_environment({**_example(), "ENVIRONMENT": "production"})
