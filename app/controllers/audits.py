"""The audit: what is written into it, with whom, from where and on whose behalf."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.controllers import quotas
from app.controllers.bank import Actor, Bank, Caller
from app.controllers.names import id_of, object_of
from app.controllers.orders import AuditQuery
from app.controllers.quotas import Quota, Window
from app.errors import BankError, Forbidden
from app.models import audit, audit_reading
from app.models.audit import Event, state_hash
from app.models.audit_reading import Filters, Recorded
from app.models.histories import Place
from app.models.users import User

__all__ = [
    "SERVER", "Event", "Place", "Recorded", "denied", "event", "keep", "list_events",
    "noting_refusals", "record_change", "state_hash",
]  # fmt: skip
DENIED_KEPT = 10
_DENIED = Quota("denied", (Window(DENIED_KEPT, 300),))
_log = logging.getLogger(__name__)

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


def denied(bank: Bank, actor: Actor, action: str, object: str, problem: BankError) -> None:
    """Write down what the actor was not let do, and never fail: a refusal stays a refusal.

    Nobody can fill the audit with refusals: so many for each person in five minutes are kept.
    """
    try:
        if quotas.count(bank, _DENIED, actor.user, bank.now()).admitted:
            facts = {"problem": problem.slug()}
            made = event(bank, actor, action, object, reason=str(problem), facts=facts)
            keep(bank, replace(made, outcome="denied"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is the refusal
        extra = {"error": type(error).__name__, "request_id": actor.request_id}
        _log.error("a refusal was not written into the audit", extra=extra)


@contextmanager
def noting_refusals(bank: Bank, user: User, caller: Caller) -> Iterator[None]:
    """Write down that somebody whose password was right was not let in."""
    try:
        yield
    except Forbidden as refusal:
        who = Actor(user.id, "", user.plane, request_id=caller.request_id, address=caller.address)
        denied(bank, who, "log in", user.id, refusal)
        raise


def list_events(
    bank: Bank, query: AuditQuery, after: Place | None
) -> tuple[list[Recorded], Place | None]:
    """A page of the audit, newest first, and where it goes on."""
    filters = Filters(
        id_of(bank, query.actor), query.action, object_of(bank, query.object), query.outcome,
        query.since, query.until,
    )  # fmt: skip
    found = audit_reading.page(bank.database, filters, after, query.limit + 1)
    items = found[: query.limit]
    last = items[-1] if len(found) > query.limit else None
    return items, Place(last.event.at, last.id) if last else None


def _address(bank: Bank, address: str) -> str:
    """The same for the same address, and nothing to find the address by without the key."""
    if not address:
        return ""
    return hmac.digest(bank.config.key("audit address"), address.encode(), "sha256")[:16].hex()
