"""A customer pays an intent: account number and PIN, a code where that is too little, one posting.

Until the PIN was right, whatever is wrong is one refusal that costs one hash; afterwards it is the
payer who asks, and is told. A try is counted on the intent before it is looked at; with the fifth
refused one the intent has failed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.controllers import codes, pins
from app.controllers.bank import Bank
from app.controllers.ledger import Claim, Line, Posting
from app.controllers.mail import notices
from app.controllers.orders import Pay
from app.controllers.payments import events, proving
from app.controllers.payments.capturing import memo_of
from app.controllers.payments.proving import CodeNeeded, Payer
from app.controllers.payments.steps import seen
from app.controllers.payments.tries import (
    AT_THE_BANK,
    PAID,
    Standing,
    Visit,
    begun,
    count,
    look,
    reserve,
    settling,
    standing,
    visit_of,
)
from app.errors import (
    AccountClosed,
    AccountFrozen,
    AlreadyClaimed,
    CustomerFrozen,
    InvalidField,
    Overloaded,
    Overtaken,
    SecondFactorNeeded,
    WrongState,
)
from app.models import payment_intents, pin_spending, users
from app.models.accounts import get_account
from app.models.ids import random_id
from app.models.intent import Capture, Intent
from app.models.payment_intents import get_intent
from app.models.pin_spending import PinSpending

__all__ = [
    "CodeNeeded", "Intent", "Standing", "Visit", "confirm", "prove", "read", "send_again",
    "standing", "visit_of", "waits",
]  # fmt: skip
_ROUNDS = 12


def read(bank: Bank, id: str) -> Intent:
    """The intent as it is now, for whoever has its address. Raises IntentNotFound."""
    return seen(get_intent(bank.database, id), bank.now())


def confirm(bank: Bank, id: str, order: Pay, visit: Visit) -> Intent | CodeNeeded:
    """Pay the intent, if number and PIN are right and do; or say that a code is needed besides.

    Raises IntentNotFound, WrongState, PaymentRefused, TooManyTries, SecondFactorNeeded (while PINs
    alone are paused: send them again with a code), and what refuses the payer.
    """
    intent = begun(bank, id, visit)
    if intent.status in PAID:
        return intent
    count(bank, order.account)
    tried = reserve(bank, intent, visit)
    if tried.status in PAID:
        return tried
    with settling(bank, tried):
        proof = look(bank, tried, order, visit)
        return _paid(bank, tried, _payer(bank, tried, order.account), visit, proof)


def prove(bank: Bank, id: str, challenge: str, code: str, visit: Visit) -> Intent:
    """Pay the intent whose PIN was right in this browser, with the code that was asked for.

    Raises as `confirm`, and InvalidCode.
    """
    intent = begun(bank, id, visit)
    if intent.status in PAID:
        return intent
    tried = reserve(bank, intent, visit)
    if tried.status in PAID:
        return tried
    with settling(bank, tried):
        found = proving.waiting(bank, tried, challenge, visit.browser or "")
        if found is None or pins.pin_state(bank, found.facts["account"]) != "set":
            codes.refuse()
        payer = _payer(bank, tried, found.facts["account"])
        proof = proving.prove(bank, found, code, visit.address)
        paid = _paid(bank, tried, payer, visit, proof)
    if isinstance(paid, CodeNeeded):  # pragma: no cover - it was proved
        raise TypeError("a proved payment needs no code")
    return paid


def waits(bank: Bank, intent: Intent, challenge: str, visit: Visit) -> CodeNeeded | None:
    """What the intent waits for in this browser: the code that was asked for, or nothing."""
    found = proving.waiting(bank, intent, challenge, visit.browser or "")
    return proving.needed_for(bank, found) if found else None


def send_again(bank: Bank, id: str, challenge: str, visit: Visit) -> CodeNeeded:
    """Have another code mailed. Raises InvalidCode where nothing waits for one, TooManyTries."""
    intent = begun(bank, id, visit)
    found = proving.waiting(bank, intent, challenge, visit.browser or "")
    if found is None:
        codes.refuse()
    return proving.ask_again(bank, intent, found, visit.browser or "")


def _payer(bank: Bank, intent: Intent, number: str) -> Payer:
    """Who pays: what refuses them is told, for the PIN was right."""
    account = get_account(bank.database, number)
    user = users.get_user(bank.database, account.owner)
    if user.status != "active":
        raise CustomerFrozen("ask the bank why")
    if account.status == "closed":
        raise AccountClosed("choose an open account", account=number)
    if account.status == "frozen":
        raise AccountFrozen("ask the bank why", account=number)
    if number == intent.account:
        raise InvalidField("This is the shop's own account; pay from another one.", field="account")
    if account.currency != intent.currency:
        raise InvalidField(
            f"This account keeps {account.currency}; pay from one that keeps {intent.currency}.",
            field="account",
        )
    return Payer(user, account)


def _paid(
    bank: Bank, intent: Intent, payer: Payer, visit: Visit, proof: Claim | None
) -> Intent | CodeNeeded:
    """The intent once it is paid, by this request or by one of the same browser."""
    for _ in range(_ROUNDS):
        spending = pin_spending.get_spending(bank.database, payer.user.id)
        try:
            if proof is None and proving.needed(bank, intent, payer, spending):
                return _asked(bank, intent, payer, visit)
            return _post(bank, intent, payer, spending, proof)
        except AccountClosed as error:
            if error.facts.get("account") != intent.account:
                raise
            raise WrongState("ask the shop", state="unavailable") from None
        except (Overtaken, AlreadyClaimed) as error:
            intent = begun(bank, intent.id, visit)
            if intent.status in PAID:
                return intent
            if proof and error.facts.get("id") == proof.id:
                codes.refuse()
    raise Overloaded("others pay from there at the same moment")


def _asked(bank: Bank, intent: Intent, payer: Payer, visit: Visit) -> CodeNeeded:
    """Ask for a code, unless the payment would be refused with one, too."""
    if visit.browser is None:
        raise SecondFactorNeeded(AT_THE_BANK, purpose="pay", methods=[])
    # What a hold reserves is asked of the account as if it left.
    bank.ledger.rehearse(replace(_posting(intent, payer), holds=(), entries=_lines(intent, payer)))
    return proving.ask(bank, intent, payer, visit.browser)


def _post(
    bank: Bank, intent: Intent, payer: Payer, spending: PinSpending, proof: Claim | None
) -> Intent:
    """Move or hold the money, and with it whatever has to change."""
    now = bank.now()
    then = _then(bank, intent, payer, now)
    step = payment_intents.step(intent, then)
    letter = notices.paid(
        bank.config.bank_name, payer.user, intent.amount, intent.name, intent.order,
        payer.account.number, held=bool(then.held_minor),
    )  # fmt: skip
    told = events.told(bank, then, "payment.held" if then.held_minor else "payment.succeeded")
    posting = replace(
        _posting(intent, payer),
        claims=(step, proving.counted(spending, intent, proof), *((proof,) if proof else ())),
        tells=(*told, *((bank.post.told(letter),) if letter else ())),
    )
    if then.held_minor:
        bank.ledger.hold(posting)
    else:
        bank.ledger.post(posting)
    bank.post.look()
    events.look(bank)
    return then


def _posting(intent: Intent, payer: Payer) -> Posting:
    manual = intent.capture == "manual"
    return Posting(
        kind="payment",
        currency=intent.currency,
        entries=() if manual else _lines(intent, payer),
        holds=(Line(payer.account.number, intent.amount_minor),) if manual else (),
        actor=payer.user.id,
        memo=memo_of(intent),
        reference=intent.id,
    )


def _lines(intent: Intent, payer: Payer) -> tuple[Line, Line]:
    minor = intent.amount_minor
    return Line(payer.account.number, -minor), Line(intent.account, minor)


def _then(bank: Bank, intent: Intent, payer: Payer, now: datetime) -> Intent:
    """The intent once it is paid."""
    minor = intent.amount_minor
    then = replace(
        intent, payer=payer.user.id, payer_account=payer.account.number, paid_at=now,
        revision=intent.revision + 1,
    )  # fmt: skip
    if intent.capture == "manual":
        until = now + timedelta(days=bank.config.payment_hold_days)
        return replace(then, status="requires_capture", held_minor=minor, held_until=until)
    capture = Capture(random_id("ca"), minor, now, None)
    return replace(then, status="succeeded", captured_minor=minor, captures=(capture,))
