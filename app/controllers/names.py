"""User names and the ids behind them, for lists that show who did something."""

from __future__ import annotations

from collections.abc import Iterable

from app.controllers.bank import Bank
from app.models import merchants, users
from app.models.accounts import plain_number, valid_number
from app.models.audit import SERVER


def id_of(bank: Bank, username: str | None) -> str | None:
    """The id of a person by user name; a name that nobody has matches nothing."""
    if username in (None, SERVER):
        return username
    user = users.find_by_username(bank.database, username)
    return user.id if user else f"nobody is called {username}"


def masked(name: str) -> str:
    """A name that only who knows it recognizes: B•• B•••••."""
    return " ".join(word[0] + "•" * (len(word) - 1) for word in name.split())


def object_of(bank: Bank, text: str | None) -> str | None:
    """What the audit calls it: an account's number with or without blanks, a person by user name,
    anything else as it is."""
    if text is None or valid_number(plain_number(text)):
        return plain_number(text) if text else None
    user = users.find_by_username(bank.database, text)
    return user.id if user else text


def is_account(text: str) -> bool:
    """Whether it is the number of an account."""
    return valid_number(text)


def planes(bank: Bank, ids: Iterable[str]) -> dict[str, str]:
    """Which of those ids are people's: "customer" or "banker"."""
    return users.planes(bank.database, ids)


def usernames(bank: Bank, ids: Iterable[str]) -> dict[str, str]:
    """The user names behind ids, of those that are people's."""
    return users.usernames(bank.database, ids)


def shops(bank: Bank, ids: Iterable[str]) -> dict[str, str]:
    """What the shops among those ids are called."""
    return merchants.names_of(bank.database, [id for id in ids if id.startswith("m_")])
