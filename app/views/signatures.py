"""A request as a merchant has signed it."""

from __future__ import annotations

from urllib.parse import quote

from flask import request

from app.controllers.payments.signing import Call
from app.views.strict_json import read_body


def signed_call() -> Call:
    """What came, for `signing.authenticate`. The body is kept for whoever reads it next."""
    return Call(
        method=request.method,
        target=_target(),
        idempotency_key=request.headers.get("Idempotency-Key", ""),
        body=read_body(request, keep=True),
        authorization=request.headers.get("Authorization", ""),
    )


def _target() -> str:
    """The path with its query as it was sent.

    Not every server hands on the path itself; none of the bank's needs a quote, so that quoting
    what the server has read gives it back. The query is handed on untouched.
    """
    path = quote(request.root_path + request.path, safe="/-._~!$&'()*+,;=:@")
    query = request.query_string.decode("latin-1")
    return f"{path}?{query}" if query else path
