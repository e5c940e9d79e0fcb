"""Time passes at a bank and a shop whose clocks nobody can move: their documents get older."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pymongo import MongoClient

from app.models.database import now

BANK, SHOP = "strongroom", "shop"
"""The two databases, and the names under which the programs show up at MongoDB."""

Client = MongoClient[dict[str, Any]]
_LONGEST_PAUSE_MILLISECONDS = 60_000


def let_time_pass(client: Client) -> None:
    """What waits for its next try, or for a claim of somebody who is dead, is due now."""
    at = now()
    shop, bank = client[SHOP], client[BANK]
    # Who waits for longest stays the first, or some would never have their turn.
    sooner = {"$subtract": ["$look_at", _LONGEST_PAUSE_MILLISECONDS]}
    shop["orders"].update_many({"look_at": {"$gt": at}}, [{"$set": {"look_at": sooner}}])
    for waiting in (bank["webhook_deliveries"], bank["outbox"], shop["outbox"]):
        later = {"status": "waiting", "next_at": {"$gt": at}}
        waiting.update_many(later, {"$set": {"next_at": at}})
    shop["attempts"].delete_many({})  # one visitor may place so many orders in a while
    bank["payment_intents"].update_many(
        {"looking_until": {"$type": "date"}}, {"$set": {"looking_until": None}}
    )


def tell_now(client: Client, emails: Sequence[str]) -> None:
    """Let the webhooks about the orders of these addresses be due."""
    found = client[SHOP]["orders"].find({"email": {"$in": list(emails)}})
    waiting = {"status": "waiting", "intent": {"$in": [order["intent"] for order in found]}}
    client[BANK]["webhook_deliveries"].update_many(waiting, {"$set": {"next_at": now()}})


def age(client: Client, email: str, by: timedelta) -> None:
    """Make the order of that address, and its payment, so much older."""
    shop, bank = client[SHOP]["orders"], client[BANK]["payment_intents"]
    for order in shop.find({"email": email}):
        older = {name: order[name] - by for name in ("placed_at", "expires_at")}
        shop.update_one({"_id": order["_id"]}, {"$set": {**older, "look_at": now()}})
        for asked in bank.find({"order": order["number"]}):
            older = {name: asked[name] - by for name in ("created_at", "expires_at")}
            bank.update_one({"_id": asked["_id"]}, {"$set": older})
