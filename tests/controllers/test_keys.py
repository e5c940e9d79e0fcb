"""What hangs on which key, so that an operator knows when the previous one may go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.config import Secret
from app.controllers import audits, factors, pins
from app.controllers.payments import keys, webhooks
from app.models import factors as stored
from app.models import pins as stored_pins
from app.models import users
from app.models.factors import Totp
from tests import make
from tests.conftest import SECRET, Clock
from tests.telling import listen, shop_actor

NEW = "another-secret-0123456789-abcdefghijklmnopqrstu"
PIN = "483926"


@pytest.fixture
def apps(make_app: Callable[..., Flask]) -> tuple[Flask, Flask, Flask]:
    """The same bank before the change of keys, with both, and after the old one was dropped."""
    old, new = Secret(SECRET), Secret(NEW)
    return (
        make_app(secret_key=old),
        make_app(secret_key=new, secret_key_previous=old),
        make_app(secret_key=new),
    )


def bank_of(app: Flask) -> Any:
    return app.extensions["bank"]


def person_with_both(app: Flask) -> str:
    """The number of the account of somebody with an app and a PIN."""
    bank = bank_of(app)
    account = make.account(bank)
    pins.set_pin(bank, account.number, PIN)
    user = users.find_user(bank.database, account.owner)
    assert user
    factors.begin_totp(bank, user)
    pending = stored.find_factors(bank.database, user.id).pending
    assert pending
    totp = Totp(pending.nonce, pending.kid, bank.now())
    assert stored.confirm(bank.database, user.id, totp, 1, [])
    return account.number


def told(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=["secrets", "in-use"])


def test_what_was_made_before_the_change_needs_the_previous_key(
    apps: tuple[Flask, Flask, Flask],
) -> None:
    before, between, after = apps
    person_with_both(before)
    person_with_both(before)
    person_with_both(between)
    found = told(between)
    assert found.exit_code == 1
    assert found.output.splitlines() == [
        "SECRET_KEY: 1 authenticators, 1 PINs, 0 keys of shops, 0 webhooks",
        "SECRET_KEY_PREVIOUS: 2 authenticators, 2 PINs, 0 keys of shops, 0 webhooks",
        "neither of them: 0 authenticators, 0 PINs, 0 keys of shops, 0 webhooks",
    ]
    assert told(before).output.startswith("SECRET_KEY: 2 authenticators, 2 PINs, 0 keys")
    assert told(after).exit_code == 0
    lost = told(after).output.splitlines()[2]
    assert lost == "neither of them: 2 authenticators, 2 PINs, 0 keys of shops, 0 webhooks"


def test_a_pin_that_was_forgotten_hangs_on_no_key(apps: tuple[Flask, Flask, Flask]) -> None:
    bank = bank_of(apps[0])
    number = make.account(bank).number
    pins.set_pin(bank, number, PIN)
    stored_pins.forget_pin(bank.database, number)
    assert told(apps[0]).output.count(" 0 PINs") == 3


def test_a_pin_that_is_used_needs_the_previous_key_no_longer(
    apps: tuple[Flask, Flask, Flask],
) -> None:
    before, between, _ = apps
    account = make.account(bank_of(before))
    pins.set_pin(bank_of(before), account.number, PIN)
    assert told(between).exit_code == 1
    assert pins.check_pin(bank_of(between), account.number, PIN)
    assert told(between).exit_code == 0


def test_a_live_key_of_a_shop_hangs_on_the_key_it_was_made_with(
    apps: tuple[Flask, Flask, Flask],
) -> None:
    before, between, _ = apps
    shop = make.merchant(bank_of(before))
    make.till(before.test_client(), shop)
    assert told(between).output.splitlines()[1].endswith(" 1 keys of shops, 0 webhooks")
    assert told(between).exit_code == 1
    for key in keys.keys_of(bank_of(between), shop):
        keys.revoke(bank_of(between), audits.SERVER, shop, key.id)
    assert told(between).exit_code == 0


def test_a_webhook_needs_the_previous_key_until_its_old_secret_ends(
    apps: tuple[Flask, Flask, Flask], clock: Clock
) -> None:
    before, between, _ = apps
    shop = make.merchant(bank_of(before))
    hook = listen(bank_of(before), shop, "https://shop.example/webhooks")
    assert told(between).output.splitlines()[1].endswith(" 1 webhooks")
    webhooks.rotate(bank_of(between), shop_actor(shop), hook.endpoint.id)
    assert told(between).exit_code == 1
    clock.forward(hours=24, seconds=1)
    assert told(between).exit_code == 0
