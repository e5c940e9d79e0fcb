"""The way back to the shop: a link with the intent's id and nothing else."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from app.controllers.payments.confirming import Intent

NAME = "payment_intent"


def way_back(intent: Intent) -> str:
    """The shop's address with the intent's id in its query; nothing where it is no web address."""
    parts = urlsplit(intent.return_url)
    if parts.scheme not in ("http", "https"):
        return ""
    query = [(name, text) for name, text in parse_qsl(parts.query, True) if name != NAME]
    return parts._replace(query=urlencode([*query, (NAME, intent.id)])).geturl()
