"""Bankers as people: who they are, what they may do, and how one becomes one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from app.controllers import bankers, proposals
from app.controllers import invitations as controller
from app.controllers.orders import (
    AcceptInvitation,
    AcceptInvitationSchema,
    ChangeRole,
    ChangeRoleSchema,
    Invite,
    InviteSchema,
    OpenInvitation,
    OpenInvitationSchema,
    Proposal,
    ProposalSchema,
)
from app.errors import (
    AlreadyInState,
    BankerNotFound,
    InvalidCode,
    InvitationNotFound,
    NoAuthenticator,
    OwnProposal,
    RoleMissing,
    TooFewAdmins,
    UsernameTaken,
    WeakPassword,
)
from app.views import guards
from app.views.api import representations
from app.views.api.approvals import proposed
from app.views.api.credentials import enrolment
from app.views.api.describe import operation
from app.views.context import actor, bank, request_id

people = guards.bankers(Blueprint("people", __name__, url_prefix="/banker"))
invitations = guards.public(Blueprint("invitations", __name__, url_prefix="/auth"))


@people.get("/bankers")
@operation(answer=representations.Bankers)
def list_bankers() -> Any:
    """All bankers with their roles, oldest first."""
    return {"items": bankers.everybody(bank()), "next": None}


@people.post("/bankers")
@operation(
    status=202, body=InviteSchema, answer=representations.Approval,
    problems=(RoleMissing, UsernameTaken),
)  # fmt: skip
def invite(order: Invite) -> Any:
    """Propose to invite somebody to become a banker; the approver is shown the link."""
    return proposed(proposals.invite(bank(), actor(), order))


@people.post("/bankers/<username>/roles")
@operation(
    status=202, body=ChangeRoleSchema, answer=representations.Approval,
    problems=(BankerNotFound, RoleMissing, OwnProposal, AlreadyInState, TooFewAdmins),
)  # fmt: skip
def change_role(order: ChangeRole, username: str) -> Any:
    """Propose to grant a banker a role, or to revoke it."""
    return proposed(proposals.change_role(bank(), actor(), username, order))


@people.post("/bankers/<username>/reset_factor")
@operation(
    status=202, body=ProposalSchema, answer=representations.Approval,
    problems=(BankerNotFound, NoAuthenticator, RoleMissing, OwnProposal),
)  # fmt: skip
def reset_factor(order: Proposal, username: str) -> Any:
    """Propose to forget a banker's authenticator app; all sessions of the banker end."""
    return proposed(proposals.reset_banker_factor(bank(), actor(), username, order))


@invitations.post("/invitations/open")
@operation(
    body=OpenInvitationSchema, answer=representations.Invitation, problems=(InvitationNotFound,)
)
def open_invitation(order: OpenInvitation) -> Any:
    """Look at an invitation: who it is for, and the secret for their authenticator app."""
    opened = controller.open_invitation(bank(), order.token)
    return {
        "username": opened.invitation.username,
        "roles": sorted(opened.invitation.roles),
        "expires_at": opened.invitation.expires_at,
        "code_needed": opened.code_needed,
        "totp": enrolment(opened.totp),
    }


@invitations.post("/invitations/accept")
@operation(
    status=201, body=AcceptInvitationSchema, answer=representations.NewBanker,
    problems=(InvitationNotFound, InvalidCode, UsernameTaken, WeakPassword),
)  # fmt: skip
def accept_invitation(order: AcceptInvitation) -> Any:
    """Become a banker: choose a password and confirm the app. The recovery codes are shown once."""
    return controller.accept(
        bank(), order, request_id=request_id(), address=request.remote_addr or ""
    )
