"""A shop's webhooks: who is told what becomes of its payments, and what was told."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers.orders import (
    AddWebhook,
    AddWebhookSchema,
    DeliveriesQuery,
    DeliveriesQuerySchema,
)
from app.controllers.payments import webhooks as controller
from app.errors import (
    AlreadyInState,
    InvalidField,
    Overtaken,
    TooManySecrets,
    TooManyWebhooks,
    WebhookDisabled,
    WebhookNotFound,
)
from app.views import guards
from app.views.api import representations
from app.views.api.cursors import page, read_cursor
from app.views.api.describe import operation
from app.views.context import actor, bank
from app.views.scopes import scope

webhooks = guards.merchants(Blueprint("webhooks", __name__))


@webhooks.get("/webhook_endpoints")
@scope("webhooks")
@operation(answer=representations.Webhooks)
def list_endpoints() -> Any:
    """Where your shop is told what becomes of its payments."""
    return {"items": controller.endpoints_of(bank(), actor().user)}


@webhooks.post("/webhook_endpoints")
@scope("webhooks")
@operation(
    status=201,
    body=AddWebhookSchema,
    answer=representations.NewWebhook,
    problems=(InvalidField, TooManyWebhooks, Overtaken),
)
def add_endpoint(order: AddWebhook) -> Any:
    """Be told at one more address, five at most. Keep the secret: it is shown this once.

    What is sent is signed in the form of Standard Webhooks: check `webhook-signature` with the
    secret, refuse a `webhook-timestamp` that is older than five minutes, and do nothing twice for
    one `webhook-id`. Answer with a status from 200 to 299 within 15 seconds. Anything else is tried
    again, for three days; redirects are not followed, and 410 ends it.
    """
    return controller.add(bank(), actor(), order)


@webhooks.delete("/webhook_endpoints/<id>")
@scope("webhooks")
@operation(status=204, problems=(WebhookNotFound, Overtaken))
def remove_endpoint(id: str) -> Any:
    """Be told nothing more at an address. What waits to be sent there is given up."""
    controller.remove(bank(), actor(), id)


@webhooks.post("/webhook_endpoints/<id>/rotate")
@scope("webhooks")
@operation(answer=representations.NewWebhook, problems=(WebhookNotFound, TooManySecrets, Overtaken))
def rotate_secret(id: str) -> Any:
    """Make a new secret, which is shown this once; the one before signs beside it for a day."""
    return controller.rotate(bank(), actor(), id)


@webhooks.get("/webhook_deliveries")
@scope("webhooks")
@operation(query=DeliveriesQuerySchema, answer=representations.WebhookDeliveries)
def list_deliveries(query: DeliveriesQuery) -> Any:
    """What your shop was told, newest first, with the last tries of each."""
    place = read_cursor(query.cursor, "deliveries")
    below = str(place[0]) if place else None
    found = controller.list_deliveries(bank(), query, actor().user, below)
    return page(found.items, [found.after] if found.after else None, "deliveries")


@webhooks.post("/webhook_deliveries/<id>/send")
@scope("webhooks")
@operation(
    status=202,
    answer=representations.WebhookDelivery,
    problems=(WebhookNotFound, WebhookDisabled, AlreadyInState),
)
def send_again(id: str) -> Any:
    """Have something sent now, whatever became of it: the same body, signed anew."""
    return controller.send_again(bank(), actor(), id)
