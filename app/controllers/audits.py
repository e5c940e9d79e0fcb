"""The audit: what is written into it, with whom, from where and on whose behalf."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from app.controllers.bank import Actor, Bank
from app.models import audit
from app.models.audit import Event, state_hash

__all__ = ["SERVER", "Event", "event", "keep", "record_change", "state_hash"]

SERVER = Actor(audit.SERVER, "", "server")
"""Who acts where nobody asked by a request: the server itself, or its operator."""


def event(
    bank: Bank,
    actor: Actor,
    action: str,
    object: str,
    *,
    reason: str = "",
    before: str = "",
    after: str = "",
    approval: str = "",
    facts: Mapping[str, Any] | None = None,
    on_behalf: str = "",
) -> Event:
    """What the actor does to an object, ready for `audit.record` in the transaction of the act.

    `before` and `after` are made by `state_hash`; of the actor's address a keyed hash is kept.
    """
    return Event(
        at=bank.now(),
        actor=actor.user,
        action=action,
        object=object,
        reason=reason,
        facts=facts or {},
        session=actor.session,
        on_behalf=on_behalf,
        before=before,
        after=after,
        approval=approval,
        request_id=actor.request_id,
        address=_address(bank, actor.address),
    )


def record_change(
    bank: Bank,
    actor: Actor,
    action: str,
    object: str,
    was: object,
    becomes: object,
    *,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """In the transaction of a change, write down who made it, and the states around it.

    `was` and `becomes` are what the models gave, None where there is nothing.
    """
    hashes = {"before": state_hash(was), "after": state_hash(becomes)}
    made = event(bank, actor, action, object, reason=reason, facts=facts, **hashes)
    audit.record(bank.database, made)


def keep(bank: Bank, event: Event) -> None:
    """Write down what has no other effect, in a transaction of its own."""
    bank.database.atomically(lambda: audit.record(bank.database, event))


def _address(bank: Bank, address: str) -> str:
    """The same for the same address, and nothing to find the address by without the key."""
    if not address:
        return ""
    return hmac.digest(bank.config.key("audit address"), address.encode(), "sha256")[:16].hex()
