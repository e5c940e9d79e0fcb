"""Bodies that were made to break a server: refused by every route that takes one, without a trace.

The first table is the text of whole bodies; the second puts hostile values into single fields.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.models.database import Database
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
GOOD = b'{"amount": "1.00", "username": "dana", "reason": "because"}'


def _field(value: str) -> bytes:
    return b'{"amount": ' + value.encode() + b"}"


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "lists 3,000 deep": b"[" * 3000 + b"]" * 3000,
    "objects 3,000 deep": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "lists 3,000 deep in a field": _field("[" * 3000 + "]" * 3000),
    "lists 3,000 deep without an end": b"[" * 3000,
    "17 deep": _field("[" * 17 + "]" * 17),
    "a list at the root": b"[]",
    "a list of an object at the root": b"[" + GOOD + b"]",
    "null at the root": b"null",
    "a text at the root": b'"amount"',
    "a number at the root": b"1",
    "true at the root": b"true",
    "an empty object with a stranger": b'{"stranger": 1}',
    "2^63": _field(str(2**63)),
    "-2^63 - 1": _field(str(-(2**63) - 1)),
    "2^64": _field(str(2**64)),
    "5,000 digits": _field("9" * 5000),
    "60,000 digits": _field("9" * 60000),
    "5,000 digits after the point": _field("1." + "0" * 5000),
    "1e999": _field("1e999"),
    "-1e999": _field("-1e999"),
    "1e999999999999": _field("1e999999999999"),
    "1e99999999999999999999999": _field("1e99999999999999999999999"),
    "1e-999999999999": _field("1e-999999999999"),
    "0e999999999": _field("0e999999999"),
    "NaN": _field("NaN"),
    "Infinity": _field("Infinity"),
    "-Infinity": _field("-Infinity"),
    "a half character": _field('"\\ud800"'),
    "the other half": _field('"\\udfff"'),
    "halves in the wrong order": _field('"\\ude00\\ud83d"'),
    "a half in a list": _field('["\\ud800"]'),
    "a half two lists deep": _field('[["\\ud800"]]'),
    "a half in an object in a list": _field('[{"a": ["\\ud800"]}]'),
    "a half in a name": b'{"\\ud800": 1}',
    "a half in a name below": _field('{"\\ud800": 1}'),
    "a half as raw bytes": b'{"amount": "\xed\xa0\x80"}',
    "NUL in a value": _field('"1\\u0000"'),
    "NUL in a name": b'{"amount\\u0000": 1}',
    "NUL as a raw byte": b'{"amount": "1\x00"}',
    "NUL before the body": b"\x00" + GOOD,
    "a name with $": b'{"$where": "1"}',
    "a name with $ below": _field('{"$gt": 0}'),
    "a name with a point": b'{"a.b": 1}',
    "$set": b'{"$set": {"plane": "banker"}}',
    "a name twice": b'{"amount": "1.00", "amount": "2.00"}',
    "a name twice, written differently": b'{"amount": "1.00", "\\u0061mount": "2.00"}',
    "a name twice below": _field('{"a": 1, "a": 2}'),
    "101 names": json.dumps({f"f{n}": n for n in range(101)}).encode(),
    "5,000 names": json.dumps({f"f{n}": n for n in range(5000)}).encode(),
    "a name of 60,000 letters": json.dumps({"a" * 60000: 1}).encode(),
    "a text of 60,000 letters": _field('"' + "a" * 60000 + '"'),
    "64 KiB and one": b'{"amount": "' + b"1" * (64 * 1024 - 13) + b'"}',
    "1 MiB": b'{"amount": "' + b"1" * 2**20 + b'"}',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "UTF-32 without a mark": GOOD.decode().encode("utf-32-be"),
    "UTF-7": b"+AHsAfQ-",
    "latin-1": '{"memo": "é"}'.encode("latin-1"),
    "an overlong slash": b'{"memo": "\xc0\xaf"}',
    "a mark before the body": b"\xef\xbb\xbf" + GOOD,
    "cut short": GOOD[:-1],
    "cut short in a text": b'{"amount": "1.0',
    "cut short after a backslash": b'{"amount": "\\',
    "32,000 backslashes without an end": b'"' + b'\\"' * 32000,
    "32,000 quotes": b'"' * 32000,
    "something behind": GOOD + b"x",
    "a second object behind": GOOD + GOOD,
    "a comment": b'{"amount": "1.00" /* one */}',
    "a comma at the end": b'{"amount": "1.00",}',
    "single quotes": b"{'amount': '1.00'}",
    "names without quotes": b"{amount: 1}",
    "a raw line break in a text": b'{"amount": "1\n"}',
    "a form": b"amount=1.00&username=dana",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00",
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}

TYPES: dict[str, str | None] = {
    "none": None,
    "empty": "",
    "text": "text/plain",
    "a form": "application/x-www-form-urlencoded",
    "a multipart form": "multipart/form-data; boundary=x",
    "half": "json",
    "too long": "application/jsonp",
    "a problem": "application/problem+json",
    "a suffix": "application/vnd.api+json",
    "two": "text/plain, application/json",
    "UTF-16": "application/json; charset=utf-16",
    "UTF-7": "application/json; charset=utf-7",
    "latin-1": "application/json; charset=iso-8859-1",
    "base64": "application/json; charset=base64",
    "a path": "application/json; charset=../../etc/passwd",
}

TEXTS: list[Any] = [
    {"$ne": None},
    {"$gt": ""},
    {"$regex": ".*"},
    {"$where": "sleep(1000)"},
    {"a": 1},
    {},
    [],
    ["dana"],
    [["dana"]],
    [{"$ne": None}],
    True,
    False,
    0,
    1,
    -1,
    1.5,
    2**62,
    "",
    "a" * 600,
    "dana\x07",
    "dana\x1b[2J",
    "dana\r\nSet-Cookie: a=b",
    "\u202ednad",
    "dana\u2066",
    "\x7f",
    "\x85",
]
"""Not one of them fits a text field; the strings may fit those of a log-in, where they are wrong."""

AMOUNTS: list[Any] = [
    *(value for value in TEXTS if isinstance(value, bool | str | list | dict)),
    None, 0, -1, "0", "0.00", "-1", "-0.01", "+1", " 1", "1 ", "1,00", "1.", ".5", "1e3", "1E3", "0x10",
    "1_000", "NaN", "Infinity", "-Infinity", "١٢", "１２", "1/2", "12.5.0", "1" * 17,
    "0.001", "0.000000001", 0.001, 1e-30, 10**18, "9999999999999999",
]  # fmt: skip


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
        for terminated in (True, False):
            answer = town.knock(
                town.admitted(route),
                route.method,
                route.path(town.id_for(route)),
                input_stream=BytesIO(b'{"amount": "' + b"1" * 2**20 + b'"}'),
                content_type=JSON,
                headers={"If-Match": '"r1"', "Transfer-Encoding": "chunked"},
                environ_overrides={"wsgi.input_terminated": terminated},
            )
            expected = 413 if terminated else 400
            if answer.status_code != expected or not _is_problem(answer):
                found.append(f"{route} {terminated}: {answer.status} {answer.text[:200]}")
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
