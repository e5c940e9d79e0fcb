"""What pages call the keys of shops, and what keys are for."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString

from app.views.languages import lazy

SCOPES: Mapping[str, LazyString] = {
    "payments:read": lazy("Read payments"),
    "payments:create": lazy("Ask for payments, and cancel them"),
    "payments:capture": lazy("Capture what is held"),
    "payments:refund": lazy("Refund payments"),
    "payments:direct": lazy("Take PINs on its own pages"),
    "webhooks": lazy("Webhooks"),
}
KEY_STATUSES: Mapping[str, tuple[LazyString, str]] = {
    "live": (lazy("Live"), "good"),
    "revoked": (lazy("Revoked"), ""),
}
STATUSES: Mapping[str, tuple[LazyString, str]] = {
    "active": (lazy("Active"), "good"),
    "paused": (lazy("Paused"), "bad"),
    "closed": (lazy("Closed"), ""),
}
