"""Tokens that were verified before: remembered, and good not a moment longer than they say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.views.tokens import VerifiedTokens
from tests import make
from tests.views.forge import signed


def _claims(begins: int = -60, ends: int = 60) -> dict[str, Any]:
    """What a verified token says that is good from and until so many seconds from now."""
    now = int(time.time())
    times = {"nbf": now + begins, "exp": now + ends}
    return {"sub": "dana", "sid": "s", "aud": "strongroom:customer", **times}


def _status(client: FlaskClient, authorization: str) -> int:
    return client.get("/balance", headers={"Authorization": authorization}).status_code


def test_a_token_is_good_again_and_again(client: FlaskClient) -> None:
    dana = make.customer(client)
    assert [dana.get("/balance").status_code for _ in range(3)] == [200, 200, 200]


def test_a_token_is_remembered_from_when_it_is_made(client: FlaskClient) -> None:
    dana = make.customer(client)
    verified: VerifiedTokens = client.application.extensions["verified tokens"]
    claims = verified.find(dana.tokens["access_token"])
    assert claims is not None
    assert (claims.user, claims.plane) == (dana.get("/me").json["id"], "customer")


def test_a_process_that_did_not_make_a_token_verifies_it(
    client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    dana = make.customer(client)
    another = make_app()
    verified: VerifiedTokens = another.extensions["verified tokens"]
    token = dana.tokens["access_token"]
    assert verified.find(token) is None
    assert _status(another.test_client(), f"Bearer {token}") == 200
    here: VerifiedTokens = client.application.extensions["verified tokens"]
    assert verified.find(token) == here.find(token)


def test_a_remembered_token_ends_with_its_session(client: FlaskClient) -> None:
    dana = make.customer(client)
    assert dana.get("/balance").status_code == 200
    assert dana.post("/auth/logout").status_code == 204
    assert dana.get("/balance").status_code == 401


def test_a_remembered_token_is_good_behind_the_word_bearer_only(client: FlaskClient) -> None:
    token = make.customer(client).tokens["access_token"]
    schemes = [f"Bearer {token}", f"bearer {token}", f"Basic {token}", token, f"Bearer {token}x"]
    assert [_status(client, each) for each in schemes] == [200, 200, 401, 401, 401]


def test_a_token_that_differs_in_its_signature_alone_is_not_the_remembered_one(
    client: FlaskClient,
) -> None:
    dana = make.customer(client)
    assert dana.get("/balance").status_code == 200
    head, _, mac = dana.tokens["access_token"].rpartition(".")
    assert _status(client, f"Bearer {head}.{mac[::-1]}") == 401


def test_a_token_that_ends_is_refused_though_it_was_remembered(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = make.customer(client)
    # Ten seconds are allowed for clocks that differ: this token has six of them left.
    now = int(time.time())
    token = signed(dana, bank.config, iat=now - 300, nbf=now - 300, exp=now - 4)
    assert _status(client, f"Bearer {token}") == 200
    later = now + 20
    monkeypatch.setattr("app.views.tokens.time.time", lambda: later)
    verified: VerifiedTokens = client.application.extensions["verified tokens"]
    assert verified.find(token) is None


@pytest.mark.parametrize(("begins", "ends"), [(-60, -11), (3600, 7200), (-7200, -3600)])
def test_what_is_remembered_counts_between_its_times_only(begins: int, ends: int) -> None:
    tokens = VerifiedTokens()
    tokens.remember("a token", _claims(begins, ends))
    assert tokens.find("a token") is None


def test_what_is_remembered_says_what_the_token_said() -> None:
    tokens = VerifiedTokens()
    tokens.remember("a token", _claims())
    found = tokens.find("a token")
    assert found is not None
    assert (found.user, found.session, found.plane) == ("dana", "s", "customer")


def test_the_oldest_are_forgotten_when_there_are_too_many() -> None:
    tokens = VerifiedTokens(size=2)
    for name in ("first", "second", "third"):
        tokens.remember(name, _claims())
    assert [bool(tokens.find(name)) for name in ("first", "second", "third")] == [False, True, True]
