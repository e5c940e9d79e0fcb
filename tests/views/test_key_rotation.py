"""A new SECRET_KEY: what the old one signed lives out its time, and nothing new is made with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Config, Secret, UnsafeConfig
from app.controllers.mail import Letter, Post
from tests import make
from tests.conftest import SECRET, Clock
from tests.make import Person
from tests.views.forge import header_of

NEW = "another-secret-0123456789-abcdefghijklmnopqrstu"


@dataclass
class Banks:
    """The same bank before the change, with both keys, and after the old one was dropped."""

    before: FlaskClient
    between: FlaskClient
    after: FlaskClient


@pytest.fixture
def banks(make_app: Callable[..., Flask]) -> Banks:
    old, new = Secret(SECRET), Secret(NEW)
    return Banks(
        make_app(secret_key=old).test_client(),
        make_app(secret_key=new, secret_key_previous=old).test_client(),
        make_app(secret_key=new).test_client(),
    )


def at(client: FlaskClient, person: Person) -> Person:
    """The person with the same tokens at another process of the bank."""
    return Person(client, person.username, person.tokens, person.account)


def refreshed(client: FlaskClient, token: str) -> Any:
    return client.post("/auth/refresh", json={"refresh_token": token})


def test_an_old_access_token_lives_until_the_old_key_is_dropped(banks: Banks) -> None:
    dana = make.customer(banks.before, "dana")
    assert at(banks.between, dana).get("/me").status_code == 200
    assert at(banks.after, dana).get("/me").status_code == 401


def test_new_tokens_are_made_with_the_new_key(banks: Banks) -> None:
    old = make.customer(banks.before, "dana")
    new = make.log_in(banks.between, "dana")
    assert header_of(old)["kid"] != header_of(new)["kid"]
    assert at(banks.after, new).get("/me").status_code == 200
    assert at(banks.before, new).get("/me").status_code == 401


def test_an_old_refresh_token_is_exchanged_for_a_new_one(banks: Banks) -> None:
    dana = make.customer(banks.before, "dana")
    old = dana.tokens["refresh_token"]
    assert refreshed(banks.after, old).status_code == 401
    answer = refreshed(banks.between, old)
    assert answer.status_code == 200
    assert refreshed(banks.after, answer.json["refresh_token"]).status_code == 200


def test_an_old_cursor_reads_on(banks: Banks) -> None:
    dana = make.customer(banks.before, "dana").has("1.00").has("2.00")
    cursor = dana.get("/transactions?limit=1").json["next"]
    path = f"/transactions?limit=1&cursor={cursor}"
    (second,) = at(banks.between, dana).get(path).json["items"]
    assert second["amount"]["amount"] == "1.00"
    new = make.log_in(banks.after, "dana")
    assert new.get(path).status_code == 422


def test_a_letter_that_waited_is_sent(banks: Banks, clock: Clock) -> None:
    sent: list[Letter] = []

    class Taking:
        """A way out that keeps what it takes."""

        def send(self, letter: Letter, id: str) -> None:
            """Keep it."""
            sent.append(letter)

    letter = Letter("test", "dana@example.com", "A test", "Nothing.")
    banks.before.application.extensions["bank"].post.put(letter)
    bank = banks.between.application.extensions["bank"]
    assert Post(bank.config, bank.database, clock, Taking()).send_next()
    assert sent == [letter]


def test_no_two_purposes_share_a_key() -> None:
    config = Config(secret_key=Secret(SECRET), secret_key_previous=Secret(NEW))
    purposes = ("access token customer", "access token banker", "refresh token", "cursor", "outbox")
    every = [key for purpose in purposes for key in config.keys(purpose)]
    assert len(set(every)) == len(every) == 10
    assert {len(key) for key in every} == {32}


def test_the_previous_key_is_another_one() -> None:
    with pytest.raises(UnsafeConfig, match="SECRET_KEY_PREVIOUS") as refused:
        Config(secret_key=Secret(SECRET), secret_key_previous=Secret(SECRET))
    assert SECRET not in str(refused.value)
