"""Proposals about shops: that there is one, where its money and its customers go, and that it may
be paid again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from app.controllers.approvals.kinds import MONEY_PEOPLE, Kind, Payload
from app.controllers.bank import Bank
from app.controllers.orders import MerchantChange, NewMerchant
from app.errors import (
    AccountClosed,
    AccountFrozen,
    AlreadyInState,
    CurrencyMismatch,
    InvalidField,
    Outdated,
)
from app.models import accounts, approvals, merchants, users
from app.models.accounts import Account
from app.models.approvals import Approval, Change, Plan
from app.models.merchants import Merchant, new_merchant


def new_shop(order: NewMerchant) -> Payload:
    """A proposal that there be a shop."""
    return {
        "name": order.name, "account": order.account, "return_urls": sorted(set(order.return_urls)),
        "direct_pin": order.direct_pin,
    }  # fmt: skip


def changed_shop(merchant: Merchant, order: MerchantChange) -> Payload:
    """A proposal that a shop be another; what was left out stays."""
    urls = merchant.return_urls if order.return_urls is None else order.return_urls
    direct = merchant.direct_pin if order.direct_pin is None else order.direct_pin
    return {
        "merchant": merchant.id, "account": order.account or merchant.account,
        "return_urls": sorted(set(urls)), "direct_pin": direct,
    }  # fmt: skip


def check_return_urls(bank: Bank, urls: Iterable[str]) -> None:
    """Refuse addresses that others could read along with, where customers are real."""
    if bank.config.production and any(urlsplit(url).scheme != "https" for url in urls):
        raise InvalidField("an address begins with https://", field="return_urls")


def check_may_be_credited(bank: Bank, number: str) -> Account:
    """The open account of an active customer. Raises AccountNotFound, AccountClosed,
    AccountFrozen, InvalidField."""
    account = accounts.get_account(bank.database, number)
    if account.status == "closed":
        raise AccountClosed(account=number)
    if account.status == "frozen":
        raise AccountFrozen(account=number)
    owner = users.get_customer(bank.database, account.owner)
    if owner.status != "active":
        raise InvalidField("its customer is frozen", field="account")
    return account


def _plan_new(bank: Bank, payload: Payload) -> Plan:
    check_return_urls(bank, payload["return_urls"])
    account = check_may_be_credited(bank, payload["account"])
    effect = [
        Change(payload["name"], "account", "", account.number),
        *(Change(payload["name"], "return address", "", each) for each in payload["return_urls"]),
    ]
    if payload["direct_pin"]:
        effect.append(Change(payload["name"], "PINs on its own pages", "no", "yes"))
    return Plan(account.number, payload, tuple(effect), {account.number: (0, account.revision)})


def _create(bank: Bank, approval: Approval, _: str) -> None:
    payload = approval.plan.payload
    account = accounts.get_account(bank.database, payload["account"])
    shop = new_merchant(
        name=payload["name"], account=account.number, owner=account.owner,
        currency=account.currency, return_urls=payload["return_urls"],
        direct_pin=payload["direct_pin"], now=bank.now(),
    )  # fmt: skip
    merchants.insert_merchant(bank.database, shop)
    approvals.note_result(bank.database, approval, shop.id)


def _open_shop(bank: Bank, id: str) -> Merchant:
    shop = merchants.get_merchant(bank.database, id)
    if shop.status == "closed":
        raise AlreadyInState("a closed shop stays closed", merchant=id)
    return shop


def _plan_change(bank: Bank, payload: Payload) -> Plan:
    shop = _open_shop(bank, payload["merchant"])
    check_return_urls(bank, payload["return_urls"])
    seen = {shop.id: (0, shop.revision)}
    if payload["account"] != shop.account:
        account = check_may_be_credited(bank, payload["account"])
        seen[account.number] = (0, account.revision)
        if account.owner != shop.owner:
            raise InvalidField("choose another account of the same customer", field="account")
        if account.currency != shop.currency:
            raise CurrencyMismatch(currency=shop.currency)
    effect = tuple(_changes(shop, payload))
    if not effect:
        raise AlreadyInState("this is how it is", merchant=shop.id)
    return Plan(shop.id, payload, effect, seen)


def _changes(shop: Merchant, payload: Payload) -> Iterator[Change]:
    if payload["account"] != shop.account:
        yield Change(shop.name, "account", shop.account, payload["account"])
    for gone in sorted(set(shop.return_urls) - set(payload["return_urls"])):
        yield Change(shop.name, "return address", gone, "")
    for added in sorted(set(payload["return_urls"]) - set(shop.return_urls)):
        yield Change(shop.name, "return address", "", added)
    if payload["direct_pin"] != shop.direct_pin:
        words = ("no", "yes")
        yield Change(
            shop.name, "PINs on its own pages", words[shop.direct_pin], words[payload["direct_pin"]]
        )


def _change(bank: Bank, approval: Approval, _: str) -> None:
    payload = approval.plan.payload
    _write(
        bank, payload, account=payload["account"], return_urls=payload["return_urls"],
        direct_pin=payload["direct_pin"],
    )  # fmt: skip


def _plan_resume(bank: Bank, payload: Payload) -> Plan:
    shop = _open_shop(bank, payload["merchant"])
    if shop.status != "paused":
        raise AlreadyInState(f"the shop is {shop.status}", merchant=shop.id)
    change = Change(shop.name, "status", "paused", "active")
    return Plan(shop.id, payload, (change,), {shop.id: (0, shop.revision)})


def _resume(bank: Bank, approval: Approval, _: str) -> None:
    _write(bank, approval.plan.payload, status="active")


def _write(bank: Bank, payload: Payload, **facts: object) -> None:
    shop = merchants.get_merchant(bank.database, payload["merchant"])
    if not merchants.change(bank.database, shop, **facts):
        raise Outdated("the shop was changed since it was read", merchant=shop.id)


KINDS = (
    Kind("merchant", *MONEY_PEOPLE, plan=_plan_new, execute=_create),
    Kind("merchant_change", *MONEY_PEOPLE, plan=_plan_change, execute=_change),
    Kind("merchant_resume", *MONEY_PEOPLE, plan=_plan_resume, execute=_resume),
)
