"""Statements: what an account did in a month, and that it adds up."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.controllers import accounts, months
from app.controllers.bank import Actor, Bank
from app.controllers.months import Month, Statement
from app.errors import AccountNotFound, StatementNotFound
from app.models.accounts import get_account
from tests import make
from tests.conftest import Clock
from tests.controllers.four_eyes import decide, open_desk, reverse
from tests.make import Person


@pytest.fixture
def dana(client: FlaskClient, clock: Clock) -> Person:
    """A customer since noon of 15 January 2031, with nothing yet."""
    clock.at(2031, 1, 15)
    return make.customer(client, "dana")


def actor_of(bank: Bank, person: Person) -> Actor:
    return Actor(get_account(bank.database, person.account).owner, "", "customer")


def statement(bank: Bank, person: Person, month: str, sheet: int = 1) -> Statement:
    return months.statement(bank, actor_of(bank, person), person.account, month, sheet)


def listed(bank: Bank, person: Person, year: int) -> list[Month]:
    account = accounts.own_account(bank, actor_of(bank, person), person.account)
    return months.months(bank, account, year)


def in_figures(found: Statement) -> tuple[str, str, str, str]:
    shown = (found.month.opening, found.came, found.went, found.month.closing)
    return tuple(each.amount for each in shown)  # type: ignore[return-value]


def test_a_month_begins_with_what_the_one_before_left(
    bank: Bank, dana: Person, clock: Clock
) -> None:
    dana.has("100.00")
    clock.at(2031, 2, 10)
    make.log_in(dana.client, "dana").has("7.00").post("/withdraw", {"amount": "30.00"})
    clock.at(2031, 3, 1)
    assert in_figures(statement(bank, dana, "2031-01")) == ("0.00", "100.00", "0.00", "100.00")
    assert in_figures(statement(bank, dana, "2031-02")) == ("100.00", "7.00", "30.00", "77.00")
    assert in_figures(statement(bank, dana, "2031-03")) == ("77.00", "0.00", "0.00", "77.00")


def test_a_month_with_a_reversal_adds_up(
    bank: Bank, client: FlaskClient, dana: Person, clock: Clock
) -> None:
    dana.has("100.00")
    eve = make.customer(client, "eve")
    clock.at(2031, 2, 10)
    order = {"to": eve.account, "amount": "40.00"}
    sent = make.log_in(client, "dana").post("/transfer", order).json
    desk = open_desk(client)
    assert decide(desk.abe, reverse(desk.tess, sent["id"], amount="15.00")).status_code == 200
    found = statement(bank, dana, "2031-02")
    assert in_figures(found) == ("100.00", "15.00", "40.00", "75.00")
    assert found.month.opening + found.came - found.went == found.month.closing
    assert [line.transaction.kind for line in found.lines] == ["transfer", "reversal"]
    assert in_figures(statement(bank, eve, "2031-02")) == ("0.00", "40.00", "15.00", "25.00")


def test_midnight_of_the_first_belongs_to_the_new_month(
    bank: Bank, dana: Person, clock: Clock
) -> None:
    account = get_account(bank.database, dana.account)
    clock.at(2031, 2, 1, hour=0)
    bank.ledger.post(make.interest(account, 5))
    assert statement(bank, dana, "2031-01").month.transactions == 0
    assert statement(bank, dana, "2031-02").month.transactions == 1


def test_lines_come_oldest_first_with_the_balance_after_each(bank: Bank, dana: Person) -> None:
    dana.has("5.00").has("7.00")
    assert [line.balance.amount for line in statement(bank, dana, "2031-01").lines] == [
        "5.00", "12.00",
    ]  # fmt: skip


def test_a_long_month_comes_in_sheets_that_follow_one_another(
    bank: Bank, dana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "SHEET", 2)
    for _ in range(5):
        dana.has("1.00")
    sheets = [statement(bank, dana, "2031-01", number) for number in (1, 2, 3)]
    assert [len(each.lines) for each in sheets] == [2, 2, 1]
    assert [(each.brought.amount, each.carried.amount) for each in sheets] == [
        ("0.00", "2.00"), ("2.00", "4.00"), ("4.00", "5.00"),
    ]  # fmt: skip
    assert {in_figures(each) for each in sheets} == {("0.00", "5.00", "0.00", "5.00")}


def test_only_the_present_month_is_told_so_far(bank: Bank, dana: Person, clock: Clock) -> None:
    clock.at(2031, 3, 31, hour=23)
    found = listed(bank, dana, 2031)
    assert [(month.name, month.so_far) for month in found] == [
        ("2031-03", True), ("2031-02", False), ("2031-01", False),
    ]  # fmt: skip


def test_months_tell_how_each_of_them_began_and_ended(
    bank: Bank, dana: Person, clock: Clock
) -> None:
    dana.has("100.00")
    clock.at(2031, 2, 28)
    make.log_in(dana.client, "dana").has("1.00")
    assert [
        (month.opening.amount, month.closing.amount, month.transactions)
        for month in listed(bank, dana, 2031)
    ] == [("100.00", "101.00", 1), ("0.00", "100.00", 1)]


def test_years_go_back_to_the_one_in_which_the_account_was_opened(
    bank: Bank, dana: Person, clock: Clock
) -> None:
    clock.at(2033, 1, 1, hour=0)
    account = get_account(bank.database, dana.account)
    assert months.years(bank, account) == [2033, 2032, 2031]
    assert [month.name for month in listed(bank, dana, 2033)] == ["2033-01"]
    assert len(listed(bank, dana, 2032)) == 12
    assert listed(bank, dana, 2030) == []


@pytest.mark.parametrize(
    "month", ["2030-12", "2031-02", "2031-13", "2031-1", "0000-01", "9999-12", "x", "\uff12031-01"]
)
def test_there_is_no_statement_of_a_month_without_the_account(
    bank: Bank, dana: Person, month: str
) -> None:
    with pytest.raises(StatementNotFound):
        statement(bank, dana, month)


@pytest.mark.parametrize("sheet", [0, 2])
def test_there_is_no_sheet_beyond_the_last(bank: Bank, dana: Person, sheet: int) -> None:
    with pytest.raises(StatementNotFound):
        statement(bank, dana, "2031-01", sheet)


def test_nobody_has_a_statement_of_a_stranger_s_account(
    bank: Bank, client: FlaskClient, dana: Person
) -> None:
    eve = make.customer(client, "eve")
    with pytest.raises(AccountNotFound):
        months.statement(bank, actor_of(bank, eve), dana.account, "2031-01", 1)
