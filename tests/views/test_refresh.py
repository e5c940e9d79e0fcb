"""Refresh tokens: each is good once, and one that comes back late ends its session."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import make
from tests.conftest import Clock
from tests.make import Person
from tests.together import together


def _refresh(client: FlaskClient, token: object) -> TestResponse:
    return client.post("/auth/refresh", json={"refresh_token": token})


def _with(person: Person, tokens: dict[str, Any]) -> Person:
    return Person(person.client, person.username, tokens, person.account)


def test_a_refresh_token_is_exchanged_for_new_ones(client: FlaskClient) -> None:
    dana = make.customer(client)
    answer = _refresh(client, dana.tokens["refresh_token"])
    assert answer.status_code == 200
    assert answer.json["refresh_token"] != dana.tokens["refresh_token"]
    assert _with(dana, answer.json).get("/me").status_code == 200


def test_the_tokens_of_before_a_refresh_go_on_until_they_end(client: FlaskClient) -> None:
    dana = make.customer(client)
    _refresh(client, dana.tokens["refresh_token"])
    assert dana.get("/me").status_code == 200


def test_a_lost_answer_is_given_again_within_ten_seconds(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client)
    first = _refresh(client, dana.tokens["refresh_token"])
    clock.forward(seconds=9)
    again = _refresh(client, dana.tokens["refresh_token"])
    assert again.status_code == 200
    assert again.json["refresh_token"] == first.json["refresh_token"]


def test_a_refresh_token_that_comes_back_later_ends_the_session(
    client: FlaskClient, clock: Clock
) -> None:
    dana = make.customer(client)
    first = _refresh(client, dana.tokens["refresh_token"])
    clock.forward(seconds=11)
    assert _refresh(client, dana.tokens["refresh_token"]).status_code == 401
    assert _refresh(client, first.json["refresh_token"]).status_code == 401
    assert _with(dana, first.json).get("/me").status_code == 401


def test_a_theft_ends_one_session_and_not_the_others(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client)
    elsewhere = make.log_in(client, "dana")
    _refresh(client, dana.tokens["refresh_token"])
    clock.forward(seconds=11)
    _refresh(client, dana.tokens["refresh_token"])
    assert elsewhere.get("/me").status_code == 200


def test_a_token_two_generations_old_is_a_theft_at_once(client: FlaskClient) -> None:
    dana = make.customer(client)
    second = _refresh(client, dana.tokens["refresh_token"]).json
    third = _refresh(client, second["refresh_token"]).json
    assert _refresh(client, dana.tokens["refresh_token"]).status_code == 401
    assert _refresh(client, third["refresh_token"]).status_code == 401


def test_a_refresh_token_ends_with_its_session(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client)
    clock.forward(hours=13)
    assert _refresh(client, dana.tokens["refresh_token"]).status_code == 401


def test_a_refresh_does_not_prolong_the_session(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client)
    clock.forward(hours=11)
    later = _refresh(client, dana.tokens["refresh_token"]).json
    clock.forward(hours=2)
    assert _refresh(client, later["refresh_token"]).status_code == 401


def test_a_refresh_token_is_worth_nothing_after_the_log_out(client: FlaskClient) -> None:
    dana = make.customer(client)
    dana.post("/auth/logout")
    assert _refresh(client, dana.tokens["refresh_token"]).status_code == 401


def test_ten_refreshes_at_once_agree_on_one_successor(client: FlaskClient) -> None:
    dana = make.customer(client)
    app, token = client.application, dana.tokens["refresh_token"]
    answers = together(10, lambda _: _refresh(app.test_client(), token))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["refresh_token"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "forge",
    [
        "{id}",
        "{id}.",
        "{id}.{generation}",
        "{id}.{generation}.",
        "{id}.2.{mac}",
        "{id}.0.{mac}",
        "{id}.-1.{mac}",
        "{id}.01.{mac}",
        "{id}.1e0.{mac}",
        "{id}.\uff11.{mac}",
        "{id}.999999999.{mac}",
        "{id}.9999999999.{mac}",
        "{id}.1.{upper}",
        "{id}.1.{mac}0",
        "{id}.1.{mac}.{mac}",
        "{id}.1. {mac}",
        " {id}.1.{mac}",
        "{other}.1.{mac}",
        ".1.{mac}",
        "{id}.1.\u00e9",
        "..",
        "a",
        "\U0001f3e6.1.a",
        "{access}",
    ],
)
def test_a_forged_refresh_token_is_refused_and_harms_nobody(
    client: FlaskClient, forge: str
) -> None:
    dana, eve = make.customer(client, "dana"), make.customer(client, "eve")
    id, generation, mac = dana.tokens["refresh_token"].split(".")
    other = eve.tokens["refresh_token"].split(".")[0]
    names = {"id": id, "generation": generation, "mac": mac, "upper": mac.upper(), "other": other}
    token = forge.format(**names, access=dana.tokens["access_token"][:200])
    answer = _refresh(client, token)
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/invalid-refresh-token")
    assert _refresh(client, dana.tokens["refresh_token"]).status_code == 200
