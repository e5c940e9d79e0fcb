"""Payments in two steps, as a person makes them: shown and asked about first, then made."""

from __future__ import annotations

from app.controllers import step_up, transfers
from app.controllers.bank import Actor, Bank
from app.controllers.ledger import Receipt
from app.controllers.orders import Transfer, Withdraw
from app.controllers.transfers import Preview
from app.errors import AlreadyClaimed, InvalidCode, SecondFactorNeeded
from app.models.challenges import Challenge

__all__ = ["Preview", "ask_again", "begin", "finish", "outcome", "preview"]

preview = transfers.preview
outcome = transfers.outcome


def begin(bank: Bank, actor: Actor, order: Withdraw | Transfer) -> Preview:
    """Look at the payment, and ask for its code where it needs one.

    Raises whatever would refuse the payment, TooManyTries.
    """
    seen = transfers.preview(bank, actor, order)
    if seen.methods:
        step_up.keep_asking(bank, actor, seen.payment)
    return seen


def ask_again(bank: Bank, actor: Actor, order: Withdraw | Transfer) -> Challenge:
    """Ask for another code for the payment. Raises NoSecondFactor, TooManyTries."""
    return step_up.ask_for_payment(bank, actor, transfers.payment_of(bank, actor, order))


def finish(bank: Bank, actor: Actor, order: Withdraw | Transfer, key: str) -> Receipt:
    """Make the payment; all rules are asked anew. What turns out to need a code is asked for one.

    Raises as `transfers.transfer` and `transfers.withdraw`.
    """
    payment = transfers.payment_of(bank, actor, order)
    # An app shows a code at any time: nobody waited for the question that it answers.
    if order.code and "totp" in step_up.methods_for_payment(bank, actor, payment):
        step_up.keep_asking(bank, actor, payment)
    try:
        return _make(bank, actor, order, key)
    except SecondFactorNeeded:
        step_up.keep_asking(bank, actor, payment)
        raise
    except (InvalidCode, AlreadyClaimed):
        # Of two clicks on a button, the first may have used the code up, and this is its answer.
        if not transfers.outcome(bank, actor, key):
            raise
        return _make(bank, actor, order, key)


def _make(bank: Bank, actor: Actor, order: Withdraw | Transfer, key: str) -> Receipt:
    if isinstance(order, Transfer):
        return transfers.transfer(bank, actor, order, key)
    return transfers.withdraw(bank, actor, order, key)
