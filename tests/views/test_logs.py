"""The log: lines of JSON with a few known fields, and none of what people send."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask

from app.views import guards
from app.views.logs import FIELDS, Lines
from tests import make

KNOWN = {"at", "level", "logger", "event", "where", *FIELDS}


class Log:
    """What an application has written so far."""

    def __init__(self, app: Flask, handler: Lines, stream: io.StringIO) -> None:
        self.app = app
        self._handler = handler
        self._stream = stream

    @property
    def text(self) -> str:
        """All of it."""
        self._handler.flush()
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line; not one is anything but JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log(make_app: Callable[..., Flask]) -> Iterator[Log]:
    """The log of a fresh application that tells everything it can."""
    loggers = [logging.getLogger(name) for name in ("app", "strongroom")]
    levels = [each.level for each in loggers]
    app, stream = make_app(log_level="DEBUG"), io.StringIO()
    [handler] = {handler for each in loggers for handler in each.handlers}
    assert isinstance(handler, Lines)
    handler.flush()
    usual, handler.stream = handler.stream, stream
    yield Log(app, handler, stream)
    handler.flush()
    handler.stream = usual
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def _failing(app: Flask, text: str) -> None:
    """Adds a view with a fault in it."""
    broken = guards.public(Blueprint("broken", __name__))

    @broken.post("/broken")
    def _fail() -> str:
        raise LookupError(text)

    app.register_blueprint(broken)


def test_every_request_is_one_line_of_known_fields(log: Log) -> None:
    client = log.app.test_client()
    client.get("/livez", headers={"X-Request-Id": "canary-request-id"})
    (line,) = log.lines
    assert set(line) <= KNOWN
    assert (line["event"], line["route"], line["status"]) == ("request", "/livez", 200)
    assert line["request_id"] == "canary-request-id"


def test_a_line_names_the_route_and_the_person_not_the_address(log: Log) -> None:
    dana = make.customer(log.app.test_client())
    dana.get(f"/accounts/{dana.account}")
    line = log.lines[-1]
    assert line["route"] == "/accounts/<number>"
    assert line["user"] == dana.get("/me").json["id"]
    assert dana.account not in log.text


def test_nothing_that_people_send_is_ever_written(log: Log) -> None:
    _failing(log.app, "canary-in-exception")
    client = log.app.test_client()
    dana = make.confirmed(
        client, "canary-user", name="Canary Name", email="canary@example.com", phone="+12025550123"
    )
    dana.post("/deposit", {"amount": "77.31", "memo": "canary memo"})
    dana.post("/deposit", {"amount": "77.31", "memo": "canary \u202e memo"})
    dana.get("/transactions?q=canary-query&stranger=canary-parameter")
    dana.get("/balance?account=canary-account")
    client.get("/canary-path/canary-nowhere?canary=1")
    client.post("/auth/login", json={"username": "canary-user", "password": "canary-password"})
    client.post("/auth/login", data=b"{canary-json", content_type="application/json")
    client.post("/auth/refresh", json={"refresh_token": "canary-refresh"})
    client.get(
        "/me", headers={"Authorization": "Bearer canary-bearer", "Cookie": "a=canary-cookie"}
    )
    client.get("/livez", headers={"User-Agent": "canary-agent", "Referer": "https://canary/"})
    client.post("/broken", json={"canary": "canary-body"})
    assert len(log.lines) > 12
    secrets = (
        "canary", "77.31", "2025550", make.PASSWORD, *dana.tokens["access_token"].split("."),
        *dana.tokens["refresh_token"].split("."),
    )  # fmt: skip
    leaked = [
        secret for secret in secrets if len(secret) > 1 and secret.lower() in log.text.lower()
    ]
    assert leaked == []
    assert [line for line in log.lines if not set(line) <= KNOWN] == []


def test_a_fault_shows_nothing_but_the_id_under_which_it_is_logged(log: Log) -> None:
    _failing(log.app, "canary-in-exception")
    answer = log.app.test_client().post("/broken", json={})
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert answer.json == {
        "type": "/problems/internal-server-error",
        "title": "Internal Server Error.",
        "status": 500,
        "detail": "The cause is in the log of the bank, under the request id.",
        "instance": "/broken",
        "request_id": answer.headers["X-Request-Id"],
    }


def test_a_fault_is_logged_with_its_class_its_place_and_the_request(log: Log) -> None:
    _failing(log.app, "canary-in-exception")
    answer = log.app.test_client().post("/broken", json={})
    (line,) = [line for line in log.lines if line["level"] == "error"]
    assert line["error"] == "LookupError"
    assert line["where"][-1].endswith("_fail")
    assert line["request_id"] == answer.headers["X-Request-Id"]


def test_a_line_break_cannot_make_a_second_line(log: Log) -> None:
    log.app.test_client().get("/a%0d%0a%7b%22event%22:%22forged%22%7d")
    assert [line["event"] for line in log.lines] == ["request"]
