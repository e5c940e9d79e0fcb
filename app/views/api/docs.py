"""The API's description and Swagger UI, whose files come from a package, not from a CDN."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, current_app, json, render_template
from flask.helpers import send_from_directory

from app.errors import NotFound, leaves
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.api.openapi import describe, problem_type
from app.views.context import bank

docs = guards.public(
    Blueprint("docs", __name__, template_folder="../../templates", static_folder=None)
)
_SWAGGER = str(files("flask_swagger_ui") / "dist")
_KINDS = {kind.slug(): kind for kind in leaves()}
# Swagger UI sets styles from its script and carries its icons as data: addresses.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@docs.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI 3.1 description of this bank."""
    document = describe(current_app, bank().config.bank_name)
    return Response(json.dumps(document), content_type="application/json")


@docs.get("/docs")
def swagger_ui() -> Response:
    """Swagger UI on /openapi.json."""
    page = render_template("docs.html", bank_name=bank().config.bank_name)
    return Response(page, headers={"Content-Security-Policy": _PAGE_POLICY})


@docs.get("/docs/swagger/<path:name>")
def swagger_file(name: str) -> Response:
    """A file of Swagger UI."""
    return _cached(send_from_directory(_SWAGGER, name))


@docs.get("/docs/static/<path:name>")
def static_file(name: str) -> Response:
    """A file of our own."""
    return _cached(send_from_directory(f"{current_app.root_path}/static", name))


@docs.get("/problems/<slug>")
@operation(answer=representations.ProblemType, problems=(NotFound,))
def problem_meaning(slug: str) -> Any:
    """What a problem's `type` means."""
    found = problem_type(slug, _KINDS)
    if found is None:
        raise NotFound("there is no such type of problem")
    return found


def _cached(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
