"""The benchmarks run and count right, at sizes too small to tell anything of speed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from app.controllers.bank import Bank
from app.controllers.demo import BANKERS, PASSWORD
from app.controllers.ledger.verify import verify
from app.models import accounts, histories, idempotency
from app.models.database import Database, now
from app.models.histories import BankFilters
from app.models.transactions import Transaction
from benchmarks import growth, loader, pages, payments
from benchmarks.people import SHOP, NotOurs, make_people
from benchmarks.tables import Table, median_of, percentile, ratio
from tests import make

CUSTOMERS = 20


@pytest.fixture
def peopled(database: Database) -> Database:
    """A bank with the loader's people."""
    start = now() - timedelta(days=365)
    make_people(database, CUSTOMERS, start, seed=1, advance=lambda _: None)
    return database


def history(database: Database) -> list[Transaction]:
    """All transactions, newest first."""
    return list(histories.bank_stream(database, BankFilters()))


def test_a_load_makes_exactly_as_many_transactions_and_right_books(peopled: Database) -> None:
    told: list[int] = []
    made = loader.load(peopled, transactions=301, advance=told.append)
    assert (made.transactions, sum(told)) == (301, 301)
    report = verify(peopled, now())
    assert report.ok
    assert (report.transactions, report.accounts) == (301, 2 * (CUSTOMERS + 1))


def test_a_load_is_a_year_of_all_kinds_of_movements(peopled: Database) -> None:
    loader.load(peopled, transactions=600)
    found = history(peopled)
    kinds = Counter(each.kind for each in found)
    assert set(kinds) == {"deposit", "withdrawal", "transfer"}
    assert min(kinds.values()) > 60
    assert found[0].at - found[-1].at > timedelta(days=100)
    assert all(each.memo for each in found)
    assert len({each.currency for each in found}) == 5


def test_one_in_ten_has_a_key_and_a_line_of_the_shop(peopled: Database) -> None:
    loader.load(peopled, transactions=600)
    found = history(peopled)
    keys = [each.key for each in found if each.key]
    (shop,) = (a for a in accounts.all_accounts(peopled) if a.username == SHOP and a.seq)
    assert 30 < len(keys) < 100
    assert set(idempotency.find_records(peopled, keys)) == set(keys)
    assert 30 < shop.seq < 100


def test_a_second_load_goes_on_where_the_first_ended(peopled: Database) -> None:
    loader.load(peopled, transactions=40)
    before = history(peopled)
    loader.load(peopled, transactions=30)
    after = history(peopled)
    assert (len(before), len(after)) == (40, 70)
    assert after[30:] == before


def test_people_are_made_once_and_can_log_in(peopled: Database, bank: Bank) -> None:
    make_people(peopled, CUSTOMERS, now(), seed=1, advance=lambda _: None)
    everybody = list(accounts.all_accounts(peopled))
    assert len(everybody) == 2 * (CUSTOMERS + 1)
    assert len({account.currency for account in everybody}) == 5


@pytest.mark.parametrize("username", ["customer-000001", SHOP, BANKERS[0]])
def test_the_loader_s_people_can_log_in(peopled: Database, client: object, username: str) -> None:
    assert make.log_in(client, username, PASSWORD).tokens["access_token"]  # type: ignore[arg-type]


def test_a_bank_of_other_people_is_left_alone(database: Database, bank: Bank) -> None:
    make.account(bank)
    with pytest.raises(NotOurs):
        make_people(database, CUSTOMERS, now(), seed=1, advance=lambda _: None)
    assert len(list(accounts.all_accounts(database))) == 1


def test_growth_measures_served_banks_and_verifies_them(tmp_path: Path) -> None:
    said: list[Table] = []
    growth.run(
        tmp_path, [60, 120], customers=CUSTOMERS, requests=2, rounds=1,
        say=said.append,
    )  # fmt: skip
    loads, side_by_side, lists, exports, verification = said
    assert [row[0] for row in loads.rows] == [60, 120]
    assert len(side_by_side.rows) == 6
    assert len(lists.rows) > 30
    # Two deposits to warm up and two in the one round, by two people.
    assert exports.rows[0][1] == 2 * (CUSTOMERS + 1)
    everything = [row for row in verification.rows if row[0] == "everything"]
    assert [row[1] for row in everything] == [60 + 8, 120 + 8]
    assert [row[3] for row in verification.rows if row[0] == "what is new: 2 deposits"] == [2, 2]


def test_a_table_is_aligned_text() -> None:
    table = Table("Speed", ["", "1", "16"]).row("bare", 462, 1103.4).row("bank", 0.1234, None)
    assert str(table).splitlines() == [
        "**Speed**",
        "",
        "|      |     1 |    16 |",
        "| ---- | ----: | ----: |",
        "| bare |   462 | 1,103 |",
        "| bank | 0.123 |     - |",
    ]


def test_medians_are_taken_over_runs_in_turn() -> None:
    order: list[str] = []
    runs = {"a": iter([1.0, 9.0, 2.0]), "b": iter([5.0, 3.0, 4.0])}

    def run(name: str) -> dict[str, float]:
        order.append(name)
        return {"ms": next(runs[name])}

    medians = median_of({name: lambda name=name: run(name) for name in runs}, 3)  # type: ignore[misc]
    assert medians == {"a": {"ms": 2.0}, "b": {"ms": 4.0}}
    assert order == ["a", "b", "b", "a", "a", "b"]


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (99, 10), (0, 1), (100, 10)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([10, 1, 2, 3, 4, 5, 6, 7, 8, 9], percent) == value


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [(2085, 1103, "1.89x"), (5500, 1000, "5.5x"), (2500, 10, "250x"), (1, 0, "-")],
)
def test_a_ratio_has_the_digits_that_count(value: float, base: float, text: str) -> None:
    assert ratio(value, base) == text


def test_pages_are_measured_as_visitors_customers_and_bankers_see_them(tmp_path: Path) -> None:
    table = pages.measured(tmp_path, 1)
    every = [*pages.VISITORS, *(path for paths in pages.SITES.values() for path in paths)]
    assert [row[0] for row in table.rows] == every


def test_payments_are_measured_over_http_and_at_the_ledger_s_door(tmp_path: Path) -> None:
    over_http, at_the_door, claims = payments.measured(tmp_path, people=2, seconds=0.05, repeats=1)
    assert [row[0] for row in over_http.rows] == ["one shop", "a shop each", "PINs alone"]
    assert [row[0] for row in at_the_door.rows] == [
        "ledger, one shop", "bare, one shop", "ledger, a shop each", "bare, a shop each",
    ]  # fmt: skip
    assert all(float(str(row[1])) > 0 for row in (*over_http.rows, *at_the_door.rows))
    assert all(str(row[1]).endswith("x") for row in claims.rows)
