"""Freezing a customer, and freezing in the midst of traffic."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import audit, users
from tests import make
from tests.controllers.editing import REASON, change, lift, path_of
from tests.reading import told
from tests.together import together


@pytest.fixture
def both(client: FlaskClient) -> tuple[make.Person, make.Person]:
    return make.two_bankers(client)


@pytest.fixture
def banker(both: tuple[make.Person, make.Person]) -> make.Person:
    return both[0]


@pytest.fixture
def dana(client: FlaskClient) -> make.Person:
    return make.customer(client, name="Dana Scott")


def customer_path(banker: make.Person) -> str:
    return f"/banker/customers/{banker.get('/banker/customers').json['items'][0]['id']}"


def test_a_frozen_customer_is_out_at_once_and_stays_out(
    client: FlaskClient, banker: make.Person, dana: make.Person, bank: Bank
) -> None:
    answer = change(banker, customer_path(banker), "freeze")
    log_in = {"username": "dana", "password": make.PASSWORD}
    refresh = {"refresh_token": dana.tokens["refresh_token"]}
    assert (answer.status_code, answer.json["status"]) == (200, "frozen")
    assert told(dana.get("/balance")) == (401, "invalid-token")
    assert client.post("/auth/refresh", json=refresh).status_code == 401
    assert told(client.post("/auth/login", json=log_in)) == (403, "customer-frozen")
    events = audit.events_about(bank.database, answer.json["id"])
    assert ("customer frozen", REASON["reason"]) in [(e["action"], e["reason"]) for e in events]


def test_only_the_right_password_learns_that_a_customer_is_frozen(
    client: FlaskClient, banker: make.Person, dana: make.Person
) -> None:
    change(banker, customer_path(banker), "freeze")
    answer = client.post("/auth/login", json={"username": "dana", "password": "wrong-password"})
    assert told(answer) == (401, "wrong-credentials")


def test_an_unfrozen_customer_logs_in_anew(
    client: FlaskClient, both: tuple[make.Person, make.Person], dana: make.Person
) -> None:
    path = customer_path(both[0])
    change(both[0], path, "freeze")
    assert lift(*both, path).json["status"] == "active"
    assert dana.get("/balance").status_code == 401
    assert make.log_in(client, "dana").get("/balance").status_code == 200


@pytest.mark.parametrize(
    ("tag", "expected"), [('"r9"', (412, "outdated")), ("", (422, "invalid-fields"))]
)
def test_a_customer_s_edit_needs_the_present_tag(
    banker: make.Person, dana: make.Person, tag: str, expected: tuple[int, str]
) -> None:
    assert told(change(banker, customer_path(banker), "freeze", tag)) == expected
    assert dana.get("/balance").status_code == 200


def test_a_banker_is_not_among_the_customers_to_freeze(banker: make.Person, bank: Bank) -> None:
    who = users.find_by_username(bank.database, banker.username)
    assert who is not None
    path = f"/banker/customers/{who.id}"
    assert told(change(banker, path, "freeze", '"r1"')) == (404, "customer-not-found")


def race(app: Flask, dana: make.Person, act: Callable[[], Any]) -> tuple[Any, list[Any]]:
    """What `act` gave in the midst of 200 withdrawals or more by 15 threads, and their answers."""
    under_way, over = Event(), Event()
    answers: list[Any] = []

    def work(number: int) -> Any:
        if number == 0:
            under_way.wait()
            acted = act()
            over.set()
            return acted
        person = make.Person(app.test_client(), "dana", dana.tokens)
        last = False
        while not last or len(answers) < 200:
            last = over.is_set()
            answers.append(person.post("/withdraw", {"amount": "0.01"}))
            if len(answers) >= 20:
                under_way.set()
        return None

    return together(16, work)[0], answers


def test_after_a_freeze_was_acknowledged_nothing_leaves_the_account(
    app: Flask, banker: make.Person, dana: make.Person
) -> None:
    dana.has("100")
    frozen, answers = race(app, dana, lambda: change(banker, path_of(dana), "freeze"))
    made = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    # The freeze's answer was read in its own transaction: it is a place in the books.
    assert frozen.status_code == 200
    assert frozen.json["transactions"] == banker.get(path_of(dana)).json["transactions"]
    assert frozen.json["transactions"] == 1 + len(made)
    assert {told(answer) for answer in refused} == {(409, "account-frozen")}
    assert (len(answers) >= 200, bool(made), bool(refused)) == (True, True, True)


def test_after_a_customer_was_frozen_no_new_request_gets_in(
    app: Flask, banker: make.Person, dana: make.Person
) -> None:
    dana.has("100")
    path = customer_path(banker)
    frozen, answers = race(app, dana, lambda: change(banker, path, "freeze"))
    assert frozen.status_code == 200
    assert {answer.status_code for answer in answers} == {201, 401}
    assert dana.post("/withdraw", {"amount": "0.01"}).status_code == 401
