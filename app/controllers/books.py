"""The state of the books, for bankers, auditors and the command line."""

from __future__ import annotations

from app.controllers.bank import Bank
from app.controllers.ledger.balances import trial_balance
from app.controllers.ledger.verify import Progress, Report, verify
from money import Money


def verify_books(bank: Bank, *, full: bool, progress: Progress | None = None) -> Report:
    """Walk the history, all of it or what is new, and tell which rules are broken."""
    return verify(bank.database, bank.now(), full=full, progress=progress)


def balances(bank: Bank) -> dict[str, dict[str, Money]]:
    """The trial balance by currency: customers, the bank's own accounts, the total of zero."""
    return trial_balance(bank.database, bank.now())
