"""A device that a person has logged in with before is not shut out by others, and opens nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from app.config import Secret
from app.controllers.bank import Bank
from app.controllers.throttles import NAME_TRIES
from tests import make
from tests.conftest import SECRET, Clock

NUMBERS = itertools.count()


@pytest.fixture
def app(make_app: Callable[..., Flask], clock: Clock) -> Flask:
    """With limits, and at the beginning of an hour."""
    clock.at(2027, 3, 1)
    return make_app(ratelimit_enabled=True)


def answered(
    client: FlaskClient, password: str, device_token: str | None = None, name: str = "dana"
) -> Any:
    body = {"username": name, "password": password, "device_token": device_token}
    return client.post("/auth/login", json=body)


def tried(client: FlaskClient, device_token: str | None = None, name: str = "dana") -> int:
    """The status of a wrong try, from another address each time."""
    answer = client.post(
        "/auth/login",
        json={"username": name, "password": "wrong", "device_token": device_token},
        environ_base={"REMOTE_ADDR": f"198.51.100.{next(NUMBERS) % 250}"},
    )
    return int(answer.status_code)


def device_of(client: FlaskClient, name: str = "dana") -> str:
    return str(make.customer(client, name).tokens["device_token"])


def shut(client: FlaskClient) -> None:
    """An attacker tries until Dana's name is shut."""
    for _ in range(NAME_TRIES):
        assert tried(client) == 401
    assert tried(client) == 429


def test_the_owner_logs_in_while_an_attacker_keeps_failing(
    client: FlaskClient, clock: Clock
) -> None:
    device = device_of(client)
    for _ in range(3):
        while tried(client) == 401:
            pass
        assert answered(client, make.PASSWORD, device).status_code == 200
        assert tried(client) == 429  # to come in opens nothing for the attacker
        clock.forward(minutes=15)


def test_in_a_storm_too(client: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    device = device_of(client)
    monkeypatch.setattr("app.controllers.throttles.WRONG_EVERYWHERE", 0)
    assert [tried(client), tried(client), tried(client)] == [401, 401, 429]
    assert [tried(client, device) for _ in range(NAME_TRIES + 1)] == [401] * NAME_TRIES + [429]


def test_a_stolen_device_token_is_limited_like_a_name(client: FlaskClient, clock: Clock) -> None:
    device = device_of(client)
    waited = []
    for _ in range(NAME_TRIES - 1):
        assert tried(client, device) == 401
    for _ in range(4):
        assert tried(client, device) == 401
        refused = answered(client, make.PASSWORD, device)
        assert refused.status_code == 429
        waited.append(int(refused.headers["Retry-After"]))
        clock.forward(seconds=waited[-1])
    assert waited == [60, 120, 240, 480]
    # The owner's name is as open as before.
    assert answered(client, make.PASSWORD).status_code == 200


def test_a_device_stays_the_same_from_log_in_to_log_in(client: FlaskClient) -> None:
    device = device_of(client)
    renewed = answered(client, make.PASSWORD, device).json["device_token"]
    for _ in range(NAME_TRIES):
        assert tried(client, device) == 401
    assert answered(client, make.PASSWORD, renewed).status_code == 429


@pytest.mark.parametrize("how", ["foreign", "wrong", "cut", "forged", "a year old", "none"])
def test_any_other_token_is_as_good_as_none(
    client: FlaskClient, clock: Clock, bank: Bank, how: str
) -> None:
    own = device_of(client)
    foreign = device_of(client, "eve")
    forged = URLSafeSerializer(b"another key", salt="device").dumps(["1", "2", 2_000_000_000])
    token = {
        "foreign": foreign, "wrong": "x.y", "cut": own[:-1], "forged": str(forged), "none": None,
        "a year old": own,
    }[how]  # fmt: skip
    if how == "a year old":
        clock.forward(days=366)
    shut(client)
    assert answered(client, make.PASSWORD, token).status_code == 429


def test_a_token_is_good_for_a_year(client: FlaskClient, clock: Clock) -> None:
    device = device_of(client)
    clock.forward(days=364)
    shut(client)
    assert answered(client, make.PASSWORD, device).status_code == 200


def test_a_token_outlives_the_change_of_the_key_as_long_as_the_old_one_is_kept(
    client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    device = device_of(client)
    new = Secret("another-secret-0123456789-abcdefghijklmnopqrstu")
    both = {"secret_key": new, "secret_key_previous": Secret(SECRET), "ratelimit_enabled": True}
    between = make_app(**both).test_client()
    shut(between)
    entered = answered(between, make.PASSWORD, device)
    assert entered.status_code == 200
    after = make_app(secret_key=new, ratelimit_enabled=True).test_client()
    assert tried(after) == 429
    assert answered(after, make.PASSWORD, device).status_code == 429
    assert answered(after, make.PASSWORD, entered.json["device_token"]).status_code == 200


def test_a_device_token_is_no_access_token(client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {device_of(client)}"}
    assert client.get("/me", headers=headers).status_code == 401
