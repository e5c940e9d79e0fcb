"""Receipts: one transaction with both its sides, as one of its customers may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.controllers import statements
from app.controllers.bank import Actor, Bank
from app.controllers.names import masked
from app.controllers.statements import View
from app.models import accounts, reversals
from app.models.accounts import Account
from app.models.transactions import Contra, Entry, Transaction
from money import Money

__all__ = ["Party", "Receipt", "Transaction", "View", "parties", "receipt"]


@dataclass(frozen=True, slots=True)
class Party:
    """An account as the actor may see it: `name` is that of an own account, else of the masked
    holder. One of the bank's own accounts has no number, and the name that the books know."""

    name: str
    number: str | None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a movement of money was: from whom, to whom, and what it left on the own account.

    `reverses` and `reversed_by` are ids of transactions that take one another back.
    """

    view: View
    account: Account
    source: Party
    target: Party
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
    known = parties(bank, actor, [entry.account for entry in view.transaction.entries])
    own, other = known[view.account], _other_side(view, known)
    went = view.amount.minor < 0
    return Receipt(
        view=view,
        account=accounts.get_account(bank.database, view.account),
        source=own if went else other,
        target=other if went else own,
        reverses=view.transaction.reversed_id,
        reversed_by=tuple(each.id for each in reversals.reversals_of(bank.database, id)),
    )


def parties(bank: Bank, actor: Actor, numbers: Iterable[str | None]) -> dict[str, Party]:
    """The accounts of those numbers as the actor may see them, by number; None are left out."""
    found = accounts.find_accounts(bank.database, {number for number in numbers if number})
    return {number: _party(actor, account) for number, account in found.items()}


def _party(actor: Actor, account: Account) -> Party:
    if account.owner == actor.user:
        return Party(account.name, account.number, own=True)
    return Party(masked(account.customer), account.number)


def _other_side(view: View, known: Mapping[str, Party]) -> Party:
    """Where the money came from or went to: the first line of the other sign."""
    lines: tuple[Entry | Contra, ...] = (*view.transaction.entries, *view.transaction.contra)
    sign = view.amount.minor < 0
    other = next(line for line in lines if (line.amount_minor < 0) != sign)
    return known.get(other.account) or Party(other.account, None)
