"""What the shops' webhooks tell of a payment: thin, and frozen as it is written."""

from __future__ import annotations

import json

from app.controllers.bank import Bank
from app.controllers.ledger import Told
from app.models import webhook_deliveries as deliveries
from app.models import webhook_endpoints as endpoints
from app.models.ids import random_id
from app.models.intent import Intent

__all__ = ["TYPES", "look", "told"]
TYPES = endpoints.TYPES


def told(bank: Bank, intent: Intent, type: str) -> tuple[Told, ...]:
    """What is to be inserted in the transaction that makes the intent what it is now: a delivery
    for each of the shop's endpoints that is to hear of it."""
    if type not in TYPES:
        raise ValueError(f"{type} is nothing that shops are told")
    listening = endpoints.listening(bank.database, intent.merchant, type)
    if not listening:
        return ()
    event, now = random_id("evt"), bank.now()
    body = json.dumps({
        "id": event,
        "type": type,
        "created_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "intent": intent.id,
            "order": intent.order,
            "status": intent.status,
            "amount": intent.amount.as_dict(),
            "captured": intent.money(intent.captured_minor).as_dict(),
            "refunded": intent.money(intent.refunded_minor).as_dict(),
        },
    })  # fmt: skip
    return tuple(
        deliveries.to_tell(
            deliveries.new_delivery(
                event=event, type=type, merchant=intent.merchant, endpoint=endpoint.id,
                intent=intent.id, body=body, now=now,
            )
        )
        for endpoint in listening
    )  # fmt: skip


def look(bank: Bank) -> None:
    """Let what was told go out at once; call it after the commit."""
    bank.hooks.look()
