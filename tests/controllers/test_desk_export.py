"""The bankers' lists as CSV: all rows, exact amounts, nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import accounts
from tests import make

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNT_COLUMNS = [
    "account", "customer", "owner", "name", "status", "balance", "available", "currency",
    "transactions", "opened_at",
]  # fmt: skip
TRANSACTION_COLUMNS = [
    "id", "at", "kind", "actor", "account", "amount", "balance", "currency", "seq", "memo",
    "reference", "reverses", "hash",
]  # fmt: skip


@pytest.fixture
def banker(client: FlaskClient) -> make.Person:
    return make.banker(client)


def download(banker: make.Person, path: str, **query: object) -> Any:
    answer = banker.get(f"/banker/{path}", query_string={"csv": "true", **query})
    assert answer.status_code == 200, answer.text
    return answer


def rows(banker: make.Person, path: str, **query: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(download(banker, path, **query).text, newline="")))


def test_an_export_is_a_file_with_a_header(client: FlaskClient, banker: make.Person) -> None:
    answer = download(banker, "accounts")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="accounts.csv"'
    assert answer.text == ",".join(ACCOUNT_COLUMNS) + "\r\n"
    assert download(banker, "transactions").text == ",".join(TRANSACTION_COLUMNS) + "\r\n"


def test_an_account_s_row_says_what_the_list_says(client: FlaskClient, banker: make.Person) -> None:
    dana = make.customer(client, name="Dana Scott").has("12.50")
    (row,) = rows(banker, "accounts")
    opened = datetime.fromisoformat(row.pop("opened_at"))
    shown = banker.get(f"/banker/accounts/{dana.account}").json
    assert opened == datetime.fromisoformat(shown["opened_at"])
    assert row == {
        "account": dana.account, "customer": "Dana Scott", "owner": "dana",
        "name": "Current account", "status": "open", "balance": "12.50", "available": "12.50",
        "currency": "USD", "transactions": "1",
    }  # fmt: skip


def test_each_line_of_a_transaction_is_a_row(client: FlaskClient, banker: make.Person) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin")
    dana.post("/transfer", {"to": erin.account, "amount": "5", "memo": "lunch"})
    found = rows(banker, "transactions", kind="transfer")
    assert [(row["account"], row["amount"], row["balance"]) for row in found] == [
        (dana.account, "-5.00", "15.00"), (erin.account, "5.00", "5.00"),
    ]  # fmt: skip
    assert {row["memo"] for row in found} == {"lunch"}


def test_an_export_holds_every_row_over_many_chunks(bank: Bank, banker: make.Person) -> None:
    expected = set()
    for number in range(1050):
        made = accounts.new_account(
            owner=str(number), username=f"user-{number}", customer=f"User {number}",
            name="Current account", currency="USD", now=NOON,
        )  # fmt: skip
        accounts.insert_account(bank.database, made)
        expected.add(made.number)
    answer = download(banker, "accounts", limit=1)
    chunks = list(answer.iter_encoded())
    found = list(csv.DictReader(io.StringIO(b"".join(chunks).decode(), newline="")))
    assert len(chunks) > 1
    assert ([len(found)], {row["account"] for row in found}) == ([1050], expected)


def test_an_export_follows_the_filters_and_the_sort(
    client: FlaskClient, banker: make.Person
) -> None:
    for name, amount in (("dana", "30"), ("erin", "10"), ("finn", "20")):
        make.customer(client, name).has(amount)
    found = rows(banker, "accounts", min="15", sort="balance")
    assert [row["owner"] for row in found] == ["finn", "dana"]


FORMULAS = [
    "=1+1",
    "+1",
    "@SUM(A1)",
    "-1+2",
    "-cmd",
    '=HYPERLINK("http://x")',
    "=1,2;3",
    "\uff1d1+1",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_text_that_looks_like_a_formula_is_only_text(
    client: FlaskClient, banker: make.Person, formula: str
) -> None:
    dana = make.customer(client, name=formula)
    dana.post("/deposit", {"amount": "1", "memo": formula})
    dana.post("/accounts", {"name": formula})
    (account,) = [row for row in rows(banker, "accounts") if row["name"] == f"'{formula}"]
    (transaction,) = rows(banker, "transactions")
    assert account["customer"] == f"'{formula}"
    assert transaction["memo"] == f"'{formula}"


def test_amounts_stay_numbers(client: FlaskClient, banker: make.Person) -> None:
    dana = make.customer(client).has("20")
    dana.post("/withdraw", {"amount": "5"})
    found = [Decimal(row["amount"]) for row in rows(banker, "transactions")]
    assert found == [Decimal("-5.00"), Decimal("20.00")]


@pytest.mark.parametrize("memo", ['say "hi", twice', "a,b;c", "\u00e9\u4e2d\U0001f600", "'quoted'"])
def test_any_memo_comes_out_as_it_went_in(
    client: FlaskClient, banker: make.Person, memo: str
) -> None:
    make.customer(client).post("/deposit", {"amount": "1", "memo": memo})
    assert [row["memo"] for row in rows(banker, "transactions")] == [memo]


def test_customers_export_nothing(client: FlaskClient) -> None:
    answer = make.customer(client).get("/banker/accounts?csv=true")
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
