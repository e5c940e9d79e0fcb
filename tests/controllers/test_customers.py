"""Becoming a customer."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import accounts, audit, users
from tests import make
from tests.together import together


def register(client: FlaskClient, **body: Any) -> Any:
    return client.post("/auth/register", json={"password": make.PASSWORD, **body})


def fields(answer: Any) -> list[str]:
    return [error["field"] for error in answer.json["errors"]]


def test_a_newcomer_gets_a_customer_and_a_first_account(client: FlaskClient) -> None:
    answer = register(client, username="dana", name="Dana Scott", phone="+12025550123")
    assert answer.status_code == 201
    customer, account = answer.json["customer"], answer.json["account"]
    assert customer | {"id": "", "created_at": "", "default_account": ""} == {
        "id": "", "username": "dana", "name": "Dana Scott", "email": None,
        "email_confirmed": False, "phone": "+12025550123", "status": "active",
        "default_account": "", "created_at": "",
    }  # fmt: skip
    nothing = {"amount": "0.00", "currency": "USD"}
    assert account == {
        "account": customer["default_account"], "name": "Current account", "owner": "dana",
        "currency": "USD", "status": "open", "balance": nothing, "available": nothing,
        "opened_at": customer["created_at"],
    }  # fmt: skip
    assert accounts.valid_number(account["account"])


def test_a_user_name_and_a_password_are_enough(client: FlaskClient) -> None:
    assert register(client, username="dana").status_code == 201


def test_registering_is_written_into_the_audit(client: FlaskClient, bank: Bank) -> None:
    id = register(client, username="dana").json["customer"]["id"]
    (event,) = audit.events_about(bank.database, id)
    assert (event["action"], event["actor"]) == ("customer registered", id)


def test_the_password_is_never_stored(client: FlaskClient, bank: Bank) -> None:
    register(client, username="dana")
    stored = str(bank.database.collection(users.NAME).find_one({}))
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in stored
    assert make.PASSWORD not in stored


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short-7", "use 8 to 128 characters"),
        ("password123", "common"),
        ("PASSWORD123", "common"),
        ("qwertyuiop", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("abababababab", "common"),
        ("dana.scott", "your own name"),
        ("Dana.Scott1", "your own name"),
        ("xxhopper", "your own name"),
        ("sunflowers99", "your own name or address"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    client: FlaskClient, password: str, reason: str
) -> None:
    answer = register(
        client, username="dana.scott", password=password, name="Grace Hopper",
        email="sunflowers@example.com",
    )  # fmt: skip
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/weak-password")
    assert reason in answer.json["detail"]
    assert answer.json["field"] == "password"


def test_a_refused_password_leaves_nobody_behind(client: FlaskClient, bank: Bank) -> None:
    register(client, username="dana", password="password123")
    assert users.find_by_username(bank.database, "dana") is None


@pytest.mark.parametrize(
    "password",
    [
        "violet harbour seventy",
        "\u5bc6\u7801\u662f\u957f\u7684\u53e5\u5b50\u6216\u8005",
        "x" * 60 + "abcd",
    ],
)
def test_a_long_or_foreign_password_is_welcome(client: FlaskClient, password: str) -> None:
    assert register(client, username="dana", password=password).status_code == 201
    assert make.log_in(client, "dana", password).get("/balance").status_code == 200


def test_a_password_counts_the_same_however_its_accents_are_typed(client: FlaskClient) -> None:
    register(client, username="dana", password="caf\u00e9 harbour")
    assert make.log_in(client, "dana", "cafe\u0301 harbour").get("/me").status_code == 200


@pytest.mark.parametrize("again", ["dana", "DANA", "dAnA"])
def test_a_user_name_is_taken_whatever_its_case(client: FlaskClient, again: str) -> None:
    register(client, username="Dana")
    answer = register(client, username=again)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/username-taken")
    assert answer.json["username"] == again


@pytest.mark.parametrize(
    "username",
    [
        "",
        "ab",
        "a" * 33,
        "-dana",
        "dana.",
        "dana scott",
        "dana\n",
        "d\u00e4na",
        "dana@x",
        "\u0430dam",
    ],
)
def test_a_user_name_is_plain_letters_and_digits(client: FlaskClient, username: str) -> None:
    answer = register(client, username=username)
    assert (answer.status_code, fields(answer)) == (422, ["username"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"), ("email", "a" * 250 + "@example.com"), ("phone", "5550100"),
        ("phone", "+0123456789"), ("name", "x" * 101), ("name", "Da\u202ena"), ("name", 7),
        ("password", None), ("password", "x" * 129), ("username", ["dana"]),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_form_is_named(client: FlaskClient, field: str, value: object) -> None:
    answer = register(client, **{"username": "dana", field: value})
    assert (answer.status_code, fields(answer)) == (422, [field])


@pytest.mark.parametrize(
    "field", ["role", "roles", "is_banker", "plane", "balance", "status", "_id"]
)
def test_nobody_can_write_a_field_that_is_only_shown(client: FlaskClient, field: str) -> None:
    answer = register(client, **{"username": "dana", field: "banker"})
    assert (answer.status_code, fields(answer)) == (422, [field])


def test_twenty_registrations_of_one_name_make_one_customer(app: Flask, bank: Bank) -> None:
    def try_it(number: int) -> int:
        written = "dana" if number % 2 else "DANA"
        return int(register(app.test_client(), username=written).status_code)

    statuses = together(20, try_it)
    assert sorted(statuses) == [201] + [409] * 19
    assert bank.database.collection(users.NAME).count_documents({}) == 1
    assert bank.database.collection(accounts.NAME).count_documents({}) == 1


@pytest.mark.parametrize("name", ["server", "Bank", "STRONGROOM", "cash", "admin"])
def test_nobody_can_be_called_like_the_bank(client: FlaskClient, name: str) -> None:
    answer = client.post("/auth/register", json={"username": name, "password": make.PASSWORD})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "username")


def test_a_password_keeps_the_blanks_at_its_ends(client: FlaskClient) -> None:
    body = {"username": "dana", "password": f" {make.PASSWORD} "}
    assert client.post("/auth/register", json=body).status_code == 201
    assert client.post("/auth/login", json=body).status_code == 200
