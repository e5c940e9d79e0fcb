"""Passwords: changed by their owner under a second factor, or set anew by a mailed link."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from app.controllers import audits, codes, factors, step_up, throttles
from app.controllers.bank import Actor, Bank, Caller
from app.controllers.codes import Asked
from app.controllers.mail import wording
from app.controllers.orders import ChangePassword, ResetPassword
from app.controllers.passwords import check_strength
from app.controllers.second_factors import tell
from app.errors import InvalidCode, SecondFactorNeeded
from app.models import accounts, audit, challenges, sessions, users
from app.models.challenges import Challenge
from app.models.ids import digest_of
from app.models.users import User

_RESET = "reset_password"
_LINK_LIFE = timedelta(minutes=15)
_CAREFUL = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """Whose password a mailed link sets anew, and whether their authenticator app is asked for."""

    username: str
    app_needed: bool


def change(bank: Bank, actor: Actor, order: ChangePassword) -> None:
    """Set another password; every other session ends, and a mail tells the owner.

    Raises WeakPassword, SecondFactorNeeded, InvalidProof, TooManyTries.
    """
    _check_strength(bank, step_up.person(bank, actor), order.new_password)
    step_up.prove_both(bank, actor, "change_password", order.current_password, order.code)
    new_hash = bank.passwords.hash(order.new_password)

    def work() -> None:
        user = step_up.person(bank, actor)
        users.change_user(bank.database, user, {"password_hash": new_hash})
        now = bank.now()
        sessions.revoke_all(bank.database, user.id, now, "password changed", but=actor.session)
        tell(bank, user, "Your password was changed")
        audit.record(bank.database, audits.event(bank, actor, "password changed", user.id))

    bank.database.atomically(work)
    bank.post.look()


def forgot(bank: Bank, email: str, caller: Caller) -> None:
    """Mail a link to whoever has confirmed the address. Raises TooManyTries.

    The answer and what is done for it are the same for an address that nobody has; its reader is
    told so, and may remember another one.
    """
    throttles.forgetting(bank, users.email_key(email), caller.address)
    name, secret = bank.config.bank_name, secrets.token_urlsafe(32)
    user = users.find_by_email(bank.database, email)
    asked = Asked(
        _RESET, user.id if user else None, address=email, life=_LINK_LIFE, id=digest_of(secret)
    )
    if user is None:
        codes.begin(bank, asked, lambda _: wording.nobody_here(name, email), doomed=True)
        return
    link = f"{bank.config.address}/reset#{secret}"
    codes.begin(bank, asked, lambda _: wording.reset_link(name, email, link), doomed=True)


def open_link(bank: Bank, token: str) -> OpenedLink:
    """What a mailed link needs from its reader; it stays good. Raises InvalidCode."""
    _, user = _behind(bank, token)
    return OpenedLink(user.username, "totp" in factors.methods_of(bank, user))


def reset(bank: Bank, order: ResetPassword, caller: Caller) -> str:
    """Set a new password by a mailed link, once; every session ends, and for a day no more than a
    little money can leave. The user name is returned, for the log-in.

    Who has an authenticator app needs it here as well. Raises InvalidCode, SecondFactorNeeded,
    WeakPassword, TooManyTries.
    """
    found, user = _behind(bank, order.token)
    _check_strength(bank, user, order.new_password)
    _prove_app(bank, user, order.code, caller)
    new_hash = bank.passwords.hash(order.new_password)
    bank.database.atomically(lambda: _reset(bank, found, new_hash, caller))
    bank.post.look()
    return user.username


def _behind(bank: Bank, token: str) -> tuple[Challenge, User]:
    """The open challenge of a link, and whose it is. Raises InvalidCode."""
    found = challenges.find_challenge(bank.database, digest_of(token), _RESET, bank.now())
    user = users.find_user(bank.database, found.user) if found and found.user else None
    if found is None or user is None:
        raise InvalidCode("ask for a new link")
    return found, user


def _prove_app(bank: Bank, user: User, code: str | None, caller: Caller) -> None:
    """The link proves the mailbox; whoever has more than that proves it, too."""
    methods = factors.methods_of(bank, user)
    if "totp" not in methods:
        return
    if code is None:
        raise SecondFactorNeeded("send `code`", purpose=_RESET, methods=list(methods))
    with throttles.second_factor(bank, user.id, caller.address):
        if factors.check(bank, user.id, code) is None:
            codes.refuse()


def _reset(bank: Bank, found: Challenge, new_hash: str, caller: Caller) -> None:
    codes.use(bank, found)
    user = users.find_user(bank.database, found.user or "")
    if user is None:
        raise InvalidCode("ask for a new link")
    now = bank.now()
    users.change_user(bank.database, user, {"password_hash": new_hash})
    sessions.revoke_all(bank.database, user.id, now, "password reset")
    accounts.lower_limits(bank.database, user.id, now + _CAREFUL)
    tell(bank, user, "Your password was set anew")
    owner = Actor(user.id, "", user.plane, request_id=caller.request_id, address=caller.address)
    audit.record(bank.database, audits.event(bank, owner, "password reset", user.id))


def _check_strength(bank: Bank, user: User, password: str) -> None:
    personal = [user.username, *user.name.split(), (user.email or "").partition("@")[0]]
    length = bank.config.password_min_length
    check_strength(password, min_length=length, personal=personal, field="new_password")
