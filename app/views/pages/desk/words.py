"""What the desk's pages call the states of things, kinds of transactions and orders of lists."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString

from app.views.kinds import KINDS
from app.views.languages import lazy

__all__ = ["ACCOUNT_STATUSES", "BOOKS", "FACTORS", "KINDS", "ORDERS", "PINS", "STATUSES"]

STATUSES: Mapping[str, tuple[LazyString, str]] = {
    "open": (lazy("Open"), "good"),
    "active": (lazy("Active"), "good"),
    "frozen": (lazy("Frozen"), "bad"),
    "closed": (lazy("Closed"), ""),
    "paused": (lazy("Paused"), "bad"),
}
"""Of accounts, customers and shops, each with its tag."""

ACCOUNT_STATUSES = {name: STATUSES[name][0] for name in ("open", "frozen", "closed")}

ORDERS: Mapping[str, LazyString] = {
    "newest": lazy("Newest first"),
    "oldest": lazy("Oldest first"),
    "-balance": lazy("Highest balance"),
    "balance": lazy("Lowest balance"),
    "name": lazy("By name"),
    "number": lazy("By number"),
}

BOOKS: Mapping[str, LazyString] = {
    "cash": lazy("Cash"),
    "fees": lazy("Fees"),
    "interest": lazy("Interest"),
    "suspense": lazy("Suspense"),
}
"""The bank's own accounts."""

PINS: Mapping[str, LazyString] = {
    "none": lazy("None"),
    "set": lazy("Set"),
    "locked": lazy("Locked after wrong tries"),
}

FACTORS: Mapping[str, LazyString] = {
    "totp": lazy("Authenticator app"),
    "recovery": lazy("Recovery codes"),
    "mail": lazy("Codes by e-mail"),
}
