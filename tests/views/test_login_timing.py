"""Nobody learns from the answer to a log-in, nor from its time, whether a name exists.

The hash is made cheap here, so that whatever else differs shows. An attacker compares times of
known names with times of unknown ones (A/B); how far the same comparison strays among unknown ones
alone (A/A) is noise. What is measured is a difference and its noise in one run, not a speed.
"""

from __future__ import annotations

import time
from statistics import median, quantiles

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from app.controllers.passwords import Passwords
from tests import make
from tests.controllers.test_second_factors import ask, at_log_in
from tests.controllers.test_sessions import Counting

ROUNDS = 60
EACH = 12


@pytest.fixture(autouse=True)
def hasher(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here every hash is worked out: none is remembered from other tests."""
    monkeypatch.setattr(bank.passwords, "_hasher", Passwords()._hasher)


@pytest.fixture
def counting(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The bank's hasher, with a count of what it verifies."""
    hasher = Counting(bank.passwords._hasher)
    monkeypatch.setattr(bank.passwords, "_hasher", hasher)
    return hasher


def log_in(client: FlaskClient, username: str, password: str = "not-the-password") -> TestResponse:
    return client.post("/auth/login", json={"username": username, "password": password})


def test_every_branch_of_a_log_in_verifies_exactly_one_hash(
    client: FlaskClient, bank: Bank, counting: Counting
) -> None:
    make.customer(client, "dana")
    make.customer(client, "frozen")
    frozen = {"$set": {"status": "frozen"}}
    bank.database.collection("users").update_one({"username": "frozen"}, frozen)
    finn = make.confirmed(client, "finn")
    assert at_log_in(finn, True, code=ask(finn, bank)).status_code == 200
    branches = {
        ("dana", make.PASSWORD): 200, ("dana", "not-the-password"): 401,
        ("nobody", make.PASSWORD): 401, ("frozen", make.PASSWORD): 403,
        ("frozen", "not-the-password"): 401, ("finn", make.PASSWORD): 200,
        ("finn", "not-the-password"): 401,
    }  # fmt: skip
    for (username, password), status in branches.items():
        counting.verified.clear()
        answer = log_in(client, username, password)
        told = (answer.status_code, len(counting.verified))
        assert told == (status, 1), (username, password)


def test_known_and_unknown_names_get_the_same_answer(client: FlaskClient) -> None:
    make.customer(client, "dana")
    known, unknown = log_in(client, "dana"), log_in(client, "nobody-of-that-name")
    assert {**known.json, "request_id": ""} == {**unknown.json, "request_id": ""}
    assert len(known.data) == len(unknown.data)
    assert sorted(known.headers.keys()) == sorted(unknown.headers.keys())


def _seconds(client: FlaskClient, username: str) -> float:
    began = time.perf_counter()
    answer = log_in(client, username)
    took = time.perf_counter() - began
    assert answer.status_code == 401
    return took


def test_the_time_of_a_wrong_log_in_does_not_tell_whether_the_name_exists(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(bank.passwords, "_hasher", cheap)
    monkeypatch.setattr(bank.passwords, "_dummy", cheap.hash("nobody has this password"))
    make.customer(client, "known-name")
    between, among = [], []
    for _ in range(ROUNDS):
        known, unknown, other = [], [], []
        # One after the other, so that whatever slows the machine slows all of them.
        for _ in range(EACH):
            known.append(_seconds(client, "known-name"))
            unknown.append(_seconds(client, "other-name"))
            other.append(_seconds(client, "third-name"))
        between.append(median(known) - median(unknown))
        among.append(median(other) - median(unknown))
    noise = quantiles(among, n=200)
    assert noise[0] <= median(between) <= noise[-1]


def test_a_difference_that_an_attacker_could_use_would_be_seen(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same comparison, against a bank that hashes nothing for a name that nobody has."""
    real = bank.passwords.verify

    def careless(password: str, stored: str | None) -> bool:
        return stored is not None and real(password, stored)

    monkeypatch.setattr(bank.passwords, "verify", careless)
    make.customer(client, "known-name")
    known = [_seconds(client, "known-name") for _ in range(EACH)]
    unknown = [_seconds(client, "other-name") for _ in range(EACH)]
    other = [_seconds(client, "third-name") for _ in range(EACH)]
    noise = abs(median(other) - median(unknown))
    assert median(known) - median(unknown) > 3 * noise
