"""The overview of a customer: all accounts with the course of their balances, what happened last,
and what is still to be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.controllers import factors, statements
from app.controllers.accounts import own_accounts
from app.controllers.bank import Actor, Bank
from app.controllers.customers import profile
from app.controllers.orders import HistoryQuery
from app.controllers.statements import View
from app.models import past_balances
from app.models.accounts import Account
from app.models.users import User
from money import Money

__all__ = ["SPANS", "Holding", "Overview", "course", "overview"]

SPANS = (30, 90)
"""How many days the course of a balance can be shown over."""

_LATEST = 5
_ORDER = {"open": 0, "frozen": 0, "closed": 1}


@dataclass(frozen=True, slots=True)
class Holding:
    """An account, and its balance at the end of each day up to the present moment."""

    account: Account
    course: list[Money]
    is_default: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """What a customer is shown first. `holdings` begin with the default account, which `latest` is
    about; `first_limit` bounds a day until an address is confirmed."""

    customer: User
    holdings: list[Holding]
    latest: list[View]
    has_moved: bool
    has_factor: bool
    first_limit: Money | None


def overview(bank: Bank, actor: Actor, days: int = SPANS[0]) -> Overview:
    """All of the actor's accounts and what happened last."""
    customer = profile(bank, actor)
    held = own_accounts(bank, actor)
    held.sort(key=lambda a: (_ORDER[a.status], a.number != customer.default_account, a.opened_at))
    now = bank.now()
    return Overview(
        customer=customer,
        holdings=[
            Holding(a, course(bank, a, days, now), a.number == customer.default_account)
            for a in held
        ],
        latest=_latest(bank, actor, customer.default_account),
        has_moved=any(account.seq for account in held),
        has_factor=bool(factors.methods_of(bank, customer)),
        first_limit=_first_limit(bank, customer),
    )


def course(bank: Bank, account: Account, days: int, now: datetime) -> list[Money]:
    """The account's balance at the end of each of so many days, today's as it is now; none before
    it was opened."""
    today = datetime.combine(now.date(), time.min, tzinfo=now.tzinfo)
    midnights = [today - timedelta(days=back) for back in reversed(range(days - 1))]
    ends = [m - timedelta(milliseconds=1) for m in midnights if m > account.opened_at]
    past = past_balances.balances_at(bank.database, account.number, ends)
    return [Money(minor, account.currency) for minor in (*past, account.balance_minor)]


def _latest(bank: Bank, actor: Actor, default: str | None) -> list[View]:
    if default is None:
        return []
    query = HistoryQuery(
        kind=None, since=None, until=None, least=None, most=None, limit=_LATEST, cursor=None,
        account=default, q=None,
    )  # fmt: skip
    return statements.history(bank, actor, query, None).items


def _first_limit(bank: Bank, customer: User) -> Money | None:
    if customer.email_confirmed:
        return None
    return bank.config.limit("unconfirmed_daily_limit", bank.config.currency)
