"""Accounts as their owners see them: opening, listing, balances now and at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.controllers.orders import BalanceQuery, OpenAccount
from app.errors import AccountNotFound, CustomerFrozen, InvalidField, TooManyAccounts, Unavailable
from app.models import accounts, transactions, users
from app.models.accounts import Account
from app.models.database import Duplicate
from app.models.titles import Title
from app.models.users import User
from money import Money

__all__ = [
    "Account",
    "Balance",
    "balance",
    "balance_at",
    "open_account",
    "own_account",
    "own_accounts",
    "own_title",
]
_DRAWS = 5
Held = TypeVar("Held", Account, Title)


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance as of a time; `available` is known for the present only."""

    account: Account
    balance: Money
    available: Money | None
    as_of: datetime


def open_account(bank: Bank, actor: Actor, order: OpenAccount) -> Account:
    """Open another account of the actor's, up to the limit of the bank."""
    currency = order.currency or bank.config.currency
    if currency not in bank.config.currencies:
        raise InvalidField(
            f"this bank keeps {', '.join(bank.config.currencies)}",
            field="currency", currencies=list(bank.config.currencies),
        )  # fmt: skip
    for _ in range(_DRAWS):
        try:
            return bank.database.atomically(lambda: _open(bank, actor, order.name, currency))
        except Duplicate:
            continue
    raise Unavailable("no free account number was found")


def _open(bank: Bank, actor: Actor, name: str, currency: str) -> Account:
    user = _owner(bank, actor)
    # A real write on the customer, so that two openings at once cannot both pass the count.
    if not users.touch_if_active(bank.database, user):
        raise CustomerFrozen("ask the bank why")
    living = [a for a in accounts.accounts_of(bank.database, actor.user) if a.status != "closed"]
    if len(living) >= bank.config.max_accounts:
        limit = bank.config.max_accounts
        raise TooManyAccounts(f"one customer may have {limit}", limit=limit)
    account = accounts.new_account(
        owner=user.id,
        username=user.username,
        customer=user.shown_name,
        name=name,
        currency=currency,
        now=bank.now(),
        unconfirmed=not user.email_confirmed,
    )
    accounts.insert_account(bank.database, account)
    audits.record_change(bank, actor, "account opened", account.number, None, account)
    return account


def own_accounts(bank: Bank, actor: Actor) -> list[Account]:
    """All accounts of the actor, oldest first."""
    return accounts.accounts_of(bank.database, actor.user)


def own_account(bank: Bank, actor: Actor, number: str | None) -> Account:
    """The actor's account of that number, or the default one. A stranger's is not found."""
    number = _chosen(bank, actor, number)
    return _own(actor, number, bank.accounts.find(number))


def own_title(bank: Bank, actor: Actor, number: str | None) -> Title:
    """As `own_account`, for those who need only what never changes about it."""
    if number is None and actor.default_account and actor.default_currency:
        return Title(actor.default_account, actor.user, actor.default_currency)
    number = _chosen(bank, actor, number)
    return _own(actor, number, bank.titles.find(number))


def _chosen(bank: Bank, actor: Actor, number: str | None) -> str:
    if number is None:
        number = actor.default_account or _owner(bank, actor).default_account or ""
    return accounts.plain_number(number)


def _own(actor: Actor, number: str, found: Held | None) -> Held:
    if found is None or found.owner != actor.user:
        raise AccountNotFound("it is not one of yours", account=number)
    return found


def balance(bank: Bank, actor: Actor, query: BalanceQuery) -> Balance:
    """The balance of an own account, now or at a time."""
    account = own_account(bank, actor, query.account)
    now = bank.now()
    if query.at is None or query.at >= now:
        return Balance(account, account.balance, account.available, now)
    return balance_at(bank, account, query.at)


def balance_at(bank: Bank, account: Account, moment: datetime) -> Balance:
    """The balance at a time: after the last transaction at or before it."""
    if moment < account.opened_at:
        raise InvalidField("the account was not open yet", field="at", opened_at=account.opened_at)
    last = transactions.find_last_before(bank.database, account.number, moment)
    minor = last.entry(account.number).balance_minor if last else 0
    return Balance(account, Money(minor, account.currency), None, moment)


def _owner(bank: Bank, actor: Actor) -> User:
    return users.get_customer(bank.database, actor.user)
