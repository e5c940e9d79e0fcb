"""The second factor of a payment at a shop: when it is asked for, and what a code is bound to.

A code is good for one intent, its amount, its payee and the account that it is to be paid from. The
challenge remembers for whom the PIN was right, and in which browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.controllers import codes, factors, throttles
from app.controllers.bank import Bank
from app.controllers.codes import Asked
from app.controllers.ledger import Claim
from app.controllers.mail import wording
from app.errors import InvalidCode, NoSecondFactor, Throttled
from app.models import challenges, intent_tries, pin_spending, users
from app.models.accounts import Account, find_account
from app.models.challenges import Challenge
from app.models.intent import Intent
from app.models.pin_spending import PinSpending
from app.models.users import User

PAYMENTS_WITH_A_PIN_ALONE = 5
TIMES_A_LITTLE = 3
_PURPOSE = "pay"
_A_WHILE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who is about to pay, and from which account."""

    user: User
    account: Account


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The PIN was right, and a code is needed besides. `address` is where it was mailed, if so."""

    challenge: str
    methods: tuple[str, ...]
    address: str | None


def needed(bank: Bank, intent: Intent, payer: Payer, spending: PinSpending) -> bool:
    """Whether the PIN alone is too little: for a shop that is new to the customer, for more than a
    little, and every now and then."""
    amount = intent.amount
    little = bank.config.limit("step_up_above", amount.currency)
    if amount > little or not intent_tries.has_paid(bank.database, payer.user.id, intent.merchant):
        return True
    sum_minor = spending.spent(amount.currency).minor + amount.minor
    often = spending.payments >= PAYMENTS_WITH_A_PIN_ALONE
    return often or sum_minor > TIMES_A_LITTLE * little.minor


def ask(bank: Bank, intent: Intent, payer: Payer, browser: str) -> CodeNeeded:
    """Ask for a code, unless the last one that was asked for in this browser is still good.

    Raises NoSecondFactor, TooManyTries.
    """
    methods = factors.methods_of(bank, payer.user)
    if not methods:
        raise NoSecondFactor("confirm an e-mail address, or set up an authenticator app")
    soon, subject = bank.now() + _A_WHILE, _subject(intent, payer.account.number)
    last = challenges.find_newest(bank.database, payer.user.id, _PURPOSE, subject, soon)
    mine = last and last.facts.get("browser") == browser and last.tries_left > 0
    if last is None or not mine or ("mail" in methods) != bool(last.mac):
        last = _begin(bank, intent, payer, browser)
    return CodeNeeded(last.id, methods, last.address)


def ask_again(bank: Bank, intent: Intent, waiting: Challenge, browser: str) -> CodeNeeded:
    """Have another code mailed for what waits for one. Raises TooManyTries."""
    codes.check_pause(waiting, bank.now())
    found = payer_of(bank, waiting)
    begun = _begin(bank, intent, found, browser)
    return CodeNeeded(begun.id, factors.methods_of(bank, found.user), begun.address)


def waiting(bank: Bank, intent: Intent, challenge: str, browser: str) -> Challenge | None:
    """What was asked of this browser for this intent, if it waits for an answer."""
    found = challenges.find_challenge(bank.database, challenge, _PURPOSE, bank.now())
    if found is None or found.facts.get("browser") != browser:
        return None
    return found if found.subject == _subject(intent, found.facts["account"]) else None


def needed_for(bank: Bank, waiting: Challenge) -> CodeNeeded:
    """What the challenge asks for."""
    methods = ("mail",) if waiting.mac else factors.methods_of(bank, payer_of(bank, waiting).user)
    return CodeNeeded(waiting.id, methods, waiting.address)


def payer_of(bank: Bank, waiting: Challenge) -> Payer:
    """Whose PIN was right. Raises InvalidCode where that customer is gone."""
    user = users.find_user(bank.database, waiting.user or "")
    account = find_account(bank.database, waiting.facts["account"])
    if user is None or account is None:
        codes.refuse()
    return Payer(user, account)


def prove(bank: Bank, waiting: Challenge, code: str, address: str) -> Claim:
    """What the posting has to claim: the challenge that the code answers. Raises InvalidCode,
    TooManyTries."""
    with throttles.second_factor(bank, waiting.user or "", address):
        answered = codes.check(bank, waiting.id, _PURPOSE, code)
    return Claim(challenges.NAME, answered.id, when="open", then="used", facts={"mac": None})


def ask_quietly(bank: Bank, intent: Intent, number: str, browser: str, address: str) -> None:
    """Before the PIN is looked at: ask the owner for a code, if there is one who has a second
    factor, and never tell."""
    payer = _owner(bank, number)
    methods = factors.methods_of(bank, payer.user) if payer else ()
    if payer is None or not methods:
        # As much work as for somebody, and nobody's code answers it.
        codes.begin(bank, Asked(_PURPOSE, None, _subject(intent, number)), None, doomed=True)
        return
    try:
        if "mail" in methods:
            throttles.codes_to(bank, payer.user.email or "", address)
        ask(bank, intent, payer, browser)
    except Throttled:
        pass  # the same answer, whoever it is


def proved_first(
    bank: Bank, intent: Intent, number: str, code: str, browser: str, address: str
) -> Claim | None:
    """As `prove`, for a code that comes before the PIN; None whatever is wrong with it."""
    payer, subject = _owner(bank, number), _subject(intent, number)
    if payer is None:
        return None
    found = challenges.find_newest(bank.database, payer.user.id, _PURPOSE, subject, bank.now())
    if found is None or found.facts.get("browser") != browser:
        return None
    try:
        return prove(bank, found, code, address)
    except (InvalidCode, Throttled):
        return None


def _owner(bank: Bank, number: str) -> Payer | None:
    account = find_account(bank.database, number)
    user = users.find_user(bank.database, account.owner) if account else None
    return Payer(user, account) if user and account else None


def _begin(bank: Bank, intent: Intent, payer: Payer, browser: str) -> Challenge:
    by_mail = "mail" in factors.methods_of(bank, payer.user)
    to = (payer.user.email or "") if by_mail else ""
    facts: Mapping[str, str] = {"account": payer.account.number, "browser": browser}
    subject = _subject(intent, payer.account.number)
    asked = Asked(_PURPOSE, payer.user.id, subject, address=to or None, facts=facts)
    if not by_mail:
        return codes.begin(bank, asked, None)
    throttles.codes_for(bank, payer.user.id)
    about = f"to pay {intent.amount} to {intent.name} for its order {intent.order}"
    name = bank.config.bank_name
    return codes.begin(bank, asked, lambda code: wording.code_for(name, to, about, code))


def _subject(intent: Intent, number: str) -> str:
    amount = f"{intent.amount.minor} {intent.amount.currency}"
    return f"{intent.id} {amount} {number} {intent.account}"


def counted(spending: PinSpending, intent: Intent, proof: Claim | None) -> Claim:
    """What the posting claims, so that a code is asked for in time."""
    if proof:
        return pin_spending.proved(spending)
    return pin_spending.counted(spending, intent.amount)
