"""The audit: who did what, when and why; also what somebody was not let do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import audits
from app.controllers.audits import Place, Recorded
from app.controllers.desk import Page
from app.controllers.names import shops, usernames
from app.controllers.orders import AuditFiltersSchema, AuditQuery
from app.views import guards, html
from app.views.context import bank
from app.views.forms import Query
from app.views.pages.desk import telling
from app.views.pages.desk.lists import look

audit = guards.desk_pages(Blueprint("desk_audit", __name__, url_prefix="/desk/audit"))


@audit.get("")
def listed() -> Any:
    """Everything that was done, newest first."""
    query: Query[AuditQuery] = Query(AuditFiltersSchema)
    asked = query.read()

    def find(place: list[Any] | None) -> Page[Recorded, Place]:
        return Page(*audits.list_events(bank(), asked, Place(*place) if place else None))

    found = look(query, asked, "audit", find)
    events = [each.event for each in found.items]
    who = {each.actor for each in events}
    return html.page(
        "desk/audit.html", query.status, query=query, found=found, events=events,
        actors=usernames(bank(), who) | shops(bank(), who),
        subjects=telling.subjects(each.object for each in events),
        actions=sorted({each.action for each in events}),
    )  # fmt: skip
