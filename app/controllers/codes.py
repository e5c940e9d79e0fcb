"""Codes by mail: six digits for one purpose and one subject, kept as a keyed MAC.

Without the bank's key, a thief of the database has no code, not even by trying all of them.
"""

from __future__ import annotations

import hmac
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn

from app.controllers import factors
from app.controllers.bank import Bank
from app.controllers.mail import Letter
from app.errors import InvalidCode, TooManyTries
from app.models import challenges
from app.models.challenges import Challenge
from app.models.ids import secret_id

CODE_LIFE = timedelta(minutes=10)
RESEND_AFTER = timedelta(minutes=1)
_ADVICE = "ask for a new one, and use it for exactly what it was asked for"

WrittenWith = Callable[[str], Letter]
"""Writes the mail, given the code."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a code is asked for. `life` bounds all codes of it together.

    The id is made here, unless the caller keeps a secret of its own behind it.
    """

    purpose: str
    user: str | None
    subject: str = ""
    address: str | None = None
    life: timedelta = CODE_LIFE
    facts: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=secret_id)


def begin(
    bank: Bank, asked: Asked, write: WrittenWith | None, *, doomed: bool = False
) -> Challenge:
    """Open a challenge and mail its code; without `write`, what the person has is asked for.

    No code answers a `doomed` one, which looks like any other.
    """
    now = bank.now()
    code = _new_code()
    made = Challenge(
        id=asked.id, purpose=asked.purpose, user=asked.user, subject=asked.subject,
        address=asked.address, mac=None, attempts=0, status="open", created_at=now, sent_at=now,
        code_until=now + CODE_LIFE, expires_at=now + asked.life, facts=asked.facts,
    )  # fmt: skip
    if write:
        made = _with_mac(bank, made, code, doomed=doomed)

    def work() -> None:
        challenges.insert_challenge(bank.database, made)
        if write:
            bank.post.put(write(code))

    bank.database.atomically(work)
    bank.post.look()
    return made


def send_again(bank: Bank, found: Challenge, write: WrittenWith, *, doomed: bool = False) -> None:
    """Mail a new code in place of the old one; the tries stay counted. Raises TooManyTries."""
    now = bank.now()
    check_pause(found, now)
    code = _new_code()
    mac = _with_mac(bank, found, code, doomed=doomed).mac or ""

    def work() -> None:
        if not challenges.renew(bank.database, found, mac, now, now + CODE_LIFE):
            raise TooManyTries("a code is on its way", retry_after=_seconds(RESEND_AFTER))
        bank.post.put(write(code))

    bank.database.atomically(work)
    bank.post.look()


def check_pause(found: Challenge, now: datetime) -> None:
    """Refuse a new code while the last one may still be on its way."""
    left = found.sent_at + RESEND_AFTER - now
    if found.mac and left > timedelta():
        raise TooManyTries("a code is on its way", retry_after=_seconds(left))


def check(bank: Bank, id: str, purpose: str, code: str) -> Challenge:
    """The challenge that the code answers; one more of its tries is used up. Raises InvalidCode.

    It stays open: whoever acts on it closes it with `challenges.use`, and of two at once one can.
    """
    now = bank.now()
    found = challenges.reserve(bank.database, id, purpose, now)
    if found is None or not _answers(bank, found, code, now):
        refuse()
    return found


def check_newest(bank: Bank, user: str, purpose: str, subject: str, code: str) -> Challenge:
    """As `check`, for the newest challenge of a person for exactly this."""
    found = challenges.find_newest(bank.database, user, purpose, subject, bank.now())
    return check(bank, found.id, purpose, code) if found else refuse()


def use(bank: Bank, answered: Challenge) -> None:
    """Close it, once. Raises InvalidCode when another request was first."""
    if not challenges.use(bank.database, answered):
        refuse()


def refuse() -> NoReturn:
    """The one answer to whatever is wrong with a code. Raises InvalidCode."""
    raise InvalidCode(_ADVICE)


def _answers(bank: Bank, found: Challenge, code: str, now: datetime) -> bool:
    if found.mac is None:
        return bool(found.user) and factors.check(bank, found.user or "", code) is not None
    given = "".join(code.split())
    macs = [_mac(key, found, given) for key in bank.config.keys("codes")]
    # Every one is compared, whichever it is.
    right = [hmac.compare_digest(mac, found.mac) for mac in macs]
    return any(right) and now < found.code_until


def _with_mac(bank: Bank, made: Challenge, code: str, *, doomed: bool) -> Challenge:
    mac = _mac(bank.config.key("codes"), made, code)
    values = {name: getattr(made, name) for name in Challenge.__slots__}
    return Challenge(**values | {"mac": secrets.token_hex(32) if doomed else mac})


def _mac(key: bytes, made: Challenge, code: str) -> str:
    """Bound to all that the code is for: none of it can be changed under it."""
    parts = (made.id, made.purpose, made.user or "", made.subject, made.address or "", code)
    text = "\n".join(parts).encode("utf-8", "replace")
    return hmac.digest(key, text, "sha256").hex()


def _new_code() -> str:
    return f"{secrets.randbelow(10**6):06d}"


def _seconds(span: timedelta) -> int:
    return max(math.ceil(span.total_seconds()), 1)
