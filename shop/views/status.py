"""Whether the shop runs, for whoever watches it."""

from __future__ import annotations

from flask import Blueprint

from shop.views import guards

status = guards.visitors(Blueprint("status", __name__))


@status.get("/healthz")
def health() -> dict[str, str]:
    """The process answers; says nothing of the database or of the bank."""
    return {"status": "ok"}
