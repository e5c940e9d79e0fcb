"""The edge of the application: request ids, security headers, one log line for each request."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from flask import Flask, Response, g, request

from app.config import Config
from app.views.context import request_id

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
_log = logging.getLogger("strongroom.requests")


def init_edge(app: Flask, config: Config) -> None:
    """Register what happens before and after every request."""
    app.before_request(_begin)
    hsts = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
    headers = _HEADERS | (hsts if config.production else {})

    @app.after_request
    def _end(response: Response) -> Response:
        # One pass over what a view has set: asking for each name looks through all of them.
        present = {name.lower() for name, _ in response.headers}
        for name, value in headers.items():
            if name.lower() not in present:
                response.headers.add(name, value)
        response.headers.add("X-Request-Id", request_id())
        _write_log(response)
        return response


def _begin() -> None:
    g.began = time.perf_counter()
    asked = request.headers.get("X-Request-Id", "")
    g.request_id = asked if _REQUEST_ID.match(asked) else uuid4().hex


def _write_log(response: Response) -> None:
    """The route, not the path, and no query: a log must not tell what was asked for."""
    actor = g.get("actor")
    began = g.get("began")
    _log.info(
        "request",
        extra={
            "request_id": request_id(),
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else None,
            "status": response.status_code,
            "ms": round((time.perf_counter() - began) * 1000, 1) if began else None,
            "user": actor.user if actor else None,
        },
    )
