"""How one becomes a banker, and what a banker may do."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields, validate

from app.controllers.orders.customers import USERNAME
from app.controllers.orders.desk import Proposal, ProposalSchema
from app.controllers.orders.fields import Order, Text, check_reserved, code_field, password_field
from app.models.role_grants import ROLES


class Choices(fields.List[str]):
    """Some of several; in a form, ticked boxes of one name."""


def check_banker_name(username: str) -> bool:
    """Whether a banker may be called so."""
    return bool(USERNAME.match(username))


@dataclass(frozen=True, slots=True)
class Invite(Proposal):
    """Invite somebody to become a banker."""

    username: str
    roles: list[str]


class InviteSchema(ProposalSchema):
    makes = Invite
    username = fields.String(
        required=True,
        validate=[
            validate.Regexp(
                USERNAME, error="3 to 32 letters, digits, dots, hyphens or underscores."
            ),
            check_reserved,
        ],
        metadata={"example": "tess"},
    )
    roles = Choices(
        fields.String(validate=validate.OneOf(ROLES)),
        required=True,
        validate=validate.Length(1, len(ROLES)),
        metadata={"example": ["teller"]},
    )


@dataclass(frozen=True, slots=True)
class ChangeRole(Proposal):
    """Grant a banker a role, or revoke it."""

    role: str
    action: str


class ChangeRoleSchema(ProposalSchema):
    makes = ChangeRole
    role = fields.String(
        required=True, validate=validate.OneOf(ROLES), metadata={"example": "approver"}
    )
    action = fields.String(
        required=True, validate=validate.OneOf(("grant", "revoke")), metadata={"example": "grant"}
    )


def _token_field() -> Text:
    return Text(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"example": "from the link, after #", "format": "password"},
    )


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """Look at an invitation."""

    token: str


class OpenInvitationSchema(Order):
    makes = OpenInvitation
    token = _token_field()


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """Become a banker."""

    token: str
    password: str
    code: str | None


class AcceptInvitationSchema(Order):
    makes = AcceptInvitation
    token = _token_field()
    password = password_field()
    code = code_field(load_default=None)
