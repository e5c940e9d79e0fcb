"""The edge: headers, request ids, the form of problems, conditional reads, health."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Config
from app.controllers.bank import open_bank
from app.models.database import connect, now
from app.views import guards
from app.views.edge import init_edge
from tests import make
from tests.conftest import SECRET
from tests.views.routes import example, routes_of, settle

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _problem(answer: TestResponse, status: int, slug: str) -> dict[str, Any]:
    """The problem, which has its form."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    told: dict[str, Any] = answer.json
    assert told["type"] == f"/problems/{slug}"
    assert told["status"] == status
    assert told["title"].endswith(".")
    assert told["instance"] == answer.request.path
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert list(told)[:3] == ["type", "title", "status"]
    return told


def test_every_answer_of_every_route_has_the_security_headers(client: FlaskClient) -> None:
    town = settle(client)
    found = []
    for route in routes_of(client.application):
        for person in (None, town.admitted(route)):
            answer = town.knock(person, route.method, route.path(town.id_for(route)))
            answer.close()
            sent = {name: answer.headers.get(name) for name in HEADERS}
            policy = answer.headers.get("Content-Security-Policy", "")
            if sent != HEADERS or "default-src 'none'" not in policy:
                found.append(f"{route}: {sent} {policy}")
            if "frame-ancestors 'none'" not in policy or "unsafe-eval" in policy:
                found.append(f"{route}: {policy}")
            cached = answer.headers.get("Cache-Control")
            if cached != "no-store" and "/docs/" not in route.rule:
                found.append(f"{route}: Cache-Control {cached}")
            if "Server" in answer.headers or "Set-Cookie" in answer.headers:
                found.append(f"{route}: {answer.headers}")
    assert found == []


def test_no_answer_has_a_header_twice(client: FlaskClient) -> None:
    # Some servers and clients take two lengths for an attack, even where both are right.
    town = settle(client)
    found = []
    for route in routes_of(client.application):
        options: dict[str, Any] = {}
        if route.operation and route.operation.body:
            options["json"] = example(route, town)
        for person in (None, town.admitted(route)):
            answer = town.knock(person, route.method, route.path(town.id_for(route)), **options)
            answer.close()
            names = Counter(name.lower() for name, _ in answer.headers)
            found += [f"{route} {n}: {answer.status}" for n, times in names.items() if times > 1]
            if answer.is_sequence and "content-length" not in names:
                found.append(f"{route}: no length")
    assert found == []


def test_an_error_has_the_security_headers_too(client: FlaskClient) -> None:
    for answer in (client.get("/nothing"), client.put("/deposit"), client.post("/auth/login")):
        assert HEADERS.items() <= dict(answer.headers).items()


def test_only_a_bank_in_production_insists_on_https(client: FlaskClient) -> None:
    # The tests' MongoDB has no TLS, which production demands; so the edge stands alone here.
    edge = Flask(__name__)
    settings = {
        "SECRET_KEY": SECRET, "MONGO_URI": "mongodb+srv://a:b@c/", "TRUSTED_HOSTS": "bank",
        "MAIL_URL": "smtp://mail.example.com", "PUBLIC_URL": "https://bank.example.com",
    }  # fmt: skip
    init_edge(edge, Config.from_environment({**settings, "ENVIRONMENT": "production"}))
    sent = edge.test_client().get("/").headers["Strict-Transport-Security"]
    assert sent.startswith("max-age=63072000")
    assert "Strict-Transport-Security" not in client.get("/livez").headers


@pytest.mark.parametrize("asked", ["abcdefgh", "a-b_c.d-0123456789", "A" * 64])
def test_a_request_id_comes_back(client: FlaskClient, asked: str) -> None:
    answer = client.get("/nothing", headers={"X-Request-Id": asked})
    assert answer.headers["X-Request-Id"] == answer.json["request_id"] == asked


@pytest.mark.parametrize("asked", ["", "short", "A" * 65, "a b c d e f", "<script>alert", "é" * 9])
def test_an_odd_request_id_is_replaced(client: FlaskClient, asked: str) -> None:
    answer = client.get("/livez", headers={"X-Request-Id": asked})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_no_two_requests_share_an_id(client: FlaskClient) -> None:
    assert len({client.get("/livez").headers["X-Request-Id"] for _ in range(20)}) == 20


def test_nothing_there_is_a_problem(client: FlaskClient) -> None:
    _problem(client.get("/nothing"), 404, "not-found")


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/me")
    _problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, PATCH"


