"""The bankers' desk: all accounts, all transactions, all customers; freeze, close."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.controllers.names import id_of
from app.controllers.orders import (
    CustomersQuery,
    DeskAccountsQuery,
    DeskTransactionsQuery,
    MailsQuery,
    Reason,
)
from app.controllers.statements import minor_of
from app.errors import (
    AccountClosed,
    AccountNotEmpty,
    AlreadyInState,
    Outdated,
    RoleMissing,
)
from app.models import accounts, directory, histories, outbox, sessions, users
from app.models.accounts import Account
from app.models.directory import AccountFilters, After
from app.models.histories import BankFilters, Place
from app.models.outbox import Posted
from app.models.transactions import Transaction
from app.models.users import User

__all__ = ["Account", "After", "Place", "Transaction", "User"]
Row = TypeVar("Row")
Where = TypeVar("Where")
_MAY_ACT = frozenset({"teller", "approver"})


@dataclass(frozen=True)
class Page(Generic[Row, Where]):
    """Some rows of a list, and where it goes on; None ends it."""

    items: list[Row]
    after: Where | None


def list_accounts(
    bank: Bank, query: DeskAccountsQuery, after: After | None
) -> Page[Account, After]:
    """A page of all customers' accounts."""
    filters = _account_filters(bank, query)
    found = directory.accounts_page(bank.database, filters, query.sort, after, query.limit + 1)
    return cut(found, query.limit, lambda last: directory.place_of(last, query.sort))


def export_accounts(bank: Bank, query: DeskAccountsQuery) -> Iterator[Account]:
    """All accounts that match, one after the other."""
    return directory.accounts_stream(bank.database, _account_filters(bank, query), query.sort)


def list_transactions(
    bank: Bank, query: DeskTransactionsQuery, after: Place | None
) -> Page[Transaction, Place]:
    """A page of all customers' transactions, newest first."""
    found = histories.bank_page(
        bank.database, _transaction_filters(bank, query), after, query.limit + 1
    )
    return cut(found, query.limit, lambda last: Place(last.at, last.id))


def export_transactions(bank: Bank, query: DeskTransactionsQuery) -> Iterator[Transaction]:
    """All transactions that match, one after the other."""
    return histories.bank_stream(bank.database, _transaction_filters(bank, query))


def list_customers(bank: Bank, query: CustomersQuery, after: After | None) -> Page[User, After]:
    """A page of all customers, newest first."""
    words = tuple((query.q or "").split())
    found = directory.customers_page(bank.database, words, after, query.limit + 1)
    return cut(found, query.limit, lambda last: After(last.created_at, last.id))


def export_customers(bank: Bank, query: CustomersQuery) -> Iterator[User]:
    """All customers that match, one after the other."""
    return directory.customers_stream(bank.database, tuple((query.q or "").split()))


def list_mails(bank: Bank, query: MailsQuery, below: str | None) -> Page[Posted, str]:
    """A page of the mails that wait, were sent or were given up, newest first."""
    found = outbox.page(bank.database, query.status, below, query.limit + 1)
    return cut(found, query.limit, lambda last: last.id)


def cut(found: list[Row], limit: int, place: Callable[[Row], Where]) -> Page[Row, Where]:
    """A page of what was found; one row more than `limit` says that the list goes on."""
    items = found[:limit]
    return Page(items, place(items[-1]) if len(found) > limit else None)


def one_customer(bank: Bank, actor: Actor, id: str) -> User:
    """One customer, and that the actor has looked. Raises CustomerNotFound."""
    customer = users.get_customer(bank.database, id)
    audits.keep(bank, audits.event(bank, actor, "customer seen", id))
    return customer


def one_account(bank: Bank, number: str) -> Account:
    """Any customer's account. Raises AccountNotFound."""
    return accounts.get_account(bank.database, accounts.plain_number(number))


def freeze(bank: Bank, actor: Actor, number: str, revision: int, order: Reason) -> Account:
    """From the answer on, no money leaves the account; it may still receive."""
    return _change(bank, actor, number, revision, "frozen", order)


def close(bank: Bank, actor: Actor, number: str, revision: int, order: Reason) -> Account:
    """Close an empty account for good; its history stays."""
    return _change(bank, actor, number, revision, "closed", order)


