"""Nobody writes a field that the address does not take, and nobody registers as a banker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.models.database import Database
from app.models.schema import SHAPES
from tests import make
from tests.views.routes import contents, example, routes_of, settle

STRANGERS: dict[str, Any] = {
    "is_banker": True, "isBanker": "true", "banker": 1, "role": "banker", "roles": ["admin"],
    "plane": "banker", "admin": True, "is_admin": True, "permissions": ["*"], "scope": "banker",
    "_id": "bootstrap", "id": "1", "balance": "1000000.00", "available": "1000000.00",
    "status": "active", "revision": 99, "version": 99, "password_hash": "$argon2id$v=19$",
    "email_confirmed": True, "default_account": "100000000028", "limit": "9999999", "floor": -100,
    "$set": {"plane": "banker"}, "$where": "1", "a.b": 1, "plane.banker": True, "roles.0": "admin",
    "user": {"plane": "banker"}, "customer": {"is_banker": True}, "__proto__": {"plane": "banker"},
    "constructor": {}, "username ": "x", "Username": "x", "username[]": "x", "user-name": "x",
    "": "banker", "is_banker\u200b": True, "\u0440lane": "banker",
}  # fmt: skip


def _model_fields() -> set[str]:
    """The name of every field that any collection keeps."""
    found: set[str] = set()
    for shape in SHAPES:
        schema = dict(shape.validator).get("$jsonSchema", {})
        found |= set(schema.get("properties", {})) | set(schema.get("required", []))
    return found


@pytest.mark.parametrize("name", list(STRANGERS))
def test_nobody_registers_with_a_field_of_their_own(
    client: FlaskClient, database: Database, name: str
) -> None:
    body = {"username": "mallory", "password": make.PASSWORD, name: STRANGERS[name]}
    answer = client.post("/auth/register", json=body)
    assert answer.status_code in (400, 422), answer.text
    assert contents(database)["users"] == []


def test_a_duplicate_field_does_not_smuggle_one_in(client: FlaskClient, database: Database) -> None:
    good = json.dumps({"username": "mallory", "password": make.PASSWORD})
    body = good[:-1] + ', "username": {"$ne": null}}'
    answer = client.post("/auth/register", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert contents(database)["users"] == []


def test_who_registers_is_a_customer_without_roles(client: FlaskClient, database: Database) -> None:
    make.customer(client)
    stored = contents(database)
    assert [user["plane"] for user in stored["users"]] == ["customer"]
    assert stored["role_grants"] == []


def test_no_query_or_header_makes_a_banker(client: FlaskClient) -> None:
    body = {"username": "mallory", "password": make.PASSWORD}
    headers = {"X-Role": "banker", "X-Plane": "banker", "X-Original-URL": "/banker/accounts"}
    client.post("/auth/register?is_banker=true&plane=banker", json=body, headers=headers)
    mallory = make.log_in(client, "mallory")
    assert mallory.get("/banker/accounts", headers=headers).status_code == 403


def test_no_write_takes_a_field_it_does_not_name(client: FlaskClient, database: Database) -> None:
    town = settle(client)
    before = contents(database)
    fields = STRANGERS | dict.fromkeys(sorted(_model_fields()), "1")
    found = []
    for route in routes_of(client.application):
        if not (route.operation and route.operation.body):
            continue
        good = example(route, town)
        for name in set(fields) - set(route.operation.body.fields):
            answer = town.knock(
                town.admitted(route),
                route.method,
                route.path(town.id_for(route)),
                json={**good, name: fields[name]},
                headers={"If-Match": '"r1"'},
            )
            if answer.status_code not in (400, 422):
                found.append(f"{route} {name}: {answer.status} {answer.text[:200]}")
    assert found == []
    assert contents(database) == before


def test_what_an_answer_shows_cannot_be_sent_back(client: FlaskClient) -> None:
    dana = make.customer(client)
    answer = dana.send("PATCH", "/me", json=dana.get("/me").json)
    assert answer.status_code == 422
    refused = {error["field"] for error in answer.json["errors"]}
    assert {"id", "username", "status", "email_confirmed", "created_at"} <= refused
