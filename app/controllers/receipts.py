"""Receipts: one transaction with both its sides, as one of its customers may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.controllers import statements
from app.controllers.bank import Actor, Bank
from app.controllers.names import masked
from app.controllers.statements import View
from app.models import accounts, reversals
from app.models.accounts import Account
from app.models.intent import Intent
from app.models.intent_lists import find_intents
from app.models.transactions import PAID_AT_SHOPS, Transaction
from money import Money

__all__ = ["Party", "Receipt", "Transaction", "View", "parties", "receipt"]


@dataclass(frozen=True, slots=True)
class Party:
    """An account as the actor may see it: `name` is that of an own account, of the shop that was
    paid, else of the masked holder; `order` is what was paid there. One of the bank's own accounts
    has no number, and the name that the books know."""

    name: str
    number: str | None
    own: bool = False
    order: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a movement of money was: from whom, to whom, and what it left on the own account.

    `order` is what was paid at a shop, if anything. `reverses` and `reversed_by` are ids of
    transactions that take one another back.
    """

    view: View
    account: Account
    source: Party
    target: Party
    order: str
    reverses: str | None
    reversed_by: tuple[str, ...]

    @property
    def amount(self) -> Money:
        """What moved, without a sign."""
        return Money(abs(self.view.amount.minor), self.view.amount.currency)

    @property
    def repeatable(self) -> bool:
        """Whether the customer may do the same again: a transfer that went out."""
        return self.view.transaction.kind == "transfer" and self.source.own


def receipt(bank: Bank, actor: Actor, id: str) -> Receipt:
    """The receipt of a transaction on one of the actor's accounts. A stranger's is not found."""
    view = statements.transaction(bank, actor, id)
    own = _party(actor, accounts.get_account(bank.database, view.account))
    other = parties(bank, actor, [view]).get(id) or Party(_line_of_the_bank(view), None)
    went = view.amount.minor < 0
    return Receipt(
        view=view,
        account=accounts.get_account(bank.database, view.account),
        source=own if went else other,
        target=other if went else own,
        order=other.order,
        reverses=view.transaction.reversed_id,
        reversed_by=tuple(each.id for each in reversals.reversals_of(bank.database, id)),
    )


def parties(bank: Bank, actor: Actor, views: Iterable[View]) -> dict[str, Party]:
    """Who is on the other side of transactions, by their ids; those with the bank are left out."""
    shown = [view for view in views if view.counterparty]
    numbers = {view.counterparty or "" for view in shown}
    found = accounts.find_accounts(bank.database, numbers) if numbers else {}
    paid = [view.transaction for view in shown if view.transaction.kind in PAID_AT_SHOPS]
    asked = find_intents(bank.database, {each.reference for each in paid}) if paid else {}
    return {
        view.transaction.id: _other(
            actor, found[view.counterparty or ""], asked.get(view.transaction.reference)
        )
        for view in shown
    }


def _other(actor: Actor, account: Account, intent: Intent | None) -> Party:
    """As the actor may see it: behind the account of a shop is its owner, whom nobody has met."""
    party = _party(actor, account)
    if intent is None:
        return party
    name = intent.name if account.number == intent.account else party.name
    return replace(party, name=name, order=intent.order)


def _party(actor: Actor, account: Account) -> Party:
    if account.owner == actor.user:
        return Party(account.name, account.number, own=True)
    return Party(masked(account.customer), account.number)


def _line_of_the_bank(view: View) -> str:
    """Where the money came from or went to, of the bank's own accounts."""
    sign = view.amount.minor < 0
    lines = view.transaction.contra
    return next(line.account for line in lines if (line.amount_minor < 0) != sign)
