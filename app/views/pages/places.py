"""Where one can go on the two websites: what stands in the head of every page."""

from __future__ import annotations

from flask import url_for
from flask_babel import LazyString

from app.controllers.ledger import Receipt
from app.views.languages import lazy

MY_PLACES: list[tuple[str, LazyString]] = [
    ("my_overview.show", lazy("Overview")),
    ("my_payments.transfer", lazy("Transfer")),
    ("my_payments.deposit", lazy("Deposit")),
    ("my_payments.withdraw", lazy("Withdraw")),
    ("my_history.transactions", lazy("Transactions")),
    ("my_statements.months", lazy("Statements")),
    ("my_security.show", lazy("Security")),
    ("my_profile.show", lazy("Profile")),
]

DESK_PLACES: list[tuple[str, LazyString]] = [
    ("desk_home.show", lazy("Dashboard")),
    ("desk_accounts.listed", lazy("Accounts")),
    ("desk_transactions.listed", lazy("Transactions")),
    ("desk_payments.listed", lazy("Payments")),
    ("desk_customers.listed", lazy("Customers")),
    ("desk_merchants.listed", lazy("Merchants")),
    ("desk_approvals.listed", lazy("Approvals")),
    ("desk_audit.listed", lazy("Audit")),
    ("desk_books.show", lazy("Books")),
    ("desk_outbox.listed", lazy("Outbox")),
    ("desk_webhooks.listed", lazy("Webhooks")),
    ("desk_bankers.listed", lazy("Bankers")),
    ("desk_security.show", lazy("Security")),
]


def receipt_address(receipt: Receipt) -> str:
    """Where a payment that was just made is shown."""
    return url_for("my_history.transaction", id=receipt.transaction.id, new=1)
