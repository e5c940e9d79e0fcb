"""Access: logging in and out, sessions, refresh tokens. The session row decides, not the token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.config import Config
from app.controllers import codes, devices, factors, throttles
from app.controllers.bank import Actor, Bank, Caller
from app.controllers.codes import Asked, WrittenWith
from app.controllers.mail import wording
from app.controllers.orders import LogIn
from app.errors import (
    CustomerFrozen,
    InvalidCode,
    InvalidRefreshToken,
    InvalidToken,
    NoSecondFactor,
    SessionNotFound,
    WrongCredentials,
)
from app.models import accounts, challenges, role_grants, sessions, users
from app.models.challenges import Challenge
from app.models.factors import find_factors
from app.models.ids import secret_id
from app.models.sessions import Session
from app.models.users import User

_ADVICE = "check all of it and try again"
_PURPOSE = "log_in"
_PENDING = timedelta(minutes=5)
_GRACE = timedelta(seconds=10)
"""How long the refresh token before the present one still answers: a reply may have been lost."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A session with its refresh token; `access_seconds` is the life of an access token for it,
    `device_token` the one that the log-in was begun with."""

    session: Session
    refresh_token: str
    access_seconds: int
    device_token: str | None = None


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
        methods = _asked_for(bank, user)
        if methods:
            attempt.halfway()
    if methods:
        return _ask(bank, user, methods, order, caller)
    return _enter(bank, user, caller)


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
    facts = {"device": caller.device, "device_token": order.device_token}
    asked = Asked(_PURPOSE, user.id, address=email, life=_PENDING, facts=facts, id=_digest(token))
    codes.begin(bank, asked, _letter(bank, email) if email else None)
    return Pending(token, methods, int(_PENDING.total_seconds()))


def send_again(bank: Bank, mfa_token: str, caller: Caller) -> None:
    """Mail the code of a waiting log-in again. Raises WrongCredentials, TooManyTries."""
    found = challenges.find_challenge(bank.database, _digest(mfa_token), _PURPOSE, bank.now())
    if found is None or found.address is None:
        raise WrongCredentials(_ADVICE)
    codes.check_pause(found, bank.now())
    throttles.codes_to(bank, found.address, caller.address)
    codes.send_again(bank, found, _letter(bank, found.address))


def verify(bank: Bank, mfa_token: str, code: str, caller: Caller) -> Entered:
    """Open the session of a waiting log-in, by a right code and once.

    Raises TooManyTries, and WrongCredentials whatever is wrong.
    """
    waiting = challenges.find_challenge(bank.database, _digest(mfa_token), _PURPOSE, bank.now())
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
    entered = _enter(bank, user, replace(caller, device=answered.facts["device"]), answered)
    known = devices.known(bank, user.username, answered.facts["device_token"])
    throttles.came_in(bank, user.username, known)
    return replace(entered, device_token=answered.facts["device_token"])


def _letter(bank: Bank, to: str) -> WrittenWith:
    name = bank.config.bank_name
    return lambda code: wording.code_for(name, to, "to log in", code)


def _enter(bank: Bank, user: User, caller: Caller, answered: Challenge | None = None) -> Entered:
    session = _new_session(bank, user, caller.device, proved=answered is not None)
    bank.database.atomically(lambda: _open(bank, user, session, answered))
    return _entered(bank, session)


def _open(bank: Bank, user: User, session: Session, answered: Challenge | None) -> None:
    if answered and not challenges.use(bank.database, answered):
        raise WrongCredentials(_ADVICE)
    if not users.touch_if_active(bank.database, user):
        raise CustomerFrozen("ask the bank why")
    # Read once the log-in holds the person's document: another default cannot slip in between.
    present = users.find_user(bank.database, user.id) or user
    default = accounts.find_account(bank.database, present.default_account or "")
    session = replace(
        session,
        default_account=default.number if default else None,
        default_currency=default.currency if default else None,
        second_factor=bool(factors.methods_of(bank, present)),
    )
    living = sessions.sessions_of(bank.database, user.id, session.created_at)
    for oldest in living[bank.config.max_sessions - 1 :]:
        sessions.revoke(bank.database, user.id, oldest.id, session.created_at, "too many")
    sessions.insert_session(bank.database, session)


def refresh(bank: Bank, token: str) -> Entered:
    """Exchange a refresh token for the next one. An old one that comes back ends the session."""
    id, generation = _read_refresh_token(bank, token)
    session = sessions.find_session(bank.database, id)
    now = bank.now()
    if session is None or not session.alive(now):
        raise InvalidRefreshToken()
    if generation == session.generation and (
        rotated := sessions.rotate(bank.database, session, now)
    ):
        return _entered(bank, rotated)
    return _refresh_again(bank, id, generation, now)


def _refresh_again(bank: Bank, id: str, generation: int, now: datetime) -> Entered:
    """A token from before: the lost answer once more within the grace, else a theft."""
    session = sessions.find_session(bank.database, id)
    if session is None or not session.alive(now):
        raise InvalidRefreshToken()
    if generation == session.generation - 1 and now - session.rotated_at <= _GRACE:
        return _entered(bank, session)
    sessions.revoke(bank.database, session.user, id, now, "refresh token used twice")
    raise InvalidRefreshToken()


def authenticate(
    bank: Bank, user: str, session_id: str, plane: str, *, request_id: str = "", address: str = ""
) -> Actor:
    """The actor behind a token's claims, if the session lives. Raises InvalidToken."""
    session = bank.sessions.find(session_id)
    now = bank.now()
    if session is None or not session.alive(now):
        raise InvalidToken()
    if (session.user, session.plane) != (user, plane):
        raise InvalidToken()
    # Asked on every call, so that the loss of a role works at once.
    roles = role_grants.roles_of(bank.database, user) if plane == "banker" else frozenset()
    account, currency = session.default_account, session.default_currency
    return Actor(
        user, session_id, plane, roles, account, currency, request_id, address,
        session.second_factor,
    )  # fmt: skip


