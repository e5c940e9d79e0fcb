"""Merchants: shops that may be paid, each by an account of a customer."""

from __future__ import annotations

from dataclasses import dataclass

from app.controllers.bank import Actor, Bank
from app.models import merchants
from app.models.merchants import Merchant

__all__ = ["Merchant", "Standing", "standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A shop as its own calls see it: what it is, and what the key of the call is for."""

    merchant: Merchant
    scopes: list[str]


def standing(bank: Bank, actor: Actor) -> Standing:
    """The shop that is calling."""
    return Standing(merchants.get_merchant(bank.database, actor.user), sorted(actor.roles))
