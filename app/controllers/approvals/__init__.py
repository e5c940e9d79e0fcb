"""Four eyes: one banker proposes, and is shown what would happen; another approves just that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.controllers import audits, step_up
from app.controllers.approvals import customers, money, people, shops
from app.controllers.approvals.kinds import MONEY_PEOPLE, Kind, Payload
from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Posting, Receipt
from app.controllers.orders import ApprovalsQuery, Approve, Proposal, Reason
from app.errors import (
    AlreadyClaimed,
    AlreadyDecided,
    BankError,
    Conflict,
    NotFound,
    Outdated,
    Overtaken,
    OwnProposal,
    Refused,
    RoleMissing,
    StateDrifted,
)
from app.models import approvals, audit, claims, role_grants
from app.models.approvals import Approval, Decision

__all__ = [
    "KINDS", "Approval", "Executed", "approve", "check_acts", "check_decider", "listed", "one",
    "propose", "reject",
]  # fmt: skip
KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (*money.KINDS, *customers.KINDS, *people.KINDS, *shops.KINDS)
}


@dataclass(frozen=True)
class Executed:
    """An approved proposal; `link` is an invitation's, shown this once."""

    approval: Approval
    link: str | None = None


def propose(
    bank: Bank,
    actor: Actor,
    kind: str,
    payload: Payload,
    order: Proposal,
    *,
    revision: int | None = None,
) -> Approval:
    """Freeze what would happen, for another banker to decide within a day.

    With `revision`, only if that is still the one of what it is about (Outdated). Raises what the
    effect itself would be refused with.
    """
    asked = KINDS[kind]
    check_role(actor, asked.proposes)
    plan = asked.plan(bank, payload)
    if revision is not None and plan.seen[plan.subject][1] != revision:
        raise Outdated("it was changed since you read it")
    if plan.subject == actor.user:
        raise OwnProposal("ask another banker to propose it")
    step_up.prove(bank, actor, "approve", subject=plan.subject, code=order.code)
    approval = approvals.new_approval(kind, plan, actor.user, order.reason, bank.now())

    def work() -> None:
        approvals.insert_approval(bank.database, approval)
        audit.record(bank.database, _event(bank, actor, approval, "proposed", order.reason))

    bank.database.atomically(work)
    return approval


def listed(
    bank: Bank, query: ApprovalsQuery, below: str | None, *, decided: bool = False
) -> tuple[list[Approval], bool]:
    """A page of proposals, newest first, and whether there are more; with `decided`, of those that
    wait for nobody any more."""
    found = approvals.page(
        bank.database, bank.now(), status=query.status, kind=query.kind, below=below,
        limit=query.limit + 1, decided=decided,
    )  # fmt: skip
    return found[: query.limit], len(found) > query.limit


def one(bank: Bank, id: str) -> Approval:
    """One proposal. Raises ApprovalNotFound."""
    return approvals.get_approval(bank.database, id, bank.now())


def approve(bank: Bank, actor: Actor, id: str, order: Approve) -> Executed:
    """Do what was proposed, if it still is what was shown; the approval and its effect are one
    transaction. Where the state has drifted nothing is done, and the proposal is void."""
    approval = one(bank, id)
    if (approval.status, approval.decided_by) == ("executed", actor.user):
        return Executed(approval)
    check_role(actor, KINDS[approval.kind].approves)
    check_decider(actor, approval)
    if order.effect_hash != approval.effect_hash:
        raise Outdated("read the proposal again: this is not what it shows")
    step_up.prove(bank, actor, "approve", subject=id, code=order.code)
    decision = Decision(actor.user, bank.now(), order.reason)
    try:
        link = _execute(bank, actor, approval, decision, order.effect_hash)
    except StateDrifted:
        drifted = Decision(actor.user, bank.now(), "the state has drifted")
        _end(bank, actor, approval, "void", drifted)
        raise
    return Executed(one(bank, id), link)


def reject(bank: Bank, actor: Actor, id: str, order: Reason) -> Approval:
    """Let a proposal come to nothing: an approver, or its maker who withdraws it."""
    approval = one(bank, id)
    if approval.maker != actor.user:
        check_role(actor, KINDS[approval.kind].approves)
    _check_open(approval)
    if not _end(bank, actor, approval, "rejected", Decision(actor.user, bank.now(), order.reason)):
        raise AlreadyDecided()
    return one(bank, id)


