"""How MongoDB answers the lists of a grown bank: by index, in order, looking at little.

20,000 accounts and 60,000 transactions are put in past the ledger's door, into a database of
their own (their books do not verify). Each query is then run as the bank runs it, and MongoDB's
own profile tells by which plan it was answered and how much was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.controllers.bank import migrate
from app.models import (
    accounts,
    audit,
    audit_reading,
    directory,
    histories,
    intent_tries,
    past_balances,
    payment_intents,
    sessions,
    transactions,
)
from app.models.database import connect, patiently
from app.models.directory import AccountFilters
from app.models.histories import BankFilters, Filters, Place
from app.models.intent import Intent, new_intent
from money import Money
from tests.models.grown import ACCOUNTS, EVENTS, HOT, MIDDLE, PAGE, START, Plan, Town, grow

pytestmark = pytest.mark.tampers
BY_INDEX = ("newest", "oldest", "name", "number")
BY_BALANCE = ("balance", "-balance")
SORTS = (*BY_INDEX, *BY_BALANCE)


@pytest.fixture(scope="module")
def town(mongo_uri: str) -> Iterator[Town]:
    """The grown bank in its database, forgotten afterwards."""
    database = connect(mongo_uri, "strongroom_tests_plans", pool=20)
    database.drop()
    migrate(database)
    with patiently():  # a busy machine may take more than the seconds of one request
        town = grow(database)
    yield town
    database.drop()
    database.close()


def assert_in_order(plan: Plan) -> None:
    """By an index that has the order already, looking at little more than is shown."""
    assert plan.by.startswith("IXSCAN")
    assert not plan.sorts
    assert plan.returned == PAGE
    assert plan.looked_at <= 3 * PAGE


@pytest.mark.parametrize("sort", BY_INDEX)
def test_a_sort_of_accounts_follows_an_index(town: Town, sort: str) -> None:
    assert_in_order(town.accounts(AccountFilters(), sort))


@pytest.mark.parametrize("sort", BY_INDEX)
def test_a_page_far_down_costs_no_more_than_the_first(town: Town, sort: str) -> None:
    rows = directory.accounts_page(town.database, AccountFilters(), sort, None, ACCOUNTS // 2)
    assert_in_order(town.accounts(AccountFilters(), sort, directory.place_of(rows[-1], sort)))


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize(
    "filters",
    [
        AccountFilters(status="open"),
        AccountFilters(status="frozen"),
        AccountFilters(currency="USD"),
        AccountFilters(currency="JPY"),
    ],
)
def test_common_and_rare_states_and_currencies_are_found_in_order(
    town: Town, filters: AccountFilters, sort: str
) -> None:
    assert_in_order(town.accounts(filters, sort))


@pytest.mark.parametrize("sort", BY_BALANCE)
def test_a_sort_by_balance_looks_at_all_accounts_because_each_posting_would_pay_for_an_index(
    town: Town, sort: str
) -> None:
    rows = directory.accounts_page(town.database, AccountFilters(), sort, None, ACCOUNTS // 2)
    for place in (None, directory.place_of(rows[-1], sort)):
        plan = town.accounts(AccountFilters(), sort, place)
        assert (plan.by, plan.returned, plan.documents) == ("COLLSCAN", PAGE, ACCOUNTS)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("words", [("hopper7",), ("grace", "hopper7"), ("user01234",)])
def test_a_search_looks_only_at_what_begins_like_a_word(
    town: Town, words: tuple[str, ...], sort: str
) -> None:
    matches = sum(1 for _ in directory.accounts_stream(town.database, _named(words), "number"))
    rarest = sum(1 for _ in directory.accounts_stream(town.database, _named(words[-1:]), "number"))
    plan = town.accounts(_named(words), sort)
    assert plan.by == "IXSCAN { search: 1 }"
    assert plan.returned == min(matches, PAGE)
    assert plan.looked_at <= rarest + 2


def _named(words: tuple[str, ...]) -> AccountFilters:
    return AccountFilters(words=words)


def test_an_account_is_found_by_its_number(town: Town) -> None:
    plan = town.accounts(_named((town.hot.number,)), "newest")
    assert (plan.by, plan.returned, plan.documents) == ("IXSCAN { search: 1 }", 1, 1)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(
    "filters",
    [
        AccountFilters(status="frozen"),
        AccountFilters(words=("g",)),
        AccountFilters(currency="JPY"),
        AccountFilters(words=("nobody",)),
    ],
)
def test_a_filter_by_word_state_or_currency_does_not_walk_the_collection(
    town: Town, filters: AccountFilters, sort: str
) -> None:
    plan = town.accounts(filters, sort)
    assert plan.by.startswith("IXSCAN")
    assert plan.looked_at <= ACCOUNTS / 8


@pytest.mark.parametrize(
    "filters",
    [
        BankFilters(),
        BankFilters(kind="deposit"),
        BankFilters(kind="fee"),
        BankFilters(actor="id-00000"),
        BankFilters(currency="USD"),
        BankFilters(currency="JPY"),
        BankFilters(since=MIDDLE),
        BankFilters(until=MIDDLE),
        BankFilters(since=MIDDLE, until=MIDDLE + timedelta(hours=5)),
        BankFilters(kind="deposit", until=MIDDLE),
        BankFilters(actor="id-00000", until=MIDDLE),
        BankFilters(currency="USD", least_minor=1000),
    ],
)
def test_the_bank_s_history_is_read_in_order(town: Town, filters: BankFilters) -> None:
    assert_in_order(town.transactions(filters))


@pytest.mark.parametrize("span", [{}, {"until": MIDDLE}, {"since": MIDDLE}, {"kind": "deposit"}])
def test_one_account_s_transactions_are_read_in_order(town: Town, span: dict[str, Any]) -> None:
    plan = town.transactions(BankFilters(account=town.hot.number, **span))
    assert_in_order(plan)
    assert "entries.account" in plan.by


def test_a_page_of_history_far_down_costs_no_more_than_the_first(town: Town) -> None:
    place = Place(START + timedelta(minutes=1000), "00001000")
    assert_in_order(town.transactions(BankFilters(), place))


@pytest.mark.parametrize(
    ("least", "most"), [(999_000, None), (500_000, 500_050)], ids=["large", "exact"]
)
def test_a_rare_amount_is_found_by_its_index(town: Town, least: int, most: int | None) -> None:
    filters = BankFilters(currency="USD", least_minor=least, most_minor=most)
    plan = town.transactions(filters)
    assert "entries.amount" in plan.by
    assert plan.looked_at <= 200


@pytest.mark.parametrize("kind", ["deposit", "withdrawal", "transfer"])
def test_amounts_of_one_kind_are_found_without_a_look_at_the_others(town: Town, kind: str) -> None:
    plan = town.transactions(BankFilters(currency="USD", kind=kind, least_minor=999_900))
    assert "entries.amount" in plan.by or plan.keys == 0
    assert plan.looked_at <= plan.returned + 2


def test_a_filter_of_one_account_never_looks_beyond_it(town: Town) -> None:
    plan = town.transactions(
        BankFilters(account=town.hot.number, currency="USD", kind="fee", least_minor=999_999)
    )
    assert "entries.account" in plan.by
    assert plan.looked_at <= HOT


@pytest.mark.parametrize("words", [(), ("hopper7",)])
def test_customers_are_listed_by_index(town: Town, words: tuple[str, ...]) -> None:
    plan = town.plan(lambda: directory.customers_page(town.database, words, None, PAGE))
    assert plan.by.startswith("IXSCAN")
    assert plan.returned == PAGE
    assert plan.looked_at <= 3 * PAGE


def test_a_customer_s_page_reads_exactly_its_own_lines(town: Town) -> None:
    plan = town.plan(lambda: window(town, HOT // 2, Filters()))
    assert plan.by == "IXSCAN { entries.account: 1, entries.seq: 1 }"
    assert (plan.returned, plan.keys, plan.documents) == (20, 20, 20)


def window(town: Town, below: int, filters: Filters) -> object:
    return histories.page(
        town.database, town.hot.number, below=below, lowest=0, limit=20, filters=filters
    )


@pytest.mark.parametrize("filters", [Filters(kind="fee"), Filters(words="rent")])
def test_a_filtered_page_looks_at_no_line_twice(town: Town, filters: Filters) -> None:
    plans = town.plans(lambda: window(town, HOT, filters))
    assert {plan.by for plan in plans} == {"IXSCAN { entries.account: 1, entries.seq: 1 }"}
    assert sum(plan.looked_at for plan in plans) <= HOT


def test_the_balance_at_a_time_is_one_look(town: Town) -> None:
    plans = town.plans(
        lambda: transactions.find_last_before(town.database, town.hot.number, MIDDLE)
    )
    assert [(plan.returned, plan.keys, plan.sorts) for plan in plans] == [(1, 1, False)] * 2


def test_the_accounts_of_a_customer_are_found_by_index(town: Town) -> None:
    plan = town.plan(lambda: accounts.accounts_of(town.database, town.hot.owner))
    assert (plan.by, plan.keys, plan.sorts) == ("IXSCAN { owner: 1, opened_at: 1 }", 1, False)


def events(town: Town, filters: audit_reading.Filters, after: Place | None = None) -> Plan:
    return town.plan(lambda: audit_reading.page(town.database, filters, after, PAGE))


AUDIT = audit_reading.Filters


@pytest.mark.parametrize(
    "filters",
    [
        AUDIT(),
        AUDIT(actor="busy"),
        AUDIT(actor="other"),
        AUDIT(action="account frozen"),
        AUDIT(outcome="denied"),
        AUDIT(outcome="done"),
        AUDIT(since=START, until=MIDDLE),
        AUDIT(actor="busy", since=START, until=MIDDLE),
    ],
)
def test_pages_of_the_audit_are_found_in_order(town: Town, filters: audit_reading.Filters) -> None:
    assert_in_order(events(town, filters))
    half_way = Place(START + timedelta(minutes=EVENTS // 2), "")
    assert_in_order(events(town, filters, half_way))


@pytest.mark.parametrize(
    "filters",
    [AUDIT(object="thing 7"), AUDIT(actor="nobody"), AUDIT(action="robbed", actor="busy")],
)
def test_what_the_audit_has_little_of_is_found_at_once(
    town: Town, filters: audit_reading.Filters
) -> None:
    plan = events(town, filters)
    assert plan.by.startswith("IXSCAN")
    assert plan.returned < PAGE
    assert plan.looked_at <= plan.returned + 1


def test_a_rare_refusal_of_a_busy_banker_is_found_among_the_refusals(town: Town) -> None:
    plan = events(town, AUDIT(actor="busy", outcome="denied"))
    assert plan.by.startswith("IXSCAN { outcome: 1")
    assert plan.looked_at <= 3 * PAGE


def test_verification_reads_a_stream_in_its_order(town: Town) -> None:
    plan = town.plan(lambda: list(audit_reading.chain(town.database, "07", 100, 121)))
    assert plan.by == "IXSCAN { stream: 1, seq: 1 }"
    assert (plan.returned, plan.documents, plan.sorts) == (21, 21, False)


def test_verification_looks_beyond_the_ends_and_at_nothing_else(town: Town) -> None:
    ends = {name: audit.Head(name, EVENTS, "") for name in audit.STREAMS}
    plan = town.plan(lambda: list(audit_reading.beyond(town.database, ends)))
    assert "stream: 1, seq: 1" in plan.by
    assert plan.documents == 0


def test_the_sessions_of_a_person_are_found_by_index(town: Town) -> None:
    plan = town.plan(lambda: sessions.sessions_of(town.database, "id-00000", START))
    assert plan.by == "IXSCAN { user: 1, created_at: -1 }"
    assert not plan.sorts


def test_the_ends_of_many_days_are_looked_up_one_by_one_in_the_index(town: Town) -> None:
    moments = [MIDDLE - timedelta(hours=hours) for hours in range(90)]
    plans = town.plans(lambda: past_balances.balances_at(town.database, town.hot.number, moments))
    assert [plan.by for plan in plans] == ["IXSCAN { entries.account: 1, at: -1, _id: -1 }"] * 2
    assert len(moments) <= max(plan.looked_at for plan in plans) <= 2 * len(moments)


@pytest.mark.parametrize(("payer", "paid"), [("payer-7", True), ("newcomer", False)])
def test_whether_somebody_has_paid_a_shop_is_one_look(town: Town, payer: str, paid: bool) -> None:
    if not intent_tries.has_paid(town.database, "payer-0", "m_1"):
        for number in range(40):
            payment_intents.insert_intent(town.database, _paid(number))
    plan = town.plan(lambda: intent_tries.has_paid(town.database, payer, "m_1"))
    assert (plan.returned, plan.looked_at) == (int(paid), int(paid))


def _paid(number: int) -> Intent:
    asked = new_intent(
        merchant="m_1", name="Shop", account="100000000091", amount=Money(500, "USD"),
        order=f"A-{number}", description="", return_url="https://shop.test/back",
        capture="automatic", key=f"key-{number}", fingerprint="print", now=START,
        expires_at=START + timedelta(minutes=15),
    )  # fmt: skip
    return replace(asked, payer=f"payer-{number}")
