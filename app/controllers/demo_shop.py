"""The demo shop as the bank knows it: a customer who is paid, a key, an address to be told at; and
PINs for the demo's customers, to pay there."""

from __future__ import annotations

from dataclasses import dataclass

from app.controllers import audits, customers, demo
from app.controllers.bank import Actor, Bank, Caller
from app.controllers.orders import Register
from app.controllers.orders.webhooks import AddWebhook
from app.controllers.payments import hook_secrets, keys, webhooks
from app.controllers.pins import pin_state, set_pin
from app.models import merchants, users
from app.models.merchants import Merchant, new_merchant
from app.models.users import User
from app.models.webhook_endpoints import TYPES

NAME = "Patchbay"
OWNER = "patchbay"
PIN = "592048"
_SCOPES = ("payments:read", "payments:create", "payments:refund")


@dataclass(frozen=True, slots=True)
class Access:
    """What the shop signs its calls with, and what the webhooks to it are signed with."""

    key: str
    secret: str
    webhook_secret: str


def open_shop(bank: Bank, *, back: str, told_at: str) -> Access:
    """Let the demo shop be paid; it is made the first time. `back` is where customers return to,
    `told_at` where its webhooks go."""
    merchant = _merchant(bank, _owner(bank), back)
    actor = Actor(merchant.id, "demo", "merchant")
    issued = _key(bank, merchant)
    webhook_secret = _webhook(bank, actor, told_at)
    return Access(*issued, webhook_secret)


def give_pins(bank: Bank) -> dict[str, str]:
    """Let the demo's customers pay at shops with `PIN`, where they have none of their own; the
    account number of each."""
    numbers = {}
    for username in demo.CUSTOMERS:
        person = users.find_by_username(bank.database, username)
        if person and (number := person.default_account):
            numbers[username] = number
            if pin_state(bank, number) == "none":
                set_pin(bank, number, PIN)
    return numbers


def _owner(bank: Bank) -> User:
    if found := users.find_by_username(bank.database, OWNER):
        return found
    newcomer = customers.newcomer_of(bank, Register(OWNER, demo.PASSWORD, NAME, None, None))
    made, _ = customers.admit(bank, newcomer, Caller())
    return made


def _merchant(bank: Bank, owner: User, back: str) -> Merchant:
    for merchant in merchants.merchants_of(bank.database, owner.id):
        if back in merchant.return_urls:
            return merchant
    made = new_merchant(
        name=NAME, account=owner.default_account or "", owner=owner.id,
        currency=bank.config.currency, return_urls=[back], now=bank.now(),
    )  # fmt: skip

    def work() -> None:
        merchants.insert_merchant(bank.database, made)
        audits.record_change(bank, audits.SERVER, "demo shop opened", made.id, None, made)

    bank.database.atomically(work)
    return made


def _key(bank: Bank, merchant: Merchant) -> tuple[str, str]:
    for key in keys.keys_of(bank, merchant):
        if key.status == "live":
            return key.id, keys.secret_of(bank, key.id, key.kid)
    issued = keys.issue(bank, audits.SERVER, merchant, _SCOPES)
    return issued.key.id, issued.secret


def _webhook(bank: Bank, actor: Actor, url: str) -> str:
    for endpoint in webhooks.endpoints_of(bank, actor.user):
        if endpoint.url == url and endpoint.status == "active":
            return hook_secrets.shown(bank.config, endpoint)
    return webhooks.add(bank, actor, AddWebhook(url, list(TYPES))).secret
