"""The approvals inbox: what waits, one proposal with its effect, and deciding it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import approvals as controller
from app.controllers import inbox, step_up
from app.controllers.approvals import Executed
from app.controllers.desk import Page
from app.controllers.inbox import Shown
from app.controllers.orders import (
    ApprovalsQuery,
    ApprovalsQuerySchema,
    Approve,
    ApproveSchema,
    Reason,
    ReasonSchema,
)
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Form, Query
from app.views.languages import _
from app.views.notes import note
from app.views.pages.codes import AskedCode, asked_code
from app.views.pages.desk import telling
from app.views.pages.desk.lists import look

approvals = guards.desk_pages(
    Blueprint("desk_approvals", __name__, url_prefix="/desk/approvals")
)  # fmt: skip


@approvals.get("")
def listed() -> Any:
    """What waits for a decision, and what was decided."""
    query: Query[ApprovalsQuery] = Query(ApprovalsQuerySchema)
    asked = query.read()

    def find(place: list[Any] | None) -> Page[Shown, str]:
        return inbox.others(bank(), asked, str(place[0]) if place else None)

    begins = not asked.status and not asked.cursor
    return html.page(
        "desk/approvals.html", query.status, query=query, telling=telling, begins=begins,
        waiting=inbox.waiting(bank(), asked) if begins else [], chosen=asked.status,
        found=look(query, asked, "approvals", find),
        statuses=[(name, telling.STATUSES[name][0]) for name in inbox.STATUSES],
    )  # fmt: skip


@approvals.route("/<id>", methods=["GET", "POST"], endpoint="one")
def one(id: str) -> Any:
    """One proposal, and its decision."""
    approving: Form[Approve] = Form(ApproveSchema, name="approve")
    code = asked_code(approving, lambda: step_up.ask(bank(), actor(), "approve", subject=id))
    if approving.sent:
        done = approving.attempt(lambda order: controller.approve(bank(), actor(), id, order))
        if done:
            return _approved(done)
    rejecting: Form[Reason] = Form(ReasonSchema, name="reject")
    if rejecting.sent:
        ended = rejecting.attempt(lambda order: controller.reject(bank(), actor(), id, order))
        if ended:
            own = ended.maker == actor().user
            note(_("You have withdrawn it.") if own else _("You have rejected it."))
            return html.see(url_for("desk_approvals.one", id=id))
    return _shown(_read(id), approving, code, rejecting)


def _approved(done: Executed) -> Any:
    if not done.link:
        note(_("You have approved it, and it is done."))
        return html.see(url_for("desk_approvals.one", id=done.approval.id))
    # Nothing keeps the link: this answer is the only place where it stands.
    shown = inbox.shown(bank(), [done.approval])[0]
    return html.page("desk/invitation.html", shown=shown, link=done.link)


def _read(id: str) -> Shown:
    return inbox.shown(bank(), [controller.one(bank(), id)])[0]


def _shown(shown: Shown, approving: Form[Approve], code: AskedCode, rejecting: Form[Reason]) -> Any:
    return html.page(
        "desk/approval.html",
        max(approving.status, rejecting.status),
        shown=shown,
        telling=telling,
        may=inbox.choices(actor(), shown.approval),
        own=shown.approval.maker == actor().user,
        approving=approving,
        code=code,
        rejecting=rejecting,
    )
