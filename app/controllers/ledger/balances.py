"""The trial balance: whatever customers hold, the bank's own accounts hold the opposite."""

from __future__ import annotations

from datetime import datetime

from app.models import accounts, transactions
from app.models.checkpoints import roll_up, system_balances
from app.models.database import Database
from money import Money


def trial_balance(database: Database, now: datetime) -> dict[str, dict[str, Money]]:
    """By currency: what customers hold, the bank's own accounts, and `total`, which is zero."""
    roll_up(database, now)
    return database.atomically(lambda: _trial_balance(database))


def _trial_balance(database: Database) -> dict[str, dict[str, Money]]:
    own = system_balances(database)
    balances: dict[str, dict[str, Money]] = {}
    for currency, minor in sorted(accounts.totals(database).items()):
        lines = {"customers": minor}
        lines |= {name: own[name, currency] for name in transactions.SYSTEM_ACCOUNTS}
        lines["total"] = sum(lines.values())
        balances[currency] = {name: Money(value, currency) for name, value in lines.items()}
    return balances
