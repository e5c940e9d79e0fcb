"""Quotas: how much may be asked for in each minute, hour or day, by one person or one address.

What is counted is a keyed hash where it was only typed or is an address: neither is kept.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime

from app.controllers.bank import Bank
from app.models import throttles
from app.models.throttles import Window

__all__ = ["Counted", "Quota", "Window", "count", "hashed", "network"]


@dataclass(frozen=True, slots=True)
class Quota:
    """So much in each window; `strict` refuses everything when it cannot be counted."""

    name: str
    windows: tuple[Window, ...]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """Whether there was room, what is left in each window, and in how many seconds it ends."""

    admitted: bool
    left: list[int]
    ends_in: list[int]

    @property
    def retry_after(self) -> int:
        """In how many seconds there is room again, where there was none."""
        full = [end for left, end in zip(self.left, self.ends_in, strict=True) if left == 0]
        return max(full, default=1)


def count(bank: Bank, quota: Quota, subject: str, now: datetime) -> Counted:
    """Count one more of a person's id or of a `hashed` text."""
    id = f"quota {quota.name} {subject}"
    admitted, left = throttles.count(bank.database, id, quota.windows, now)
    return Counted(admitted, left, [math.ceil(each.ends_in(now)) for each in quota.windows])


def hashed(bank: Bank, text: str) -> str:
    """What stands for a name or an address that is not to be kept."""
    key = bank.config.key("throttles")
    return hmac.digest(key, text.encode("utf-8", "replace"), "sha256")[:16].hex()


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
