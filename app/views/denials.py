"""What is forbidden is answered in one place, and there written into the audit."""

from __future__ import annotations

from flask import Flask, Response, g, request

from app.controllers import audits
from app.errors import Forbidden, SecondFactorNeeded
from app.views.context import bank
from app.views.problems import problem


def init_denials(app: Flask) -> None:
    """Answer what is forbidden from here."""
    app.register_error_handler(Forbidden, _denied)


def _denied(error: Forbidden) -> Response:
    note(error)
    return problem(error)


def note(error: Forbidden) -> None:
    """Write into the audit what somebody who is logged in was not let do."""
    actor = g.get("actor")
    # Who is asked for a second factor first was not denied anything yet.
    if actor and not isinstance(error, SecondFactorNeeded):
        rule = request.url_rule.rule if request.url_rule else ""
        named = next(iter((request.view_args or {}).values()), rule)
        audits.denied(bank(), actor, f"{request.method} {rule}", str(named)[:200], error)
