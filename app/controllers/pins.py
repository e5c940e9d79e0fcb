"""PINs of accounts, for paying at a shop: six digits, three tries."""

from __future__ import annotations

import hmac
import re
from typing import Literal

from app.controllers import accounts, audits, step_up, weak_pins
from app.controllers.bank import Actor, Bank
from app.controllers.mail import notices
from app.controllers.orders import SetPin
from app.errors import AccountClosed, InvalidField, Overloaded
from app.models import audit, pins, users
from app.models.accounts import Account, find_account
from app.models.pins import Pin

State = Literal["none", "set", "locked"]
TRIES = 3
_PURPOSE = "pin"
_FORM = re.compile(r"\A[0-9]{6}\Z")


def choose_pin(bank: Bank, actor: Actor, number: str, order: SetPin) -> None:
    """Set the PIN of an own account, or change it, under a second factor; a locked one opens.

    Raises AccountNotFound, AccountClosed, WeakPin, and as `step_up.prove`.
    """
    account = accounts.own_account(bank, actor, number)
    if account.status == "closed":
        raise AccountClosed(account=account.number)
    # A code is used up by its proof: not for a PIN that is refused anyway.
    _check_good(bank, account.number, order.pin)
    step_up.prove(bank, actor, "set_pin", subject=account.number, code=order.code)
    kid, hash = _hashed(bank, account.number, order.pin)
    bank.database.atomically(lambda: _set(bank, actor, account, kid, hash))
    bank.post.look()


def set_pin(bank: Bank, number: str, pin: str) -> None:
    """Set an account's PIN, for a caller who has proved whose it is. Raises WeakPin."""
    _check_good(bank, number, pin)
    kid, hash = _hashed(bank, number, pin)
    pins.set_pin(bank.database, number, hash, kid, bank.now())


def check_pin(bank: Bank, number: str, pin: str) -> bool:
    """Whether it is the account's PIN. The third wrong one in a row locks it.

    A try is counted before it is looked at, in a write of its own: never call this inside a
    transaction. False says no more than that, and costs one hash whatever the reason.
    """
    keys = bank.config.keys_by_id(_PURPOSE)
    tried = None
    if _FORM.match(pin):
        tried = pins.reserve_try(bank.database, number, keys, bank.now(), tries=TRIES)
    key = keys[tried.kid] if tried else bank.config.key(_PURPOSE)
    try:
        right = bank.passwords.verify(_mac(key, number, pin), tried.hash if tried else None)
    except Overloaded:
        if tried:
            pins.give_back(bank.database, tried)
        raise
    if tried and not right and tried.locked_at:
        _tell_locked(bank, number)
    if tried is None or not right or not pins.accept(bank.database, tried):
        return False
    if key != bank.config.key(_PURPOSE):
        _renew(bank, tried, pin)
    return True


def _tell_locked(bank: Bank, number: str) -> None:
    account = find_account(bank.database, number)
    owner = users.find_user(bank.database, account.owner) if account else None
    if owner and (letter := notices.pin_was_locked(bank.config.bank_name, owner, number)):
        bank.post.put(letter)
        bank.post.look()


def own_pin_state(bank: Bank, actor: Actor, number: str) -> State:
    """As `pin_state`, of an own account. Raises AccountNotFound."""
    return pin_state(bank, accounts.own_account(bank, actor, number).number)


def pin_state(bank: Bank, number: str) -> State:
    """Whether the account has a PIN, for its owner's eyes and the bankers'."""
    pin = pins.find_pin(bank.database, number)
    # Without its key a PIN is as good as none, and the owner has to set one.
    if pin is None or pin.kid not in bank.config.keys_by_id(_PURPOSE):
        return "none"
    return "locked" if pin.locked_at else "set"


def _set(bank: Bank, actor: Actor, account: Account, kid: str, hash: str) -> None:
    pins.set_pin(bank.database, account.number, hash, kid, bank.now())
    audit.record(bank.database, audits.event(bank, actor, "pin set", account.number))
    owner = users.get_customer(bank.database, actor.user)
    if letter := notices.pin_was_set(bank.config.bank_name, owner, account.number):
        bank.post.put(letter)


def _check_good(bank: Bank, number: str, pin: str) -> None:
    if not _FORM.match(pin):
        raise InvalidField("a PIN has six digits", field="pin")
    weak_pins.check_strength(pin, number=number, year=bank.now().year)


def _renew(bank: Bank, pin: Pin, text: str) -> None:
    """Hash a right PIN under the present key, so that nobody needs the previous one for it."""
    kid, hash = _hashed(bank, pin.number, text)
    pins.rehash(bank.database, pin, hash, kid)


def _hashed(bank: Bank, number: str, pin: str) -> tuple[str, str]:
    """The name of the present key, and the PIN's hash under it."""
    kid, key = next(iter(bank.config.keys_by_id(_PURPOSE).items()))
    return kid, bank.passwords.hash(_mac(key, number, pin))


def _mac(key: bytes, number: str, pin: str) -> str:
    """What is hashed: without the key, which is not in the database, nobody can try all PINs."""
    return hmac.digest(key, f"{number} {pin}".encode("utf-8", "replace"), "sha256").hex()
