"""Shops that are told of payments: what is written with money, and where it goes."""

from __future__ import annotations

from dataclasses import replace

from bson import Int64

from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Told
from app.controllers.orders import AddWebhook
from app.controllers.payments import events, webhooks
from app.controllers.payments.webhooks import NewSecret
from app.models import webhook_deliveries
from app.models.accounts import Account, get_account
from app.models.intent import Intent, new_intent
from app.models.merchants import Merchant
from app.models.webhook_deliveries import Delivery
from money import Money
from tests import make


def shop_actor(shop: Merchant) -> Actor:
    """The shop, calling for itself."""
    return Actor(shop.id, "mk_1", "merchant", frozenset({"webhooks"}))


def listen(bank: Bank, shop: Merchant, url: str, *types: str) -> NewSecret:
    """Let the shop be told there, of these types or of all."""
    return webhooks.add(bank, shop_actor(shop), AddWebhook(url, list(types or events.TYPES)))


def paid(bank: Bank, shop: Merchant, order: str = "A-1") -> Intent:
    """A payment of 12.50 that has just succeeded."""
    made = new_intent(
        merchant=shop.id, name=shop.name, account=shop.account, amount=Money(1250, "USD"),
        order=order, description="", return_url="https://shop.example/back", capture="automatic",
        key="key", fingerprint="print", now=bank.now(), expires_at=bank.now(),
    )  # fmt: skip
    return replace(made, status="succeeded", captured_minor=1250)


def tell(
    bank: Bank, shop: Merchant, order: str = "A-1", *, payer: Account | None = None
) -> tuple[Told, ...]:
    """12.50 come to the shop, and what is told of it with the money."""
    told = events.told(bank, paid(bank, shop, order), "payment.succeeded")
    source = payer or make.account(bank, 5000)
    target = get_account(bank.database, shop.account)
    bank.ledger.post(make.move(source, target, 1250, tells=told))
    events.look(bank)
    return told


def deliveries(bank: Bank) -> list[Delivery]:
    """All of them, newest first."""
    return webhook_deliveries.page(bank.database, None, None, None, 1000)


def only(bank: Bank) -> Delivery:
    """The one that there is."""
    (delivery,) = deliveries(bank)
    return delivery


def given_up(bank: Bank, shop: Merchant) -> Delivery:
    """Something that the shop was told, and its server did not take."""
    tell(bank, shop)
    id = deliveries(bank)[0].id
    tried = {"at": bank.now(), "status": Int64(500), "error": "the server answered 500"}
    bank.database.collection(webhook_deliveries.NAME).update_one(
        {"_id": id}, {"$set": {"status": "given_up", "tries": [tried], "failed": Int64(1)}}
    )
    return webhook_deliveries.get_delivery(bank.database, id)
