"""User names and the ids behind them, for lists that show who did something."""

from __future__ import annotations

from collections.abc import Iterable

from app.controllers.bank import Bank
from app.models import users
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


def usernames(bank: Bank, ids: Iterable[str]) -> dict[str, str]:
    """The user names behind ids, of those that are people's."""
    return users.usernames(bank.database, ids)
