"""A shop's webhooks: where it is told what becomes of its payments, and what it was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.controllers.desk import Page
from app.controllers.orders import AddWebhook, DeliveriesQuery
from app.controllers.payments import hook_secrets
from app.controllers.sending import LEASE
from app.errors import (
    AlreadyInState,
    InvalidField,
    Overtaken,
    RoleMissing,
    TooManySecrets,
    TooManyWebhooks,
    WebhookDisabled,
)
from app.models import audit, merchants, webhook_deliveries, webhook_endpoints
from app.models.database import Duplicate
from app.models.webhook_deliveries import STATUSES, Delivery
from app.models.webhook_endpoints import PLACES, SECRETS, TYPES, Endpoint, SecretVersion

__all__ = [
    "MAY_SEND", "STATUSES", "Delivery", "Endpoint", "NewSecret", "add", "endpoints_of",
    "list_deliveries", "remove", "rotate", "send_again", "shops_of",
    "show_delivery",
]  # fmt: skip
MAY_SEND = frozenset({"teller", "approver", "admin"})
_BOTH_SIGN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint with its newest secret, which is told this once."""

    endpoint: Endpoint
    secret: str


def endpoints_of(bank: Bank, merchant: str) -> list[Endpoint]:
    """The endpoints that a shop has, oldest first."""
    return webhook_endpoints.endpoints_of(bank.database, merchant)


def add(bank: Bank, actor: Actor, order: AddWebhook) -> NewSecret:
    """Tell the shop at this address, too, from now on. Raises InvalidField, TooManyWebhooks."""
    if why_not := bank.hooks.way.refusal(order.url):
        raise InvalidField(why_not, field="url")
    for _ in range(PLACES):
        taken = {each.place for each in endpoints_of(bank, actor.user)}
        free = [place for place in range(PLACES) if place not in taken]
        if not free:
            raise TooManyWebhooks("remove one first", limit=PLACES)
        try:
            return _added(bank, actor, order, free[0])
        except Duplicate:
            continue  # another one took this place meanwhile
    raise Overtaken("others are being added: try again")


def _added(bank: Bank, actor: Actor, order: AddWebhook, place: int) -> NewSecret:
    endpoint = webhook_endpoints.new_endpoint(
        merchant=actor.user, place=place, url=order.url,
        events=[type for type in TYPES if type in order.events],
        kid=hook_secrets.present_kid(bank.config), now=bank.now(),
    )  # fmt: skip

    def work() -> None:
        webhook_endpoints.insert_endpoint(bank.database, endpoint)
        audits.record_change(bank, actor, "add webhook", endpoint.id, None, endpoint)

    bank.database.atomically(work)
    return _with_secret(bank, endpoint)


def remove(bank: Bank, actor: Actor, id: str) -> None:
    """Tell the shop nothing more at this address; what waits is given up.

    Raises WebhookNotFound, Overtaken.
    """

    def work() -> None:
        endpoint = webhook_endpoints.get_endpoint(bank.database, id, actor.user)
        ended = replace(endpoint, status="removed", place=None, ended_at=bank.now())
        _change(bank, actor, "remove webhook", endpoint, ended)

    bank.database.atomically(work)


def rotate(bank: Bank, actor: Actor, id: str) -> NewSecret:
    """Give the endpoint a new secret; the one before signs beside it for a day.

    Raises WebhookNotFound, TooManySecrets, Overtaken.
    """

    def work() -> Endpoint:
        endpoint = webhook_endpoints.get_endpoint(bank.database, id, actor.user)
        secrets = _rotated(endpoint, hook_secrets.present_kid(bank.config), bank.now())
        becomes = replace(endpoint, secrets=secrets)
        return _change(bank, actor, "rotate webhook secret", endpoint, becomes)

    endpoint = bank.database.atomically(work)
    return _with_secret(bank, endpoint)


def _with_secret(bank: Bank, endpoint: Endpoint) -> NewSecret:
    # It was just made with the present SECRET_KEY.
    return NewSecret(endpoint, hook_secrets.shown(bank.config, endpoint) or "")


def _rotated(endpoint: Endpoint, kid: str, now: datetime) -> tuple[SecretVersion, ...]:
    newest, *older = endpoint.signing(now)
    if len(older) + 2 > SECRETS:
        # The one that the shop uses may be any of them: none is let go before its time.
        ends = min(each.until for each in older if each.until)
        raise TooManySecrets("wait until the oldest one ends", limit=SECRETS, ends_at=ends)
    before = replace(newest, until=now + _BOTH_SIGN)
    return (SecretVersion(newest.version + 1, kid, None), before, *older)


def _change(bank: Bank, actor: Actor, action: str, was: Endpoint, becomes: Endpoint) -> Endpoint:
    changed = webhook_endpoints.change(bank.database, was, becomes)
    if changed is None:
        raise Overtaken("look at it again")
    audits.record_change(bank, actor, action, was.id, was, changed)
    return changed


def list_deliveries(
    bank: Bank, query: DeliveriesQuery, merchant: str | None, below: str | None
) -> Page[Delivery, str]:
    """A page of what a shop was told, or all shops were, newest first."""
    limit = query.limit
    found = webhook_deliveries.page(bank.database, query.status, merchant, below, limit + 1)
    items = found[:limit]
    return Page(items, items[-1].id if len(found) > limit else None)


def show_delivery(bank: Bank, id: str) -> tuple[Delivery, Endpoint | None]:
    """One delivery, and where it goes. Raises WebhookNotFound."""
    delivery = webhook_deliveries.get_delivery(bank.database, id)
    return delivery, webhook_endpoints.find_endpoint(bank.database, delivery.endpoint)


def shops_of(bank: Bank, deliveries: Iterable[Delivery]) -> dict[str, str]:
    """What the shops of some deliveries are called."""
    return merchants.names_of(bank.database, {each.merchant for each in deliveries})


def send_again(bank: Bank, actor: Actor, id: str) -> Delivery:
    """Let a delivery go out now, whatever became of it: once, whoever asks at one moment. A shop
    may do so for its own, a banker for all.

    Raises RoleMissing, WebhookNotFound, WebhookDisabled, AlreadyInState.
    """
    by_shop = actor.plane == "merchant"
    if not by_shop and actor.roles.isdisjoint(MAY_SEND):
        raise RoleMissing("an auditor may look, not act", needs=sorted(MAY_SEND))
    delivery = webhook_deliveries.get_delivery(bank.database, id, actor.user if by_shop else None)
    endpoint = webhook_endpoints.find_endpoint(bank.database, delivery.endpoint)
    if endpoint is None or endpoint.status != "active":
        raise WebhookDisabled("add the address again: later events go there", delivery=id)

    def work() -> None:
        if not webhook_deliveries.take_up(bank.database, delivery, bank.now(), LEASE):
            raise AlreadyInState("it is on its way", delivery=id)
        facts = {"type": delivery.type, "merchant": delivery.merchant}
        event = audits.event(bank, actor, "webhook sent again", id, facts=facts)
        audit.record(bank.database, event)

    bank.database.atomically(work)
    bank.hooks.look()
    return webhook_deliveries.get_delivery(bank.database, id)
