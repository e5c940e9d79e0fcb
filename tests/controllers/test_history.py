"""A customer's history: pages, filters, single transactions."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import accounts, histories
from tests import make
from tests.conftest import Clock
from tests.reading import amounts, everything, listed, pages


def history(person: make.Person, **query: object) -> Any:
    return person.get("/transactions", query_string=query)


@pytest.fixture
def dana(client: FlaskClient) -> make.Person:
    """A customer with nothing yet."""
    return make.customer(client)


@pytest.fixture
def busy(client: FlaskClient, dana: make.Person, clock: Clock) -> make.Person:
    """One thing an hour: in 100, in 20, out 30, to Erin 25, from Erin 5, out 1."""
    erin = make.customer(client, "erin").has("50")
    acts: list[tuple[make.Person, str, dict[str, str]]] = [
        (dana, "/deposit", {"amount": "100", "memo": "Wages (May)"}),
        (dana, "/deposit", {"amount": "20", "memo": "refund 50%"}),
        (dana, "/withdraw", {"amount": "30", "memo": "cash.machine"}),
        (dana, "/transfer", {"amount": "25", "memo": "RENT", "to": erin.account}),
        (erin, "/transfer", {"amount": "5", "memo": "rent back", "to": dana.account}),
        (dana, "/withdraw", {"amount": "1", "memo": ""}),
    ]
    for person, path, body in acts:
        clock.forward(hours=1)
        assert person.post(path, body).status_code == 201
    return dana


ALL = ["-1.00", "5.00", "-25.00", "-30.00", "20.00", "100.00"]


def test_history_is_newest_first_with_the_balance_after_each(busy: make.Person) -> None:
    rows = listed(busy, "/transactions")
    assert amounts(rows) == ALL
    balances = [row["balance"]["amount"] for row in rows]
    assert balances == ["69.00", "70.00", "65.00", "90.00", "120.00", "100.00"]
    assert [row["seq"] for row in rows] == [6, 5, 4, 3, 2, 1]


def test_an_account_without_history_has_an_empty_one(dana: make.Person) -> None:
    answer = history(dana)
    assert answer.json == {"items": [], "next": None}
    assert "Link" not in answer.headers


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 7, 100])
def test_pages_give_every_transaction_exactly_once(busy: make.Person, limit: int) -> None:
    found = list(pages(busy, "/transactions", limit=limit))
    assert amounts([row for page in found for row in page]) == ALL
    assert all(len(page) <= limit for page in found)


def test_pages_are_not_disturbed_by_what_happens_meanwhile(busy: make.Person) -> None:
    seen: list[str] = []
    for page in pages(busy, "/transactions", limit=2):
        seen += amounts(page)
        busy.has("7")
    assert seen == ALL


def test_twenty_are_shown_when_nobody_says_how_many(dana: make.Person, bank: Bank) -> None:
    account = accounts.get_account(bank.database, dana.account)
    for minor in range(1, 26):
        bank.ledger.post(make.interest(account, minor))
    assert [len(page) for page in pages(dana, "/transactions")] == [20, 5]


def test_the_link_header_leads_to_the_next_page_with_the_same_filters(busy: make.Person) -> None:
    answer = history(busy, limit=2, min="5")
    target, _, relation = answer.headers["Link"].partition("; ")
    link = urlsplit(target.strip("<>"))
    assert (link.path, relation) == ("/transactions", 'rel="next"')
    assert parse_qs(link.query) == {"limit": ["2"], "min": ["5"], "cursor": [answer.json["next"]]}
    following = busy.get(target.strip("<>"))
    assert amounts(following.json["items"]) == ["-30.00", "20.00"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
def test_a_page_holds_one_to_a_hundred(dana: make.Person, limit: str) -> None:
    answer = history(dana, limit=limit)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "limit")


@pytest.mark.parametrize("cursor", ["", "x", "WzFd.AAAA", "x" * 1001])
def test_a_cursor_cannot_be_made_up(dana: make.Person, cursor: str) -> None:
    answer = history(dana, cursor=cursor)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "deposit"}, ["20.00", "100.00"]),
        ({"kind": "withdrawal"}, ["-1.00", "-30.00"]),
        ({"kind": "transfer"}, ["5.00", "-25.00"]),
        ({"kind": "fee"}, []),
        ({"min": "25"}, ["-25.00", "-30.00", "100.00"]),
        ({"max": "25"}, ["-1.00", "5.00", "-25.00", "20.00"]),
        ({"min": "5", "max": "25"}, ["5.00", "-25.00", "20.00"]),
        ({"min": "30", "max": "30"}, ["-30.00"]),
        ({"q": "rent"}, ["5.00", "-25.00"]),
        ({"q": "MAY"}, ["100.00"]),
        ({"q": "rent", "max": "5"}, ["5.00"]),
        ({"q": "nothing like it"}, []),
        ({"kind": "transfer", "min": "20", "q": "ren"}, ["-25.00"]),
        ({"kind": "deposit", "q": "rent"}, []),
    ],
)
def test_filters_alone_and_together(
    busy: make.Person, query: dict[str, str], expected: list[str]
) -> None:
    assert amounts(listed(busy, "/transactions", **query)) == expected
    assert amounts(everything(busy, "/transactions", **query, limit=1)) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("(may)", ["100.00"]), ("50%", ["20.00"]), ("cash.m", ["-30.00"]), (".*", []), ("^", []),
        ("cashxmachine", []), ("[", []), ("\\", []), ("$", []), ("(a+)+$", []), ("rent|cash", []),
    ],
)  # fmt: skip
def test_what_is_searched_for_is_text_not_a_pattern(
    busy: make.Person, q: str, expected: list[str]
) -> None:
    assert amounts(listed(busy, "/transactions", q=q)) == expected


def test_from_includes_its_moment_and_to_does_not(busy: make.Person) -> None:
    moments = [row["at"] for row in listed(busy, "/transactions")]
    third, fifth = moments[3], moments[1]
    assert amounts(listed(busy, "/transactions", **{"from": third})) == ALL[:4]
    assert amounts(listed(busy, "/transactions", to=third)) == ALL[4:]
    assert amounts(listed(busy, "/transactions", **{"from": third, "to": fifth})) == ALL[2:4]
    assert amounts(listed(busy, "/transactions", **{"from": third, "to": third})) == []
    assert amounts(listed(busy, "/transactions", **{"from": fifth, "to": third})) == []


def test_a_time_goes_together_with_other_filters_over_pages(busy: make.Person) -> None:
    moments = [row["at"] for row in listed(busy, "/transactions")]
    query = {"from": moments[4], "to": moments[0], "min": "20", "limit": 1}
    assert amounts(everything(busy, "/transactions", **query)) == ["-25.00", "-30.00", "20.00"]


def test_filters_that_match_little_may_give_empty_pages_that_go_on(
    dana: make.Person, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "_BUDGET", 200)
    dana.post("/deposit", {"amount": "500", "memo": "needle"})
    account = accounts.get_account(bank.database, dana.account)
    for _ in range(450):
        bank.ledger.post(make.interest(account, 1))
    found = list(pages(dana, "/transactions", q="needle", limit=5))
    assert [amounts(page) for page in found] == [[], [], ["500.00"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "gift"), ("min", "-1"), ("min", "1e2"), ("max", "x"), ("from", "monday"),
        ("to", "2026-01-32"), ("q", ""), ("q", "x" * 141), ("account", "12"), ("page", "2"),
    ],
)  # fmt: skip
def test_a_filter_of_a_wrong_form_is_named(dana: make.Person, field: str, value: str) -> None:
    answer = history(dana, **{field: value})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_a_filter_finer_than_the_currency_is_refused(dana: make.Person) -> None:
    answer = history(dana, min="0.001")
    assert (answer.status_code, answer.json["field"]) == (422, "min")


def test_a_filter_is_given_once(dana: make.Person) -> None:
    answer = dana.get("/transactions?kind=deposit&kind=fee")
    assert answer.json["errors"] == [{"field": "kind", "message": "Give it once."}]


def test_each_account_has_a_history_of_its_own(dana: make.Person) -> None:
    second = dana.post("/accounts", {}).json["account"]
    dana.has("10").post("/transfer", {"to": second, "amount": "4"})
    assert amounts(listed(dana, "/transactions")) == ["-4.00", "10.00"]
    assert amounts(listed(dana, "/transactions", account=second)) == ["4.00"]


def test_a_stranger_s_history_is_not_found(client: FlaskClient, dana: make.Person) -> None:
    mallory = make.customer(client, "mallory")
    assert history(mallory, account=dana.account).status_code == 404


def test_one_transaction_is_the_same_as_in_the_list(busy: make.Person) -> None:
    for row in listed(busy, "/transactions"):
        assert busy.get(f"/transactions/{row['id']}").json == row


def test_a_transaction_between_own_accounts_is_shown_from_the_side_that_paid(
    dana: make.Person,
) -> None:
    second = dana.post("/accounts", {}).json["account"]
    made = dana.has("10").post("/transfer", {"to": second, "amount": "4"}).json
    shown = dana.get(f"/transactions/{made['id']}").json
    assert (shown["account"], shown["amount"]["amount"]) == (dana.account, "-4.00")


@pytest.mark.parametrize("id", ["nothing", "01890000-0000-7000-8000-000000000000", "%00", "$ne"])
def test_a_transaction_that_is_none_is_not_found(dana: make.Person, id: str) -> None:
    assert dana.get(f"/transactions/{id}").status_code == 404


def test_a_stranger_s_transaction_is_not_found(client: FlaskClient, dana: make.Person) -> None:
    made = dana.post("/deposit", {"amount": "5"}).json
    answer = make.customer(client, "mallory").get(f"/transactions/{made['id']}")
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/transaction-not-found")
