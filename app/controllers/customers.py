"""Customers: how one becomes a customer, and what the bank knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.controllers.orders import EditProfile, Register
from app.controllers.passwords import check_strength
from app.errors import AccountClosed, AccountNotFound, CustomerNotFound, Unavailable, UsernameTaken
from app.models import accounts, audit, sessions, users
from app.models.accounts import Account
from app.models.database import Duplicate
from app.models.ids import sortable_id
from app.models.users import User

_DRAWS = 5


def register(
    bank: Bank, order: Register, *, request_id: str = "", address: str = ""
) -> tuple[User, Account]:
    """Make a customer with a first account. Raises UsernameTaken, WeakPassword.

    Nobody becomes a banker here: bankers are made by `bankers bootstrap` on the server alone.
    """
    check_strength(
        order.password,
        min_length=bank.config.password_min_length,
        personal=[order.username, *order.name.split(), (order.email or "").partition("@")[0]],
    )
    password_hash = bank.passwords.hash(order.password)
    for _ in range(_DRAWS):
        user, account = _new_customer(bank, order, password_hash)
        newcomer = Actor(user.id, "", "customer", request_id=request_id, address=address)
        try:
            bank.database.atomically(partial(_insert, bank, user, account, newcomer))
        except Duplicate as duplicate:
            if duplicate.field == "username_key":
                raise UsernameTaken("choose another one", username=order.username) from None
            continue
        return user, account
    raise Unavailable("no free account number was found")


def _new_customer(
    bank: Bank, order: Register, password_hash: str, *, confirmed: bool = False
) -> tuple[User, Account]:
    now = bank.now()
    id = sortable_id()
    account = accounts.new_account(
        owner=id,
        username=order.username,
        customer=order.name or order.username,
        name="Current account",
        currency=bank.config.currency,
        now=now,
        unconfirmed=not confirmed,
    )
    user = User(
        id=id,
        plane="customer",
        username=order.username,
        name=order.name,
        email=order.email,
        email_confirmed=confirmed,
        phone=order.phone,
        status="active",
        password_hash=password_hash,
        default_account=account.number,
        created_at=now,
        revision=1,
    )
    return user, account


def _insert(bank: Bank, user: User, account: Account, newcomer: Actor) -> None:
    users.insert_user(bank.database, user)
    accounts.insert_account(bank.database, account)
    after = audits.state_hash(user)
    event = audits.event(bank, newcomer, "customer registered", user.id, after=after)
    audit.record(bank.database, event)


def profile(bank: Bank, actor: Actor) -> User:
    """What the bank knows of the actor, customer or banker."""
    user = users.find_user(bank.database, actor.user)
    if user is None:
        raise CustomerNotFound()
    return user


def edit_profile(bank: Bank, actor: Actor, order: EditProfile) -> User:
    """Change name, phone or default account; accounts show the new name at once."""
    if default := order.changes.get("default_account"):
        _check_default(bank, actor, default)
    if order.changes:
        bank.database.atomically(lambda: _edit(bank, actor, order.changes))
    return profile(bank, actor)


def _check_default(bank: Bank, actor: Actor, number: str) -> None:
    own = accounts.find_account(bank.database, number)
    if own is None or own.owner != actor.user:
        raise AccountNotFound("it is not one of yours", account=number)
    if own.status == "closed":
        raise AccountClosed("choose an open account", account=number)


def _edit(bank: Bank, actor: Actor, changes: Mapping[str, str | None]) -> None:
    user = profile(bank, actor)
    users.change_user(bank.database, user, changes)
    if default := changes.get("default_account"):
        sessions.follow_default(bank.database, accounts.get_account(bank.database, default))
    if name := changes.get("name"):
        accounts.rename_holder(bank.database, user.id, user.username, name)
