"""People with a log-in at the shop: registering, logging in and out, their profile."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email

from shop.controllers import passwords
from shop.controllers.addresses import COUNTRIES, LENGTHS
from shop.controllers.shop import Shop
from shop.errors import InvalidFields, TooManyTries, WrongLogIn
from shop.models import attempts, customers, entrances
from shop.models.customers import Customer
from shop.models.database import Duplicate
from shop.models.ids import sortable_id

__all__ = ["COUNTRIES", "Customer"]

STAY = timedelta(days=30)
"""How long a log-in lasts."""
_STRETCH = 15 * 60
_PER_PAIR, _PER_EMAIL, _PER_VISITOR = 10, 50, 100
_LONGEST_NAME = 80


def entered(shop: Shop, token: str) -> Customer | None:
    """Who logged in with the token, or None."""
    id = entrances.whose(shop.database, token, shop.now())
    return customers.find_customer(shop.database, id) if id else None


def register(shop: Shop, name: str, email: str, password: str, visitor: str) -> Customer:
    """Make an account. Raises InvalidFields, TooManyTries."""
    _count(shop, f"register {visitor}", _PER_VISITOR)
    name = " ".join(name.split())
    errors = {
        "name": "" if _is_name(name) else "Say what we may call you.",
        "email": "" if _address(email) else "This is not an e-mail address.",
        "password": passwords.weakness(password, *email.split("@")[:1], *name.split()),
    }
    if any(errors.values()):
        raise InvalidFields({field: text for field, text in errors.items() if text})
    return _add(shop, name, _address(email), password, admin=False)


def log_in(shop: Shop, email: str, password: str, visitor: str) -> Customer:
    """Who that is. Raises WrongLogIn, which says no more, and TooManyTries."""
    known = _address(email) or email.strip().casefold()[:254]
    pair = f"log-in {known} {visitor}"
    for of, most in (
        (pair, _PER_PAIR), (f"log-in {known}", _PER_EMAIL), (f"log-in {visitor}", _PER_VISITOR),
    ):  # fmt: skip
        _count(shop, of, most)
    customer = customers.find_by_email(shop.database, known)
    fits = passwords.fits(password[:1000], customer.password if customer else None)
    if customer is None or not fits:
        raise WrongLogIn()
    attempts.forgive(shop.database, pair, _STRETCH, shop.now())
    return customer


def enter(shop: Shop, customer: Customer) -> str:
    """A token by which the customer's browser is known from now on."""
    token = secrets.token_urlsafe(32)
    entrances.open_entrance(shop.database, token, customer.id, shop.now() + STAY)
    return token


def log_out(shop: Shop, token: str) -> None:
    """The token is worth nothing any more."""
    entrances.shut(shop.database, token)


def change_profile(shop: Shop, customer: Customer, name: str, address: Mapping[str, str]) -> None:
    """Keep name and address. Raises InvalidFields."""
    lines = {key: " ".join(address.get(key, "").split()) for key in LENGTHS}
    name = " ".join(name.split())
    errors = {
        key: f"Use at most {most} characters."
        for key, most in LENGTHS.items()
        if len(lines[key]) > most or not lines[key].isprintable()
    }
    if not _is_name(name):
        errors["called"] = "Say what we may call you."
    if errors:
        raise InvalidFields(errors)
    kept = {key: text for key, text in lines.items() if text}
    if address.get("country") in COUNTRIES:
        kept["country"] = address["country"]
    customers.set_profile(shop.database, customer.id, name, kept)


def change_password(shop: Shop, customer: Customer, old: str, new: str) -> None:
    """A new password; whoever is logged in with the old one is logged out. Raises InvalidFields."""
    _count(shop, f"password {customer.id}", _PER_PAIR)
    if not passwords.fits(old[:1000], customer.password):
        raise InvalidFields({"old": "This is not your password."})
    if weak := passwords.weakness(new, customer.email.split("@")[0], *customer.name.split()):
        raise InvalidFields({"new": weak})
    customers.set_password(shop.database, customer.id, passwords.hashed(new))
    entrances.shut_all(shop.database, customer.id)


def make_admin(shop: Shop, email: str, name: str, password: str) -> bool:
    """One of the shop's own people; somebody who has an account becomes one, with this password.

    Whether the account was made. Raises InvalidFields.
    """
    known = _address(email)
    if not known:
        raise InvalidFields({"email": "This is not an e-mail address."})
    if weak := passwords.weakness(password, known.split("@")[0]):
        raise InvalidFields({"password": weak})
    if customer := customers.find_by_email(shop.database, known):
        hashed = passwords.hashed(password)
        customers.set_password(shop.database, customer.id, hashed, admin=True)
        entrances.shut_all(shop.database, customer.id)
        return False
    _add(shop, name, known, password, admin=True)
    return True


def _add(shop: Shop, name: str, email: str, password: str, *, admin: bool) -> Customer:
    hashed = passwords.hashed(password)
    customer = Customer(sortable_id(), name, email, admin, hashed)
    try:
        customers.add(shop.database, customer, shop.now())
    except Duplicate:
        raise InvalidFields(
            {"email": "There is an account with this address; log in instead."}
        ) from None
    return customer


def _address(email: str) -> str:
    """The address in its one form, or nothing where it is none."""
    try:
        found = validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        return ""
    return found.normalized.casefold()


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def _count(shop: Shop, of: str, most: int) -> None:
    """Refuse what is tried too often. Raises TooManyTries."""
    tries, ends = attempts.count(shop.database, of, _STRETCH, shop.now())
    if tries > most:
        minutes = max(int((ends - shop.now()).total_seconds() // 60) + 1, 1)
        raise TooManyTries(f"try again in {minutes} minutes", seconds=minutes * 60)
