"""The till: what the shop asks of the bank, and what becomes of it when the bank does not do it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from bank_client import Intent, Merchant, Patience, Problem, Refunded, Unavailable
from bank_client.orders import Amount
from money import Money
from shop.config import Config, UnsafeConfig
from shop.errors import BankRefused, BankUnreachable, ShopError
from shop.models.orders import Order

_PATIENCE = Patience(tries=2, answer_seconds=5.0, deadline_seconds=8.0, longest_pause=0.5)
"""Somebody waits for the page meanwhile; what fails is asked again in the background."""


class Till(Protocol):
    """The calls of a merchant that the shop makes, each of which raises Problem."""

    def create_intent(
        self, amount: Amount, *, order: str, return_url: str, description: str | None = None,
        expires_in: int | None = None, key: str | None = None,
    ) -> Intent:  # fmt: skip
        """Ask for a payment; the same key gives the same one again."""

    def intent(self, id: str) -> Intent:
        """A payment as it is now."""

    def intents(self, *, order: str | None = None) -> Iterator[Intent]:
        """The payments for an order, or all, newest first."""

    def cancel(self, id: str, *, reason: str | None = None) -> Intent:
        """Give up a payment that nobody has made."""

    def refund(
        self, id: str, amount: Amount | None = None, *, reason: str | None = None,
        key: str | None = None,
    ) -> Refunded:  # fmt: skip
        """Give back what was paid, or a part; the same key gives it back once."""


def till_of(config: Config) -> Till:
    """The till at the bank that the settings name."""
    try:
        return Merchant(
            config.bank_url, config.bank_key, config.bank_secret.reveal(), patience=_PATIENCE,
            agent="strongroom-shop/0.1", insecure=not config.production,
        )  # fmt: skip
    except ValueError as error:
        raise UnsafeConfig(f"BANK_URL: {error}.") from None


def due(order: Order) -> Money:
    """What the order costs, as the bank is to say it."""
    return Money(order.total, order.currency)


def trouble(problem: Problem) -> ShopError:
    """The bank's problem as the shop's."""
    if isinstance(problem, Unavailable):
        return BankUnreachable()
    # 429 and 401 pass, too: the first by itself, the second once the shop's key is mended.
    return BankRefused(f"it said: {problem.title}")


def is_for(order: Order, intent: Intent) -> bool:
    """Whether a payment is the order's: its number and its amount, and all at once."""
    same = intent.order == order.number and intent.amount == due(order)
    return same and intent.capture == "automatic" and order.intent in (None, intent.id)
