"""Shops and their customers, and how a customer pays over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from bson import Int64

import bank_client
from app.controllers import audits, pins
from app.controllers.bank import Bank
from app.controllers.payments import keys
from app.controllers.payments.keys import SCOPES, Issued
from app.models import accounts, pin_spending
from app.models.accounts import Account
from app.models.merchants import Merchant
from tests import make, paying

PIN = "483926"
PRICE, PRICE_MINOR = "0.50", 50
_MONEY_MINOR = 100_000_000
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_BETWEEN_CLICKS_SECONDS = 0.1
_BUSY = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
_SAME = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Shop:
    """A shop, and the key that signs its calls."""

    merchant: Merchant
    issued: Issued


@dataclass(frozen=True)
class Street:
    """As many customers as shops: each has a PIN, money, and has paid the first shop, where all of
    them pay in the end, and one of their own."""

    bank: Bank
    customers: Sequence[Account]
    shops: Sequence[Shop]

    def shop_of(self, at: int, *, one: bool) -> Shop:
        """Where that customer pays: where all do, or where nobody else does."""
        return self.shops[0 if one else at]

    def earned(self) -> int:
        """What is on the shops' accounts, in minor units."""
        numbers = [shop.merchant.account for shop in self.shops]
        found = accounts.find_accounts(self.bank.database, numbers)
        return sum(account.balance_minor for account in found.values())

    def count_anew(self) -> None:
        """Let everybody pay five times more without a code, as if one was typed just now."""
        change = {"$set": {"payments": Int64(0), "spent": {}}, "$inc": {"revision": Int64(1)}}
        self.bank.database.collection(pin_spending.NAME).update_many({}, change)


def street(bank: Bank, size: int) -> Street:
    """Let the first of the bank's customers be customers, and as many others have shops."""
    found = sorted(accounts.all_accounts(bank.database), key=lambda account: account.number)
    customers, owners = found[:size], found[size : 2 * size]
    shops = [_shop(bank, account, at) for at, account in enumerate(owners)]
    for at, customer in enumerate(customers):
        pins.set_pin(bank, customer.number, PIN)
        bank.ledger.post(make.interest(customer, _MONEY_MINOR))
        for shop in {0: shops[0], at: shops[at]}.values():
            paying.pay(bank, make.intent(bank, shop.merchant, PRICE), customer)
    return Street(bank, customers, shops)


def _shop(bank: Bank, account: Account, at: int) -> Shop:
    merchant = make.merchant(bank, account.number, name=f"Shop {at}")
    return Shop(merchant, keys.issue(bank, audits.SERVER, merchant, SCOPES))


@dataclass
class Took:
    """Seconds that a payment took, and of them the PIN's; how often it had to be sent again."""

    all: float
    pin: float
    again: int


class Shopper:
    """A customer with a browser, and the shop that has it pay; use it with `with`."""

    def __init__(self, address: str, customer: Account, shop: Shop) -> None:
        self._number = customer.number
        self._till = bank_client.Merchant(address, shop.issued.key.id, shop.issued.secret)
        # There is no TLS, and what it would need takes longer to load than many payments.
        self._browser = httpx.Client(base_url=address, timeout=60, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._till.close()
        self._browser.close()

    def pay(self) -> Took:
        """The shop asks, its customer opens the bank's page and sends number and PIN.

        Where the bank has too much to do the customer clicks again. Raises RuntimeError where the
        payment was not made.
        """
        begun = time.perf_counter()
        asked = self._till.create_intent(PRICE, order=uuid4().hex, return_url=make.SHOP_URL)
        path = urlsplit(asked.pay_url).path
        form = self._form(path)
        seen = time.perf_counter()
        again = self._send(path, form)
        done = time.perf_counter()
        return Took(done - begun, done - seen, again)

    def _form(self, path: str) -> dict[str, str]:
        found = _TOKEN.search(self._browser.get(path).text)
        if found is None:
            raise RuntimeError(f"{path} has no form")
        return {"account": self._number, "pin": PIN, "csrf_token": found[1]}

    def _send(self, path: str, form: dict[str, str]) -> int:
        """How often it had to be sent again."""
        again = 0
        while True:
            answer = self._browser.post(path, data=form, headers=_SAME)
            if answer.status_code not in _BUSY:
                break
            again += 1
            time.sleep(_BETWEEN_CLICKS_SECONDS)
        if answer.headers.get("Location") != path:
            raise RuntimeError(f"{path} was not paid: {answer.status_code} {_said(answer)}")
        return again


def _said(answer: httpx.Response) -> str:
    with suppress(IndexError):
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text.split("<main")[1]).split())[:300]
    return answer.headers.get("Location", "")
