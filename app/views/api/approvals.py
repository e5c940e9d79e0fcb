"""Four eyes at the desk: what one banker proposes and another one approves or rejects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint

from app.controllers import approvals as controller
from app.controllers import inbox, proposals
from app.controllers.approvals import Approval
from app.controllers.inbox import Shown
from app.controllers.orders import (
    AccountLimits,
    AccountLimitsSchema,
    Adjust,
    AdjustSchema,
    ApprovalsQuery,
    ApprovalsQuerySchema,
    Approve,
    ApproveSchema,
    Proposal,
    ProposalSchema,
    Reason,
    ReasonSchema,
    Reverse,
    ReverseSchema,
)
from app.errors import (
    AccountClosed,
    AccountNotFound,
    AlreadyDecided,
    AlreadyInState,
    AlreadyReversed,
    ApprovalNotFound,
    CustomerNotFound,
    InsufficientFunds,
    NoAuthenticator,
    NoPin,
    NotReversible,
    Outdated,
    OwnProposal,
    ReversalTooLarge,
    RoleMissing,
    StateDrifted,
    TransactionNotFound,
)
from app.views import guards
from app.views.api import representations
from app.views.api.cursors import page, read_cursor
from app.views.api.describe import Accepted, operation
from app.views.context import actor, bank, expected_revision, revision_tag

approvals = guards.bankers(Blueprint("approvals", __name__, url_prefix="/banker"))


@approvals.post("/transactions/<id>/reverse")
@operation(
    status=202, body=ReverseSchema, answer=representations.Approval,
    problems=(
        TransactionNotFound, RoleMissing, AlreadyReversed, NotReversible, ReversalTooLarge,
        InsufficientFunds,
    ),
)  # fmt: skip
def reverse_transaction(order: Reverse, id: str) -> Any:
    """Propose to take a transaction back, all that is left of it or a part."""
    return proposed(proposals.reverse(bank(), actor(), id, order))


@approvals.post("/accounts/<number>/adjust")
@operation(
    status=202, body=AdjustSchema, answer=representations.Approval,
    problems=(AccountNotFound, RoleMissing, AccountClosed, InsufficientFunds),
)  # fmt: skip
def adjust_account(order: Adjust, number: str) -> Any:
    """Propose to correct an account, against the bank's account `suspense`."""
    return proposed(proposals.adjust(bank(), actor(), number, order))


@approvals.post("/accounts/<number>/unfreeze")
@operation(
    status=202, body=ProposalSchema, answer=representations.Approval, guarded_edit=True,
    problems=(AccountNotFound, AccountClosed, AlreadyInState, Outdated, RoleMissing),
)  # fmt: skip
def unfreeze_account(order: Proposal, number: str) -> Any:
    """Propose to let a frozen account send money again."""
    return proposed(proposals.unfreeze(bank(), actor(), number, expected_revision(), order))


@approvals.put("/accounts/<number>/limits")
@operation(
    body=AccountLimitsSchema, answer=representations.DeskAccount, guarded_edit=True,
    accepted=representations.Approval,
    problems=(AccountNotFound, AccountClosed, AlreadyInState, Outdated, RoleMissing),
)  # fmt: skip
def limit_account(order: AccountLimits, number: str) -> Any:
    """Lower an account's limits at once (200), or propose to raise one of them (202)."""
    done = proposals.set_limits(bank(), actor(), number, expected_revision(), order)
    if isinstance(done, Approval):
        shown, headers = proposed(done)
        return Accepted(shown), headers
    return done, {"ETag": f'"{revision_tag(done.revision)}"'}


@approvals.post("/accounts/<number>/reset_pin")
@operation(
    status=202, body=ProposalSchema, answer=representations.Approval,
    problems=(AccountNotFound, AccountClosed, NoPin, RoleMissing),
)  # fmt: skip
def reset_pin(order: Proposal, number: str) -> Any:
    """Propose to forget the PIN of an account; nobody at the bank sees it or sets another one."""
    return proposed(proposals.reset_pin(bank(), actor(), number, order))


@approvals.post("/customers/<id>/unfreeze")
@operation(
    status=202, body=ProposalSchema, answer=representations.Approval, guarded_edit=True,
    problems=(CustomerNotFound, AlreadyInState, Outdated, RoleMissing),
)  # fmt: skip
def unfreeze_customer(order: Proposal, id: str) -> Any:
    """Propose to let a frozen customer log in again."""
    return proposed(proposals.unfreeze_customer(bank(), actor(), id, expected_revision(), order))


@approvals.post("/customers/<id>/reset_factor")
@operation(
    status=202, body=ProposalSchema, answer=representations.Approval,
    problems=(CustomerNotFound, NoAuthenticator, RoleMissing),
)  # fmt: skip
def reset_factor(order: Proposal, id: str) -> Any:
    """Propose to forget a customer's authenticator app; all sessions of the customer end."""
    return proposed(proposals.reset_factor(bank(), actor(), id, order))


@approvals.get("/approvals")
@operation(query=ApprovalsQuerySchema, answer=representations.Approvals)
def list_approvals(query: ApprovalsQuery) -> Any:
    """What was proposed, newest first: filter by status and kind."""
    place = read_cursor(query.cursor, "approvals")
    found, more = controller.listed(bank(), query, str(place[0]) if place else None)
    return page(inbox.shown(bank(), found), [found[-1].id] if more else None, "approvals")


@approvals.get("/approvals/<id>")
@operation(answer=representations.Approval, problems=(ApprovalNotFound,))
def show_approval(id: str) -> Any:
    """One proposal with its frozen effect and the `effect_hash` that approving it needs."""
    return inbox.shown(bank(), [controller.one(bank(), id)])[0]


@approvals.post("/approvals/<id>/approve")
@operation(
    body=ApproveSchema, answer=representations.Approval,
    problems=(
        ApprovalNotFound, OwnProposal, RoleMissing, AlreadyDecided, StateDrifted, Outdated,
    ),
)  # fmt: skip
def approve(order: Approve, id: str) -> Any:
    """Do what was proposed, as another banker than its maker.

    It is done just as it was shown, or not at all: where the state has drifted meanwhile, the
    proposal is void (409) and must be made anew. An invitation's link is shown here, once.
    """
    executed = controller.approve(bank(), actor(), id, order)
    return replace(inbox.shown(bank(), [executed.approval])[0], link=executed.link)


@approvals.post("/approvals/<id>/reject")
@operation(
    body=ReasonSchema, answer=representations.Approval,
    problems=(ApprovalNotFound, RoleMissing, AlreadyDecided),
)  # fmt: skip
def reject(order: Reason, id: str) -> Any:
    """Reject a proposal, or withdraw one's own."""
    return inbox.shown(bank(), [controller.reject(bank(), actor(), id, order)])[0]


def proposed(approval: Approval) -> tuple[Shown, dict[str, str]]:
    """The answer to a proposal, and where it waits."""
    return inbox.shown(bank(), [approval])[0], {"Location": f"/banker/approvals/{approval.id}"}
