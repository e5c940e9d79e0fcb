"""Bankers: who they are and what they may do. How one becomes one stands in `invitations`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.controllers import audits
from app.controllers.audits import SERVER
from app.controllers.bank import Bank
from app.controllers.passwords import check_strength
from app.errors import AlreadyBootstrapped, BankerNotFound, UsernameTaken
from app.models import audit, factors, role_grants, users
from app.models.database import Duplicate
from app.models.ids import sortable_id
from app.models.users import User

BOTH_ROLES = frozenset({"teller", "approver"})
"""What each of the first two may do: as long as there are two, each must be able to do either."""


@dataclass(frozen=True, slots=True)
class NewBanker:
    """A banker to be made."""

    username: str
    password: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Banker:
    """A banker with the roles of now; whether there is an authenticator app is known of one."""

    user: User
    roles: frozenset[str]
    has_app: bool = False


def everybody(bank: Bank) -> list[Banker]:
    """All bankers, oldest first, those without a role included."""
    roles = role_grants.everyone(bank.database)
    found = users.bankers(bank.database)
    return [Banker(user, roles.get(user.id, frozenset())) for user in found]


def one(bank: Bank, username: str) -> Banker:
    """One banker by user name. Raises BankerNotFound."""
    user = users.find_by_username(bank.database, username)
    if user is None or user.plane != "banker":
        raise BankerNotFound()
    has_app = factors.find_factors(bank.database, user.id).totp is not None
    return Banker(user, role_grants.roles_of(bank.database, user.id), has_app)


def bootstrap(bank: Bank, newcomers: Sequence[NewBanker]) -> list[User]:
    """Make the first bankers of a demo, with passwords that everybody knows: all of them or none,
    and only once, whoever else tries. A real bank invites its first bankers.

    Raises AlreadyBootstrapped, UsernameTaken, WeakPassword.
    """
    if role_grants.bootstrapped(bank.database):
        raise AlreadyBootstrapped()
    made = [_new_banker(bank, newcomer) for newcomer in newcomers]

    def work() -> None:
        # The sentinel first: of two bootstraps at once, its unique id lets one through.
        role_grants.mark_bootstrapped(bank.database, bank.now())
        for user, newcomer in zip(made, newcomers, strict=True):
            users.insert_user(bank.database, user)
            role_grants.grant(bank.database, user.id, newcomer.roles, bank.now(), audit.SERVER)
            facts = {"roles": sorted(newcomer.roles)}
            audits.record_change(
                bank, SERVER, "banker made", user.id, None, user, reason="bootstrap", facts=facts
            )

    try:
        bank.database.atomically(work)
    except Duplicate as duplicate:
        if duplicate.field == "username_key":
            raise UsernameTaken("choose another one") from None
        raise AlreadyBootstrapped() from None
    return made


def _new_banker(bank: Bank, newcomer: NewBanker) -> User:
    check_strength(
        newcomer.password,
        min_length=bank.config.password_min_length,
        personal=[newcomer.username],
    )
    return User(
        id=sortable_id(),
        plane="banker",
        username=newcomer.username,
        name="",
        email=None,
        email_confirmed=False,
        phone=None,
        status="active",
        password_hash=bank.passwords.hash(newcomer.password),
        default_account=None,
        created_at=bank.now(),
        revision=1,
    )
