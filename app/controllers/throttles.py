"""Who tries too often: log-ins, by the name that is tried and by the address that tries.

A try is reserved before the password is looked at and given back when it was right, so a burst of
a thousand gets no more looks than a thousand in turn. Nobody is locked out for good: a name opens
again after minutes, whoever shut it. What is counted is a keyed hash; names and addresses that were
only typed are not kept.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from app.controllers.bank import Bank
from app.errors import TooManyTries, WrongCredentials
from app.models import throttles

NAME_TRIES = 5
ADDRESS_TRIES = 10
_NAME_WAITS = [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15)]
_WINDOW = timedelta(minutes=5)


@contextmanager
def logging_in(bank: Bank, name: str, address: str) -> Iterator[None]:
    """One try of a name and a password. Raises TooManyTries, the same for names nobody has.

    What WrongCredentials ends counts; what ends otherwise, well or with a busy bank, does not.
    """
    if not bank.config.ratelimit_enabled:
        yield
        return
    now = bank.now()
    window, gone = divmod(now.timestamp(), _WINDOW.total_seconds())
    by_name = _id(bank, "log-in name", name.casefold())
    by_address = _id(bank, "log-in address", f"{network(address)} {window:.0f}")
    _reserve(bank, by_address, now, ADDRESS_TRIES, [_WINDOW - timedelta(seconds=gone)])
    try:
        _reserve(bank, by_name, now, NAME_TRIES, _NAME_WAITS)
        yield
    except WrongCredentials:
        raise
    except TooManyTries:
        throttles.forgive(bank.database, by_address)
        raise
    except BaseException:
        throttles.forgive(bank.database, by_name)
        throttles.forgive(bank.database, by_address)
        raise
    throttles.forget(bank.database, by_name)
    throttles.forgive(bank.database, by_address)


def network(address: str) -> str:
    """What one customer of a network has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found.packed[:8] + bytes(8), 64)))
    return str(found)


def _reserve(bank: Bank, id: str, now: datetime, free: int, waits: list[timedelta]) -> None:
    until = throttles.reserve(bank.database, id, now, free=free, waits=waits)
    if until:
        seconds = math.ceil((until - now).total_seconds())
        raise TooManyTries("wait, then try again", retry_after=seconds)


def _id(bank: Bank, kind: str, text: str) -> str:
    mac = hmac.digest(
        bank.config.key("throttles"), f"{kind} {text}".encode("utf-8", "replace"), "sha256"
    )
    return f"{kind} {mac[:16].hex()}"
