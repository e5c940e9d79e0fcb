"""Which key of the bank what was made with: whether SECRET_KEY_PREVIOUS is still needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.controllers.bank import Bank
from app.models import factors, merchant_keys, pins, webhook_endpoints

PRESENT = "SECRET_KEY"
PREVIOUS = "SECRET_KEY_PREVIOUS"
LOST = "neither of them"


@dataclass(frozen=True, slots=True)
class Use:
    """What hangs on a key."""

    authenticators: int
    pins: int
    merchant_keys: int
    webhooks: int

    @property
    def any(self) -> bool:
        """Whether anything does."""
        return self.authenticators + self.pins + self.merchant_keys + self.webhooks > 0


def in_use(bank: Bank) -> dict[str, Use]:
    """What hangs on each SECRET_KEY; what was made with another one is of no use any more."""
    apps = _by_name(bank, "totp", factors.count_by_key(bank.database))
    codes = _by_name(bank, "pin", pins.count_by_key(bank.database))
    shops = _by_name(bank, "merchant-key", merchant_keys.count_by_key(bank.database))
    hooks = _by_name(bank, "webhook", webhook_endpoints.count_by_key(bank.database, bank.now()))
    return {
        name: Use(apps[name], codes[name], shops[name], hooks[name])
        for name in (PRESENT, PREVIOUS, LOST)
    }


def _by_name(bank: Bank, purpose: str, counts: Mapping[str, int]) -> dict[str, int]:
    names = dict(zip(bank.config.keys_by_id(purpose), (PRESENT, PREVIOUS), strict=False))
    found = dict.fromkeys((PRESENT, PREVIOUS, LOST), 0)
    for kid, count in counts.items():
        found[names.get(kid, LOST)] += count
    return found
