"""Logging in and out, and the sessions in between."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.together import together


class Counting:
    """The real hasher, with a count of what it was asked to verify."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher = hasher
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        return self.hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        self.verified.append(stored)
        return self.hasher.verify(stored, password)


class Slow(Counting):
    """The real hasher, which waits for a sign before it verifies."""

    def __init__(self, hasher: PasswordHasher) -> None:
        super().__init__(hasher)
        self.busy, self.go_on = Event(), Event()

    def verify(self, stored: str, password: str) -> bool:
        self.busy.set()
        self.go_on.wait()
        return super().verify(stored, password)


@pytest.fixture
def counting(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Counting:
    hasher = Counting(bank.passwords._hasher)
    monkeypatch.setattr(bank.passwords, "_hasher", hasher)
    return hasher


@pytest.fixture
def narrow(make_app: Callable[..., Flask]) -> Flask:
    """A bank that computes one password hash at once, and lets nobody wait."""
    return make_app(hashes_at_once=1, hash_queue=0)


def log_in(client: FlaskClient, username: str, password: str = make.PASSWORD) -> Any:
    return client.post("/auth/login", json={"username": username, "password": password})


def sessions_of(person: make.Person) -> list[dict[str, Any]]:
    return list(person.get("/auth/sessions").json["items"])


def test_logging_in_gives_tokens(client: FlaskClient) -> None:
    make.customer(client)
    answer = log_in(client, "dana")
    assert answer.status_code == 200
    assert set(answer.json) == {
        "access_token", "refresh_token", "token_type", "expires_in", "device_token",
    }  # fmt: skip
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 600)


def test_a_banker_s_token_lives_half_as_long(client: FlaskClient) -> None:
    assert make.banker(client).tokens["expires_in"] == 300


@pytest.mark.parametrize("written", ["DANA", "Dana"])
def test_the_case_of_a_user_name_does_not_matter(client: FlaskClient, written: str) -> None:
    make.customer(client)
    assert log_in(client, written).status_code == 200


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(client: FlaskClient) -> None:
    make.customer(client)
    wrong, unknown = log_in(client, "dana", "not-the-password"), log_in(client, "nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json["type"] == "/problems/wrong-credentials"
    assert wrong.json | {"request_id": ""} == unknown.json | {"request_id": ""}


@pytest.mark.parametrize("username", ["dana", "nobody"])
def test_an_unknown_user_costs_one_hash_as_a_known_one_does(
    client: FlaskClient, counting: Counting, username: str
) -> None:
    make.customer(client)
    counting.verified.clear()
    log_in(client, username, "not-the-password")
    parameters = [stored.rpartition("$")[0].rpartition("$")[0] for stored in counting.verified]
    assert parameters == ["$argon2id$v=19$m=19456,t=2,p=1"]


def test_the_password_of_nobody_opens_nothing(client: FlaskClient) -> None:
    assert log_in(client, "nobody", "nobody has this password").status_code == 401


def test_the_sixth_session_ends_the_oldest(client: FlaskClient, clock: Clock) -> None:
    people = [make.customer(client)]
    for _ in range(5):
        clock.forward(seconds=1)
        people.append(make.log_in(client, "dana"))
    statuses = [person.get("/me").status_code for person in people]
    assert statuses == [401, 200, 200, 200, 200, 200]


def test_many_log_ins_at_once_leave_no_more_sessions_than_allowed(
    app: Flask,
) -> None:
    make.customer(app.test_client())
    people = together(12, lambda _: make.log_in(app.test_client(), "dana"))
    living = [person for person in people if person.get("/me").status_code == 200]
    assert len(living) == 5
    assert len(sessions_of(living[0])) == 5


def test_sessions_are_listed_newest_first_and_tell_which_is_this_one(
    client: FlaskClient, clock: Clock
) -> None:
    first = make.customer(client)
    clock.forward(minutes=5)
    second = make.log_in(client, "dana")
    rows = sessions_of(second)
    assert [row["current"] for row in rows] == [True, False]
    assert set(rows[0]) == {
        "id", "device", "created_at", "last_seen_at", "expires_at", "current",
    }  # fmt: skip
    assert [row["current"] for row in sessions_of(first)] == [False, True]


def test_a_session_shows_the_device_it_was_opened_on(client: FlaskClient) -> None:
    make.customer(client)
    body = {"username": "dana", "password": make.PASSWORD}
    answer = client.post("/auth/login", json=body, headers={"User-Agent": "Lynx " + "x" * 300})
    rows = sessions_of(make.Person(client, "dana", answer.json))
    assert rows[0]["device"] == "Lynx " + "x" * 195


def test_a_session_can_be_ended_from_another_one(client: FlaskClient) -> None:
    lost, kept = make.customer(client), make.log_in(client, "dana")
    (other,) = [row for row in sessions_of(kept) if not row["current"]]
    assert kept.send("DELETE", f"/auth/sessions/{other['id']}").status_code == 204
    assert lost.get("/me").status_code == 401
    assert kept.get("/me").status_code == 200


def test_a_stranger_s_session_is_not_found(client: FlaskClient) -> None:
    dana, mallory = make.customer(client), make.customer(client, "mallory")
    theirs = sessions_of(dana)[0]["id"]
    answer = mallory.send("DELETE", f"/auth/sessions/{theirs}")
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/session-not-found")
    assert dana.get("/me").status_code == 200


def test_a_session_is_ended_once(client: FlaskClient) -> None:
    make.customer(client)
    kept = make.log_in(client, "dana")
    (other,) = [row["id"] for row in sessions_of(kept) if not row["current"]]
    kept.send("DELETE", f"/auth/sessions/{other}")
    assert kept.send("DELETE", f"/auth/sessions/{other}").status_code == 404


def test_logging_out_works_at_once_for_both_tokens(client: FlaskClient) -> None:
    dana = make.customer(client)
    assert dana.post("/auth/logout").status_code == 204
    assert dana.get("/me").status_code == 401
    refresh = {"refresh_token": dana.tokens["refresh_token"]}
    assert client.post("/auth/refresh", json=refresh).status_code == 401


def test_logging_out_leaves_other_sessions_alone(client: FlaskClient) -> None:
    first, second = make.customer(client), make.log_in(client, "dana")
    first.post("/auth/logout")
    assert second.get("/me").status_code == 200


@pytest.mark.parametrize(("hours", "status"), [(11.9, 200), (12.1, 401)])
def test_a_session_ends_after_twelve_hours(
    client: FlaskClient, clock: Clock, hours: float, status: int
) -> None:
    dana = make.customer(client)
    clock.forward(hours=hours)
    assert dana.get("/me").status_code == status


def test_when_too_many_wait_for_a_hash_the_next_one_is_told_to_come_back(
    narrow: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.customer(narrow.test_client())
    passwords = narrow.extensions["bank"].passwords
    slow = Slow(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", slow)

    def try_it(number: int) -> Any:
        if number == 0:
            return log_in(narrow.test_client(), "dana")
        slow.busy.wait()
        answer = log_in(narrow.test_client(), "dana")
        slow.go_on.set()
        return answer

    first, second = together(2, try_it)
    assert first.status_code == 200
    assert (second.status_code, second.json["type"]) == (503, "/problems/overloaded")
    assert (second.json["outcome"], second.headers["Retry-After"]) == ("not_applied", "1")
    assert len(slow.verified) == 1


def test_after_a_crowd_everybody_can_log_in_again(narrow: Flask) -> None:
    make.customer(narrow.test_client())
    together(8, lambda _: log_in(narrow.test_client(), "dana"))
    assert log_in(narrow.test_client(), "dana").status_code == 200
