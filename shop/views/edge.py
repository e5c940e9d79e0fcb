"""The edge of the shop: request ids, security headers, one log line for each request."""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, g, request

from shop.config import Config

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_HSTS = "max-age=63072000; includeSubDomains"
_log = logging.getLogger("shop.requests")


def init_edge(app: Flask, config: Config) -> None:
    """Register what happens before and after every request."""

    def end(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if config.production:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        _tell(response)
        return response

    app.before_request(_begin)
    app.after_request(end)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = secrets.token_hex(16)


def _tell(response: Response) -> None:
    """Name the request, and write its line: the route, not the path, for an order's address is the
    secret of whoever ordered without a log-in."""
    response.headers["X-Request-Id"] = g.request_id
    facts = {
        "request_id": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.began) * 1000, 1),
    }
    _log.info("request", extra=facts)
