"""Customers move their own money: deposit, withdraw, transfer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from app.controllers.accounts import own_title
from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Claim, Key, Line, Posting, Receipt
from app.controllers.orders import AskCode, Deposit, Transfer, Withdraw
from app.controllers.step_up import Payment, methods_for_payment, prove_payment
from app.errors import CurrencyMismatch, InvalidField, SameAccount
from app.models import idempotency, payees
from app.models.accounts import Account
from app.models.idempotency import Record
from app.models.titles import Title
from money import InvalidMoney, Money

Claims = tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A payment before it is made: the account as it is, what would be left on it, and how it has
    to be proved, if at all."""

    payment: Payment
    account: Account
    left: Money
    methods: tuple[str, ...]


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
    payment = payment_of(bank, actor, order)
    own = _key(actor, "withdraw", order, key)
    claims = prove_payment(bank, actor, payment, order.code, own)
    return bank.ledger.post(_withdrawal(actor, payment, order.memo, own, claims))


def transfer(bank: Bank, actor: Actor, order: Transfer, key: str | None = None) -> Receipt:
    """Money goes from an own account to any account of the bank in the same currency.

    Raises SecondFactorNeeded, InvalidCode.
    """
    payment = payment_of(bank, actor, order)
    own = _key(actor, "transfer", order, key)
    claims: Claims = ()
    if _proves(bank, actor, payment):
        claims = prove_payment(bank, actor, payment, order.code, own)
    receipt = bank.ledger.post(_transfer(actor, payment, order.memo, own, claims))
    if claims:
        payees.remember(bank.database, actor.user, order.to, bank.now())
    return receipt


def preview(bank: Bank, actor: Actor, order: Withdraw | Transfer) -> Preview:
    """What the payment would do now, moving nothing; raises whatever else would refuse it."""
    payment = payment_of(bank, actor, order)
    make = _transfer if payment.to else _withdrawal
    rehearsed = bank.ledger.rehearse(make(actor, payment, order.memo))
    (own,) = [each for each in rehearsed if each.before.number == payment.account]
    asks = payment.to is None or _proves(bank, actor, payment)
    methods = methods_for_payment(bank, actor, payment) if asks else ()
    return Preview(payment, own.before, own.after.balance, methods)


def outcome(bank: Bank, actor: Actor, key: str) -> Record | None:
    """What became of the actor's order under that key, if there was one."""
    scoped = _scoped(actor, key)
    return idempotency.find_records(bank.database, [scoped]).get(scoped)


def _withdrawal(
    actor: Actor, payment: Payment, memo: str, key: Key | None = None, claims: Claims = ()
) -> Posting:
    return Posting(
        kind="withdrawal",
        currency=payment.amount.currency,
        entries=(Line(payment.account, -payment.amount.minor),),
        contra=(Line("cash", payment.amount.minor),),
        actor=actor.user,
        memo=memo,
        key=key,
        claims=claims,
    )


def _transfer(
    actor: Actor, payment: Payment, memo: str, key: Key | None = None, claims: Claims = ()
) -> Posting:
    minor = payment.amount.minor
    return Posting(
        kind="transfer",
        currency=payment.amount.currency,
        entries=(Line(payment.account, -minor), Line(payment.to or "", minor)),
        actor=actor.user,
        memo=memo,
        key=key,
        claims=claims,
    )


def _proves(bank: Bank, actor: Actor, payment: Payment) -> bool:
    """Whether a transfer may need a code: none to an own account, or to one that nobody has."""
    to = bank.titles.find(payment.to or "")
    return to is not None and to.owner != actor.user


def payment_of(bank: Bank, actor: Actor, order: AskCode | Withdraw | Transfer) -> Payment:
    """The payment that is ordered, or that a code is asked for as the order to come will say it."""
    account = own_title(bank, actor, order.account)
    to = None if isinstance(order, Withdraw) else order.to
    if to == account.number:
        raise SameAccount("choose another account", account=to)
    amount = _money(bank, order, account)
    return Payment(account.number, to, amount)


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
    return Key(_scoped(actor, key), hashlib.sha256(_ENCODER.encode(asked).encode()).hexdigest())


def _scoped(actor: Actor, key: str) -> str:
    return f"{actor.user}:{key}"


_ENCODER = json.JSONEncoder(sort_keys=True)