def _change(
    bank: Bank, actor: Actor, number: str, revision: int, status: str, order: Reason
) -> Account:
    _check_may_act(actor)
    number = accounts.plain_number(number)

    def work() -> Account:
        account = accounts.get_account(bank.database, number)
        _check_change(account, revision, status)
        if not accounts.change_status(bank.database, account, status):
            raise AccountNotEmpty(account=number, balance=account.balance)
        if status == "closed":
            _choose_another_default(bank, account)
        changed = accounts.get_account(bank.database, number)
        facts = {"before": account.status, "after": status}
        audits.record_change(
            bank, actor, f"account {status}", number, account, changed,
            reason=order.reason, facts=facts,
        )  # fmt: skip
        return changed

    return bank.database.atomically(work)


def _choose_another_default(bank: Bank, closed: Account) -> None:
    """A customer whose default account was closed goes on with the oldest other one, if any."""
    owner = users.get_customer(bank.database, closed.owner)
    others = accounts.accounts_of(bank.database, owner.id)
    living = [each for each in others if each.status != "closed"]
    if owner.default_account == closed.number and living:
        users.change_user(bank.database, owner, {"default_account": living[0].number})
        sessions.follow_default(bank.database, living[0])


def _check_change(account: Account, revision: int, status: str) -> None:
    """Refuse what does not fit the account as it is now."""
    if account.status == "closed":
        raise AccountClosed("a closed account stays closed", account=account.number)
    if account.revision != revision:
        raise Outdated("the account was changed since you read it", account=account.number)
    if account.status == status:
        raise AlreadyInState(f"the account is {status}", account=account.number)
    if status == "closed" and (account.balance_minor or account.held_minor):
        raise AccountNotEmpty(account=account.number, balance=account.balance, held=account.held)


def freeze_customer(bank: Bank, actor: Actor, id: str, revision: int, order: Reason) -> User:
    """Shut a customer out: every session ends now, and no new one begins."""
    return _change_customer(bank, actor, id, revision, "frozen", order)


def _change_customer(
    bank: Bank, actor: Actor, id: str, revision: int, status: str, order: Reason
) -> User:
    _check_may_act(actor)

    def work() -> User:
        user = users.get_customer(bank.database, id)
        if user.revision != revision:
            raise Outdated("the customer was changed since you read it", customer=id)
        if user.status == status:
            raise AlreadyInState(f"the customer is {status}", customer=id)
        users.change_user(bank.database, user, {"status": status})
        if status == "frozen":
            sessions.revoke_all(bank.database, id, bank.now(), "customer frozen")
        changed = users.get_customer(bank.database, id)
        audits.record_change(
            bank, actor, f"customer {status}", id, user, changed, reason=order.reason
        )
        return changed

    return bank.database.atomically(work)


def _check_may_act(actor: Actor) -> None:
    if actor.roles.isdisjoint(_MAY_ACT):
        raise RoleMissing("an auditor may look, not act", needs=sorted(_MAY_ACT))


def _account_filters(bank: Bank, query: DeskAccountsQuery) -> AccountFilters:
    currency = _currency_of(bank, query)
    return AccountFilters(
        words=_words(query.q),
        status=query.status,
        currency=currency,
        least_minor=minor_of(query.least, currency or "", "min"),
        most_minor=minor_of(query.most, currency or "", "max"),
    )


def _currency_of(bank: Bank, query: DeskAccountsQuery | DeskTransactionsQuery) -> str | None:
    """The currency that was asked for; amounts without one are in the bank's first."""
    bounded = query.least is not None or query.most is not None
    return query.currency or (bank.config.currency if bounded else None)


def _words(q: str | None) -> tuple[str, ...]:
    """What was typed, word by word; an account number may come with spaces or hyphens."""
    text = q or ""
    joined = text.replace(" ", "").replace("-", "")
    return (joined,) if joined.isdigit() else tuple(text.split())


def _transaction_filters(bank: Bank, query: DeskTransactionsQuery) -> BankFilters:
    currency = _currency_of(bank, query)
    return BankFilters(
        kind=query.kind,
        least_minor=minor_of(query.least, currency or "", "min"),
        most_minor=minor_of(query.most, currency or "", "max"),
        account=query.account,
        actor=id_of(bank, query.actor),
        currency=currency,
        since=query.since,
        until=query.until,
    )
