"""The edge of the application: request ids, security headers, one log line for each request."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from random import getrandbits
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from app.config import Config
from app.views.logs import log_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_REQUEST_ID = re.compile(r"\A[A-Za-z0-9._-]{8,64}\Z")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def init_edge(app: Flask, config: Config) -> None:
    """Register what happens before and after every request."""
    app.before_request(_begin)
    app.after_request(_end)
    hsts = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
    headers = list((_HEADERS | (hsts if config.production else {})).items())
    app.wsgi_app = _with_headers(app.wsgi_app, headers)  # type: ignore[method-assign,assignment]


def _with_headers(inner: WSGIApplication, headers: list[tuple[str, str]]) -> WSGIApplication:
    """The application with headers in every answer, but for those that a view has set itself."""
    # Not on the response: there, each header costs as much as all of them do here.
    named = [(name.lower(), (name, value)) for name, value in headers]

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name.lower() for name, _ in given}
            more = [header for name, header in named if name not in present]
            return start_response(status, [*given, *more], exc_info)

        return inner(environ, start)

    return outer


def _begin() -> None:
    g.began = time.perf_counter()
    asked = request.headers.get("X-Request-Id", "")
    g.request_id = asked if _REQUEST_ID.match(asked) else f"{getrandbits(128):032x}"


def _end(response: Response) -> Response:
    """Name the request, and write its line: the route, not the path, and no query, for a log must
    not tell what was asked for."""
    response.headers.add("X-Request-Id", g.request_id)
    asked, actor = request, g.get("actor")
    log_request(
        request_id=g.request_id,
        method=asked.method,
        route=asked.url_rule.rule if asked.url_rule else None,
        status=response.status_code,
        ms=round((time.perf_counter() - g.began) * 1000, 1),
        user=actor.user if actor else None,
    )
    return response
