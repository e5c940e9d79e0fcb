"""What stands between the bank and the network: other origins, host names, proxies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.views.routes import routes_of

FRIEND = "https://app.example.com"


def _preflight(client: FlaskClient, path: str, origin: str = FRIEND) -> dict[str, str]:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    answer = client.options(path, headers=asked)
    return {"status": str(answer.status_code), **dict(answer.headers)}


def test_no_other_origin_is_let_in_by_default(client: FlaskClient) -> None:
    for path in ("/livez", "/deposit", "/nothing"):
        told = _preflight(client, path)
        assert not [name for name in told if name.startswith("Access-Control")]


def test_a_named_origin_may_ask_before_it_sends_on_every_route(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(cors_origins=(FRIEND,))
    client, found = app.test_client(), []
    for route in routes_of(app):
        told = _preflight(client, route.path("100000000028"))
        if (told["status"], told.get("Access-Control-Allow-Origin")) != ("200", FRIEND):
            found.append(f"{route}: {told}")
    assert found == []


def test_a_named_origin_may_send_and_read(make_app: Callable[..., Flask]) -> None:
    client = make_app(cors_origins=(FRIEND,)).test_client()
    dana = make.customer(client)
    answer = dana.post("/deposit", {"amount": "1.00"}, headers={"Origin": FRIEND})
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "Idempotency-Replayed" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", f"{FRIEND}.evil.example", "http://app.example.com", "null",
     "https://appXexample.com", f"{FRIEND}:444", "https://evil.example/https://app.example.com"],
)  # fmt: skip
def test_an_unnamed_origin_stays_out(make_app: Callable[..., Flask], origin: str) -> None:
    client = make_app(cors_origins=(FRIEND,)).test_client()
    assert "Access-Control-Allow-Origin" not in _preflight(client, "/deposit", origin)


def test_asking_what_a_route_takes_does_nothing(client: FlaskClient) -> None:
    dana = make.customer(client)
    dana.send("OPTIONS", "/auth/logout")
    assert dana.get("/me").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "bank.example.com.evil.example", "a b", ""])
def test_a_bank_with_names_answers_to_no_other(make_app: Callable[..., Flask], host: str) -> None:
    client = make_app(trusted_hosts=("bank.example.com",)).test_client()
    answer = client.get("/livez", environ_overrides={"HTTP_HOST": host})
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


def test_a_bank_with_names_answers_to_them(make_app: Callable[..., Flask]) -> None:
    client = make_app(trusted_hosts=("bank.example.com",)).test_client()
    assert client.get("/livez", headers={"Host": "bank.example.com"}).status_code == 200


def test_what_a_proxy_says_counts_only_behind_one(make_app: Callable[..., Flask]) -> None:
    forwarded = {"X-Forwarded-Host": "evil.example", "Host": "bank.example.com"}
    hosts = ("bank.example.com",)
    alone = make_app(trusted_hosts=hosts).test_client()
    behind = make_app(trusted_hosts=hosts, proxy_hops=1).test_client()
    assert alone.get("/livez", headers=forwarded).status_code == 200
    assert behind.get("/livez", headers=forwarded).status_code == 400


def test_asking_what_a_route_takes_names_its_methods(client: FlaskClient) -> None:
    for route in routes_of(client.application):
        answer = client.options(route.path("100000000028"))
        assert (answer.status_code, answer.data) == (200, b""), str(route)
        assert route.method in answer.headers["Allow"], str(route)
