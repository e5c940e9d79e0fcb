"""Reports add up to what a slow sum over every transaction says, whatever happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import reports
from app.controllers.bank import Bank
from app.controllers.ledger import Line, Posting
from app.controllers.ledger.reversing import opposite
from app.controllers.orders import SeriesQuery
from app.controllers.periods import Kind, Period, by_months, by_weeks
from app.errors import BankError, InvalidField, Unavailable
from app.models import accounts, day_totals, transactions, users
from app.models.accounts import Account
from app.models.database import Database
from app.models.day_totals import DayTotals
from app.models.ids import sortable_id
from app.models.transactions import Contra, Entry, Transaction
from money import Money
from tests import make
from tests.conftest import Clock
from tests.together import together

pytestmark = pytest.mark.bare
DAYS = 34
"""More than are summed at once."""


def money_from(kind: str, own: str, account: Account, minor: int) -> Posting:
    """A posting of one customer against an account of the bank's own."""
    return Posting(
        kind=kind, currency=account.currency, entries=(Line(account.number, minor),),
        contra=(Line(own, -minor),), actor="tests",
    )  # fmt: skip


@dataclass
class Life:
    """Customers come and move money for some weeks, at random."""

    bank: Bank
    chance: Random
    people: dict[str, list[Account]] = field(default_factory=lambda: defaultdict(list))
    done: list[Transaction] = field(default_factory=list)

    def live(self, clock: Clock, *, seed_days: int = DAYS) -> None:
        """From so many days ago until now."""
        clock.forward(days=-seed_days)
        while clock.offset < timedelta(minutes=-5):
            self.step()
            left = -clock.offset / timedelta(hours=1)
            clock.forward(hours=min(left, self.chance.expovariate(1 / 4)))
        clock.offset = timedelta()
        self.step()

    def step(self) -> None:
        """Somebody comes, or something happens; what the bank refuses does not."""
        if not self.people or self.chance.random() < 0.03:
            self.come()
        currency = self.chance.choice(list(self.people))
        account, other = (self.chance.choice(self.people[currency]) for _ in range(2))
        minor = self.chance.randrange(1, 50_000)
        postings: list[Callable[[], Posting]] = [
            lambda: money_from("deposit", "cash", account, minor),
            lambda: money_from("deposit", "cash", account, minor),
            lambda: money_from("withdrawal", "cash", account, -minor),
            lambda: money_from("fee", "fees", account, -minor // 100 - 1),
            lambda: money_from("interest", "interest", account, minor // 50 + 1),
            lambda: money_from("adjustment", "suspense", account, self.chance.choice((1, -1)) * 7),
            lambda: make.move(account, other, minor),
            lambda: replace(make.move(account, other, minor), kind="payment"),
            lambda: replace(make.move(account, other, minor), kind="refund"),
            self.taken_back,
        ]
        with suppress(BankError, ValueError, IndexError):
            self.done.append(self.bank.ledger.post(self.chance.choice(postings)()).transaction)

    def come(self) -> None:
        """A customer with accounts in two currencies."""
        first = make.account(self.bank)
        second = accounts.new_account(
            owner=first.owner, username=first.username, customer=first.customer, name="Yen",
            currency="JPY", now=self.bank.now(),
        )  # fmt: skip
        accounts.insert_account(self.bank.database, second)
        for account in (first, second):
            self.people[account.currency].append(account)

    def taken_back(self) -> Posting:
        """A reversal of something, whole or in part."""
        victim = self.chance.choice(self.done)
        part = self.chance.choice((None, 1))
        return opposite(victim, actor="tests", memo="a mistake", minor=part)


def by_hand(bank: Bank, currency: str, first: date, last: date) -> list[Period]:
    """The periods of these days from each transaction, one by one."""
    rows = bank.database.collection(transactions.NAME).find({"currency": currency})
    every = sorted(map(transactions.from_document, rows), key=lambda each: (each.at, each.id))
    came = [row["created_at"].date() for row in bank.database.collection(users.NAME).find({})]
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    found = []
    for day in days:
        own = [each for each in every if each.at.date() == day]
        newest: dict[str, Entry] = {}
        for entry in (line for each in every if each.at.date() <= day for line in each.entries):
            newest[entry.account] = max(entry, newest.get(entry.account, entry), key=_seq)
        held = sum(entry.balance_minor for entry in newest.values())
        gains = [sum(entry.amount_minor for entry in each.entries) for each in own]
        found.append(
            Period(
                day, day, Money(sum(g for g in gains if g > 0), currency),
                Money(-sum(g for g in gains if g < 0), currency),
                Money(held, currency), came.count(day), kinds(own, currency),
            )
        )  # fmt: skip
    return found


def _seq(entry: Entry) -> int:
    return entry.seq


def kinds(own: list[Transaction], currency: str) -> list[Kind]:
    """What was done of each kind."""
    moved: Counter[str] = Counter()
    for each in own:
        lines = [entry.amount_minor for entry in each.entries]
        lines += [line.amount_minor for line in each.contra]
        moved[each.kind] += sum(minor for minor in lines if minor > 0)
    counts = Counter(each.kind for each in own)
    return [
        Kind(kind, counts[kind], Money(moved[kind], currency))
        for kind in transactions.KINDS
        if kind in counts
    ]


def shown(bank: Bank, currency: str = "USD", days: int = DAYS) -> list[Period]:
    return list(reports.series(bank, SeriesQuery(days, currency)).days)


def kept(bank: Bank) -> dict[date, DayTotals]:
    return day_totals.find_days(bank.database, date(2000, 1, 1), date(2999, 1, 1))


@pytest.mark.parametrize("seed", [11, 12])
def test_every_day_is_what_its_transactions_add_up_to(bank: Bank, clock: Clock, seed: int) -> None:
    Life(bank, Random(seed)).live(clock)
    today = bank.now().date()
    done: Counter[str] = Counter()
    for currency in ("USD", "JPY"):
        slow = by_hand(bank, currency, today - timedelta(days=DAYS - 1), today)
        assert shown(bank, currency) == slow
        assert shown(bank, currency) == slow  # from what was kept
        done.update(kind.kind for day in slow for kind in day.kinds)
    assert set(done) == set(transactions.KINDS)


def test_the_summary_is_what_accounts_hold_and_today_moved(bank: Bank, clock: Clock) -> None:
    life = Life(bank, Random(5))
    life.live(clock, seed_days=3)
    for _ in range(30):
        life.step()
    found = reports.summary(bank)
    today = bank.now().date()
    for currency in ("USD", "JPY"):
        (slow,) = by_hand(bank, currency, today, today)
        own = found.of(currency)
        assert (own.deposits, own.into, own.out) == (slow.balance, slow.into, slow.out)
    people = [account for some in life.people.values() for account in some]
    assert found.accounts == {"open": len(people), "frozen": 0, "closed": 0}
    assert found.customers == len(people) / 2


@pytest.mark.tampers
def test_a_day_begins_and_ends_at_midnight_in_utc(bank: Bank, clock: Clock) -> None:
    account = make.account(bank)
    clock.forward(days=2)
    midnight = bank.now().replace(hour=0, minute=0, second=0, microsecond=0)
    bank = replace(bank, clock=lambda: midnight + timedelta(days=2))
    moments = {-1: 100, 0: 20, 86_399_999: 3, 86_400_000: 4}
    rows = [
        a_deposit(account, minor, midnight + timedelta(milliseconds=moment))
        for moment, minor in moments.items()
    ]
    bank.database.collection(transactions.NAME).insert_many(map(transactions.to_document, rows))
    into = {day.first: day.into.minor for day in shown(bank, days=4)}
    day = midnight.date()
    assert [into[day + timedelta(days=n)] for n in (-1, 0, 1)] == [100, 23, 4]


def a_deposit(account: Account, minor: int, at: datetime) -> Transaction:
    """A transaction of exactly that moment, which no clock can be made to hit."""
    entry = Entry(account.number, minor, minor, minor, account.head)
    return Transaction(
        id=sortable_id(), kind="deposit", at=at, actor=account.owner, currency=account.currency,
        entries=(entry,), contra=(Contra("cash", -minor),), memo="", reference="", key=None,
        reverses=None, hash="0" * 64,
    )  # fmt: skip


def test_a_reversal_counts_on_its_own_day(bank: Bank, clock: Clock) -> None:
    account = make.account(bank)
    deposit = bank.ledger.post(money_from("deposit", "cash", account, 500)).transaction
    clock.forward(days=1)
    bank.ledger.post(opposite(deposit, actor="tests", memo="not his"))
    yesterday, today = shown(bank, days=2)
    assert (yesterday.into.minor, yesterday.out.minor, yesterday.balance.minor) == (500, 0, 500)
    assert (today.into.minor, today.out.minor, today.balance.minor) == (0, 500, 0)


def test_a_transfer_between_customers_is_neither_in_nor_out(bank: Bank) -> None:
    one, other = make.account(bank, 900), make.account(bank)
    bank.ledger.post(make.move(one, other, 400))
    (today,) = shown(bank, days=1)
    assert (today.into.minor, today.out.minor, today.balance.minor) == (900, 0, 900)
    assert [(kind.kind, kind.count, kind.moved.minor) for kind in today.kinds] == [
        ("transfer", 1, 400), ("interest", 1, 900)
    ]  # fmt: skip


def test_a_day_is_kept_once_it_is_settled_and_not_before(bank: Bank, clock: Clock) -> None:
    make.account(bank, 100)
    today = bank.now().date()
    shown(bank, days=3)
    assert max(kept(bank)) < today
    tomorrow = bank.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    clock.offset = tomorrow + timedelta(minutes=59) - bank.now()
    shown(bank, days=3)
    assert today not in kept(bank)
    clock.forward(minutes=2)
    shown(bank, days=3)
    assert kept(bank)[today].flows[0].into_minor == 100


def test_what_is_kept_is_what_is_summed_anew(bank: Bank, clock: Clock) -> None:
    Life(bank, Random(3)).live(clock)
    shown(bank)
    found = kept(bank)
    assert len(found) == DAYS - 1
    again = day_totals.sum_days(bank.database, min(found), max(found))
    assert list(found.values()) == again


def test_a_kept_day_is_not_summed_again(
    bank: Bank, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.account(bank, 100)
    clock.forward(days=9)
    before = shown(bank, days=9)
    asked: list[date] = []
    summed = day_totals.sum_days

    def watched(database: Database, first: date, last: date) -> list[DayTotals]:
        asked.append(first)
        return summed(database, first, last)

    monkeypatch.setattr(day_totals, "sum_days", watched)
    assert shown(bank, days=9) == before
    assert min(asked) >= bank.now().date() - timedelta(days=1)


def test_processes_that_sum_the_same_days_at_once_tell_the_same(
    make_app: Callable[..., Flask], bank: Bank, clock: Clock
) -> None:
    Life(bank, Random(8)).live(clock)
    others = [make_app().extensions["bank"] for _ in range(3)]
    told = together(3, lambda number: shown(others[number]))
    assert told[0] == told[1] == told[2]
    assert len(kept(bank)) == DAYS - 1


def test_what_another_process_has_kept_stays(bank: Bank, clock: Clock) -> None:
    clock.forward(days=2)
    day = bank.now().date() - timedelta(days=2)
    first = DayTotals(day, 7)
    day_totals.keep_days(bank.database, [first])
    day_totals.keep_days(bank.database, [DayTotals(day, 8), DayTotals(day + timedelta(days=1), 9)])
    assert [each.customers for each in kept(bank).values()] == [7, 9]


def test_where_too_much_is_summed_for_the_first_time_the_next_request_goes_on(
    bank: Bank, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.account(bank, 100)
    clock.forward(days=100)
    left = iter([20.0, 9.0])
    monkeypatch.setattr(reports, "seconds_left", lambda: next(left, 20.0))
    with pytest.raises(Unavailable, match="ask again"):
        shown(bank, days=90)
    assert 0 < len(kept(bank)) < 89
    assert len(shown(bank, days=90)) == 90


Gather = Callable[[Sequence[Period]], list[Period]]


@pytest.mark.parametrize(
    ("gather", "begins"),
    [(by_weeks, lambda day: day.weekday() == 0), (by_months, lambda d: d.day == 1)],
    ids=["weeks", "months"],
)
def test_weeks_and_months_add_up_to_their_days(
    bank: Bank, clock: Clock, gather: Gather, begins: Callable[[date], bool]
) -> None:
    Life(bank, Random(21)).live(clock)
    days = shown(bank)
    longer = gather(days)
    assert [each.last + timedelta(days=1) for each in longer[:-1]] == [
        each.first for each in longer[1:]
    ]
    assert all(begins(each.first) for each in longer[1:])
    assert longer[-1].balance == days[-1].balance
    assert added_up(longer) == added_up(days)


def added_up(periods: Sequence[Period]) -> Counter[str]:
    """Everything that adds up over periods, by what it is."""
    total: Counter[str] = Counter()
    for each in periods:
        figures = {"in": each.into.minor, "out": each.out.minor, "customers": each.new_customers}
        total.update(figures)
        total.update({f"count {kind.kind}": kind.count for kind in each.kinds})
        total.update({f"moved {kind.kind}": kind.moved.minor for kind in each.kinds})
    return total


def test_a_currency_that_the_bank_does_not_keep_is_refused(bank: Bank) -> None:
    with pytest.raises(InvalidField, match="keeps EUR, GBP, JPY, KWD, USD"):
        shown(bank, "CHF")


def test_a_banker_reads_both_over_http(client: FlaskClient) -> None:
    make.customer(client).has("12.50")
    banker = make.banker(client, roles=("auditor",))
    summary = banker.get("/banker/reports/summary").json
    dollars = summary["currencies"][0]
    assert dollars["deposits"] == dollars["in"] == {"amount": "12.50", "currency": "USD"}
    assert summary["accounts"] == {"open": 1, "frozen": 0, "closed": 0}
    series = banker.get("/banker/reports/series?days=7").json
    assert [len(series["days"]), series["currency"]] == [7, "USD"]
    assert series["days"][-1]["in"]["amount"] == "12.50"
    assert series["days"][-1]["kinds"][0]["kind"] == "deposit"


@pytest.mark.parametrize("query", ["days=0", "days=367", "days=x", "currency=CHF", "currency=$"])
def test_a_span_or_currency_that_is_none_is_refused(client: FlaskClient, query: str) -> None:
    answer = make.banker(client).get(f"/banker/reports/series?{query}")
    assert answer.status_code == 422
