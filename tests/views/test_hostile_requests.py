"""Addresses, queries and headers that were made to break a server: never a 5xx."""

from __future__ import annotations

from itertools import cycle

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.models.database import Database
from tests import make
from tests.views.hostile import HEADERS, VALUES
from tests.views.routes import Route, Town, contents, example, routes_of, settle


def _told(answer: TestResponse) -> str:
    return f"{answer.status} {answer.text[:300]}"


def _is_fault(answer: TestResponse) -> bool:
    """A 5xx, a problem without its form, or a header that somebody else wrote."""
    told = answer.get_json(force=True, silent=True) or {}
    answer.close()
    named = answer.status_code < 400 or told.get("request_id") == answer.headers["X-Request-Id"]
    return answer.status_code >= 500 or not named or "Set-Cookie" in answer.headers


def _readable(town: Town) -> list[Route]:
    return [route for route in routes_of(town.client.application) if route.method == "GET"]


def _parameters(route: Route) -> list[str]:
    """The names in the route's query, and one that no route knows."""
    query = route.operation.query if route.operation else None
    known = [field.data_key or name for name, field in query.fields.items()] if query else []
    return [*known, "stranger"]


def test_no_hostile_query_breaks_a_route(client: FlaskClient, database: Database) -> None:
    town = settle(client)
    found = []
    for route in _readable(town):
        path, person = route.path(town.id_for(route)), town.admitted(route)
        for parameter in _parameters(route):
            for name, value in VALUES.items():
                answer = town.knock(person, "GET", f"{path}?{parameter}={value}")
                if _is_fault(answer):
                    found.append(f"{route} {parameter}={name}: {_told(answer)}")
    assert found == []


def test_a_repeated_parameter_is_refused_wherever_a_query_is_read(client: FlaskClient) -> None:
    town = settle(client)
    found = []
    for route in _readable(town):
        if route.operation and route.operation.query:
            for name in _parameters(route):
                path = route.path(town.id_for(route))
                answer = town.knock(town.admitted(route), "GET", f"{path}?{name}=1&{name}=1")
                if answer.status_code != 422:
                    found.append(f"{route} {name}: {_told(answer)}")
    assert found == []


def test_an_unknown_or_bracketed_parameter_is_refused(client: FlaskClient) -> None:
    town = settle(client)
    found = []
    for route in _readable(town):
        if route.operation and route.operation.query:
            for name in ("stranger", "limit[$gt]", "account[]", "%24where", "a.b", "__proto__", ""):
                path = route.path(town.id_for(route))
                answer = town.knock(town.admitted(route), "GET", f"{path}?{name}=1")
                if answer.status_code != 422:
                    found.append(f"{route} {name}: {_told(answer)}")
    assert found == []


def test_no_hostile_address_breaks_a_route_or_changes_anything(
    client: FlaskClient, database: Database
) -> None:
    town = settle(client)
    before = contents(database)
    found = []
    for route in routes_of(client.application):
        if not route.takes_id:
            continue
        body = example(route, town) if route.operation and route.operation.body else None
        for name, value in VALUES.items():
            answer = town.knock(
                town.admitted(route), route.method, route.path(value), json=body,
                headers={"If-Match": '"r1"'},
            )  # fmt: skip
            if _is_fault(answer) or (value not in ("", "..") and answer.status_code < 400):
                found.append(f"{route} {name}: {_told(answer)}")
    assert found == []
    assert contents(database) == before


def test_no_hostile_header_breaks_a_route(client: FlaskClient) -> None:
    """Each route with each header; the values take turns, so that each meets many routes."""
    town = settle(client)
    found = []
    turns = {name: cycle(values) for name, values in HEADERS.items()}
    for route in routes_of(client.application):
        path = route.path(town.id_for(route) and "100000000028")
        person = town.admitted(route)
        body = example(route, town) if route.operation and route.operation.body else None
        for header, value in ((name, next(turns[name])) for name in HEADERS for _ in range(3)):
            caller = None if header == "HTTP_AUTHORIZATION" else person
            answer = town.knock(
                caller, route.method, path, json=body, environ_overrides={header: value}
            )
            if _is_fault(answer):
                found.append(f"{route} {header}={value!r:.40}: {_told(answer)}")
            if route.rule == "/auth/logout" and answer.status_code == 204:
                person = make.log_in(client, "dana")
    assert found == []


def test_a_cursor_of_another_list_is_refused(client: FlaskClient) -> None:
    town = settle(client)
    town.dana.has("1.00")
    pages = {
        "history": (town.dana, "/transactions?limit=1"),
        "desk": (town.tess, "/banker/transactions?limit=1"),
        "accounts": (town.tess, "/banker/accounts?limit=1"),
        "by name": (town.tess, "/banker/accounts?limit=1&sort=name"),
        "customers": (town.tess, "/banker/customers?limit=1"),
    }
    cursors = {name: who.get(path).json["next"] for name, (who, path) in pages.items()}
    assert all(cursors.values())
    found = []
    for name, (who, path) in pages.items():
        for other, cursor in cursors.items():
            expected = 200 if other == name else 422
            for place in (cursor, f"{cursor}a", cursor[1:], cursor.swapcase()):
                answer = who.get(f"{path}&cursor={place}")
                if answer.status_code != (expected if place == cursor else 422):
                    found.append(f"{other} in {name}: {_told(answer)}")
    assert found == []


@pytest.mark.parametrize("name", ["@dana", "@", "@2026-01-31T12:00:00+00:00", "=1+1", "🏦"])
def test_a_list_by_name_goes_on_after_any_name(client: FlaskClient, name: str) -> None:
    town = settle(client)
    make.customer(client, "odd", name=name)
    seen: list[str] = []
    path: str | None = "/banker/accounts?limit=1&sort=name"
    while path:
        answer = town.tess.get(path)
        assert answer.status_code == 200, answer.text
        seen += [item["customer"] for item in answer.json["items"]]
        cursor = answer.json["next"]
        path = cursor and f"/banker/accounts?limit=1&sort=name&cursor={cursor}"
    assert seen == sorted(["dana", "eve", name])
