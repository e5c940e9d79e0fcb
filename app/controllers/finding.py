"""Finding what a banker means by one text: a number, a name, a user name or an id."""

from __future__ import annotations

from dataclasses import dataclass

from app.controllers import desk
from app.controllers.bank import Bank
from app.controllers.orders import CustomersQuery, DeskAccountsQuery
from app.models import accounts, transactions, users
from app.models.accounts import Account
from app.models.transactions import Transaction
from app.models.users import User

__all__ = ["Account", "Found", "Transaction", "User", "find"]
SHOWN = 10
"""How many accounts, and how many customers, are worth showing: more is for the lists."""

Thing = Account | User | Transaction


@dataclass(frozen=True, slots=True)
class Found:
    """What the text may mean, and whether there are more accounts and customers like that."""

    customers: list[User]
    accounts: list[Account]
    more_customers: bool = False
    more_accounts: bool = False
    only: Thing | None = None


def find(bank: Bank, text: str) -> Found:
    """All that the text may mean; `only` where that is one thing. A customer counts as one with
    all of the accounts."""
    if exact := _exact(bank, text):
        return Found([], [], only=exact)
    wide = CustomersQuery(q=text, limit=SHOWN, cursor=None)
    people = desk.list_customers(bank, wide, None)
    held = desk.list_accounts(bank, _accounts_query(text), None)
    found = _named_first(bank, text, people.items)
    only = _only(found, held.items, more=bool(people.after or held.after))
    return Found(found, held.items, bool(people.after), bool(held.after), only)


def _exact(bank: Bank, text: str) -> Thing | None:
    """The account of that number, or the transaction of that id."""
    number = accounts.plain_number(text)
    if accounts.valid_number(number):
        return accounts.find_account(bank.database, number)
    id = text.strip().lower()
    return transactions.find_transactions(bank.database, [id]).get(id)


def _named_first(bank: Bank, text: str, found: list[User]) -> list[User]:
    """The customer whose user name it is stands first, however many others it begins."""
    named = users.find_by_username(bank.database, text)
    if named is None or named.plane != "customer":
        return found
    return [named, *(each for each in found if each.id != named.id)][:SHOWN]


def _only(people: list[User], held: list[Account], *, more: bool) -> Thing | None:
    if more:
        return None
    if len(people) == 1 and all(account.owner == people[0].id for account in held):
        return people[0]
    return held[0] if len(held) == 1 and not people else None


def _accounts_query(text: str) -> DeskAccountsQuery:
    return DeskAccountsQuery(
        q=text, status=None, currency=None, least=None, most=None, sort="newest", limit=SHOWN,
        cursor=None, csv=False,
    )  # fmt: skip
