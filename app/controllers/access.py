"""Access: sessions and refresh tokens. The session row decides, not the token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from app.config import Config
from app.controllers import factors
from app.controllers.bank import Actor, Bank
from app.errors import (
    CustomerFrozen,
    InvalidRefreshToken,
    InvalidToken,
    SessionNotFound,
)
from app.models import accounts, role_grants, sessions, users
from app.models.ids import secret_id
from app.models.sessions import Session
from app.models.users import User

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


def enter(
    bank: Bank,
    user: User,
    device: str,
    *,
    proved: bool = False,
    first: Callable[[], object] = lambda: None,
) -> Entered:
    """Open a session for whoever has proved to be the person, in one transaction with `first`; the
    oldest ones end when there are too many. Raises CustomerFrozen."""
    session = _new_session(bank, user, device, proved=proved)

    def work() -> None:
        first()
        _open(bank, user, session)

    bank.database.atomically(work)
    return _entered(bank, session)


def _open(bank: Bank, user: User, session: Session) -> None:
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


def refresh(bank: Bank, token: str, *, idle: timedelta | None = None, used: bool = True) -> Entered:
    """Exchange a refresh token for the next one. An old one that comes back ends the session, and
    so does doing nothing for longer than `idle`; without `used`, this is nothing, either.

    Raises InvalidRefreshToken.
    """
    id, generation = _read_refresh_token(bank, token)
    session = sessions.find_session(bank.database, id)
    now = bank.now()
    if session is None or not session.alive(now) or _left_alone(bank, session, idle):
        raise InvalidRefreshToken()
    if generation == session.generation and (
        rotated := sessions.rotate(bank.database, session, now, used=used)
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
    bank: Bank,
    user: str,
    session_id: str,
    plane: str,
    *,
    request_id: str = "",
    address: str = "",
    idle: timedelta | None = None,
    used: bool = True,
) -> Actor:
    """The actor behind a token's claims, if the session lives and was used within `idle`; without
    `used`, this is no use of it. Raises InvalidToken.
    """
    find = bank.sessions.find if used else partial(sessions.find_session, bank.database)
    session = find(session_id)
    now = bank.now()
    if session is None or not session.alive(now) or _left_alone(bank, session, idle):
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


def _left_alone(bank: Bank, session: Session, idle: timedelta | None) -> bool:
    """Whether nobody has used the session for too long, which ends it."""
    now = bank.now()
    if idle is None or now - session.last_seen_at <= idle:
        return False
    sessions.revoke(bank.database, session.user, session.id, now, "left alone")
    return True


def idle_time(config: Config, plane: str) -> timedelta:
    """How long a website waits for somebody who does nothing."""
    return timedelta(minutes=config.idle_minutes * (1 if plane == "customer" else 3))


def still_in(bank: Bank, actor: Actor) -> bool:
    """Whether somebody who has come in may still be here, which is no use of the session."""
    try:
        present = authenticate(
            bank, actor.user, actor.session, actor.plane,
            idle=idle_time(bank.config, actor.plane), used=False,
        )  # fmt: skip
    except InvalidToken:
        return False
    return present.roles == actor.roles


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
