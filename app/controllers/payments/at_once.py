"""Shops that are made without four eyes: on the command line, for development, and for the demo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.controllers import audits, customers
from app.controllers.approvals.shops import check_may_be_credited
from app.controllers.bank import Bank, Caller
from app.controllers.demo import PASSWORD
from app.controllers.orders import NewMerchant, Register
from app.controllers.payments import keys
from app.controllers.payments.keys import SCOPES, Issued
from app.errors import NotABanker
from app.models import merchants, users
from app.models.merchants import Merchant, new_merchant
from app.models.users import User

OWNER = "patchbay"
"""The user name of whose the demo's shop is; the password is that of all demo people."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A shop, and a key of it with its secret."""

    merchant: Merchant
    issued: Issued


def create(bank: Bank, order: NewMerchant) -> Opened:
    """Make a shop and a key with all scopes. Raises NotABanker in production."""
    _check_development(bank)
    shop = _create(bank, order)
    return Opened(shop, keys.issue(bank, audits.SERVER, shop, SCOPES))


def demo_shop(bank: Bank, name: str, return_urls: Sequence[str]) -> Opened:
    """The demo's shop with a key that lives, made where there is none: the same one each time.

    Return addresses that are others now are changed. Raises NotABanker in production.
    """
    _check_development(bank)
    owner = _owner(bank)
    shop = next((each for each in merchants.merchants_of(bank.database, owner.id)), None)
    if shop is None:
        order = NewMerchant(
            "demo", None, name, owner.default_account or "", list(return_urls), direct_pin=False
        )
        shop = _create(bank, order)
    elif set(shop.return_urls) != set(return_urls):
        merchants.change(bank.database, shop, return_urls=list(return_urls))
        shop = merchants.get_merchant(bank.database, shop.id)
    return Opened(shop, _living_key(bank, shop))


def _living_key(bank: Bank, shop: Merchant) -> Issued:
    """The shop's newest key; one that was made with a lost SECRET_KEY makes room for another."""
    living = [each for each in keys.keys_of(bank, shop) if each.status == "live"]
    for each in reversed(living):
        if issued := keys.again(bank, each):
            return issued
        keys.revoke(bank, audits.SERVER, shop, each.id, reason="its SECRET_KEY is gone")
    return keys.issue(bank, audits.SERVER, shop, SCOPES)


def _create(bank: Bank, order: NewMerchant) -> Merchant:
    def work() -> Merchant:
        account = check_may_be_credited(bank, order.account)
        shop = new_merchant(
            name=order.name, account=account.number, owner=account.owner,
            currency=account.currency, return_urls=order.return_urls,
            direct_pin=order.direct_pin, now=bank.now(),
        )  # fmt: skip
        merchants.insert_merchant(bank.database, shop)
        audits.record_change(
            bank, audits.SERVER, "merchant created", shop.id, None, shop, reason=order.reason
        )
        return shop

    return bank.database.atomically(work)


def _owner(bank: Bank) -> User:
    if found := users.find_by_username(bank.database, OWNER):
        return found
    email = f"{OWNER}@example.com"
    newcomer = customers.newcomer_of(bank, Register(OWNER, PASSWORD, "Patchbay Ltd", email, None))
    user, _ = customers.admit(bank, replace(newcomer, email=email), Caller())
    return user


def _check_development(bank: Bank) -> None:
    if bank.config.production:
        raise NotABanker("in production a shop is proposed at the desk, and approved by another")
