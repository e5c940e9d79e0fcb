"""What happened last in the bank, with the names of those it happened to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.controllers.bank import Bank
from app.models import accounts, histories, transactions
from app.models.accounts import Account
from app.models.histories import BankFilters
from app.models.transactions import Transaction
from money import Money

__all__ = ["News", "Transaction"]
SHOWN = 10
_OVERLAP = timedelta(seconds=10)
"""What is committed a moment later may have happened a moment before."""


@dataclass(frozen=True, slots=True)
class News:
    """A transaction, and from which customer's account to which it went; None is the bank."""

    transaction: Transaction
    payer: Account | None
    payee: Account | None

    @property
    def amount(self) -> Money:
        """What came to the customer or left; between two of them, what went over."""
        change = sum(entry.amount_minor for entry in self.transaction.entries)
        most = max(abs(entry.amount_minor) for entry in self.transaction.entries)
        return self.transaction.money(change or most)

    @property
    def within(self) -> bool:
        """Whether it went from one customer's account to another one."""
        return self.payer is not None and self.payee is not None


def latest(bank: Bank, after: str | None = None) -> list[News]:
    """The last transactions, newest first; `after` one of them, only those since a moment before
    it, for some of these may be new as well."""
    known = transactions.find_transactions(bank.database, [after]) if after else {}
    since = known[after].at - _OVERLAP if after in known else None
    return told(bank, histories.bank_page(bank.database, BankFilters(since=since), None, SHOWN))


def told(bank: Bank, found: Sequence[Transaction]) -> list[News]:
    """Transactions with the accounts that they moved money between."""
    numbers = {entry.account for each in found for entry in each.entries}
    known = accounts.find_accounts(bank.database, numbers) if numbers else {}
    return [_news(each, known) for each in found]


def _news(transaction: Transaction, known: dict[str, Account]) -> News:
    least = min(transaction.entries, key=lambda entry: entry.amount_minor)
    most = max(transaction.entries, key=lambda entry: entry.amount_minor)
    return News(
        transaction,
        payer=known.get(least.account) if least.amount_minor < 0 else None,
        payee=known.get(most.account) if most.amount_minor > 0 else None,
    )
