"""The bankers' list of everybody's transactions."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.reading import amounts, everything, listed


@pytest.fixture
def banker(client: FlaskClient) -> make.Person:
    return make.banker(client)


@pytest.fixture
def traffic(client: FlaskClient, clock: Clock) -> tuple[make.Person, make.Person]:
    """In 100 by Dana, in 40 by Erin, 25 from Dana to Erin, out 5 by Erin, an hour each."""
    dana, erin = make.customer(client), make.customer(client, "erin")
    acts: list[tuple[make.Person, str, dict[str, str]]] = [
        (dana, "/deposit", {"amount": "100"}),
        (erin, "/deposit", {"amount": "40"}),
        (dana, "/transfer", {"amount": "25", "to": erin.account, "memo": "rent"}),
        (erin, "/withdraw", {"amount": "5"}),
    ]
    for person, path, body in acts:
        clock.forward(hours=1)
        assert person.post(path, body).status_code == 201
    return dana, erin


def test_a_banker_sees_all_lines_of_a_transaction_and_who_made_it(
    banker: make.Person, traffic: tuple[make.Person, make.Person]
) -> None:
    dana, erin = traffic
    row = listed(banker, "/banker/transactions")[1]
    lines = [
        (line["account"], line["amount"]["amount"], line["balance"]["amount"], line["seq"])
        for line in row["lines"]
    ]
    assert lines == [(dana.account, "-25.00", "75.00", 2), (erin.account, "25.00", "65.00", 2)]
    assert (row["actor"], row["kind"], row["memo"], row["reverses"]) == (
        "dana", "transfer", "rent", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["5.00", "25.00", "40.00", "100.00"]),
        ({"kind": "deposit"}, ["40.00", "100.00"]),
        ({"actor": "DANA"}, ["25.00", "100.00"]),
        ({"actor": "nobody"}, []),
        ({"min": "25"}, ["25.00", "40.00", "100.00"]),
        ({"max": "25"}, ["5.00", "25.00"]),
        ({"min": "30", "max": "50"}, ["40.00"]),
        ({"currency": "USD", "kind": "withdrawal"}, ["5.00"]),
        ({"currency": "JPY"}, []),
        ({"actor": "erin", "kind": "deposit", "min": "1"}, ["40.00"]),
    ],
)
@pytest.mark.usefixtures("traffic")
def test_transactions_are_filtered(
    banker: make.Person, query: dict[str, str], expected: list[str]
) -> None:
    assert amounts(listed(banker, "/banker/transactions", **query)) == expected
    found = everything(banker, "/banker/transactions", **query, limit=1)
    assert amounts(found) == expected


def test_transactions_are_found_by_account_and_time(
    banker: make.Person, traffic: tuple[make.Person, make.Person]
) -> None:
    rows = listed(banker, "/banker/transactions")
    dana = traffic[0].account
    assert amounts(listed(banker, "/banker/transactions", account=dana)) == ["25.00", "100.00"]
    span = {"from": rows[2]["at"], "to": rows[0]["at"]}
    assert amounts(listed(banker, "/banker/transactions", **span)) == ["25.00", "40.00"]
    assert amounts(listed(banker, "/banker/transactions", account=dana, **span)) == ["25.00"]


def test_transactions_of_one_millisecond_are_paged_once_each(
    bank: Bank, banker: make.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = bank.now()
    account = make.account(bank)
    monkeypatch.setattr(bank.ledger, "_clock", lambda: moment)
    made = [bank.ledger.post(make.interest(account, 1)).transaction.id for _ in range(9)]
    found = [row["id"] for row in everything(banker, "/banker/transactions", limit=2)]
    assert sorted(found) == sorted(made)
