"""A shop, what it asks to be paid, and customers at its till."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from flask.testing import FlaskClient

from app.controllers import pins
from app.controllers.bank import Bank
from app.controllers.orders import Pay
from app.controllers.payments import confirming
from app.controllers.payments.confirming import CodeNeeded, Visit
from app.models import merchants, payment_intents
from app.models.accounts import get_account
from app.models.intent import Intent, new_intent
from app.models.merchants import Merchant
from money import Money
from tests import make
from tests.make import Person

PIN, WRONG = "483926", "605184"
HERE = Visit("browser-1", "192.0.2.1")


@dataclass
class Shop:
    """A merchant of the bank."""

    bank: Bank
    merchant: Merchant

    def asks(self, amount: str = "20.00", order: str = "", **more: object) -> Intent:
        """A new intent of so much."""
        settings = {"capture": "automatic", "description": "Two cables"} | more
        made = new_intent(
            merchant=self.merchant.id, name=self.merchant.name, account=self.merchant.account,
            amount=Money.parse(amount, self.merchant.currency), order=order or uuid4().hex[:8],
            return_url="https://shop.test/back?cart=1", key=uuid4().hex, fingerprint="print",
            now=self.bank.now(), expires_at=self.bank.now() + timedelta(minutes=15),
            **settings,  # type: ignore[arg-type]
        )  # fmt: skip
        payment_intents.insert_intent(self.bank.database, made)
        return made

    def earned(self) -> int:
        """What is on its account, in minor units."""
        return get_account(self.bank.database, self.merchant.account).balance_minor


def shop(bank: Bank, name: str = "Volt & Wire", *, direct_pin: bool = False) -> Shop:
    """A shop that may be paid."""
    account = make.account(bank)
    merchant = merchants.new_merchant(
        name=name, account=account.number, owner=account.owner, currency=account.currency,
        return_urls=["https://shop.test/back"], now=bank.now(), direct_pin=direct_pin,
    )  # fmt: skip
    merchants.insert_merchant(bank.database, merchant)
    return Shop(bank, merchant)


def payer(client: FlaskClient, username: str = "dana", has: str = "500.00") -> Person:
    """A customer with money, a confirmed address and a PIN."""
    person = make.confirmed(client, username).has(has)
    pins.set_pin(client.application.extensions["bank"], person.account, PIN)
    return person


def known(bank: Bank, person: Person, at: Shop) -> None:
    """Let the person pay something at the shop, with a code."""
    done = pay_with_code(bank, person, at.asks("1.00"))
    assert done.status == "succeeded"


def pay(bank: Bank, person: Person, intent: Intent, visit: Visit = HERE) -> Intent | CodeNeeded:
    """Type number and PIN."""
    return confirming.confirm(bank, intent.id, Pay(person.account, PIN), visit)


def pay_with_code(bank: Bank, person: Person, intent: Intent, visit: Visit = HERE) -> Intent:
    """Type number and PIN, then the code that was mailed."""
    asked = pay(bank, person, intent, visit)
    assert isinstance(asked, CodeNeeded), asked
    code = make.code_in(make.mails(bank)[0])
    return confirming.prove(bank, intent.id, asked.challenge, code, visit)


def now(bank: Bank, intent: Intent) -> Intent:
    """The intent as it is now."""
    return payment_intents.get_intent(bank.database, intent.id)
