"""Authenticator apps (TOTP, RFC 6238) with recovery codes.

The secret of an app is derived, not stored: a thief of the database has neither it nor a recovery
code. Whoever asks for codes also bounds how often somebody may be wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from app.controllers.bank import Bank
from app.errors import InvalidCode, NoAuthenticator
from app.models import factors
from app.models.factors import Pending, Totp
from app.models.users import User

Kind = Literal["totp", "recovery"]
RECOVERY_CODES = 10
_PURPOSE = "totp"
_STEP_SECONDS = 30
_DIGITS = 6
_PENDING = timedelta(minutes=10)
_CODE = re.compile(r"\A[0-9]{6}\Z")
_RECOVERY = re.compile(r"\A[A-Z2-7]{26}\Z")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, shown once: the secret, or the URI as a QR code."""

    secret_base32: str = field(repr=False)
    uri: str = field(repr=False)
    expires_at: datetime


def begin_totp(bank: Bank, user: User) -> Enrolment:
    """A secret for the person's app, to be confirmed within ten minutes; the last one counts."""
    kid = next(iter(bank.config.keys_by_id(_PURPOSE)))
    pending = Pending(secrets.token_hex(16), kid, bank.now() + _PENDING)
    factors.begin(bank.database, user.id, pending)
    return _enrolment(bank, user, pending)


def begun_totp(bank: Bank, user: User, secret: str) -> Enrolment | None:
    """The app that waits to be confirmed, once more, for whoever brings its secret; None for any
    other, or when its time is over."""
    pending = factors.find_factors(bank.database, user.id).pending
    if pending is None or pending.expires_at <= bank.now():
        return None
    return _enrolment(bank, user, pending) if _made(bank, user, pending, secret) else None


def has_totp(bank: Bank, user: User, secret: str) -> bool:
    """Whether the person's app is the one of that secret."""
    totp = factors.find_factors(bank.database, user.id).totp
    return totp is not None and _made(bank, user, totp, secret)


def confirm_totp(bank: Bank, user: str, code: str) -> list[str]:
    """As `confirm`, on its own."""
    return bank.database.atomically(lambda: confirm(bank, user, code))


def confirm(bank: Bank, user: str, code: str) -> list[str]:
    """Make the pending app the person's one, by a code of it, which is used up then; fresh recovery
    codes. Nothing but database work. Raises InvalidCode."""
    now = bank.now()
    pending = factors.find_factors(bank.database, user).pending
    counter = _counter(bank, user, pending, code, now) if pending else None
    codes = _new_codes()
    if pending is None or counter is None:
        raise InvalidCode("use the code that the app shows now, or begin again")
    totp = Totp(pending.nonce, pending.kid, now)
    if not factors.confirm(bank.database, user, totp, counter, map(_digest, codes)):
        raise InvalidCode("begin again")
    return codes


def check(bank: Bank, user: str, code: str) -> Kind | None:
    """Use up a code of the person's app, or a recovery code: which it was, and only the first
    time; None for any other."""
    if _CODE.match(_plain(code)):
        return "totp" if _use_totp(bank, user, code) else None
    if _RECOVERY.match(_plain(code)):
        used = factors.use_recovery(bank.database, user, _digest(code))
        return "recovery" if used else None
    return None


def new_recovery_codes(bank: Bank, user: str) -> list[str]:
    """Fresh recovery codes; the old ones are worth nothing. Raises NoAuthenticator."""
    codes = _new_codes()
    if not factors.replace_recovery(bank.database, user, map(_digest, codes)):
        raise NoAuthenticator("set one up first")
    return codes


def drop_totp(bank: Bank, user: str) -> None:
    """Forget the person's app and recovery codes. Raises NoAuthenticator."""
    if not factors.drop_totp(bank.database, user):
        raise NoAuthenticator()


def set_at_log_in(bank: Bank, user: str, wanted: bool) -> None:
    """Ask for a second factor at each log-in of the person, or no longer."""
    factors.set_at_log_in(bank.database, user, wanted)


def methods_of(bank: Bank, user: User) -> tuple[str, ...]:
    """How the person can prove a second factor: by app, recovery code, or else by mail."""
    found = factors.find_factors(bank.database, user.id)
    if found.totp:
        return ("totp", "recovery") if found.recovery else ("totp",)
    return ("mail",) if user.confirmed_email else ()


def totp_code(seed: bytes, counter: int) -> str:
    """The six digits that an app of that secret shows in the counted half minute."""
    # SHA-1 is what the apps know; inside an HMAC it is sound.
    return HOTP(seed, _DIGITS, SHA1()).generate(counter).decode()  # noqa: S303


def seed_of(key: bytes, user: str, nonce: str) -> bytes:
    """The secret of an app: 160 bits, as RFC 4226 wants."""
    return hmac.digest(key, f"{user} {nonce}".encode(), "sha256")[:20]


def _use_totp(bank: Bank, user: str, code: str) -> bool:
    totp = factors.find_factors(bank.database, user).totp
    counter = _counter(bank, user, totp, code, bank.now()) if totp else None
    if totp is None or counter is None:
        return False
    return factors.use_counter(bank.database, user, totp.nonce, counter)


def _counter(bank: Bank, user: str, source: Totp | Pending, code: str, now: datetime) -> int | None:
    """The half minute whose code it is, if it is now, the one before or the next."""
    key = bank.config.keys_by_id(_PURPOSE).get(source.kid)
    given = _plain(code)
    # Without the key that made it, no code of that app is right.
    if key is None or not _CODE.match(given):
        return None
    seed = seed_of(key, user, source.nonce)
    present = int(now.timestamp()) // _STEP_SECONDS
    # Of two with the same code the later one: what is used up then includes both.
    for counter in (present + 1, present, present - 1):
        if hmac.compare_digest(totp_code(seed, counter), given):
            return counter
    return None


def _made(bank: Bank, user: User, source: Totp | Pending, secret: str) -> bool:
    """Whether the secret is the one that was made for this app."""
    if source.kid not in bank.config.keys_by_id(_PURPOSE):
        return False
    given = _plain(secret).encode("utf-8", "replace")
    return hmac.compare_digest(_secret(bank, user, source).encode(), given)


def _secret(bank: Bank, user: User, source: Totp | Pending) -> str:
    key = bank.config.keys_by_id(_PURPOSE)[source.kid]
    return base64.b32encode(seed_of(key, user.id, source.nonce)).decode()


def _enrolment(bank: Bank, user: User, pending: Pending) -> Enrolment:
    secret = _secret(bank, user, pending)
    return Enrolment(secret, _uri(bank.config.bank_name, user.username, secret), pending.expires_at)


def _uri(bank_name: str, username: str, secret: str) -> str:
    """As authenticator apps read it; a blank as %20, for some of them show a plus as it is."""
    # A colon would end the issuer.
    issuer = bank_name.replace(":", " ")
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(username, safe='')}?{query}"


def _new_codes() -> list[str]:
    """128 bits each, in groups that can be copied by hand."""
    texts = [
        base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")
        for _ in range(RECOVERY_CODES)
    ]
    return ["-".join(text[at : at + 4] for at in range(0, len(text), 4)) for text in texts]


def _digest(code: str) -> str:
    # As good as a slow hash: nobody tries 2**128 codes.
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def _plain(code: str) -> str:
    """A code without what people add to read it, in capitals."""
    return "".join(code.split()).replace("-", "").upper()
