"""Invitations: the only way to become a banker. The first two come from the server's console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.controllers import audits, factors
from app.controllers.bank import Actor, Bank
from app.controllers.factors import Enrolment
from app.controllers.orders import AcceptInvitation, check_banker_name
from app.controllers.passwords import check_strength
from app.errors import (
    AlreadyBootstrapped,
    InvalidCode,
    InvalidField,
    InvitationNotFound,
    UsernameTaken,
)
from app.models import audit, invitations, role_grants, users
from app.models.database import Duplicate
from app.models.invitations import Invitation
from app.models.users import User

_FIRST = 2


@dataclass(frozen=True, slots=True)
class Opened:
    """An invitation, what its authenticator app needs, and whether it must be set up."""

    invitation: Invitation
    totp: Enrolment
    code_needed: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new banker, with recovery codes that are shown this once."""

    user: User
    roles: frozenset[str]
    recovery_codes: list[str]


def bootstrap(bank: Bank, usernames: Sequence[str]) -> dict[str, str]:
    """Invite the bank's first two admins: their links, by user name.

    Once, whoever else tries at the same moment. When a link was not used in time, the same command
    makes another one for those of the two who are no bankers yet. Raises AlreadyBootstrapped.
    """
    _check_names(usernames)
    links = dict.fromkeys(usernames, "")
    times = role_grants.bootstraps(bank.database)
    missing = _still_missing(bank, usernames)

    def work() -> None:
        # The sentinel first: of two bootstraps at once, its unique id lets one through.
        role_grants.mark_bootstrapped(bank.database, bank.now(), times + 1)
        for name in missing:
            token = invitations.invite(bank.database, name, ["admin"], bank.now(), audit.SERVER)
            links[name] = link_of(bank, token)
            audit.record(bank.database, _invited(bank, name))

    try:
        bank.database.atomically(work)
    except Duplicate:
        raise AlreadyBootstrapped() from None
    return {name: links[name] for name in missing}


def link_of(bank: Bank, token: str) -> str:
    """Where somebody opens an invitation; browsers send what stands after # to nobody."""
    return f"{bank.config.address}/invitation#{token}"


def open_invitation(bank: Bank, token: str, *, shown: str = "") -> Opened:
    """What the invited person has to know, and a secret for their app: the one that they were
    `shown` before while it is good, else a fresh one. Raises InvitationNotFound."""
    invitation = _found(bank, token)
    newcomer = _newcomer(bank, invitation, "")
    begun = factors.begun_totp(bank, newcomer, shown) if shown else None
    enrolment = begun or factors.begin_totp(bank, newcomer)
    return Opened(invitation, enrolment, bank.config.bankers_need_an_app)


def accept(
    bank: Bank, order: AcceptInvitation, *, request_id: str = "", address: str = ""
) -> Accepted:
    """Make the banker, with the roles of the invitation; or give one whose app was forgotten a new
    password and a new app. Raises InvitationNotFound, InvalidCode,
    UsernameTaken, WeakPassword."""
    invitation = _found(bank, order.token)
    if order.code is None and bank.config.bankers_need_an_app:
        raise InvalidCode("open the invitation, set up the app and send the code that it shows")
    check_strength(
        order.password,
        min_length=bank.config.password_min_length,
        personal=[invitation.username],
    )
    user = _newcomer(bank, invitation, bank.passwords.hash(order.password))
    actor = Actor(user.id, "", "banker", request_id=request_id, address=address)
    try:
        codes = bank.database.atomically(lambda: _accept(bank, actor, invitation, user, order.code))
    except Duplicate:
        raise UsernameTaken("ask for an invitation by another one") from None
    return Accepted(user, invitation.roles, codes)


def _accept(
    bank: Bank, actor: Actor, invitation: Invitation, user: User, code: str | None
) -> list[str]:
    now = bank.now()
    if not invitations.accept(bank.database, invitation, now):
        raise InvitationNotFound()
    if present := users.find_user(bank.database, user.id):
        users.change_user(bank.database, present, {"password_hash": user.password_hash})
    else:
        users.insert_user(bank.database, user)
        role_grants.grant(bank.database, user.id, invitation.roles, now, invitation.by)
    codes = factors.confirm(bank, user.id, code) if code is not None else []
    event = audits.event(
        bank, actor, "banker came back" if present else "banker made", user.id,
        reason="invitation", approval=_approval(invitation),
        facts={"roles": sorted(invitation.roles)}, after=audits.state_hash(user),
    )  # fmt: skip
    audit.record(bank.database, event)
    return codes


def _approval(invitation: Invitation) -> str:
    return "" if invitation.by == audit.SERVER else invitation.by


def _found(bank: Bank, token: str) -> Invitation:
    invitation = invitations.find_open(bank.database, token, bank.now())
    if invitation is None:
        raise InvitationNotFound("ask for another one")
    return invitation


def _newcomer(bank: Bank, invitation: Invitation, password_hash: str) -> User:
    return User(
        id=invitation.user, plane="banker", username=invitation.username, name="", email=None,
        email_confirmed=False, phone=None, status="active", password_hash=password_hash,
        default_account=None, created_at=bank.now(), revision=1,
    )  # fmt: skip


def _check_names(usernames: Sequence[str]) -> None:
    if len({users.key_of(name) for name in usernames}) != _FIRST:
        raise InvalidField("name two people: four eyes need two", field="username")
    for name in usernames:
        if not check_banker_name(name):
            message = "a user name is 3 to 32 letters, digits, dots, hyphens or underscores"
            raise InvalidField(message, field="username")


def _still_missing(bank: Bank, usernames: Sequence[str]) -> list[str]:
    """Those of the two who are no bankers yet, if the bank has not its first two."""
    present = role_grants.everyone(bank.database)
    known = {name: users.find_by_username(bank.database, name) for name in usernames}
    made = [user for user in known.values() if user and user.id in present]
    if len(present) >= _FIRST or len(made) < len(present):
        raise AlreadyBootstrapped()
    if invitations.any_open(bank.database, audit.SERVER, bank.now()):
        raise AlreadyBootstrapped("use the links that were shown, or wait until they are too old")
    missing = [name for name, user in known.items() if user not in made]
    if taken := [name for name in missing if known[name]]:
        raise UsernameTaken(f"{taken[0]} is a customer's: choose another one")
    return missing


def _invited(bank: Bank, name: str) -> audit.Event:
    return audits.event(
        bank, audits.SERVER, "banker invited", f"invitation of {name}", reason="bootstrap",
        facts={"roles": ["admin"]},
    )  # fmt: skip
