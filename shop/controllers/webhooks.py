"""What the bank tells by itself: that something happened to a payment, to which the shop listens
and then asks what."""

from __future__ import annotations

import logging

from bank_client import Event, InvalidWebhook
from bank_client.webhooks import Headers, verify
from shop.controllers.following import follow
from shop.controllers.shop import Shop
from shop.errors import ForgedWebhook
from shop.models import arrivals, orders

_log = logging.getLogger(__name__)


def take(shop: Shop, headers: Headers, body: bytes) -> None:
    """Deal with a webhook, once. Raises ForgedWebhook; BankUnreachable and BankRefused where the
    bank is to send it again later."""
    event = _verified(shop, headers, body)
    if arrivals.known(shop.database, event.id):
        return
    order = orders.find_order(shop.database, number=event.order)
    if order is None:
        _log.warning("a webhook for no order", extra={"event": event.id})
    else:
        follow(shop, order)
    # Not before it is done: a shop that is killed meanwhile is told again.
    arrivals.dealt_with(shop.database, event.id, shop.now())


def _verified(shop: Shop, headers: Headers, body: bytes) -> Event:
    if not shop.config.webhook_secrets:
        raise ForgedWebhook("SHOP_WEBHOOK_SECRET is not set")
    try:
        return verify(shop.config.webhook_secrets, headers, body, now=shop.now())
    except InvalidWebhook as error:
        raise ForgedWebhook(str(error)) from None
    except ValueError:
        raise ForgedWebhook("SHOP_WEBHOOK_SECRET cannot be read") from None