def test_broken_json_is_a_problem_that_says_where(client: FlaskClient) -> None:
    answer = client.post("/auth/login", data=b'{"a": ', content_type="application/json")
    assert "at 6" in _problem(answer, 400, "bad-request")["detail"]


def test_another_type_of_body_is_a_problem(client: FlaskClient) -> None:
    answer = client.post("/auth/login", data=b"a=b", content_type="text/plain")
    _problem(answer, 415, "unsupported-media-type")


def test_a_large_body_is_a_problem_that_names_the_limit(client: FlaskClient) -> None:
    answer = client.post("/auth/login", data=b"1" * 2**17, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json["detail"] == "Send at most 64 KiB."


def test_wrong_fields_are_named_without_their_values(client: FlaskClient) -> None:
    body = {"username": "canary one", "password": "canary-two", "stranger": "canary-three"}
    told = _problem(client.post("/auth/register", json=body), 422, "invalid-fields")
    assert {error["field"] for error in told["errors"]} == {"username", "stranger"}
    assert "canary" not in str(told)


def test_an_edit_without_if_match_is_a_428_and_with_an_old_one_a_412(client: FlaskClient) -> None:
    town = settle(client)
    path = f"/banker/accounts/{town.dana.account}/freeze"
    body = {"reason": "reported stolen"}
    _problem(town.tess.post(path, body), 428, "precondition-required")
    old = town.tess.post(path, body, headers={"If-Match": '"r999"'})
    _problem(old, 412, "outdated")


@pytest.mark.parametrize("path", ["/me", "/banker/accounts", "/balance", "/auth/sessions"])
def test_who_does_not_say_who_they_are_is_told_how(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    _problem(answer, 401, "invalid-token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="strongroom"'


@pytest.mark.parametrize("path", ["/me", "/balance", "/accounts/{number}"])
def test_what_has_not_changed_is_not_sent_again(client: FlaskClient, path: str) -> None:
    dana = make.customer(client)
    address = path.format(number=dana.account)
    tag = dana.get(address).headers["ETag"]
    again = dana.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("path", ["/balance", "/accounts/{number}"])
def test_what_has_changed_is_sent_again(client: FlaskClient, path: str) -> None:
    dana = make.customer(client)
    address = path.format(number=dana.account)
    tag = dana.get(address).headers["ETag"]
    dana.has("5.00")
    again = dana.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.json["balance"]["amount"]) == (200, "5.00")


def test_a_new_name_is_a_new_version_of_everything_that_shows_it(client: FlaskClient) -> None:
    dana = make.customer(client)
    paths = ("/me", "/balance")
    tags = {path: dana.get(path).headers["ETag"] for path in paths}
    dana.send("PATCH", "/me", json={"name": "Dana Scott"})
    answers = {path: dana.get(path, headers={"If-None-Match": tags[path]}) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items()} == {
        "/me": 200,
        "/balance": 200,
    }


def test_a_living_and_ready_bank_says_so_and_nothing_more(client: FlaskClient) -> None:
    assert client.get("/livez").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ok"}


def test_a_bank_that_lost_its_database_lives_and_is_not_ready(
    make_app: Callable[..., Flask], make_config: Callable[..., Config]
) -> None:
    app = make_app()
    dead = connect("mongodb://127.0.0.1:9/?directConnection=true", "nowhere", pool=1)
    served = app.extensions["bank"]
    lost = open_bank(make_config(), dead, now)
    app.extensions["bank"] = lost
    client = app.test_client()
    live, ready = client.get("/livez"), client.get("/readyz")
    lost.ledger.close()
    dead.close()
    app.extensions["bank"] = served
    assert live.status_code == 200
    assert (ready.status_code, ready.headers["Retry-After"]) == (503, "1")
    assert "127.0.0.1" not in ready.text


def test_a_blueprint_without_a_guard_does_not_start(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    app.register_blueprint(Blueprint("open", __name__))
    with pytest.raises(RuntimeError, match="open has no guard"):
        guards.deny_by_default(app)


def test_a_blueprint_has_one_guard() -> None:
    with pytest.raises(RuntimeError, match="has a guard already"):
        guards.bankers(guards.public(Blueprint("both", __name__)))


def test_a_route_outside_of_every_blueprint_is_not_there(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    app.add_url_rule("/forgotten", "forgotten", lambda: "everything")
    _problem(app.test_client().get("/forgotten"), 404, "not-found")
