"""Proposals about bankers themselves: roles, and invitations to become one."""

from __future__ import annotations

from app.controllers.approvals.customers import drop_factor, factor_plan
from app.controllers.approvals.kinds import ADMINS, Kind, Payload
from app.controllers.bank import Bank
from app.controllers.invitations import link_of
from app.errors import AlreadyInState, BankerNotFound, TooFewAdmins, UsernameTaken
from app.models import invitations, role_grants, users
from app.models.approvals import Approval, Change, Plan
from app.models.users import User

_FEWEST_ADMINS = 2


def banker(bank: Bank, username: str) -> User:
    """The banker of that user name. Raises BankerNotFound."""
    user = users.find_by_username(bank.database, username)
    if user is None or user.plane != "banker":
        raise BankerNotFound()
    return user


def invitation_of(username: str) -> str:
    """What a proposal to invite somebody is about: there is no such person yet."""
    return f"invitation of {username}"


def _plan_roles(bank: Bank, payload: Payload, after: frozenset[str]) -> Plan:
    user = banker(bank, payload["username"])
    before = role_grants.roles_of(bank.database, user.id)
    change = Change(user.username, "roles", _listed(before), _listed(after))
    return Plan(user.id, payload, (change,), {user.id: (0, user.revision)})


def _listed(roles: frozenset[str]) -> str:
    return ", ".join(sorted(roles))


def _plan_grant(bank: Bank, payload: Payload) -> Plan:
    held = role_grants.roles_of(bank.database, banker(bank, payload["username"]).id)
    if payload["role"] in held:
        raise AlreadyInState(f"{payload['username']} is {payload['role']} already")
    return _plan_roles(bank, payload, held | {payload["role"]})


def _plan_revoke(bank: Bank, payload: Payload) -> Plan:
    held = role_grants.roles_of(bank.database, banker(bank, payload["username"]).id)
    if payload["role"] not in held:
        raise AlreadyInState(f"{payload['username']} is not {payload['role']}")
    admins = [user for user, roles in role_grants.everyone(bank.database).items()
              if "admin" in roles]  # fmt: skip
    if payload["role"] == "admin" and len(admins) <= _FEWEST_ADMINS:
        raise TooFewAdmins("invite another one first")
    return _plan_roles(bank, payload, held - {payload["role"]})


def _plan_invite(bank: Bank, payload: Payload) -> Plan:
    username = payload["username"]
    if users.find_by_username(bank.database, username):
        raise UsernameTaken("choose another one", username=username)
    change = Change(username, "roles", "", _listed(frozenset(payload["roles"])))
    return Plan(invitation_of(username), payload, (change,), {})


def _grant(bank: Bank, approval: Approval, _: str) -> None:
    role = approval.plan.payload["role"]
    role_grants.grant(bank.database, approval.plan.subject, [role], bank.now(), approval.id)


def _revoke(bank: Bank, approval: Approval, approver: str) -> None:
    # Reads do not meet each other in a transaction: of two who would each take the other's role
    # at the same moment, these writes let one through.
    for id in sorted({approval.plan.subject, approval.maker, approver}):
        if user := users.find_user(bank.database, id):
            users.touch_if_active(bank.database, user)
    role = approval.plan.payload["role"]
    role_grants.revoke(bank.database, approval.plan.subject, role, bank.now(), approval.id)


def _invite(bank: Bank, approval: Approval, _: str) -> str:
    payload = approval.plan.payload
    token = invitations.invite(
        bank.database, payload["username"], payload["roles"], bank.now(), approval.id
    )
    return link_of(bank, token)


def _plan_factor(bank: Bank, payload: Payload) -> Plan:
    return factor_plan(bank, banker(bank, payload["username"]), payload)


def _drop_factor(bank: Bank, approval: Approval, _: str) -> str:
    """Without an app a banker cannot log in: by the link comes a new one, with a new password."""
    drop_factor(bank, approval, _)
    id, username = approval.plan.subject, approval.plan.payload["username"]
    roles = role_grants.roles_of(bank.database, id)
    token = invitations.invite(bank.database, username, roles, bank.now(), approval.id, user=id)
    return link_of(bank, token)


KINDS = (
    Kind("grant_role", *ADMINS, plan=_plan_grant, execute=_grant),
    Kind("revoke_role", *ADMINS, plan=_plan_revoke, execute=_revoke),
    Kind("reset_banker_factor", *ADMINS, plan=_plan_factor, execute=_drop_factor),
    Kind("invite", *ADMINS, plan=_plan_invite, execute=_invite),
)
