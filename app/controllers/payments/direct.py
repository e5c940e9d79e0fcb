"""Payments whose number and PIN were typed at the shop: the literal form of old, off by default.

The shop sees what it must keep to itself and could use again; whoever breaks into it, too. So it is
for shops whose contract has it, for little money, for customers who have paid there before, and it
answers the shop with less than it answers customers: no balances, no reasons.
"""

from __future__ import annotations

from app.controllers.bank import Actor, Bank
from app.controllers.orders import Pay, PayDirectly
from app.controllers.payments import confirming
from app.controllers.payments.confirming import CodeNeeded, Intent, Visit
from app.controllers.payments.intents import pay_url
from app.errors import (
    Conflict,
    CustomerFrozen,
    PaymentRefused,
    Refused,
    ScopeMissing,
    SecondFactorNeeded,
    WrongState,
)
from app.models.merchants import get_merchant
from app.models.payment_intents import get_intent

_SEND = "send the customer to `pay_url`"


def pay(bank: Bank, actor: Actor, order: PayDirectly) -> Intent:
    """Pay one of the shop's own intents with a PIN alone; a repeat is answered as it was.

    Raises ScopeMissing, IntentNotFound, WrongState, PaymentRefused, TooManyTries, and
    SecondFactorNeeded where only the bank's own page will do.
    """
    if not get_merchant(bank.database, actor.user).direct_pin:
        raise ScopeMissing(f"the shop's contract has no PINs; {_SEND}", scope="payments:direct")
    intent = get_intent(bank.database, order.intent, actor.user)
    if intent.amount > bank.config.limit("step_up_above", intent.currency):
        raise _at_the_bank(bank, intent)
    paid = _paid(bank, intent, order)
    if paid.payer_account != order.account:
        raise WrongState("it was paid from another account", status="paid")
    return paid


def _paid(bank: Bank, intent: Intent, order: PayDirectly) -> Intent:
    try:
        done = confirming.confirm(bank, intent.id, Pay(order.account, order.pin), Visit(None))
    except (PaymentRefused, WrongState):
        raise
    except SecondFactorNeeded:
        raise _at_the_bank(bank, intent) from None
    except (Refused, Conflict, CustomerFrozen):
        # What the customer is told at the bank is not for the shop.
        raise PaymentRefused(
            f"{_SEND}, where the bank says why", pay_url=pay_url(bank, intent)
        ) from None
    if isinstance(done, CodeNeeded):  # pragma: no cover - there is no browser to ask
        raise _at_the_bank(bank, intent)
    return done


def _at_the_bank(bank: Bank, intent: Intent) -> SecondFactorNeeded:
    return SecondFactorNeeded(
        f"{_SEND}, for this needs a second factor", purpose="pay", methods=[],
        pay_url=pay_url(bank, intent),
    )  # fmt: skip
