"""A payment intent: what a shop asks a customer to pay, and what became of it.

    requires_customer ──> succeeded            confirmed; captured at once
          │  │  │    └──> requires_capture     confirmed; held until the shop captures it
          │  │  └───────> failed               too many refused tries
          │  └──────────> canceled             by the shop
          └─────────────> expired              nobody paid in time
    requires_capture ───> requires_capture     a part was captured
          │  │    └─────> succeeded            all was captured, or a last part and the rest freed
          │  └──────────> canceled             by the shop; nothing was captured, all is freed
          └─────────────> expired              the same, by the clock
    succeeded ──────────> succeeded            refunded, wholly or in part

Every change is a claim on the status and on the revision that was read; nothing leaves the other
three. Amounts are whole minor units of `currency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.models.ids import random_id
from money import Money

STEPS: Mapping[str, frozenset[str]] = {
    "requires_customer": frozenset(
        {"succeeded", "requires_capture", "canceled", "expired", "failed"}
    ),
    "requires_capture": frozenset({"requires_capture", "succeeded", "canceled", "expired"}),
    "succeeded": frozenset({"succeeded"}),
    "canceled": frozenset(),
    "expired": frozenset(),
    "failed": frozenset(),
}
"""From each status, those that may follow."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A part that the shop took of what was held."""

    id: str
    minor: int
    at: datetime
    key: str | None


@dataclass(frozen=True, slots=True)
class Refund:
    """A part that the shop gave back."""

    id: str
    minor: int
    at: datetime
    key: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be paid to `account`, the shop's, for its `order`; `name` is the shop's.

    `browser` is a digest of what the one browser knows that may pay it, `payer` the customer who
    did, from `payer_account`. `ended_at` says when nothing was waited for any more, though
    it was not all paid, and `reason` why it was canceled or has failed.
    """

    id: str
    merchant: str
    name: str
    account: str
    amount_minor: int
    currency: str
    order: str
    description: str
    return_url: str
    capture: str
    status: str
    created_at: datetime
    expires_at: datetime
    held_until: datetime | None
    paid_at: datetime | None
    ended_at: datetime | None
    key: str
    fingerprint: str
    tries: int
    browser: str | None
    payer: str | None
    payer_account: str | None
    held_minor: int
    captured_minor: int
    refunded_minor: int
    captures: tuple[Capture, ...]
    refunds: tuple[Refund, ...]
    reason: str | None
    revision: int

    @property
    def deadline(self) -> datetime | None:
        """When it ends by itself, as long as it waits for its customer or for its shop."""
        waits = {"requires_customer": self.expires_at, "requires_capture": self.held_until}
        return waits.get(self.status)

    def money(self, minor: int) -> Money:
        """Minor units in the intent's currency."""
        return Money(minor, self.currency)

    @property
    def amount(self) -> Money:
        """What is to be paid."""
        return self.money(self.amount_minor)

    @property
    def held(self) -> Money:
        """What is reserved for the shop."""
        return self.money(self.held_minor)

    @property
    def captured(self) -> Money:
        """What the shop was paid."""
        return self.money(self.captured_minor)

    @property
    def refunded(self) -> Money:
        """What the shop has given back."""
        return self.money(self.refunded_minor)

    @property
    def refundable(self) -> Money:
        """What the shop may still give back."""
        return self.money(self.captured_minor - self.refunded_minor)


def new_intent(
    *, merchant: str, name: str, account: str, amount: Money, order: str, description: str,
    return_url: str, capture: str, key: str, fingerprint: str, now: datetime, expires_at: datetime,
) -> Intent:  # fmt: skip
    """An intent that waits for its customer."""
    return Intent(
        id=random_id("pi"), merchant=merchant, name=name, account=account,
        amount_minor=amount.minor, currency=amount.currency, order=order, description=description,
        return_url=return_url, capture=capture, status="requires_customer", created_at=now,
        expires_at=expires_at, held_until=None, paid_at=None, ended_at=None, key=key,
        fingerprint=fingerprint,
        tries=0, browser=None, payer=None, payer_account=None, held_minor=0, captured_minor=0,
        refunded_minor=0, captures=(), refunds=(), reason=None, revision=1,
    )  # fmt: skip
