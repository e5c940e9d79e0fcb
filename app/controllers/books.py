"""The state of the books, for bankers, auditors and the command line."""

from __future__ import annotations

from app.controllers.audit_walk import AuditReport, verify_audit
from app.controllers.bank import Bank
from app.controllers.ledger.balances import trial_balance
from app.controllers.ledger.overtaken import taken_back_too_much
from app.controllers.ledger.paid import wrongly_paid
from app.controllers.ledger.verify import Finding, Progress, Report, verify
from money import Money

__all__ = ["Finding", "Progress", "balances", "verify_books", "verify_events"]


def verify_books(bank: Bank, *, full: bool, progress: Progress | None = None) -> Report:
    """Walk the history and the audit, all or what is new, and tell which rules are broken."""
    report = verify(bank.database, bank.now(), full=full, progress=progress)
    if full:
        report.findings += [
            Finding("reversal", account, 0, detail)
            for account, detail in taken_back_too_much(bank.database)
        ]
        report.findings += wrongly_paid(bank.database)
    audited = verify_events(bank, full=full, progress=progress)
    report.events = audited.events
    report.findings += audited.findings
    return report


def verify_events(
    bank: Bank, *, full: bool, reseal: bool = False, progress: Progress | None = None
) -> AuditReport:
    """Walk the audit alone; `reseal` takes it as it is where only its last seal is against it."""
    keys = bank.config.keys("audit seal")
    return verify_audit(
        bank.database, bank.now(), keys, full=full, reseal=reseal, progress=progress
    )


def balances(bank: Bank) -> dict[str, dict[str, Money]]:
    """The trial balance by currency: customers, the bank's own accounts, the total of zero."""
    return trial_balance(bank.database, bank.now())
