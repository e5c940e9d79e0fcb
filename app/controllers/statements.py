"""What happened on an account: its history, newest first, and single transactions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from app.controllers.accounts import own_account, own_accounts
from app.controllers.bank import Actor, Bank
from app.controllers.orders import HistoryQuery
from app.errors import InvalidField, TransactionNotFound
from app.models import histories, transactions
from app.models.accounts import Account
from app.models.histories import Filters
from app.models.transactions import Entry, Transaction
from money import InvalidMoney, Money

_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class View:
    """A transaction as the holder of one of its accounts sees it."""

    transaction: Transaction
    account: str

    @property
    def entry(self) -> Entry:
        """The line on the holder's account."""
        return self.transaction.entry(self.account)

    @property
    def amount(self) -> Money:
        """What came (positive) or went (negative)."""
        return self.transaction.money(self.entry.amount_minor)

    @property
    def balance(self) -> Money:
        """The account's balance after it."""
        return self.transaction.money(self.entry.balance_minor)

    @property
    def counterparty(self) -> str | None:
        """The account on the other side; None when that is the bank itself."""
        others = [e.account for e in self.transaction.entries if e.account != self.account]
        return others[0] if others else None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of an account's transactions; `below` continues the list, None ends it."""

    items: list[View]
    below: int | None


def history(bank: Bank, actor: Actor, query: HistoryQuery, below: int | None) -> HistoryPage:
    """A page of an own account's transactions, newest first, from sequence number `below` down."""
    return account_history(bank, own_account(bank, actor, query.account), query, below)


def account_history(
    bank: Bank, account: Account, query: HistoryQuery, below: int | None
) -> HistoryPage:
    """As `history`, of an account that somebody was let see."""
    lowest, highest = _bounds(bank, account, query)
    found, next_below = histories.page(
        bank.database,
        account.number,
        below=min(highest, below if below is not None else highest),
        lowest=lowest,
        limit=query.limit,
        filters=_filters(account, query),
    )
    return HistoryPage([View(each, account.number) for each in found], next_below)


def whole_history(bank: Bank, actor: Actor, query: HistoryQuery) -> Iterator[View]:
    """All of an own account's transactions that match, newest first, without holding them."""
    account = own_account(bank, actor, query.account)
    filters = _filters(account, query)
    lowest, highest = _bounds(bank, account, query)
    found = histories.stream(
        bank.database, account.number, below=highest, lowest=lowest, filters=filters
    )
    return (View(each, account.number) for each in found)


def _filters(account: Account, query: HistoryQuery) -> Filters:
    return Filters(
        kind=query.kind,
        least_minor=minor_of(query.least, account.currency, "min"),
        most_minor=minor_of(query.most, account.currency, "max"),
        words=query.q,
    )


def transaction(bank: Bank, actor: Actor, id: str) -> View:
    """One transaction on one of the actor's accounts. A stranger's is not found."""
    found = transactions.get_transaction(bank.database, id)
    own = [account.number for account in own_accounts(bank, actor)]
    lines = [entry for entry in found.entries if entry.account in own]
    if not lines:
        raise TransactionNotFound()
    # Between two own accounts, it is shown from the side that paid.
    return View(found, min(lines, key=lambda entry: entry.amount_minor).account)


def minor_of(amount: Decimal | None, currency: str, field: str) -> int | None:
    """A filter's amount in minor units of the currency."""
    if amount is None:
        return None
    try:
        return Money.parse(amount, currency).minor
    except InvalidMoney as error:
        raise InvalidField(str(error), field=field) from None


def _bounds(bank: Bank, account: Account, query: HistoryQuery) -> tuple[int, int]:
    """The sequence numbers between which the asked time lies: above the first, up to the second."""

    def last_before(moment: object) -> int:
        found = transactions.find_last_before(bank.database, account.number, moment)  # type: ignore[arg-type]
        return found.entry(account.number).seq if found else 0

    lowest = last_before(query.since - _MOMENT) if query.since else 0
    highest = last_before(query.until - _MOMENT) if query.until else account.seq
    return lowest, highest
