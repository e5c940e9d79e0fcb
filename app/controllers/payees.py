"""Payees: whom a customer sends money to, by masked names."""

from __future__ import annotations

from dataclasses import dataclass

from app.controllers import quotas
from app.controllers.bank import Actor, Bank
from app.controllers.names import masked
from app.controllers.quotas import Quota, Window
from app.errors import AccountNotFound, TooManyRequests
from app.models import accounts, payees
from app.models.accounts import Account

LOOK_UPS = Quota("look-ups", (Window(30, 3600),), strict=True)
"""Of accounts that the customer has not sent money to: names are not for everybody to collect."""

_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that money can go to. `name` is the owner's, masked; of an own account, the name
    of the account."""

    number: str
    name: str
    currency: str
    own: bool


def list_payees(bank: Bank, actor: Actor) -> list[Payee]:
    """Whom the customer has sent money to with a second factor, newest first; never many."""
    numbers = payees.newest(bank.database, actor.user, _SHOWN)
    found = accounts.find_accounts(bank.database, numbers) if numbers else {}
    shown = [found[number] for number in numbers if number in found]
    return [_payee(actor, account) for account in shown if account.status != "closed"]


def look_up(bank: Bank, actor: Actor, number: str) -> Payee:
    """Whose account it is. Raises AccountNotFound, and TooManyRequests to who asks for many."""
    title = bank.titles.find(number)
    own = title is not None and title.owner == actor.user
    if not own and not payees.known(bank.database, actor.user, number):
        _count(bank, actor)
    account = accounts.find_account(bank.database, number)
    if account is None:
        raise AccountNotFound("nobody at this bank has that number", account=number)
    return _payee(actor, account)


def _payee(actor: Actor, account: Account) -> Payee:
    own = account.owner == actor.user
    name = account.name if own else masked(account.customer)
    return Payee(account.number, name, account.currency, own)


def _count(bank: Bank, actor: Actor) -> None:
    if bank.config.ratelimit_enabled:
        counted = quotas.count(bank, LOOK_UPS, actor.user, bank.now())
        if not counted.admitted:
            raise TooManyRequests("wait, then ask again", retry_after=counted.retry_after)
