"""Keys of merchants: what a shop signs its calls with. Two may live at a time, so that one can
follow the other while the shop is open."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.errors import MerchantKeyNotFound, TooManyKeys
from app.models import merchant_keys, merchants
from app.models.merchant_keys import SCOPES, MerchantKey, new_key
from app.models.merchants import LIVE_KEYS, Merchant

__all__ = [
    "LIVE_KEYS", "SCOPES", "Issued", "MerchantKey", "again", "check_room", "issue", "keys_of",
    "one", "revoke",
]  # fmt: skip
_PURPOSE = "merchant-key"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key, with its secret, which is told this once."""

    key: MerchantKey
    secret: str


def issue(bank: Bank, actor: Actor, merchant: Merchant, scopes: Iterable[str]) -> Issued:
    """Make a key for a merchant. Raises TooManyKeys, also where the merchant is closed."""
    kid = next(iter(bank.config.keys_by_id(_PURPOSE)))
    wanted = set(scopes)
    ordered = [scope for scope in SCOPES if scope in wanted]
    key = new_key(merchant=merchant.id, kid=kid, scopes=ordered, now=bank.now())

    def work() -> None:
        if not merchants.add_key(bank.database, merchant.id):
            raise _no_room()
        merchant_keys.insert_key(bank.database, key)
        facts = {"merchant": merchant.id, "scopes": ordered}
        audits.record_change(bank, actor, "issue merchant key", key.id, None, key, facts=facts)

    bank.database.atomically(work)
    return Issued(key, secret_of(bank, key.id, kid))


def again(bank: Bank, key: MerchantKey) -> Issued | None:
    """A live key with its secret once more, for the demo alone; None of one whose SECRET_KEY the
    bank has no longer."""
    if bank.config.production or key.kid not in bank.config.keys_by_id(_PURPOSE):
        return None
    return Issued(key, secret_of(bank, key.id, key.kid))


def check_room(merchant: Merchant) -> None:
    """Refuse a merchant that has all the keys it may have; what counts is decided by `issue`."""
    if merchant.live_keys >= LIVE_KEYS:
        raise _no_room()


def _no_room() -> TooManyKeys:
    return TooManyKeys("revoke one first", limit=LIVE_KEYS)


def revoke(
    bank: Bank, actor: Actor, merchant: Merchant, id: str, *, reason: str = ""
) -> MerchantKey:
    """Let a merchant's key open nothing from now on; one that is revoked stays so.

    Raises MerchantKeyNotFound.
    """
    key = one(bank, merchant, id)

    def work() -> None:
        if not merchant_keys.revoke(bank.database, key, bank.now()):
            return
        merchants.take_key(bank.database, merchant.id)
        becomes = one(bank, merchant, id)
        audits.record_change(
            bank, actor, "revoke merchant key", id, key, becomes,
            reason=reason, facts={"merchant": merchant.id},
        )  # fmt: skip

    bank.database.atomically(work)
    return one(bank, merchant, id)


def one(bank: Bank, merchant: Merchant, id: str) -> MerchantKey:
    """A merchant's key. Raises MerchantKeyNotFound."""
    key = merchant_keys.find_key(bank.database, id)
    if key is None or key.merchant != merchant.id:
        raise MerchantKeyNotFound()
    return key


def keys_of(bank: Bank, merchant: Merchant) -> list[MerchantKey]:
    """A merchant's keys, oldest first, with those that were revoked."""
    return merchant_keys.keys_of(bank.database, merchant.id)


def secret_of(bank: Bank, id: str, kid: str) -> str:
    """What the key of that id signs with, derived from the bank's key named `kid`.

    Of a key that the bank has no longer, a secret that nobody was ever given.
    """
    keys = bank.config.keys_by_id(_PURPOSE)
    mac = hmac.digest(keys.get(kid, bank.config.key(_PURPOSE)), f"{kid} {id}".encode(), "sha256")
    return "sks_" + base64.urlsafe_b64encode(mac).decode().rstrip("=")
