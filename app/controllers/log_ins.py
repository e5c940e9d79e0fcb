"""Logging in: the password first, then the code of the second factor where there is one to ask."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from app.controllers import access, audits, codes, devices, factors, throttles
from app.controllers.access import Entered
from app.controllers.bank import Bank, Caller
from app.controllers.codes import Asked, WrittenWith
from app.controllers.mail import wording
from app.controllers.orders import LogIn
from app.errors import CustomerFrozen, InvalidCode, NoSecondFactor, WrongCredentials
from app.models import challenges, users
from app.models.challenges import Challenge
from app.models.factors import find_factors
from app.models.ids import digest_of
from app.models.users import User

__all__ = ["Entered", "Pending", "log_in", "send_again", "verify"]
_ADVICE = "check all of it and try again"
_PURPOSE = "log_in"
_PENDING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Pending:
    """A log-in whose password was right, and that waits for a code: five minutes, on one route."""

    mfa_token: str
    methods: tuple[str, ...]
    expires_in: int


def log_in(bank: Bank, order: LogIn, caller: Caller) -> Entered | Pending:
    """Check the password and open a session, or ask whom it concerns for the second factor.

    Raises TooManyTries, WrongCredentials, CustomerFrozen, NoSecondFactor.
    """
    known = devices.known(bank, order.username, order.device_token)
    with throttles.logging_in(bank, order.username, caller.address, known) as attempt:
        user = _known(bank, order)
        with audits.noting_refusals(bank, user, caller):
            methods = _asked_for(bank, user)
        if methods:
            attempt.halfway()
    with audits.noting_refusals(bank, user, caller):
        if methods:
            return _ask(bank, user, methods, order, caller)
        return access.enter(bank, user, caller.device)


def _known(bank: Bank, order: LogIn) -> User:
    user = users.find_by_username(bank.database, order.username)
    if not bank.passwords.verify(order.password, user.password_hash if user else None) or not user:
        raise WrongCredentials(_ADVICE)
    return user


def _asked_for(bank: Bank, user: User) -> tuple[str, ...]:
    """How the person is to prove a second factor now; none where the password is enough."""
    methods = factors.methods_of(bank, user)
    if user.plane == "banker":
        if bank.config.bankers_need_an_app and "totp" not in methods:
            raise NoSecondFactor(
                "bankers need an authenticator app; ask an admin to invite you anew"
            )
        return methods if "totp" in methods else ()
    return methods if find_factors(bank.database, user.id).at_log_in else ()


def _ask(bank: Bank, user: User, methods: tuple[str, ...], order: LogIn, caller: Caller) -> Pending:
    if user.status != "active":
        raise CustomerFrozen("ask the bank why")
    token = secrets.token_urlsafe(32)
    email = user.email if "mail" in methods else None
    if email:
        throttles.codes_for(bank, user.id)
    facts = {"device": caller.device, "device_token": order.device_token}
    asked = Asked(_PURPOSE, user.id, address=email, life=_PENDING, facts=facts, id=digest_of(token))
    codes.begin(bank, asked, _letter(bank, email) if email else None)
    return Pending(token, methods, int(_PENDING.total_seconds()))


def send_again(bank: Bank, mfa_token: str, caller: Caller) -> None:
    """Mail the code of a waiting log-in again. Raises WrongCredentials, TooManyTries."""
    found = challenges.find_challenge(bank.database, digest_of(mfa_token), _PURPOSE, bank.now())
    if found is None or found.address is None:
        raise WrongCredentials(_ADVICE)
    codes.check_pause(found, bank.now())
    throttles.codes_for(bank, found.user or "")
    codes.send_again(bank, found, _letter(bank, found.address))


def verify(bank: Bank, mfa_token: str, code: str, caller: Caller) -> Entered:
    """Open the session of a waiting log-in, by a right code and once.

    Raises TooManyTries, and WrongCredentials whatever is wrong.
    """
    waiting = challenges.find_challenge(bank.database, digest_of(mfa_token), _PURPOSE, bank.now())
    if waiting is None:
        raise WrongCredentials(_ADVICE)
    with throttles.second_factor(bank, waiting.user or "", caller.address):
        try:
            answered = codes.check(bank, waiting.id, _PURPOSE, code)
        except InvalidCode:
            raise WrongCredentials(_ADVICE) from None
    user = users.find_user(bank.database, answered.user or "")
    if user is None:
        raise WrongCredentials(_ADVICE)
    device, token = answered.facts["device"], answered.facts["device_token"]
    use = partial(_use, bank, answered)
    with audits.noting_refusals(bank, user, caller):
        entered = access.enter(bank, user, device, proved=True, first=use)
    throttles.came_in(bank, user.username, devices.known(bank, user.username, token))
    return replace(entered, device_token=token)


def _use(bank: Bank, answered: Challenge) -> None:
    if not challenges.use(bank.database, answered):
        raise WrongCredentials(_ADVICE)


def _letter(bank: Bank, to: str) -> WrittenWith:
    name = bank.config.bank_name
    return lambda code: wording.code_for(name, to, "to log in", code)
