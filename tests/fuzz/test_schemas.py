"""The API keeps to its own description; and where it does not, that is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, json

from tests.faults.figures import SHORT, Figures
from tests.fuzz import schemas
from tests.fuzz.schemas import CALLERS, probe
from tests.views.routes import settle

CHECKS = {
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "positive_data_acceptance", "use_after_free", "ensure_resource_availability", "ignored_auth",
    "missing_required_header", "unsupported_method", "allow_header_conformance",
    "object_level_authorization",
}  # fmt: skip


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """What the short form counted."""
    return schemas.run(SHORT, tmp_path_factory.mktemp("schemas") / "mongo")


def test_every_answer_is_as_it_is_described_and_none_is_an_error_of_the_server(
    figures: Figures,
) -> None:
    assert figures.violations == ()
    assert figures.counted["5xx"] == 0


def test_all_checks_in_all_phases_looked_at_all_callers(figures: Figures) -> None:
    phases = {"examples", "coverage", "fuzzing", "stateful"}
    assert {name for name in CHECKS | phases if not figures.counted.get(name)} == set()
    assert all(int(figures.counted[f"{caller} requests"]) > 1_000 for caller in CALLERS)


def test_customer_and_banker_stay_logged_in_whatever_they_end(figures: Figures) -> None:
    assert int(figures.counted["customer 2xx"]) > 50
    assert int(figures.counted["banker 2xx"]) > 50


def answering(status: int, body: object) -> Callable[..., Response]:
    """A view that always answers so."""
    kind = "application/json" if status < 400 else "application/problem+json"
    return lambda **_: Response(json.dumps(body), status, content_type=kind)


WRONG_FIELDS = {
    "type": "/problems/invalid-fields", "title": "Some fields are wrong.", "status": 422,
    "instance": "/accounts", "request_id": "1", "errors": [{"field": "name", "message": "No."}],
}  # fmt: skip
FAULTS = {
    "not_a_server_error": ("list_accounts", answering(500, {})),
    "response_schema_conformance": ("list_accounts", answering(200, {"items": [{}], "next": None})),
    "status_code_conformance": ("list_accounts", answering(202, {"items": [], "next": None})),
    "content_type_conformance": ("list_accounts", lambda: Response("hello", content_type="a/b")),
    "positive_data_acceptance": ("open_account", answering(422, WRONG_FIELDS)),
    "negative_data_rejection": ("open_account", answering(201, {})),
}


@pytest.mark.parametrize("check", FAULTS)
def test_a_view_that_does_not_keep_to_its_description_is_found(
    make_app: Callable[..., Flask], check: str
) -> None:
    app = make_app(**schemas.ROOMY)
    view, wrong = FAULTS[check]
    plant(app, f"accounts.{view}", wrong)
    assert check in found(app)


def test_a_view_that_needs_no_token_is_found(make_app: Callable[..., Flask]) -> None:
    app = make_app(**schemas.ROOMY)
    app.before_request_funcs["accounts"] = []
    plant(app, "accounts.list_accounts", answering(200, {"items": [], "next": None}))
    assert "ignored_auth" in found(app)


def plant(app: Flask, endpoint: str, wrong: Any) -> None:
    """Put a wrong view under the description of the right one."""
    wrong.operation = app.view_functions[endpoint].operation  # type: ignore[attr-defined]
    app.view_functions[endpoint] = wrong


def found(app: Flask) -> set[str]:
    """The checks that fail when a customer asks for accounts."""
    with schemas.in_process():
        probed = probe(app, settle(app.test_client()), "customer", 5, only="/accounts")
    return {check for check, *_ in probed.deviations}
