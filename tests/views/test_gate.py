"""More requests than places: the others are refused, and the bank is seen to live all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, Response, request
from werkzeug.test import TestResponse

from app.errors import Overloaded
from app.views import gate, guards
from app.views.gate import Gate


def test_who_finds_no_place_hears_when_to_come_again(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_PATIENCE_SECONDS", 0.05)
    app = make_app(threads=1)
    meanwhile: list[TestResponse] = []

    @app.after_request
    def ask_meanwhile(response: Response) -> Response:
        if request.path == "/docs":
            meanwhile.extend(app.test_client().get(path) for path in ("/me", "/livez"))
        return response

    assert app.test_client().get("/docs").status_code == 200
    refused, alive = meanwhile
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert (refused.json or {})["type"] == "/problems/overloaded"
    assert (refused.json or {})["outcome"] == "not_applied"
    assert alive.status_code == 200
    assert app.test_client().get("/me").status_code == 401


def test_a_place_is_given_on_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_PATIENCE_SECONDS", 0.05)
    one = Gate(1)
    one.enter()
    for _ in range(2):
        with pytest.raises(Overloaded):
            one.enter()
    one.leave()
    one.enter()
    with pytest.raises(Overloaded):
        one.enter()


def test_only_reports_of_bankers_may_take_long(app: Flask) -> None:
    long = {}
    for path in ("/banker/ledger/verify", "/balance", "/livez", "/nowhere"):
        with app.test_request_context(path):
            long[path] = guards.bankers_only()
    assert long == {
        "/banker/ledger/verify": True, "/balance": False, "/livez": False, "/nowhere": False
    }  # fmt: skip
