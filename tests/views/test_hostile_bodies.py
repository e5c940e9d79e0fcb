"""Bodies that were made to break a server: every route refuses them and keeps nothing."""

from __future__ import annotations

import json
from io import BytesIO

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.models.database import Database
from tests.views.hostile import AMOUNTS, BODIES, TEXTS, TYPES
from tests.views.routes import (
    Route,
    Town,
    amount_fields,
    contents,
    example,
    routes_of,
    settle,
    text_fields,
)

REFUSED = {400, 413, 415, 422}
JSON = "application/json"


def _body_routes(client: FlaskClient) -> list[Route]:
    return [r for r in routes_of(client.application) if r.operation and r.operation.body]


def _is_problem(answer: TestResponse) -> bool:
    told = answer.get_json(force=True, silent=True) or {}
    return (
        answer.content_type == "application/problem+json"
        and told.get("status") == answer.status_code
        and told.get("request_id") == answer.headers["X-Request-Id"]
        and {"type", "title", "instance"} <= set(told)
    )


def _faults(
    town: Town, route: Route, attacks: dict[str, tuple[bytes, str | None]], allowed: set[int]
) -> list[str]:
    path, person = route.path(town.id_for(route)), town.admitted(route)
    found = []
    for name, (body, content_type) in attacks.items():
        answer = town.knock(
            person,
            route.method,
            path,
            data=body,
            headers={"If-Match": '"r1"'},
            content_type=content_type,
        )
        if answer.status_code not in allowed or not _is_problem(answer):
            found.append(f"{route} <- {name}: {answer.status} {answer.text[:200]}")
    return found


def test_every_route_that_takes_a_body_refuses_hostile_ones_and_keeps_nothing(
    client: FlaskClient, database: Database
) -> None:
    town = settle(client)
    before = contents(database)
    attacks: dict[str, tuple[bytes, str | None]] = {n: (b, JSON) for n, b in BODIES.items()}
    found = [
        fault for route in _body_routes(client) for fault in _faults(town, route, attacks, REFUSED)
    ]
    assert found == []
    assert contents(database) == before


def test_every_route_that_takes_a_body_refuses_what_is_not_called_json(
    client: FlaskClient, database: Database
) -> None:
    town = settle(client)
    before = contents(database)
    found = []
    for route in _body_routes(client):
        body = json.dumps(example(route, town)).encode()
        attacks = {f"type: {name}": (body, type_) for name, type_ in TYPES.items()}
        found += _faults(town, route, attacks, {415})
    assert found == []
    assert contents(database) == before


def test_every_text_field_refuses_operators_numbers_and_odd_characters(
    client: FlaskClient, database: Database
) -> None:
    town = settle(client)
    before = contents(database)
    found = []
    for route in _body_routes(client):
        # What somebody types to log in may be any text; it is just not right.
        allowed = REFUSED | ({401} if route.rule in ("/auth/login", "/auth/refresh") else set())
        good = example(route, town)
        for field in text_fields(route):
            attacks: dict[str, tuple[bytes, str | None]] = {
                f"{field}={value!r:.60}": (json.dumps({**good, field: value}).encode(), JSON)
                for value in TEXTS
            }
            found += _faults(town, route, attacks, allowed)
    assert found == []
    assert contents(database) == before


def test_every_amount_refuses_what_is_no_exact_positive_amount(
    client: FlaskClient, database: Database
) -> None:
    town = settle(client)
    before = contents(database)
    found = []
    for route in _body_routes(client):
        good = example(route, town)
        for field in amount_fields(route):
            attacks: dict[str, tuple[bytes, str | None]] = {
                f"{field}={value!r:.60}": (json.dumps({**good, field: value}).encode(), JSON)
                for value in AMOUNTS
            }
            found += _faults(town, route, attacks, REFUSED)
    assert found == []
    assert contents(database) == before


def test_a_body_without_a_length_is_read_to_its_limit_and_no_further(
    client: FlaskClient, database: Database
) -> None:
    town = settle(client)
    before = contents(database)
    found = []
    for route in _body_routes(client):
        answer = town.knock(
            town.admitted(route),
            route.method,
            route.path(town.id_for(route)),
            input_stream=BytesIO(b'{"amount": "1.00"' + b" " * 2**20 + b"}"),
            content_type=JSON,
            headers={"If-Match": '"r1"', "Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
        )
        if answer.status_code != 413 or not _is_problem(answer):
            found.append(f"{route}: {answer.status} {answer.text[:200]}")
    assert found == []
    assert contents(database) == before


def test_a_body_of_exactly_64_kib_is_read(client: FlaskClient) -> None:
    town = settle(client)
    filled = b'{"amount": "1.00"' + b" " * (64 * 1024 - 18) + b"}"
    answer = town.dana.send("POST", "/deposit", data=filled, content_type=JSON)
    assert (len(filled), answer.status_code) == (64 * 1024, 201)


def test_the_examples_are_taken_so_that_a_refusal_has_one_reason(client: FlaskClient) -> None:
    town = settle(client)
    answer = town.dana.post("/deposit", {"amount": "1.00", "memo": "é ﷽ 🏦", "account": None})
    assert answer.status_code == 201
    assert answer.json["memo"] == "é ﷽ 🏦"