def log_out(bank: Bank, actor: Actor) -> None:
    """End the actor's session."""
    sessions.revoke(bank.database, actor.user, actor.session, bank.now(), "logged out")


def living_sessions(bank: Bank, actor: Actor) -> list[Session]:
    """The actor's sessions, newest first."""
    return sessions.sessions_of(bank.database, actor.user, bank.now())


def end_other_sessions(bank: Bank, actor: Actor) -> None:
    """End all of the actor's sessions but this one."""
    reason = "ended by the owner"
    sessions.revoke_all(bank.database, actor.user, bank.now(), reason, but=actor.session)


def end_session(bank: Bank, actor: Actor, id: str) -> None:
    """End one of the actor's sessions. Raises SessionNotFound."""
    if not sessions.revoke(bank.database, actor.user, id, bank.now(), "ended by the owner"):
        raise SessionNotFound()


def _new_session(bank: Bank, user: User, device: str, *, proved: bool) -> Session:
    now = bank.now()
    hours = bank.config.session_hours * (1 if user.plane == "customer" else 2 / 3)
    return Session(
        id=secret_id(),
        user=user.id,
        plane=user.plane,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=hours),
        generation=1,
        rotated_at=now,
        revoked_at=None,
        reason=None,
        device=device[:200],
        proved=proved,
    )


def _entered(bank: Bank, session: Session) -> Entered:
    seconds = access_seconds(bank.config, session.plane)
    return Entered(session, _refresh_token(bank, session.id, session.generation), seconds)


def access_seconds(config: Config, plane: str) -> int:
    """The life of an access token; a banker's is half a customer's."""
    return config.access_token_minutes * (60 if plane == "customer" else 30)


def _refresh_token(bank: Bank, id: str, generation: int) -> str:
    """Derived, not stored: a thief of the database holds no token."""
    return _refresh_tokens(bank, id, generation)[0]


def _refresh_tokens(bank: Bank, id: str, generation: int) -> list[str]:
    """The token as it is given out now, then as it was before SECRET_KEY was changed."""
    text = f"{id}.{generation}"
    macs = [hmac.digest(k, text.encode(), "sha256") for k in bank.config.keys("refresh token")]
    return [f"{text}.{mac.hex()}" for mac in macs]


def _read_refresh_token(bank: Bank, token: str) -> tuple[str, int]:
    id, _, rest = token.partition(".")
    generation, _, _ = rest.partition(".")
    if not (generation.isascii() and generation.isdigit() and len(generation) < 10):
        raise InvalidRefreshToken()
    given = token.encode("utf-8", "replace")
    good = [text.encode("utf-8", "replace") for text in _refresh_tokens(bank, id, int(generation))]
    if not any(hmac.compare_digest(given, each) for each in good):
        raise InvalidRefreshToken()
    return id, int(generation)


def _digest(token: str) -> str:
    # As good as a slow hash: nobody tries 2**256 tokens.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
