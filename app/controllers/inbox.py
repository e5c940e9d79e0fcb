"""The approvals inbox: what waits for a decision, as a person reads it, and what one may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.controllers import approvals
from app.controllers.approvals import KINDS, Approval
from app.controllers.bank import Actor, Bank
from app.controllers.desk import Page
from app.controllers.names import usernames
from app.controllers.orders import ApprovalsQuery
from app.models import approvals as kept
from money import Money

STATUSES = kept.STATUSES
_MOST_WAITING = 100
_AMOUNTS = {
    "minor": "amount", "deposits": "daily_deposits", "spending": "daily_spending",
    "overdraft": "overdraft",
}  # fmt: skip
"""What of a payload is minor units, by the name that it was asked for under."""


@dataclass(frozen=True)
class Shown:
    """A proposal with the user names of who made and decided it; `link` is an invitation's."""

    approval: Approval
    maker: str
    decided_by: str | None
    link: str | None = None

    @property
    def asked(self) -> dict[str, object]:
        """What was asked for, with money where the payload has minor units."""
        plan = self.approval.plan
        currency = next((each.currency for each in plan.effect if each.currency), None)
        return {
            _AMOUNTS.get(name, name): Money(value, currency)
            if name in _AMOUNTS and value is not None and currency
            else value
            for name, value in plan.payload.items()
        }


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody may do with a proposal."""

    approve: bool
    reject: bool
    withdraw: bool


def waiting(bank: Bank, query: ApprovalsQuery) -> list[Shown]:
    """What waits for a decision, of the kind that is asked for, newest first."""
    found, _ = approvals.listed(
        bank, replace(query, status="pending", limit=_MOST_WAITING), None
    )  # fmt: skip
    return shown(bank, found)


def others(bank: Bank, query: ApprovalsQuery, below: str | None) -> Page[Shown, str]:
    """A page of what waits no more, or of the status that is asked for."""
    found, more = approvals.listed(bank, query, below, decided=not query.status)
    return Page(shown(bank, found), found[-1].id if more else None)


def shown(bank: Bank, found: Sequence[Approval]) -> list[Shown]:
    """Proposals with the names of people."""
    names = usernames(bank, {id for each in found for id in (each.maker, each.decided_by) if id})
    return [
        Shown(
            each,
            names.get(each.maker, each.maker),
            names.get(each.decided_by or "", each.decided_by),
        )
        for each in found
    ]


def choices(actor: Actor, approval: Approval) -> Choices:
    """What to offer; whether it may be done is decided again when it is."""
    open_now = approval.status == "pending"
    decides = open_now and KINDS[approval.kind].approves in actor.roles
    involved = actor.user in (approval.maker, approval.plan.subject)
    own = actor.user == approval.maker
    return Choices(decides and not involved, decides and not own, open_now and own)
