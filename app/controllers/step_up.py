"""Step-up: a second factor for what a stolen password or token must not be enough for.

Codes by mail are asked for first (`ask`); an app's code or a recovery code answers at once. A code
for money is bound to amount and payee, whichever way it comes: changing either makes it worthless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.controllers import codes, factors, throttles
from app.controllers.bank import Actor, Bank
from app.controllers.codes import Asked
from app.controllers.ledger import Claim, Key
from app.controllers.mail import wording
from app.errors import (
    InvalidCode,
    InvalidProof,
    NoSecondFactor,
    SecondFactorNeeded,
)
from app.models import challenges, idempotency, payees, users
from app.models.challenges import Challenge
from app.models.users import User
from money import Money

ABOUT = {
    "change_password": "to change your password",
    "change_email": "to change your e-mail address",
    "second_factor": "to change your second factor",
    "set_pin": "to set the PIN of account {subject}",
    "merchant_key": "to make or revoke a key of shop {subject}",
    "approve": "to decide approval {subject}",
}
"""What a code may be asked for beside payments, as its mail says it."""

_A_WHILE = timedelta(minutes=5)
_HOW = "ask for a code with POST /auth/codes, for exactly this, then send it as `code`"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that is to leave an account: to another account, or None for a withdrawal."""

    account: str
    to: str | None
    amount: Money

    @property
    def purpose(self) -> str:
        """What a code for it is asked for as."""
        return "transfer" if self.to else "withdraw"

    @property
    def subject(self) -> str:
        """What a code for it is bound to."""
        return f"{self.account} {self.to or 'cash'} {self.amount.minor} {self.amount.currency}"

    @property
    def about(self) -> str:
        """What its mail says."""
        if self.to:
            return f"to send {self.amount} to account {self.to}"
        return f"to withdraw {self.amount} from account {self.account}"


def ask(bank: Bank, actor: Actor, purpose: str, *, subject: str = "") -> Challenge:
    """Ask for a code for one of `ABOUT`. Raises NoSecondFactor, TooManyTries."""
    return _ask(bank, actor, purpose, subject, ABOUT[purpose].format(subject=subject))


def ask_for_payment(bank: Bank, actor: Actor, payment: Payment) -> Challenge:
    """Ask for a code for a payment. Raises NoSecondFactor, TooManyTries."""
    return _ask(bank, actor, "pay", payment.subject, payment.about)


def methods_for_payment(bank: Bank, actor: Actor, payment: Payment) -> tuple[str, ...]:
    """How the actor has to prove the payment, "mail" or "totp" and "recovery"; none for little
    money to somebody known, or without a second factor."""
    if not _needs_proof(bank, actor, payment):
        return ()
    return factors.methods_of(bank, person(bank, actor))


def keep_asking(bank: Bank, actor: Actor, payment: Payment) -> None:
    """Ask for a code for a payment, unless the last one is still good for a while.

    Raises as `ask_for_payment`.
    """
    soon = bank.now() + _A_WHILE
    last = challenges.find_newest(bank.database, actor.user, "pay", payment.subject, soon)
    by_mail = "mail" in factors.methods_of(bank, person(bank, actor))
    if last is None or last.tries_left == 0 or by_mail != bool(last.mac):
        ask_for_payment(bank, actor, payment)


def _ask(bank: Bank, actor: Actor, purpose: str, subject: str, about: str) -> Challenge:
    user = person(bank, actor)
    methods = factors.methods_of(bank, user)
    if not methods:
        raise NoSecondFactor("confirm an e-mail address, or set up an authenticator app")
    now = bank.now()
    if before := challenges.find_newest(bank.database, user.id, purpose, subject, now):
        codes.check_pause(before, now)
    by_mail = "mail" in methods
    asked = Asked(purpose, user.id, subject, address=user.email if by_mail else None)
    if not by_mail:
        return codes.begin(bank, asked, None)
    throttles.codes_for(bank, user.id)
    name, to = bank.config.bank_name, user.email or ""
    return codes.begin(bank, asked, lambda code: wording.code_for(name, to, about, code))


def prove(
    bank: Bank, actor: Actor, purpose: str, *, subject: str = "", code: str | None = None
) -> None:
    """Let those who have a second factor prove it, and use the code up.

    Raises SecondFactorNeeded, InvalidCode, TooManyTries; for what nobody may do without one,
    NoSecondFactor.
    """
    methods = _methods(bank, person(bank, actor), purpose, code)
    if methods:
        with throttles.second_factor(bank, actor.user, actor.address):
            _answer(bank, actor, methods, purpose, subject, code or "")


def prove_both(bank: Bank, actor: Actor, purpose: str, password: str, code: str | None) -> User:
    """The password and, where there is one, the second factor; which of them was wrong is not told.

    Raises SecondFactorNeeded, InvalidProof, TooManyTries.
    """
    user = person(bank, actor)
    methods = _methods(bank, user, purpose, code)
    with throttles.second_factor(bank, actor.user, actor.address):
        try:
            if not bank.passwords.verify(password, user.password_hash):
                raise InvalidProof()
            if methods:
                _answer(bank, actor, methods, purpose, "", code or "")
        except InvalidCode:
            raise InvalidProof("check both; ask for a new code if need be") from None
    return user


def prove_payment(
    bank: Bank, actor: Actor, payment: Payment, code: str | None, key: Key | None
) -> tuple[Claim, ...]:
    """What the posting has to claim: the answered challenge, where the payment needs one.

    Raises SecondFactorNeeded, InvalidCode, TooManyTries.
    """
    # A code that is sent is used up, needed or not: with one code, money moves once.
    if code is None and not _needs_proof(bank, actor, payment):
        return ()
    # A repeat is answered by the ledger, however used up its code is.
    if key and idempotency.find_records(bank.database, [key.text]):
        return ()
    methods = _methods(bank, person(bank, actor), payment.purpose, code)
    if not methods:
        return ()
    with throttles.second_factor(bank, actor.user, actor.address):
        answered = codes.check_newest(bank, actor.user, "pay", payment.subject, code or "")
    return (Claim(challenges.NAME, answered.id, when="open", then="used", facts={"mac": None}),)


def _needs_proof(bank: Bank, actor: Actor, payment: Payment) -> bool:
    """Whether it goes to somebody new, or is more than a little."""
    if actor.second_factor is False:
        return False
    if payment.amount > bank.config.limit("step_up_above", payment.amount.currency):
        return True
    return payment.to is not None and not payees.known(bank.database, actor.user, payment.to)


def _methods(bank: Bank, user: User, purpose: str, code: str | None) -> tuple[str, ...]:
    """How the person can prove it; none where the purpose lets those through who have none."""
    methods = factors.methods_of(bank, user)
    if not methods and purpose in ("set_pin", "merchant_key"):
        raise NoSecondFactor("confirm an e-mail address, or set up an authenticator app")
    if methods and code is None:
        raise SecondFactorNeeded(_HOW, purpose=purpose, methods=list(methods))
    return methods


def _answer(
    bank: Bank, actor: Actor, methods: tuple[str, ...], purpose: str, subject: str, code: str
) -> None:
    if "mail" in methods:
        codes.use(bank, codes.check_newest(bank, actor.user, purpose, subject, code))
    elif factors.check(bank, actor.user, code) is None:
        codes.refuse()


def person(bank: Bank, actor: Actor) -> User:
    """Who is asking, as the bank knows them now."""
    return users.get_user(bank.database, actor.user)
