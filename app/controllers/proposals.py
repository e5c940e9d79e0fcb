"""What bankers ask another banker for: each call of the desk that needs four eyes."""

from __future__ import annotations

from app.controllers import audits
from app.controllers.approvals import Approval, check_acts, check_role, money, propose
from app.controllers.approvals import customers as terms
from app.controllers.bank import Actor, Bank
from app.controllers.orders import AccountLimits, Adjust, ChangeRole, Invite, Proposal, Reverse
from app.errors import AlreadyInState, Outdated
from app.models import accounts, audit
from app.models.accounts import Account, plain_number


def reverse(bank: Bank, actor: Actor, transaction: str, order: Reverse) -> Approval:
    """Ask for an opposite transaction, of all or of a part."""
    payload = money.reversal(bank, transaction, order.amount)
    return propose(bank, actor, "reversal", payload, order)


def adjust(bank: Bank, actor: Actor, number: str, order: Adjust) -> Approval:
    """Ask for a correction of an account."""
    payload = money.adjustment(bank, number, order.amount, order.memo)
    return propose(bank, actor, "adjustment", payload, order)


def unfreeze(bank: Bank, actor: Actor, number: str, revision: int, order: Proposal) -> Approval:
    """Ask to let a frozen account send money again."""
    check_role(actor, "teller")
    account = accounts.get_account(bank.database, plain_number(number))
    if account.status != "closed" and account.revision != revision:
        raise Outdated("the account was changed since you read it", account=account.number)
    payload = {"account": plain_number(number)}
    return propose(bank, actor, "unfreeze", payload, order, revision=revision)


def unfreeze_customer(
    bank: Bank, actor: Actor, id: str, revision: int, order: Proposal
) -> Approval:
    """Ask to let a frozen customer log in again."""
    payload = {"customer": id}
    return propose(bank, actor, "unfreeze_customer", payload, order, revision=revision)


def reset_pin(bank: Bank, actor: Actor, number: str, order: Proposal) -> Approval:
    """Ask to forget the PIN of an account; its owner then sets another one."""
    return propose(bank, actor, "reset_pin", {"account": plain_number(number)}, order)


def reset_factor(bank: Bank, actor: Actor, id: str, order: Proposal) -> Approval:
    """Ask to forget a customer's authenticator app."""
    return propose(bank, actor, "reset_factor", {"user": id}, order)


def reset_banker_factor(bank: Bank, actor: Actor, username: str, order: Proposal) -> Approval:
    """Ask to forget a banker's authenticator app."""
    return propose(bank, actor, "reset_banker_factor", {"username": username}, order)


def change_role(bank: Bank, actor: Actor, username: str, order: ChangeRole) -> Approval:
    """Ask to grant a banker a role, or to revoke it."""
    payload = {"username": username, "role": order.role}
    return propose(bank, actor, f"{order.action}_role", payload, order)


def invite(bank: Bank, actor: Actor, order: Invite) -> Approval:
    """Ask to invite somebody to become a banker."""
    payload = {"username": order.username, "roles": sorted(set(order.roles))}
    return propose(bank, actor, "invite", payload, order)


def set_limits(
    bank: Bank, actor: Actor, number: str, revision: int, order: AccountLimits
) -> Account | Approval:
    """Lower limits at once, or ask another banker to raise them."""
    check_acts(actor)
    account = accounts.get_account(bank.database, plain_number(number))
    payload = terms.limits(bank, account, order)
    if terms.raises(bank, account, payload):
        return propose(bank, actor, "limits", payload, order, revision=revision)
    return bank.database.atomically(lambda: _lower(bank, actor, number, revision, order))


def _lower(bank: Bank, actor: Actor, number: str, revision: int, order: AccountLimits) -> Account:
    account = accounts.get_account(bank.database, plain_number(number))
    payload = terms.limits(bank, account, order)
    if account.revision != revision or terms.raises(bank, account, payload):
        raise Outdated("the account was changed since you read it", account=account.number)
    terms.check_open(account)
    if not terms.limit_changes(bank, account, payload):
        raise AlreadyInState("these are its limits", account=account.number)
    terms.set_limits(bank, account, payload)
    changed = accounts.get_account(bank.database, account.number)
    event = audits.event(
        bank, actor, "limits lowered", account.number, reason=order.reason,
        before=audits.state_hash(account), after=audits.state_hash(changed),
    )  # fmt: skip
    audit.record(bank.database, event)
    return changed
