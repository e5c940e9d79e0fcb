"""What a kind of proposal is made of: who may propose and approve it, its rehearsal, its effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.controllers.bank import Bank
from app.controllers.ledger import Posting
from app.models.approvals import Approval, Plan

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of proposal.

    `plan` looks at the state of things and says what would happen, or raises why it cannot. Then
    either `posting` moves money, or `execute` does something else inside the approval's
    transaction; it may return a secret for the approver's eyes.
    """

    name: str
    proposes: str
    approves: str
    plan: Callable[[Bank, Payload], Plan]
    posting: Callable[[Bank, Payload, str], Posting] | None = None
    execute: Callable[[Bank, Approval, str], str | None] | None = None


MONEY_PEOPLE = ("teller", "approver")
"""Who proposes what concerns money and customers, and who approves it."""
ADMINS = ("admin", "admin")
