"""Bankers: who they are and what they may do; admins propose what is to become of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import bankers as controller
from app.controllers import proposals, step_up
from app.controllers.approvals import Approval
from app.controllers.approvals.people import invitation_of
from app.controllers.orders import (
    ChangeRole,
    ChangeRoleSchema,
    Invite,
    InviteSchema,
    Proposal,
    ProposalSchema,
)
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.codes import AskedCode, asked_code
from app.views.pages.desk import telling

bankers = guards.desk_pages(Blueprint("desk_bankers", __name__, url_prefix="/desk/bankers"))


@bankers.route("", methods=["GET", "POST"], endpoint="listed")
def listed() -> Any:
    """All bankers, and inviting another one."""
    form: Form[Invite] = Form(InviteSchema, name="invite")
    code = _code(form, invitation_of(form.values.get("username", "")))
    if form.sent:
        made = form.attempt(lambda order: proposals.invite(bank(), actor(), order))
        if made:
            return _proposed(made)
    return html.page(
        "desk/bankers.html", form.status, form=form, code=code, telling=telling,
        bankers=controller.everybody(bank()), admin=_is_admin(),
    )  # fmt: skip


@bankers.route("/<username>", methods=["GET", "POST"], endpoint="one")
def one(username: str) -> Any:
    """One banker, and what an admin may propose."""
    banker = controller.one(bank(), username)
    role: Form[ChangeRole] = Form(ChangeRoleSchema, name="role")
    role_code = _code(role, banker.user.id)
    factor: Form[Proposal] = Form(ProposalSchema, name="factor")
    factor_code = _code(factor, banker.user.id)
    made = None
    if role.sent:
        made = role.attempt(lambda order: proposals.change_role(bank(), actor(), username, order))
    elif factor.sent:
        made = factor.attempt(
            lambda order: proposals.reset_banker_factor(bank(), actor(), username, order)
        )
    if made:
        return _proposed(made)
    return html.page(
        "desk/banker.html", max(role.status, factor.status), banker=banker, role=role,
        role_code=role_code, factor=factor, factor_code=factor_code, telling=telling,
        admin=_is_admin(), own=banker.user.id == actor().user,
    )  # fmt: skip


def _code(form: Form[Any], subject: str) -> AskedCode:
    return asked_code(
        form, lambda: step_up.ask(bank(), actor(), "approve", subject=subject),
        name=f"{form.name}_code",
    )  # fmt: skip


def _proposed(approval: Approval) -> Any:
    note(_("You have proposed it. Another admin has to approve it within a day."))
    return html.see(url_for("desk_approvals.one", id=approval.id))


def _is_admin() -> bool:
    return "admin" in actor().roles
