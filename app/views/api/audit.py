"""The audit, for bankers: who did what, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint

from app.controllers import audits
from app.controllers.audits import Place, Recorded
from app.controllers.names import usernames
from app.controllers.orders import AuditQuery, AuditQuerySchema
from app.views import guards
from app.views.api import representations
from app.views.api.cursors import page, read_cursor
from app.views.api.describe import operation
from app.views.context import bank

audit = guards.bankers(Blueprint("audit", __name__, url_prefix="/banker"))


@audit.get("/audit")
@operation(query=AuditQuerySchema, answer=representations.AuditEvents)
def list_events(query: AuditQuery) -> Any:
    """Who did what, newest first; also what somebody was not let do."""
    place = read_cursor(query.cursor, "audit")
    found, after = audits.list_events(bank(), query, Place(*place) if place else None)
    names = usernames(bank(), {each.event.actor for each in found})
    shown = [_shown(each, names) for each in found]
    return page(shown, [after.at, after.id] if after else None, "audit")


def _shown(recorded: Recorded, names: Mapping[str, str]) -> dict[str, Any]:
    """An event with the user name of who did it."""
    event = recorded.event
    place = {name: getattr(recorded, name) for name in ("id", "stream", "seq", "hash")}
    return asdict(event) | place | {"actor": names.get(event.actor, event.actor)}
