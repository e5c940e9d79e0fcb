"""Statements as pages: the months of an account, and each of them on paper."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import months
from app.controllers.bank import Bank
from app.models.accounts import get_account
from tests import make
from tests.conftest import Clock
from tests.make import Person
from tests.pages import Browser


@pytest.fixture
def dana(client: FlaskClient, clock: Clock) -> Person:
    """A customer since January 2031 who has had $100.00 come and $30.00 go in February."""
    clock.at(2031, 1, 15)
    dana = make.customer(client, "dana", name="Dana Scott")
    clock.at(2031, 2, 10)
    again = make.log_in(client, "dana").has("100.00")
    again.post("/withdraw", {"amount": "30.00", "memo": "Books"})
    clock.at(2031, 3, 5)
    return dana


@pytest.fixture
def site(app: Flask, dana: Person) -> Browser:
    """Dana's."""
    return Browser(app).log_in("dana")


def test_months_are_listed_newest_first_and_the_present_one_is_marked(
    dana: Person, site: Browser
) -> None:
    page = site.page("/my/statements")
    links = [link for link in page.links() if link.startswith(f"/my/statements/{dana.account}/")]
    assert [link.rpartition("/")[2] for link in links] == ["2031-03", "2031-02", "2031-01"]
    said = page.inside("main")
    assert said.count("so far") == 1
    assert said.index("so far") < said.index("February 2031")
    assert {"2 transactions", "$70.00", "from $0.00"} <= set(said)


def test_a_statement_says_whose_it_is_and_adds_up(dana: Person, site: Browser) -> None:
    said = site.page(f"/my/statements/{dana.account}/2031-02").inside("article")
    for text in (
        "Dana Scott", "February 1, 2031 to February 28, 2031", "Opening balance", "$0.00",
        "+$100.00", "\u2212$30.00", "Closing balance", "$70.00", "Books",
    ):  # fmt: skip
        assert text in said


def test_the_present_month_ends_today(dana: Person, site: Browser) -> None:
    said = site.page(f"/my/statements/{dana.account}/2031-03").inside("article")
    assert {"so far", "March 1, 2031 to March 5, 2031", "Balance now"} <= set(said)
    assert "Nothing happened in this month." in said


def test_a_long_month_is_read_sheet_by_sheet(
    bank: Bank, dana: Person, site: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "SHEET", 2)
    account = get_account(bank.database, dana.account)
    for _ in range(3):
        bank.ledger.post(make.interest(account, 1))
    path = f"/my/statements/{dana.account}/2031-03"
    first, second = site.page(path), site.page(f"{path}?sheet=2")
    assert f"{path}?sheet=2" in first.links()
    assert {"1 of 2", "Carried forward", "$70.02"} <= set(first.inside("article"))
    assert {"2 of 2", "Brought forward", "$70.03"} <= set(second.inside("article"))


def test_a_statement_leads_to_the_same_lines_as_a_file(dana: Person, site: Browser) -> None:
    page = site.page(f"/my/statements/{dana.account}/2031-02")
    (link,) = [link for link in page.links() if "transactions.csv" in link]
    assert site.open(link).text.count("\r\n") == 3


@pytest.mark.parametrize("path", ["2030-12", "2031-04", "2031-13", "x", "2031-02?sheet=2"])
def test_there_is_no_page_for_a_statement_that_is_none(
    dana: Person, site: Browser, path: str
) -> None:
    answer = site.open(f"/my/statements/{dana.account}/{path}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_strangers_find_no_statement(app: Flask, client: FlaskClient, dana: Person) -> None:
    make.customer(client, "eve")
    eve = Browser(app).log_in("eve")
    for path in (
        f"/my/statements/{dana.account}/2031-02", f"/my/statements?account={dana.account}",
    ):  # fmt: skip
        answer = eve.open(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "70.00" not in answer.text
