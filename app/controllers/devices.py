"""Known devices: where a person has logged in before. Wrong tries elsewhere do not shut them out.

A device token opens nothing. It only says that whoever sends it once had the password.
"""

from __future__ import annotations

from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer

from app.controllers.bank import Bank
from app.models import users
from app.models.ids import secret_id

_GOOD_FOR = timedelta(days=365)


def known(bank: Bank, name: str, token: str | None) -> str | None:
    """The device, when its token is in order and belongs to the person of that user name; any other
    token is as good as none."""
    found = _read(bank, token)
    if found is None:
        return None
    person, device = found
    user = users.find_by_username(bank.database, name)
    return device if user and user.id == person else None


def token(bank: Bank, person_id: str, before: str | None) -> str:
    """A token for the next year, of the same device as the one before if that was the person's."""
    found = _read(bank, before)
    device = found[1] if found and found[0] == person_id else secret_id()
    # The time is the bank's own, as everywhere, and not the one that the library would sign with.
    return str(_serializer(bank).dumps([person_id, device, int(bank.now().timestamp())]))


def _read(bank: Bank, token: str | None) -> tuple[str, str] | None:
    """The person and the device of a token, unless it is none or too old."""
    try:
        person, device, made_at = _serializer(bank).loads(token or "")
    except BadData:
        return None
    if bank.now().timestamp() - made_at > _GOOD_FOR.total_seconds():
        return None
    return person, device


def _serializer(bank: Bank) -> URLSafeSerializer:
    # The library signs with the last of them.
    return URLSafeSerializer(bank.config.keys("device token")[::-1], salt="device")
