"""Cursors: opaque, signed places in a list. A caller can keep one, not make one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import request
from itsdangerous import BadData, URLSafeSerializer

from app.errors import InvalidFields
from app.views.context import bank


def read_cursor(text: str | None, of: str) -> list[Any] | None:
    """The place that a cursor of the list `of` names; None starts at the beginning."""
    if text is None:
        return None
    try:
        place = _serializer(of).loads(text)
    except BadData:
        message = "Not a cursor of this list; use `next` of the page before, or none."
        raise InvalidFields.of(("cursor", message)) from None
    return [datetime.fromisoformat(p["at"]) if isinstance(p, dict) else p for p in place]


def page(
    items: list[Any], place: list[Any] | None, of: str
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The body of a page and its Link header (RFC 8288)."""
    if place is None:
        return {"items": items, "next": None}, {}
    cursor = _cursor(place, of)
    return {"items": items, "next": cursor}, {"Link": f'<{_address(cursor)}>; rel="next"'}


def next_page(place: list[Any] | None, of: str) -> str | None:
    """The address where a page's list goes on, with all its filters; None at its end."""
    return _address(_cursor(place, of)) if place else None


def _cursor(place: list[Any], of: str) -> str:
    # A form that no text has: a customer may be called anything, also "@2026-01-31".
    marked = [{"at": p.isoformat()} if isinstance(p, datetime) else p for p in place]
    return str(_serializer(of).dumps(marked))


def _address(cursor: str) -> str:
    query = urlencode({**request.args.to_dict(), "cursor": cursor})
    return f"{request.path}?{query}"


def _serializer(of: str) -> URLSafeSerializer:
    # The library signs with the last of them.
    return URLSafeSerializer(bank().config.keys("cursor")[::-1], salt=of)
