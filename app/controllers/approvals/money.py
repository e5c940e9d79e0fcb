"""Proposals that move money: a reversal, an adjustment. Their effect is the ledger's own."""

from __future__ import annotations

from decimal import Decimal

from app.controllers.approvals.kinds import MONEY_PEOPLE, Kind, Payload
from app.controllers.bank import Bank
from app.controllers.ledger import Line, Posting, opposite
from app.controllers.statements import minor_of
from app.errors import InvalidField, TransactionNotFound
from app.models import accounts
from app.models.approvals import Change, Plan
from app.models.reversals import Reversible, find_reversibles


def reversal(bank: Bank, id: str, amount: Decimal | None) -> Payload:
    """A proposal to take back a transaction, or what is left of it, or an amount of it."""
    reversible = _reversible(bank, id)
    if amount is not None:
        minor = minor_of(amount, reversible.original.currency, "amount")
    else:
        # Where nothing is left, the ledger says what is the matter with all of it.
        minor = (reversible.left_minor or None) if reversible.times else None
    lines = (*reversible.original.entries, *reversible.original.contra)
    if minor is not None and len(lines) != 2:
        raise InvalidField("a part can be taken back where two lines are", field="amount")
    return {"transaction": id, "minor": minor}


def adjustment(bank: Bank, number: str, amount: Decimal, memo: str) -> Payload:
    """A proposal to correct an account, against the bank's account `suspense`."""
    account = accounts.get_account(bank.database, accounts.plain_number(number))
    minor = minor_of(amount, account.currency, "amount")
    if not minor:
        raise InvalidField("an adjustment adds or takes something", field="amount")
    return {"account": account.number, "minor": minor, "memo": memo}


def _reversible(bank: Bank, id: str) -> Reversible:
    found = find_reversibles(bank.database, [id])
    if id not in found:
        raise TransactionNotFound()
    return found[id]


def _reversal_posting(bank: Bank, payload: Payload, actor: str) -> Posting:
    original = _reversible(bank, payload["transaction"]).original
    return opposite(original, actor=actor, memo="Reversal", minor=payload["minor"])


def _adjustment_posting(bank: Bank, payload: Payload, actor: str) -> Posting:
    account = accounts.get_account(bank.database, payload["account"])
    return Posting(
        kind="adjustment",
        currency=account.currency,
        entries=(Line(account.number, payload["minor"]),),
        contra=(Line("suspense", -payload["minor"]),),
        actor=actor,
        memo=payload["memo"],
    )


def _plan(bank: Bank, subject: str, payload: Payload, posting: Posting) -> Plan:
    """What the ledger would do, account by account. Raises what it would refuse."""
    rehearsed = bank.ledger.rehearse(posting)
    effect = tuple(
        Change(
            each.before.number, "balance", each.before.balance.amount, each.after.balance.amount,
            each.before.currency,
        )
        for each in rehearsed
    )  # fmt: skip
    return Plan(subject, payload, effect, {each.before.number: each.state for each in rehearsed})


def _plan_reversal(bank: Bank, payload: Payload) -> Plan:
    posting = _reversal_posting(bank, payload, "")
    return _plan(bank, payload["transaction"], payload, posting)


def _plan_adjustment(bank: Bank, payload: Payload) -> Plan:
    posting = _adjustment_posting(bank, payload, "")
    return _plan(bank, payload["account"], payload, posting)


KINDS = (
    Kind("reversal", *MONEY_PEOPLE, plan=_plan_reversal, posting=_reversal_posting),
    Kind("adjustment", *MONEY_PEOPLE, plan=_plan_adjustment, posting=_adjustment_posting),
)
