"""The demo shop as the bank knows it: a customer who is paid, a key, an address to be told at; and
PINs for the demo's customers, to pay there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.controllers import demo
from app.controllers.bank import Actor, Bank
from app.controllers.orders import AddWebhook
from app.controllers.payments import at_once, hook_secrets, webhooks
from app.controllers.pins import pin_state, set_pin
from app.models import merchants, users
from app.models.webhook_endpoints import TYPES

NAME = "Patchbay"
PIN = "592048"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a newcomer needs to pay at the demo shop: its address, and the account number of each
    of the demo's customers, who all have the same PIN."""

    address: str
    numbers: Mapping[str, str]
    pin: str


@dataclass(frozen=True, slots=True)
class Access:
    """What the shop signs its calls with, and what the webhooks to it are signed with."""

    key: str
    secret: str
    webhook_secret: str


def open_shop(bank: Bank, *, back: str, told_at: str) -> Access:
    """Let the demo shop be paid; it is made the first time. `back` is where customers return to,
    `told_at` where its webhooks go."""
    opened = at_once.demo_shop(bank, NAME, [back])
    actor = Actor(opened.merchant.id, "demo", "merchant")
    secret = _webhook(bank, actor, told_at)
    return Access(opened.issued.key.id, opened.issued.secret, secret)


def shown(bank: Bank) -> Shown | None:
    """How to pay at the demo shop, once it is open."""
    owner = users.find_by_username(bank.database, at_once.OWNER)
    found = merchants.merchants_of(bank.database, owner.id) if owner else []
    if not found:
        return None
    parts = urlsplit(found[-1].return_urls[0])
    return Shown(f"{parts.scheme}://{parts.netloc}/", _numbers(bank), PIN)


def give_pins(bank: Bank) -> None:
    """Let the demo's customers pay at shops with `PIN`, where they have none of their own."""
    for number in _numbers(bank).values():
        if pin_state(bank, number) == "none":
            set_pin(bank, number, PIN)


def _numbers(bank: Bank) -> dict[str, str]:
    """The account number of each of the demo's customers."""
    people = {name: users.find_by_username(bank.database, name) for name in demo.CUSTOMERS}
    return {name: user.default_account or "" for name, user in people.items() if user}


def _webhook(bank: Bank, actor: Actor, url: str) -> str:
    for endpoint in webhooks.endpoints_of(bank, actor.user):
        secret = hook_secrets.shown(bank.config, endpoint)
        if secret and endpoint.url == url and endpoint.status == "active":
            return secret
    return webhooks.add(bank, actor, AddWebhook(url, list(TYPES))).secret