def check_role(actor: Actor, role: str) -> None:
    """Refuse whom the role is missing."""
    if role not in actor.roles:
        raise RoleMissing(f"ask somebody who is {role}", needs=[role])


def check_acts(actor: Actor) -> None:
    """Refuse who only looks, or has no business with customers."""
    if actor.roles.isdisjoint(MONEY_PEOPLE):
        raise RoleMissing("an auditor may look, not act", needs=sorted(MONEY_PEOPLE))


def check_decider(actor: Actor, approval: Approval) -> None:
    """Refuse the maker and whom it is about, and what is over, by name.

    MongoDB refuses all of it as well; here it is only said more clearly.
    """
    if actor.user in (approval.maker, approval.plan.subject):
        raise OwnProposal("another banker must decide it", approval=approval.id)
    _check_open(approval)


def _check_open(approval: Approval) -> None:
    if approval.status != "pending":
        raise AlreadyDecided(f"it is {approval.status}", status=approval.status)


def _execute(
    bank: Bank, actor: Actor, approval: Approval, decision: Decision, shown: str
) -> str | None:
    kind = KINDS[approval.kind]
    claim = approvals.claim(approval, shown, decision)
    event = _event(bank, actor, approval, "approved", decision.reason)
    if kind.posting:
        posting = replace(
            kind.posting(bank, approval.plan.payload, actor.user),
            reference=approval.id,
            claims=(claim,),
            expects=approval.plan.seen,
            events=(event,),
        )
        receipt = _post(bank, posting)
        # Its id was not known before; the transaction's reference says the same.
        approvals.note_result(bank.database, approval, receipt.transaction.id)
        return None

    def work() -> str | None:
        check_role_now(bank, actor, kind.approves)
        _check_drift(bank, kind, approval)
        if not claims.taken(bank.database, claim):
            raise AlreadyDecided()
        audit.record(bank.database, event)
        return kind.execute(bank, approval, actor.user) if kind.execute else None

    return bank.database.atomically(work)


def _post(bank: Bank, posting: Posting) -> Receipt:
    try:
        return bank.ledger.post(posting)
    except (AlreadyClaimed, StateDrifted):
        raise
    except Overtaken as overtaken:
        # Who may decide, and until when, is a part of the claim: it would be the same once more.
        raise AlreadyClaimed(overtaken.detail, **overtaken.facts) from overtaken
    except (NotFound, Conflict, Refused) as refusal:
        raise _drift(refusal) from refusal


def check_role_now(bank: Bank, actor: Actor, role: str) -> None:
    """Refuse whose role was taken since the request began."""
    check_role(replace(actor, roles=role_grants.roles_of(bank.database, actor.user)), role)


def _check_drift(bank: Bank, kind: Kind, approval: Approval) -> None:
    """Refuse to do what would not have the effect that was shown."""
    try:
        plan = kind.plan(bank, approval.plan.payload)
    except (NotFound, Conflict, Refused) as refusal:
        raise _drift(refusal) from refusal
    if (plan.effect, plan.seen) != (approval.plan.effect, approval.plan.seen):
        raise StateDrifted("it has changed since; propose it anew")


def _drift(refusal: BankError) -> StateDrifted:
    return StateDrifted(f"it would be refused now: {refusal.title()}")


def _end(bank: Bank, actor: Actor, approval: Approval, status: str, decision: Decision) -> bool:
    event = _event(bank, actor, approval, status, decision.reason)

    def work() -> bool:
        ended = approvals.end(bank.database, approval, status, decision)
        if ended:
            audit.record(bank.database, event)
        return ended

    return bank.database.atomically(work)


def _event(bank: Bank, actor: Actor, approval: Approval, act: str, reason: str) -> audit.Event:
    # What a decision changes is what it shows; proposing and rejecting change nothing.
    effect = approval.plan.effect if act == "approved" else ()
    before = {f"{each.object} {each.what}": each.before for each in effect}
    after = {f"{each.object} {each.what}": each.after for each in effect}
    return audits.event(
        bank, actor, f"{approval.kind} {act}", approval.plan.subject, reason=reason,
        before=audits.state_hash(before or None), after=audits.state_hash(after or None),
        approval=approval.id, facts={"effect_hash": approval.effect_hash},
    )  # fmt: skip
