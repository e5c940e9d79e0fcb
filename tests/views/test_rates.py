"""How often each route may be asked, and what the answers tell of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.errors import AutoReconnect

from app.controllers import quotas
from app.models import throttles
from app.models.database import Database
from app.views import rates
from tests import make
from tests.conftest import Clock
from tests.together import together
from tests.views.routes import routes_of, settle

OWN_THROTTLES = {"POST /auth/login"}
"""Public, and counted where the password is looked at."""


@pytest.fixture
def app(make_app: Callable[..., Flask], clock: Clock) -> Flask:
    """With limits, and at the beginning of a minute."""
    clock.forward(seconds=60 - clock().timestamp() % 60)
    return make_app(ratelimit_enabled=True)


def left(answer: Any) -> dict[str, int]:
    """What is left by policy, as the header says."""
    return {
        name: int(r) for name, r in re.findall(r'"([\w-]+)";r=(\d+)', answer.headers["RateLimit"])
    }


def deposit(person: make.Person) -> Any:
    return person.post("/deposit", {"amount": "1.00"})


def test_money_moves_thirty_times_a_minute(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client)
    first = deposit(dana)
    assert first.headers["RateLimit-Policy"] == '"money";q=30;w=60, "money-day";q=1000;w=86400'
    assert left(first) == {"money": 29, "money-day": 999}
    assert [deposit(dana).status_code for _ in range(29)] == [201] * 29
    refused = deposit(dana)
    assert refused.status_code == 429
    assert refused.json["type"] == "/problems/too-many-requests"
    assert left(refused) == {"money": 0, "money-day": 970}
    seconds = int(refused.headers["Retry-After"])
    assert f'"money";r=0;t={seconds}' in refused.headers["RateLimit"]
    assert dana.balance() == "30.00"
    assert dana.get("/balance").status_code == 200  # has a quota of its own
    clock.forward(seconds=seconds)
    again = deposit(dana)
    assert again.status_code == 201
    assert left(again) == {"money": 29, "money-day": 969}  # who was refused was not counted


def test_each_person_is_counted_alone(client: FlaskClient) -> None:
    dana, eve = make.customer(client), make.customer(client, "eve")
    for _ in range(31):
        refused = deposit(dana)
    assert refused.status_code == 429
    assert deposit(eve).status_code == 201


def test_a_new_session_is_no_new_person(client: FlaskClient) -> None:
    dana = make.customer(client)
    for _ in range(30):
        deposit(dana)
    assert deposit(make.log_in(client, "dana")).status_code == 429


def test_a_burst_gets_no_more_than_its_quota(app: Flask, client: FlaskClient) -> None:
    dana = make.customer(client)

    def one(_: int) -> int:
        own = make.Person(app.test_client(), "dana", dana.tokens)
        return int(deposit(own).status_code)

    assert Counter(together(60, one)) == {201: 30, 429: 30}
    assert dana.balance() == "30.00"


def test_two_processes_count_together(make_app: Callable[..., Flask], client: FlaskClient) -> None:
    dana = make.customer(client)
    there = make.Person(make_app(ratelimit_enabled=True).test_client(), "dana", dana.tokens)
    statuses = [deposit(there if n % 2 else dana).status_code for n in range(31)]
    assert statuses == [201] * 30 + [429]
    assert deposit(there).status_code == 429


def test_a_thousand_a_day_and_no_more(
    client: FlaskClient, database: Database, clock: Clock
) -> None:
    dana = make.customer(client)
    deposit(dana)
    database.collection(throttles.NAME).update_one(
        {"_id": {"$regex": "^quota money"}}, {"$set": {"windows.1.count": 1000}}
    )
    clock.forward(minutes=1)
    refused = deposit(dana)
    assert refused.status_code == 429
    assert left(refused) == {"money": 30, "money-day": 0}
    clock.forward(seconds=int(refused.headers["Retry-After"]))
    assert left(deposit(make.log_in(client, "dana")))["money-day"] == 999


@pytest.mark.parametrize(
    ("name", "quota", "of"),
    [
        ("GET /balance", "requests", 120),
        ("GET /me", "requests", 120),
        ("GET /banker/customers", "desk-reads", 120),
        ("POST /banker/accounts/<number>/freeze", "desk-changes", 20),
        ("GET /banker/accounts?csv=true", "exports", 20),
        ("GET /banker/transactions?csv=1", "exports", 20),
        ("GET /banker/accounts?csv=false", "desk-reads", 120),
    ],
)
def test_every_kind_of_route_has_its_quota(
    client: FlaskClient, name: str, quota: str, of: int
) -> None:
    town = settle(client)
    method, path = name.split()
    person = town.tess if "/banker" in path else town.eve

    def asked() -> Any:
        with person.send(method, path.replace("<number>", town.dana.account)) as answer:
            answer.get_data()
            return answer

    assert left(asked()) == {quota: of - 1}
    answers = [asked() for _ in range(of)]
    assert [answer.status_code for answer in answers].index(429) == of - 1
    assert left(answers[-1]) == {quota: 0}


@pytest.mark.parametrize(("demo", "of"), [(False, 20), (True, 60)])
def test_so_many_register_from_one_address_in_an_hour(
    make_app: Callable[..., Flask], clock: Clock, demo: bool, of: int
) -> None:
    clock.at(2027, 3, 1)
    client = make_app(ratelimit_enabled=True, demo=demo).test_client()

    def register(address: str) -> int:
        answer = client.post("/auth/register", json={}, environ_base={"REMOTE_ADDR": address})
        return int(answer.status_code)

    assert [register("192.0.2.1") for _ in range(of + 1)] == [422] * of + [429]
    assert register("192.0.2.2") == 422
    # All of a network of IPv6 are one.
    statuses = [register(f"2001:db8::{n + 1:x}") for n in range(of + 1)]
    assert statuses == [422] * of + [429]


def test_refreshing_is_counted_by_session_and_by_address(client: FlaskClient, clock: Clock) -> None:
    clock.at(2027, 3, 1)
    tokens = make.customer(client).tokens
    other = make.log_in(client, "dana").tokens

    def refresh(token: str) -> Any:
        return client.post("/auth/refresh", json={"refresh_token": token})

    for _ in range(30):
        answer = refresh(tokens["refresh_token"])
        assert answer.status_code == 200
        tokens = answer.json
    refused = refresh(tokens["refresh_token"])
    assert refused.status_code == 429
    assert left(refused) == {"refresh": 29, "refresh-session": 0}
    assert refresh(other["refresh_token"]).status_code == 200
    assert [refresh("x.1.y").status_code for _ in range(29)] == [401] * 28 + [429]


def test_every_public_route_that_changes_something_is_counted_somewhere(app: Flask) -> None:
    uncounted = {
        str(route)
        for route in routes_of(app)
        if route.guard == "public"
        and route.method != "GET"
        and not rates.quota_of(endpoint_of(app, route.rule, route.method), "public", route.method)
    }
    assert uncounted == OWN_THROTTLES


def endpoint_of(app: Flask, rule: str, method: str) -> str:
    return str(app.url_map.bind("").match(rule, method)[0])


def test_documents_problems_and_health_are_free(client: FlaskClient) -> None:
    for path in ("/livez", "/readyz", "/openapi.json", "/docs", "/problems/throttled"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


def test_whom_the_guard_refuses_is_not_counted(client: FlaskClient, database: Database) -> None:
    eve = make.customer(client, "eve")
    # How often somebody is denied is counted for the audit, and for nothing else.
    but = {"_id": {"$not": {"$regex": "^quota denied"}}}
    before = list(database.collection(throttles.NAME).find(but))
    assert client.get("/balance").status_code == 401
    assert eve.get("/banker/accounts").status_code == 403
    assert client.open("/deposit", method="OPTIONS").status_code == 200
    assert list(database.collection(throttles.NAME).find(but)) == before


def test_every_counted_operation_is_described_with_429(app: Flask, client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]
    for route in routes_of(app):
        described = paths.get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule))
        if described and (route.guard != "public" or route.method != "GET"):
            assert "429" in described[route.method.lower()]["responses"], route


def test_money_does_not_move_uncounted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = make.customer(client).has("5.00")

    def lost(*_: object) -> None:
        raise AutoReconnect

    with monkeypatch.context() as patched:
        patched.setattr(quotas.throttles, "count", lost)
        refused = deposit(dana)
        assert refused.status_code == 503
        assert refused.json["outcome"] == "not_applied"
        assert dana.balance() == "5.00"


def test_a_page_elsewhere_may_read_the_headers(make_app: Callable[..., Flask]) -> None:
    origin = "https://shop.example.com"
    client = make_app(cors_origins=(origin,)).test_client()
    exposed = client.get("/livez", headers={"Origin": origin}).headers[
        "Access-Control-Expose-Headers"
    ]
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed.split(", "))


def test_load_tests_switch_it_off(make_app: Callable[..., Flask]) -> None:
    dana = make.customer(make_app(ratelimit_enabled=False).test_client())
    answers = [deposit(dana) for _ in range(31)]
    assert {answer.status_code for answer in answers} == {201}
    assert "RateLimit" not in answers[-1].headers
