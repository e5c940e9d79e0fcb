"""Whom to send to, and where: what somebody typed, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from shop.controllers.deliveries import WAYS
from shop.errors import InvalidFields

COUNTRIES = (
    "AT", "BE", "CA", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "LU", "NL",
    "NO", "PL", "PT", "SE", "US",
)  # fmt: skip
"""Where the shop sends to, as ISO 3166 has them."""

LENGTHS = {"name": 80, "street": 100, "more": 100, "postcode": 12, "city": 80}
_NEEDED = {"pickup": ("name",)}
_NEEDED_TO_SEND = ("name", "street", "postcode", "city")
_FORM = re.compile(r"\A[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the goods, where, in which way, and where mails about it go."""

    email: str
    delivery: str
    address: Mapping[str, str]


def recipient(typed: Mapping[str, str]) -> Recipient:
    """What was typed into the checkout's form. Raises InvalidFields with a word for each field."""
    way = typed.get("delivery", "")
    texts = {name: " ".join(typed.get(name, "").split()) for name in LENGTHS}
    email = typed.get("email", "").strip()
    wrong = _wrong_texts(texts, _NEEDED.get(way, _NEEDED_TO_SEND))
    if way not in WAYS:
        wrong["delivery"] = "Choose how you want to get it."
    if not _is_mailbox(email):
        wrong["email"] = "Write an address such as you@example.com."
    if way != "pickup" and typed.get("country") not in COUNTRIES:
        wrong["country"] = "Choose a country from the list."
    if wrong:
        raise InvalidFields(wrong)
    kept = ("name",) if way == "pickup" else tuple(LENGTHS)
    address = {name: texts[name] for name in kept if texts[name]}
    if way != "pickup":
        address["country"] = typed["country"]
    return Recipient(email, way, address)


def total_seen(typed: Mapping[str, str]) -> int:
    """What the goods cost on the page that the form was sent from, in minor units."""
    text = typed.get("shown", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidFields({"form": "Reload the page and send the form once more."})
    return int(text)


def form_id(typed: Mapping[str, str]) -> str:
    """The id that the checkout's page gave to its form, so that a form sent twice is one order."""
    id = typed.get("form", "")
    if not _FORM.match(id):
        raise InvalidFields({"form": "Reload the page and send the form once more."})
    return id


def _wrong_texts(texts: Mapping[str, str], needed: tuple[str, ...]) -> dict[str, str]:
    wrong = {name: "Fill this in." for name in needed if not texts[name]}
    for name, text in texts.items():
        if len(text) > LENGTHS[name]:
            wrong[name] = "This is too long."
        elif not text.isprintable():
            wrong[name] = "Write letters and digits only."
    return wrong


def _is_mailbox(email: str) -> bool:
    try:
        validate_email(email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return True
