"""The bankers' lists: accounts, transactions and customers of everybody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import accounts
from app.models.accounts import Account
from tests import make
from tests.conftest import Clock
from tests.reading import everything, listed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SORTS = ("newest", "oldest", "balance", "-balance", "name", "number")


def owners(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["owner"] for row in rows)


def an_account(bank: Bank, customer: str, *, balance: int = 0, currency: str = "USD") -> Account:
    """An account opened at noon, whoever else opened one then."""
    made = accounts.new_account(
        owner=f"id of {customer}", username=customer.split(maxsplit=1)[0].lower(),
        customer=customer, name="Current account", currency=currency, now=NOON,
    )  # fmt: skip
    accounts.insert_account(bank.database, made)
    if balance:
        bank.ledger.post(make.interest(made, balance))
    return made


@pytest.fixture
def banker(client: FlaskClient) -> make.Person:
    return make.banker(client)


@pytest.fixture
def town(bank: Bank) -> dict[str, Account]:
    """Four customers of one moment, with 0, 100.00, 100.00 and 250.00."""
    people = {"Grace Hopper": 0, "Grace Kelly": 10000, "Alan Turing": 10000, "Anne-Marie Z": 25000}
    return {name: an_account(bank, name, balance=minor) for name, minor in people.items()}


def test_a_banker_sees_an_account_with_its_owner(client: FlaskClient, banker: make.Person) -> None:
    dana = make.customer(client, name="Dana Scott").has("12.50")
    (row,) = listed(banker, "/banker/accounts")
    assert row | {"opened_at": "", "customer_id": ""} == {
        "account": dana.account, "name": "Current account", "owner": "dana", "currency": "USD",
        "status": "open", "balance": {"amount": "12.50", "currency": "USD"},
        "available": {"amount": "12.50", "currency": "USD"}, "opened_at": "",
        "customer": "Dana Scott", "customer_id": "", "held": {"amount": "0.00", "currency": "USD"},
        "transactions": 1, "revision": 1, "daily_deposits": None, "daily_spending": None,
        "overdraft": {"amount": "0.00", "currency": "USD"},
    }  # fmt: skip
    assert banker.get(f"/banker/accounts/{dana.account}").json == row


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("grace", ["grace", "grace"]), ("GRA", ["grace", "grace"]), ("hop", ["grace"]),
        ("kel gra", ["grace"]), ("grace turing", []), ("al", ["alan"]), ("opper", []),
        ("anne-m", ["anne-marie"]), ("z", ["anne-marie"]), (".*", []), ("(", []), ("^g", []),
    ],
)  # fmt: skip
def test_accounts_are_found_by_the_beginnings_of_names(
    banker: make.Person, q: str, expected: list[str]
) -> None:
    assert owners(listed(banker, "/banker/accounts", q=q)) == expected


@pytest.mark.parametrize("digits", [5, 8, 12])
def test_accounts_are_found_by_the_beginning_of_the_number(
    banker: make.Person, town: dict[str, Account], digits: int
) -> None:
    wanted = town["Alan Turing"].number
    found = [row["account"] for row in listed(banker, "/banker/accounts", q=wanted[:digits])]
    assert wanted in found
    assert all(number.startswith(wanted[:digits]) for number in found)


def test_an_account_number_may_be_typed_in_groups(
    banker: make.Person, town: dict[str, Account]
) -> None:
    number = town["Alan Turing"].number
    for text in (f"{number[:4]} {number[4:8]} {number[8:]}", f"{number[:4]}-{number[4:]}"):
        assert owners(listed(banker, "/banker/accounts", q=text)) == ["alan"]


def test_accounts_are_found_by_status(
    bank: Bank, banker: make.Person, town: dict[str, Account]
) -> None:
    accounts.change_status(bank.database, town["Alan Turing"], "frozen")
    assert owners(listed(banker, "/banker/accounts", status="frozen")) == ["alan"]
    assert len(listed(banker, "/banker/accounts", status="open")) == 3
    assert listed(banker, "/banker/accounts", status="closed") == []


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"min": "100"}, ["alan", "anne-marie", "grace"]),
        ({"min": "100.01"}, ["anne-marie"]),
        ({"max": "100"}, ["alan", "grace", "grace"]),
        ({"min": "100", "max": "100"}, ["alan", "grace"]),
        ({"min": "100", "q": "gra"}, ["grace"]),
        ({"min": "1", "currency": "JPY"}, []),
    ],
)
def test_accounts_are_found_by_balance(
    banker: make.Person, query: dict[str, str], expected: list[str]
) -> None:
    assert owners(listed(banker, "/banker/accounts", **query)) == expected


def test_a_range_of_balances_is_in_the_currency_that_is_named(
    bank: Bank, banker: make.Person
) -> None:
    an_account(bank, "Yuki Sato", balance=10000, currency="JPY")
    assert owners(listed(banker, "/banker/accounts", min="10000", currency="JPY")) == ["yuki"]
    assert listed(banker, "/banker/accounts", min="100") == []


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_any_sort_give_every_account_once_also_with_equal_values(
    bank: Bank, banker: make.Person, sort: str
) -> None:
    names = ("Al", "Bo", "Al", "Cy")
    made = [an_account(bank, names[n % 4], balance=n % 3 * 100) for n in range(25)]
    rows = everything(banker, "/banker/accounts", sort=sort, limit=4)
    assert sorted(row["account"] for row in rows) == sorted(each.number for each in made)
    keys = {
        "balance": lambda row: float(row["balance"]["amount"]),
        "-balance": lambda row: -float(row["balance"]["amount"]),
        "name": lambda row: row["customer"],
        "number": lambda row: row["account"],
    }
    if sort in keys:
        assert rows == sorted(rows, key=keys[sort])


def test_newest_and_oldest_are_opposite(
    client: FlaskClient, banker: make.Person, clock: Clock
) -> None:
    for name in ("dana", "erin", "finn"):
        clock.forward(seconds=1)
        make.customer(client, name)
    newest = [row["owner"] for row in listed(banker, "/banker/accounts")]
    assert newest == ["finn", "erin", "dana"]
    assert [row["owner"] for row in listed(banker, "/banker/accounts", sort="oldest")] == newest[
        ::-1
    ]


def test_a_cursor_of_one_sort_does_not_fit_another(
    bank: Bank, banker: make.Person, town: dict[str, Account]
) -> None:
    cursor = banker.get("/banker/accounts?limit=1&sort=name").json["next"]
    query = {"sort": "balance", "cursor": cursor}
    answer = banker.get("/banker/accounts", query_string=query)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cursor")


def test_customers_are_listed_newest_first_and_masked(
    client: FlaskClient, banker: make.Person, clock: Clock
) -> None:
    make.confirmed(client, "dana", email="dana@example.com", phone="+12025550123")
    clock.forward(seconds=1)
    make.customer(client, "erin")
    erin, dana = listed(banker, "/banker/customers")
    assert (erin["username"], erin["email"], erin["phone"]) == ("erin", None, None)
    assert (dana["email"], dana["phone"]) == ("d***@e***.com", "**********23")


@pytest.mark.parametrize(("q", "expected"), [("da", 1), ("SCOTT", 1), ("scott da", 1), ("x", 0)])
def test_customers_are_found_by_the_beginnings_of_names(
    client: FlaskClient, banker: make.Person, q: str, expected: int
) -> None:
    make.customer(client, "dana", name="Dana Scott")
    assert len(listed(banker, "/banker/customers", q=q)) == expected


def test_pages_give_every_customer_once(
    client: FlaskClient, bank: Bank, banker: make.Person
) -> None:
    names = {make.account(bank).username for _ in range(7)}
    rows = [row["username"] for row in everything(banker, "/banker/customers", limit=2)]
    assert (len(rows), set(rows)) == (7, names)


@pytest.mark.parametrize("path", ["accounts", "transactions", "customers"])
def test_customers_see_no_list_of_everybody(client: FlaskClient, path: str) -> None:
    answer = make.customer(client).get(f"/banker/{path}")
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/not-a-banker")


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("accounts", "sort", "size"), ("accounts", "status", "asleep"), ("accounts", "min", "x"),
        ("accounts", "currency", "us"), ("accounts", "limit", "0"), ("accounts", "q", ""),
        ("transactions", "kind", "gift"), ("transactions", "account", "1"),
        ("transactions", "from", "x"), ("customers", "cursor", "x"), ("customers", "sort", "name"),
        ("transactions", "csv", "maybe"),
    ],
)  # fmt: skip
def test_a_filter_of_a_wrong_form_is_named(
    banker: make.Person, path: str, field: str, value: str
) -> None:
    answer = banker.get(f"/banker/{path}", query_string={field: value})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
