"""Customers: how one becomes a customer, and what the bank knows of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from app.controllers import audits
from app.controllers.bank import Actor, Bank, Caller
from app.controllers.mail import wording
from app.controllers.orders import EditProfile, Register
from app.controllers.passwords import check_strength
from app.errors import (
    AccountClosed,
    AccountNotFound,
    AddressTaken,
    Unavailable,
    UsernameTaken,
)
from app.models import accounts, sessions, users
from app.models.accounts import Account
from app.models.database import Duplicate
from app.models.ids import sortable_id
from app.models.users import User

_DRAWS = 5


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is about to become a customer; an `email` is one that was confirmed."""

    username: str
    name: str
    phone: str | None
    password_hash: str = field(repr=False)
    email: str | None = None


def register(bank: Bank, order: Register, caller: Caller | None = None) -> tuple[User, Account]:
    """Make a customer with a first account, without an address. Raises UsernameTaken, WeakPassword.

    Nobody becomes a banker here: bankers are made by `bankers bootstrap` on the server alone.
    """
    return admit(bank, newcomer_of(bank, order), caller or Caller())


def newcomer_of(bank: Bank, order: Register) -> Newcomer:
    """The order with its password hashed; its address is not confirmed yet. Raises WeakPassword."""
    check_strength(
        order.password,
        min_length=bank.config.password_min_length,
        personal=[order.username, *order.name.split(), (order.email or "").partition("@")[0]],
    )
    return Newcomer(order.username, order.name, order.phone, bank.passwords.hash(order.password))


def admit(
    bank: Bank,
    newcomer: Newcomer,
    caller: Caller,
    first: Callable[[], object] = lambda: None,
) -> tuple[User, Account]:
    """Make the newcomer a customer with a first account, in one transaction with `first`.

    Raises UsernameTaken, AddressTaken. A phone number that is somebody else's stays theirs.
    """
    for _ in range(_DRAWS):
        user, account = _new_customer(bank, newcomer)
        if user.phone and users.find_by_phone(bank.database, user.phone):
            user = replace(user, phone=None, phone_wanted=user.phone)
        try:
            bank.database.atomically(partial(_insert, bank, user, account, caller, first))
        except Duplicate as duplicate:
            if duplicate.field == "username_key":
                raise UsernameTaken("choose another one", username=newcomer.username) from None
            if duplicate.field == "email_key":
                raise AddressTaken("log in, or ask for a new password") from None
            continue
        bank.post.look()
        return user, account
    raise Unavailable("no free account number was found")


def _new_customer(bank: Bank, newcomer: Newcomer) -> tuple[User, Account]:
    now = bank.now()
    id = sortable_id()
    account = accounts.new_account(
        owner=id,
        username=newcomer.username,
        customer=newcomer.name or newcomer.username,
        name="Current account",
        currency=bank.config.currency,
        now=now,
        unconfirmed=newcomer.email is None,
    )
    user = User(
        id=id,
        plane="customer",
        username=newcomer.username,
        name=newcomer.name,
        email=newcomer.email,
        email_confirmed=newcomer.email is not None,
        phone=newcomer.phone,
        status="active",
        password_hash=newcomer.password_hash,
        default_account=account.number,
        created_at=now,
        revision=1,
    )
    return user, account


def _insert(
    bank: Bank, user: User, account: Account, caller: Caller, first: Callable[[], object]
) -> None:
    first()
    users.insert_user(bank.database, user)
    accounts.insert_account(bank.database, account)
    _tell_owner_of_phone(bank, user.phone_wanted)
    newcomer = Actor(user.id, "", "customer", request_id=caller.request_id, address=caller.address)
    audits.record_change(bank, newcomer, "customer registered", user.id, None, user)


def _tell_owner_of_phone(bank: Bank, phone: str | None) -> None:
    owner = users.find_by_phone(bank.database, phone) if phone else None
    if owner and owner.confirmed_email:
        bank.post.put(wording.phone_wanted(bank.config.bank_name, owner.confirmed_email))


def profile(bank: Bank, actor: Actor) -> User:
    """What the bank knows of the actor, customer or banker."""
    return users.get_user(bank.database, actor.user)


def edit_profile(bank: Bank, actor: Actor, order: EditProfile) -> User:
    """Change name, phone or default account; accounts show the new name at once."""
    if default := order.changes.get("default_account"):
        _check_default(bank, actor, default)
    if order.changes:
        changes = _with_own_phone(bank, actor, order.changes)
        try:
            bank.database.atomically(lambda: _edit(bank, actor, changes))
        except Duplicate:  # of the phone number: somebody else was a moment faster
            changes = _with_own_phone(bank, actor, order.changes)
            bank.database.atomically(lambda: _edit(bank, actor, changes))
        bank.post.look()
    return profile(bank, actor)


def _with_own_phone(
    bank: Bank, actor: Actor, changes: Mapping[str, str | None]
) -> Mapping[str, str | None]:
    """The changes, with a phone number that is somebody else's as one that is only wanted."""
    if "phone" not in changes:
        return changes
    phone = changes["phone"]
    owner = users.find_by_phone(bank.database, phone) if phone else None
    if owner and owner.id != actor.user:
        return {**changes, "phone": None, "phone_wanted": phone}
    return {**changes, "phone_wanted": None}


def _check_default(bank: Bank, actor: Actor, number: str) -> None:
    own = accounts.find_account(bank.database, number)
    if own is None or own.owner != actor.user:
        raise AccountNotFound("it is not one of yours", account=number)
    if own.status == "closed":
        raise AccountClosed("choose an open account", account=number)


def _edit(bank: Bank, actor: Actor, changes: Mapping[str, str | None]) -> None:
    user = profile(bank, actor)
    users.change_user(bank.database, user, changes)
    _tell_owner_of_phone(bank, changes.get("phone_wanted"))
    if default := changes.get("default_account"):
        sessions.follow_default(bank.database, accounts.get_account(bank.database, default))
    if name := changes.get("name"):
        accounts.rename_holder(bank.database, user.id, user.username, name)
    facts = {"fields": sorted(changes)}
    becomes = profile(bank, actor)
    audits.record_change(bank, actor, "profile changed", user.id, user, becomes, facts=facts)
