"""Becoming a customer with an e-mail address: first the code, then the customer.

Whether somebody has the address already, neither the answer tells nor its time; only the mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.controllers import access, codes, customers, throttles
from app.controllers.access import Entered
from app.controllers.bank import Bank, Caller
from app.controllers.codes import Asked, WrittenWith
from app.controllers.customers import Newcomer
from app.controllers.mail import wording
from app.controllers.orders import Register
from app.errors import InvalidCode, UsernameTaken
from app.models import challenges, users
from app.models.accounts import Account
from app.models.challenges import Challenge
from app.models.users import User

_PURPOSE = "register"
_LIFE = timedelta(hours=1)


def apply(bank: Bank, order: Register, email: str, caller: Caller) -> Challenge:
    """Mail a code to the address; with it the customer comes to be, and not before.

    Raises UsernameTaken, WeakPassword, TooManyTries.
    """
    throttles.codes_to(bank, email, caller.address)
    newcomer = customers.newcomer_of(bank, order)
    if users.find_by_username(bank.database, order.username):
        raise UsernameTaken("choose another one", username=order.username)
    taken, write = _letter(bank, email)
    facts = {
        "username": newcomer.username, "name": newcomer.name, "phone": newcomer.phone,
        "password_hash": newcomer.password_hash, "email": email,
    }  # fmt: skip
    subject = users.email_key(email)
    asked = Asked(_PURPOSE, None, subject, address=email, life=_LIFE, facts=facts)
    return codes.begin(bank, asked, write, doomed=taken)


def apply_again(bank: Bank, flow_id: str, caller: Caller) -> Challenge:
    """Mail a new code in place of the one before. Raises InvalidCode, TooManyTries."""
    found = challenges.find_challenge(bank.database, flow_id, _PURPOSE, bank.now())
    if found is None:
        raise InvalidCode("register again")
    email = str(found.facts["email"])
    codes.check_pause(found, bank.now())
    throttles.codes_to(bank, email, caller.address)
    taken, write = _letter(bank, email)
    codes.send_again(bank, found, write, doomed=taken)
    return found


def complete(bank: Bank, flow_id: str, code: str, caller: Caller) -> tuple[User, Account]:
    """Make the customer and the first account, by the right code and once.

    Raises InvalidCode, UsernameTaken, AddressTaken.
    """
    answered = codes.check(bank, flow_id, _PURPOSE, code)
    newcomer = _newcomer(answered.facts)
    return customers.admit(bank, newcomer, caller, lambda: codes.use(bank, answered))


def enter(bank: Bank, flow_id: str, code: str, caller: Caller) -> Entered:
    """As `complete`, and logged in: the newcomer has just chosen the password, and read the mail.

    Raises InvalidCode, UsernameTaken, AddressTaken.
    """
    user, _ = complete(bank, flow_id, code, caller)
    return access.enter(bank, user, caller.device, proved=True)


def enter_without_address(bank: Bank, order: Register, caller: Caller) -> Entered:
    """Make a customer who gave no address, and log them in with the password they have just chosen.

    Raises UsernameTaken, WeakPassword.
    """
    user, _ = customers.register(bank, order, caller)
    return access.enter(bank, user, caller.device)


def _letter(bank: Bank, email: str) -> tuple[bool, WrittenWith]:
    """Whether somebody has the address, and what its reader is told."""
    name = bank.config.bank_name
    if users.find_by_email(bank.database, email):
        return True, lambda _: wording.already_registered(name, email)
    return False, lambda code: wording.code_to_register(name, email, code)


def _newcomer(facts: Mapping[str, Any]) -> Newcomer:
    return Newcomer(
        username=facts["username"],
        name=facts["name"],
        phone=facts["phone"],
        password_hash=facts["password_hash"],
        email=facts["email"],
    )
