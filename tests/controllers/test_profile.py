"""What the bank knows of a customer, and what the customer may change of it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.together import together


def edit(person: make.Person, **body: Any) -> Any:
    return person.send("PATCH", "/me", json=body)


def test_a_customer_sees_the_own_profile(client: FlaskClient) -> None:
    dana = make.confirmed(client, name="Dana Scott", email="dana@example.com")
    profile = dana.get("/me").json
    assert (profile["username"], profile["name"], profile["email"]) == (
        "dana", "Dana Scott", "dana@example.com",
    )  # fmt: skip
    assert profile["default_account"] == dana.account


def test_a_profile_never_shows_the_password(client: FlaskClient) -> None:
    text = make.customer(client).get("/me").text
    assert "argon2" not in text
    assert make.PASSWORD not in text


def test_a_banker_has_a_profile_too(client: FlaskClient) -> None:
    banker = make.banker(client)
    assert banker.get("/me").json["username"] == banker.username


def test_a_new_name_is_shown_by_the_accounts_and_found_by_bankers_at_once(
    client: FlaskClient,
) -> None:
    dana, banker = make.customer(client, name="Dana Scott"), make.banker(client)
    assert edit(dana, name="Dana Hopper").json["name"] == "Dana Hopper"
    assert dana.get("/balance").json["customer"] == "Dana Hopper"
    for path in ("/banker/accounts", "/banker/customers"):
        assert len(banker.get(f"{path}?q=hopper").json["items"]) == 1
        assert banker.get(f"{path}?q=scott").json["items"] == []


def test_what_is_not_named_stays_as_it_is(client: FlaskClient) -> None:
    dana = make.customer(client, name="Dana Scott", phone="+12025550123")
    changed = edit(dana, phone="+12025550199").json
    assert (changed["name"], changed["phone"]) == ("Dana Scott", "+12025550199")


def test_another_own_account_can_become_the_default(client: FlaskClient) -> None:
    dana = make.customer(client).has("5")
    second = dana.post("/accounts", {"name": "Holidays"}).json["account"]
    assert edit(dana, default_account=second).status_code == 200
    assert dana.balance() == "0.00"


def test_a_stranger_s_account_cannot_become_the_default(client: FlaskClient) -> None:
    dana, erin = make.customer(client), make.customer(client, "erin")
    answer = edit(dana, default_account=erin.account)
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/account-not-found")
    assert dana.get("/me").json["default_account"] == dana.account


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 101), ("name", "Da\x07na"), ("phone", "12"),
        ("default_account", "123"), ("username", "mallory"), ("email", "a@example.com"),
        ("status", "active"), ("plane", "banker"), ("revision", 9),
    ],
)  # fmt: skip
def test_nothing_else_can_be_changed(client: FlaskClient, field: str, value: object) -> None:
    dana = make.customer(client)
    before = dana.get("/me").json
    answer = edit(dana, **{field: value})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    assert dana.get("/me").json == before


def test_a_banker_does_not_edit_a_customer_s_profile(client: FlaskClient) -> None:
    assert edit(make.banker(client), name="Somebody").status_code == 403


def test_an_unchanged_profile_is_not_sent_again(client: FlaskClient) -> None:
    dana = make.customer(client)
    tag = dana.get("/me").headers["ETag"]
    assert dana.get("/me", headers={"If-None-Match": tag}).status_code == 304
    edit(dana, name="Dana Hopper")
    assert dana.get("/me", headers={"If-None-Match": tag}).status_code == 200


def test_of_many_edits_at_once_every_one_is_whole(app: Flask, client: FlaskClient) -> None:
    dana = make.customer(client)
    names = [f"Dana {letter * 5}" for letter in "ABCDEFGH"]

    def try_it(number: int) -> int:
        person = make.Person(app.test_client(), "dana", dana.tokens)
        return int(edit(person, name=names[number]).status_code)

    assert set(together(len(names), try_it)) <= {200, 412}
    profile, balance = dana.get("/me").json, dana.get("/balance").json
    assert profile["name"] in names
    assert balance["customer"] == profile["name"]


def test_a_phone_number_can_be_removed(client: FlaskClient) -> None:
    dana = make.customer(client, "dana", phone="+12025550123")
    assert dana.send("PATCH", "/me", json={"phone": None}).json["phone"] is None


def test_a_closed_account_cannot_become_the_default(client: FlaskClient) -> None:
    dana = make.customer(client, "dana")
    other = dana.post("/accounts", {}).json["account"]
    banker = make.banker(client)
    path = f"/banker/accounts/{other}"
    banker.post(f"{path}/close", {"reason": "not needed"}, headers={"If-Match": '"r1"'})
    answer = dana.send("PATCH", "/me", json={"default_account": other})
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/account-closed")


@pytest.mark.parametrize("name", ["   ", "a\u2028b", "\u200b", "a\ufeffb"])
def test_a_name_that_nobody_can_see_is_refused(client: FlaskClient, name: str) -> None:
    dana = make.customer(client, "dana")
    assert dana.send("PATCH", "/me", json={"name": name}).status_code == 422


def test_blanks_around_a_name_are_dropped(client: FlaskClient) -> None:
    dana = make.customer(client, "dana")
    assert dana.send("PATCH", "/me", json={"name": "  Dana Scott "}).json["name"] == "Dana Scott"
