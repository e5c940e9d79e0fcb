"""What is known of payments at one shop by one customer, as plain figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOLD = timedelta(days=7)


@dataclass
class Payment:
    """An intent as it is written down."""

    minor: int
    manual: bool
    expires_at: datetime
    status: str = "requires_customer"
    held: int = 0
    captured: int = 0
    refunded: int = 0
    held_until: datetime | None = None

    def over(self, now: datetime) -> bool:
        """Whether its time is over."""
        if self.status == "requires_customer":
            return now >= self.expires_at
        return self.held_until is not None and self.held > 0 and now >= self.held_until

    def seen(self, now: datetime) -> tuple[str, int, int, int]:
        """Status, held, captured and refunded, as everybody sees them at that moment."""
        if self.over(now):
            return ("succeeded" if self.captured else "expired"), 0, self.captured, self.refunded
        return self.status, self.held, self.captured, self.refunded

    def end(self, now: datetime) -> None:
        """Write down that its time is over, where it is."""
        if self.over(now):
            self.status, self.held, _, _ = self.seen(now)


@dataclass
class Street:
    """A customer's account, a shop's account, and the payments between them."""

    balance: int
    shop: int = 0
    frozen: bool = False
    payments: dict[str, Payment] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """What is reserved on the customer's account."""
        return sum(payment.held for payment in self.payments.values())

    def confirm(self, payment: Payment, now: datetime) -> str:
        """The customer pays; the refusal's name, or nothing."""
        if payment.seen(now)[0] != "requires_customer":
            return "Overtaken"
        if self.frozen:
            return "AccountFrozen"
        if self.balance - self.held < payment.minor:
            return "InsufficientFunds"
        if payment.manual:
            payment.status, payment.held = "requires_capture", payment.minor
            payment.held_until = now + HOLD
        else:
            payment.status, payment.captured = "succeeded", payment.minor
            self._move(payment.minor)
        return ""

    def capture(self, payment: Payment, minor: int, final: bool, now: datetime) -> str:
        """The shop captures; the refusal's name, or nothing."""
        payment.end(now)
        if payment.status != "requires_capture":
            return "WrongState"
        if minor > payment.held:
            return "CaptureTooLarge"
        if self.frozen:
            return "AccountFrozen"
        payment.captured += minor
        payment.held = 0 if final else payment.held - minor
        if not payment.held:
            payment.status = "succeeded"
        self._move(minor)
        return ""

    def refund(self, payment: Payment, minor: int, now: datetime) -> str:
        """The shop gives back; the refusal's name, or nothing."""
        payment.end(now)
        if payment.status != "succeeded":
            return "WrongState"
        if minor > payment.captured - payment.refunded:
            return "RefundTooLarge"
        if minor > self.shop:
            return "InsufficientFunds"
        payment.refunded += minor
        self._move(-minor)
        return ""

    def cancel(self, payment: Payment, now: datetime) -> str:
        """The shop cancels; the refusal's name, or nothing."""
        payment.end(now)
        if payment.status == "canceled":
            return ""
        if payment.captured or payment.status not in ("requires_customer", "requires_capture"):
            return "WrongState"
        payment.status, payment.held = "canceled", 0
        return ""

    def _move(self, minor: int) -> None:
        self.balance -= minor
        self.shop += minor
