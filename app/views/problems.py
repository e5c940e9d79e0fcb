"""An error becomes a response: RFC 9457 problem+json. The only table of statuses stands here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, json, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from app.controllers.payments.signing import SCHEME
from app.errors import (
    BankError,
    Conflict,
    Forbidden,
    InvalidFields,
    InvalidSignature,
    NotFound,
    Outdated,
    Refused,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from app.views import html
from app.views.context import request_id

STATUSES: dict[type[BankError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Outdated: 412,
    Refused: 422,
    Throttled: 429,
    Unavailable: 503,
}
_log = logging.getLogger(__name__)


def init_problems(
    app: Flask, driver_error: type[Exception], is_lost: Callable[[Exception], bool]
) -> None:
    """Let every error of the application be answered from here.

    Of the driver's errors, `is_lost` tells those of a database that does not answer.
    """
    app.register_error_handler(BankError, problem)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(driver_error, lambda error: _driver(error, is_lost))
    app.register_error_handler(Exception, _unexpected)


def status_of(kind: type[BankError]) -> int:
    """The status of an error class, by the kind it belongs to."""
    for ancestor in kind.__mro__:
        if ancestor in STATUSES:
            return STATUSES[ancestor]
    return 500


def load(schema: Schema, data: Mapping[str, Any]) -> Any:
    """What a schema makes of a form. Raises InvalidFields."""
    try:
        return schema.load(data)
    except ValidationError as error:
        raise InvalidFields.of(*_field_errors(error.messages)) from None


def problem(error: BankError) -> Response:
    """A bank error as a response; its facts become members."""
    kind = type(error)
    status = status_of(kind)
    if status == 500:
        _log.error("unmapped error", extra={"error": kind.__name__})
    response = _response(status, kind.slug(), kind.title(), error.detail, error.facts)
    if isinstance(error, Unavailable | Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _response(
    status: int, slug: str, title: str, detail: str, members: dict[str, Any] | None = None
) -> Response:
    if html.is_page():
        return html.page("error.html", status, slug=slug, title=title, detail=detail)
    body: dict[str, Any] = {"type": f"/problems/{slug}", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    body |= {"instance": request.path, "request_id": request_id()}
    body |= {name: value for name, value in (members or {}).items() if name not in body}
    response = Response(json.dumps(body), status, content_type="application/problem+json")
    if status == 401:
        scheme = SCHEME if slug == InvalidSignature.slug() else "Bearer"
        response.headers["WWW-Authenticate"] = f'{scheme} realm="strongroom"'
    return response


def _invalid(error: ValidationError) -> Response:
    """A body or a query with wrong fields: which, and what would be right."""
    return problem(InvalidFields.of(*_field_errors(error.messages)))


def _field_errors(messages: Any, path: str = "") -> list[tuple[str, str]]:
    """Nested messages as a flat list of fields and messages."""
    if isinstance(messages, dict):
        return [
            found
            for name, inner in messages.items()
            for found in _field_errors(inner, f"{path}.{name}".lstrip("."))
        ]
    return [(path, str(message)) for message in messages]


def _http(error: HTTPException) -> Response:
    """werkzeug's errors: unknown routes, wrong methods, bodies that are too large or no JSON."""
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    if status < 400:
        return Response(status=status, headers=dict(error.get_headers()))
    slug, title = _plain(status)
    detail = error.description or ""
    # werkzeug's own texts speak of browsers and servers; ours are set where the error is raised.
    if error.description == type(error).description:
        detail = _DETAILS.get(status, "")
    response = _response(status, slug, title, detail)
    if valid := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(valid))
    return response


def plain_problem(slug: str) -> tuple[int, str] | None:
    """Status and title of a problem that is HTTP's own and no error of the bank."""
    for status in HTTP_STATUS_CODES:
        own, title = _plain(status)
        if status >= 400 and own == slug:
            return status, title
    return None


def _plain(status: int) -> tuple[str, str]:
    phrase = HTTP_STATUS_CODES[status]
    return phrase.lower().replace(" ", "-"), f"{phrase}."


_DETAILS = {
    404: "There is nothing at this address; see /docs for what there is.",
    405: "This address does not know the method; see the Allow header.",
    413: "Send at most 64 KiB.",
}


def _driver(error: Exception, is_lost: Callable[[Exception], bool]) -> Response:
    """A database that does not answer; what else the driver says is a fault of the program."""
    # The class and MongoDB's number; the driver's text carries whole documents.
    extra = {"error": type(error).__name__, "code": getattr(error, "code", None)}
    _log.error("database error", extra={**extra, "request_id": request_id()})
    if not is_lost(error):
        return _unexpected(error)
    reading = request.method in ("GET", "HEAD")
    outcome = "not_applied" if reading else "unknown"
    return problem(Unavailable("the database does not answer", outcome=outcome))


def _unexpected(error: Exception) -> Response:
    """The last resort: the cause goes to the log, the caller gets the request's id."""
    extra = {"error": type(error).__name__, "request_id": request_id()}
    _log.error("unexpected error", exc_info=error, extra=extra)
    detail = "The cause is in the log of the bank, under the request id."
    return _response(500, "internal-server-error", "Internal Server Error.", detail)
