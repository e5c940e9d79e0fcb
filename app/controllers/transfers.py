"""Customers move their own money: deposit, withdraw, transfer."""

from __future__ import annotations

import hashlib
import json

from app.controllers.accounts import own_title
from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Claim, Key, Line, Posting, Receipt
from app.controllers.orders import AskCode, Deposit, Transfer, Withdraw
from app.controllers.step_up import Payment, prove_payment
from app.errors import CurrencyMismatch, InvalidField, SameAccount
from app.models import payees
from app.models.titles import Title
from money import InvalidMoney, Money


def deposit(bank: Bank, actor: Actor, order: Deposit, key: str | None = None) -> Receipt:
    """Money from outside comes onto an own account, against the bank's cash."""
    account = own_title(bank, actor, order.account)
    amount = _money(bank, order, account)
    return bank.ledger.post(
        Posting(
            kind="deposit",
            currency=account.currency,
            entries=(Line(account.number, amount.minor),),
            contra=(Line("cash", -amount.minor),),
            actor=actor.user,
            memo=order.memo,
            key=_key(actor, "deposit", order, key),
        )
    )


def withdraw(bank: Bank, actor: Actor, order: Withdraw, key: str | None = None) -> Receipt:
    """Money leaves an own account and the bank. Raises SecondFactorNeeded, InvalidCode."""
    account = own_title(bank, actor, order.account)
    amount = _money(bank, order, account)
    own = _key(actor, "withdraw", order, key)
    payment = Payment(account.number, None, amount)
    return bank.ledger.post(
        Posting(
            kind="withdrawal",
            currency=account.currency,
            entries=(Line(account.number, -amount.minor),),
            contra=(Line("cash", amount.minor),),
            actor=actor.user,
            memo=order.memo,
            key=own,
            claims=prove_payment(bank, actor, payment, order.code, own),
        )
    )


def transfer(bank: Bank, actor: Actor, order: Transfer, key: str | None = None) -> Receipt:
    """Money goes from an own account to any account of the bank in the same currency.

    Raises SecondFactorNeeded, InvalidCode.
    """
    account = own_title(bank, actor, order.account)
    if order.to == account.number:
        raise SameAccount("choose another account", account=order.to)
    amount = _money(bank, order, account)
    own = _key(actor, "transfer", order, key)
    claims = _proof(bank, actor, Payment(account.number, order.to, amount), order.code, own)
    receipt = bank.ledger.post(
        Posting(
            kind="transfer",
            currency=account.currency,
            entries=(Line(account.number, -amount.minor), Line(order.to, amount.minor)),
            actor=actor.user,
            memo=order.memo,
            key=own,
            claims=claims,
        )
    )
    if claims:
        payees.remember(bank.database, actor.user, order.to, bank.now())
    return receipt


def _proof(
    bank: Bank, actor: Actor, payment: Payment, code: str | None, key: Key | None
) -> tuple[Claim, ...]:
    """What the posting has to claim: nothing for an own account, or one that does not exist."""
    to = bank.titles.find(payment.to or "")
    if to is None or to.owner == actor.user:
        return ()
    return prove_payment(bank, actor, payment, code, key)


def payment_of(bank: Bank, actor: Actor, order: AskCode) -> Payment:
    """The payment that a code is asked for, as the order to come will say it."""
    account = own_title(bank, actor, order.account)
    amount = _money(bank, order, account)
    return Payment(account.number, order.to, amount)


def _money(bank: Bank, order: Deposit | Withdraw | Transfer | AskCode, account: Title) -> Money:
    """The amount in the account's currency, which is the order's if the order names one."""
    if account.currency not in bank.config.currencies:
        # Its limits are not known either.
        message = f"this bank keeps no {account.currency} any more; ask it to pay you out"
        raise InvalidField(message, field="account")
    if order.currency not in (None, account.currency):
        raise CurrencyMismatch(
            f"account {account.number} keeps {account.currency}", currency=account.currency
        )
    if order.amount is None:
        raise InvalidField("say how much is to be paid", field="amount")
    try:
        return Money.parse(order.amount, account.currency)
    except InvalidMoney as error:
        raise InvalidField(str(error), field="amount") from None


def _key(
    actor: Actor, operation: str, order: Deposit | Withdraw | Transfer, key: str | None
) -> Key | None:
    """The caller's key in the caller's own scope, with what was asked for under it."""
    if key is None:
        return None
    # 12.5 and "12.50" ask for the same; the amount counts, not how it was written.
    # The code proves who asks; a repeat may bring another one.
    asked = {name: getattr(order, name) for name in order.__slots__ if name != "code"}
    asked |= {"operation": operation, "amount": str(order.amount.normalize())}
    return Key(f"{actor.user}:{key}", hashlib.sha256(_ENCODER.encode(asked).encode()).hexdigest())


_ENCODER = json.JSONEncoder(sort_keys=True)
