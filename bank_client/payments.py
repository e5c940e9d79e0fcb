"""What the bank answers merchants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from bank_client.reading import Json, maybe, moment, money
from money import Money


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant, as itself sees it; `scopes` are what the key may do."""

    id: str
    name: str
    account: str
    currency: str
    status: str
    return_urls: tuple[str, ...]
    direct_pin: bool
    scopes: tuple[str, ...]

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["name"],
            body["account"],
            body["currency"],
            body["status"],
            tuple(body["return_urls"]),
            body["direct_pin"],
            tuple(body["scopes"]),
        )


@dataclass(frozen=True, slots=True)
class Capture:
    """What was taken of a held amount."""

    id: str
    amount: Money
    at: datetime

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(body["id"], money(body["amount"]), moment(body["at"]))


@dataclass(frozen=True, slots=True)
class Refund:
    """What was given back of a payment."""

    id: str
    amount: Money
    reason: str | None
    at: datetime

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(body["id"], money(body["amount"]), body["reason"], moment(body["at"]))


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment that a shop asks for, and what has become of it. Send the customer to `pay_url`."""

    id: str
    merchant: str
    merchant_name: str
    order: str
    description: str
    amount: Money
    captured: Money
    refunded: Money
    held: Money
    status: str
    capture: str
    pay_url: str
    return_url: str
    created_at: datetime
    expires_at: datetime
    held_until: datetime | None
    paid_at: datetime | None
    payer: str | None
    reason: str | None
    captures: tuple[Capture, ...]
    refunds: tuple[Refund, ...]

    def pays(self, order: str, amount: Money) -> bool:
        """Whether it is for this order and amount, and the money is the shop's or held for it."""
        good = self.status in ("succeeded", "requires_capture")
        return good and self.order == order and self.amount == amount

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["merchant"]["id"],
            body["merchant"]["name"],
            body["order"],
            body["description"],
            money(body["amount"]),
            money(body["captured"]),
            money(body["refunded"]),
            money(body["held"]),
            body["status"],
            body["capture"],
            body["pay_url"],
            body["return_url"],
            moment(body["created_at"]),
            moment(body["expires_at"]),
            maybe(moment, body["held_until"]),
            maybe(moment, body["paid_at"]),
            body["payer"],
            body["reason"],
            tuple(map(Capture.read, body["captures"])),
            tuple(map(Refund.read, body["refunds"])),
        )


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture, and the intent after it."""

    capture: Capture
    intent: Intent

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(Capture.read(body["capture"]), Intent.read(body["intent"]))


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund, and the intent after it."""

    refund: Refund
    intent: Intent

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(Refund.read(body["refund"]), Intent.read(body["intent"]))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the bank sends webhooks; the `secret` is told once, when it is made or changed.

    Until `old_secrets_until` the secret before the newest one signs as well.
    """

    id: str
    url: str
    events: tuple[str, ...]
    status: str
    created_at: datetime
    old_secrets_until: datetime | None
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["url"],
            tuple(body["events"]),
            body["status"],
            moment(body["created_at"]),
            maybe(moment, body["old_secrets_until"]),
            body.get("secret"),
        )


@dataclass(frozen=True, slots=True)
class Try:
    """One try to deliver: the status that was answered, and why it failed, if it did."""

    at: datetime
    status: int | None
    error: str | None

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(moment(body["at"]), body["status"], body["error"])


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook at one endpoint, and what became of the last tries; `event` is its webhook-id."""

    id: str
    event: str
    type: str
    endpoint: str
    intent: str
    status: str
    created_at: datetime
    delivered_at: datetime | None
    next_at: datetime | None
    tries: tuple[Try, ...]

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(
            body["id"],
            body["event"],
            body["type"],
            body["endpoint"],
            body["intent"],
            body["status"],
            moment(body["created_at"]),
            maybe(moment, body["delivered_at"]),
            maybe(moment, body["next_at"]),
            tuple(map(Try.read, body["tries"])),
        )
