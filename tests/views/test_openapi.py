"""The description of the API and the page that shows it."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.errors import leaves
from tests import make
from tests.views.routes import routes_of, settle

PAGES = {"GET /docs", "GET /openapi.json"}
"""Not part of the API: Swagger UI with its files, and the description itself."""


def _described(client: FlaskClient) -> dict[str, dict[str, Any]]:
    """Every operation by method and address."""
    paths = client.get("/openapi.json").json["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, item in paths.items()
        for method, operation in item.items()
    }


def test_the_description_is_valid_openapi(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_of_the_api_is_described(client: FlaskClient) -> None:
    served = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route)) for route in routes_of(client.application)
    }
    files = {name for name in served if name.startswith("GET /docs/")}
    assert served - files - PAGES == set(_described(client))


def test_every_operation_has_a_summary_and_answers(client: FlaskClient) -> None:
    for name, operation in _described(client).items():
        assert 3 < len(operation["summary"]) < 120, name
        assert any(status.startswith("2") for status in operation["responses"]), name
        assert "503" in operation["responses"], name


def test_operations_have_names_of_their_own(client: FlaskClient) -> None:
    names = [operation["operationId"] for operation in _described(client).values()]
    assert sorted(names) == sorted(set(names))


def test_every_body_has_an_example_that_its_own_schema_takes(client: FlaskClient) -> None:
    described = _described(client)
    for route in routes_of(client.application):
        if route.operation and route.operation.body:
            name = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route))
            content = described[name]["requestBody"]["content"]["application/json"]
            assert content["example"], name
            assert route.operation.body.validate(content["example"]) == {}, name


def test_every_guarded_operation_asks_for_a_token_and_no_other_does(client: FlaskClient) -> None:
    described = _described(client)
    for route in routes_of(client.application):
        name = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route))
        if name in described:
            ways = {way for each in described[name].get("security", []) for way in each}
            expected = {"public": set(), "merchants": {"signature"}}
            assert ways == expected.get(route.guard, {"bearer"}), name
            secured = bool(ways)
            assert ("401" in described[name]["responses"]) >= secured, name


def test_the_answers_of_the_routes_are_among_those_described(client: FlaskClient) -> None:
    town = settle(client)
    described = _described(client)
    for route in routes_of(client.application):
        name = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route))
        if name in described:
            for person in (None, town.eve, town.tess, town.till):
                answer = town.knock(person, route.method, route.path("100000000028"))
                assert str(answer.status_code) in described[name]["responses"], (name, answer.text)
                if person in (town.eve, town.tess) and route.rule == "/auth/logout":
                    person.tokens = make.log_in(client, person.username).tokens


def test_the_address_of_every_problem_answers(client: FlaskClient) -> None:
    for kind in leaves():
        told = client.get(f"/problems/{kind.slug()}")
        assert told.status_code == 200, kind
        assert told.json["title"] == kind.title()


def test_the_address_of_a_problem_that_is_no_error_of_the_bank_answers_too(
    client: FlaskClient,
) -> None:
    json = "application/json"
    answers = [
        client.get("/nothing"),
        client.put("/deposit"),
        client.post("/auth/login"),
        client.post("/auth/login", json=[]),
        client.post("/auth/login", json={}),
        client.post("/auth/login", data=b"1" * 2**17, content_type=json),
        settle(client).tess.post("/banker/accounts/1/freeze", {"reason": "because"}),
    ]
    assert {answer.status_code for answer in answers} == {400, 404, 405, 413, 415, 422, 428}
    for answer in answers:
        told = client.get(answer.json["type"])
        assert told.status_code == 200, answer.json["type"]
        assert (told.json["status"], told.json["type"]) == (
            answer.status_code,
            answer.json["type"],
        )


def test_an_unknown_problem_is_not_there(client: FlaskClient) -> None:
    assert client.get("/problems/no-such-thing").status_code == 404


def test_swagger_ui_and_every_file_it_names_come_from_the_bank(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert re.findall(r"""(?:https?:)?//[\w.-]+""", page.text) == []
    named = re.findall(r'(?:src|href|data-description)="([^"]+)"', page.text)
    assert len(named) >= 5
    for address in named:
        with client.get(address) as answer:
            assert (answer.status_code, len(answer.data) > 0) == (200, True), address


def test_the_page_may_load_nothing_from_elsewhere(client: FlaskClient) -> None:
    policy = client.get("/docs").headers["Content-Security-Policy"]
    sources = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    assert sources["script-src"] == ["'self'"]
    assert sources["connect-src"] == ["'self'"]
    assert {source for listed in sources.values() for source in listed} <= {
        "'self'", "'none'", "'unsafe-inline'", "data:",
    }  # fmt: skip


def test_no_file_outside_of_swagger_ui_is_served(client: FlaskClient) -> None:
    for name in ("../__init__.py", "..%2f__init__.py", "/etc/passwd", "....//setup.py", "%00"):
        for folder in ("swagger", "static"):
            with client.get(f"/docs/{folder}/{name}") as answer:
                assert answer.status_code in (308, 404), name
