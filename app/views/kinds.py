"""What the kinds of transactions are called on pages."""

from __future__ import annotations

from flask_babel import LazyString

from app.views.languages import lazy

KINDS: dict[str, LazyString] = {
    "deposit": lazy("Deposit"),
    "withdrawal": lazy("Withdrawal"),
    "transfer": lazy("Transfer"),
    "payment": lazy("Payment"),
    "refund": lazy("Refund"),
    "fee": lazy("Fee"),
    "interest": lazy("Interest"),
    "adjustment": lazy("Adjustment"),
    "reversal": lazy("Reversal"),
}

BOOKS: dict[str, LazyString] = {
    "cash": lazy("Cash"),
    "fees": lazy("The bank, fees"),
    "interest": lazy("The bank, interest"),
    "suspense": lazy("The bank"),
}
"""The bank's own accounts, as customers know them."""
