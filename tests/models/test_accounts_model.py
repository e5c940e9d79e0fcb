"""Account numbers that catch slips of the pen, and the start of each account's chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.controllers.bank import Bank
from app.errors import AccountNotFound
from app.models import accounts
from app.models.accounts import Account, genesis, new_account, new_number, valid_number
from app.models.database import Contention, Database
from tests import make

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_account(owner: str = "dana-1", **more: object) -> Account:
    account = new_account(
        owner=owner, username="Dana", customer="Dana Scott", name="Current account",
        currency="USD", now=NOON,
    )  # fmt: skip
    return replace(account, **more)  # type: ignore[arg-type]


def test_a_new_number_is_twelve_digits_with_right_check_digits() -> None:
    numbers = [new_number() for _ in range(500)]
    assert all(len(number) == 12 and valid_number(number) for number in numbers)


def test_new_numbers_do_not_repeat() -> None:
    assert len({new_number() for _ in range(500)}) == 500


def test_every_wrong_digit_is_noticed() -> None:
    for number in (new_number() for _ in range(20)):
        for place in range(12):
            for digit in "0123456789":
                wrong = number[:place] + digit + number[place + 1 :]
                assert wrong == number or not valid_number(wrong)


def test_every_swap_of_neighbours_is_noticed() -> None:
    for number in (new_number() for _ in range(200)):
        for place in range(11):
            left, right = number[place], number[place + 1]
            swapped = number[:place] + right + left + number[place + 2 :]
            assert swapped == number or not valid_number(swapped)


@pytest.mark.parametrize(
    "text",
    ["", "12", "1" * 13, "abcdefghijkl", "100000000093\n", " 100000000093", "1000 0000 0093",
     "\u0661" * 12, "-10000000093"],
)  # fmt: skip
def test_what_is_not_twelve_digits_is_no_number(text: str) -> None:
    assert not valid_number(text)


@pytest.mark.parametrize(
    ("number", "currency", "opened_at"),
    [
        ("100000000190", "USD", NOON),
        ("100000000093", "EUR", NOON),
        ("100000000093", "USD", NOON.replace(microsecond=1000)),
    ],
)
def test_a_chain_starts_with_what_the_account_was_opened_as(
    number: str, currency: str, opened_at: datetime
) -> None:
    assert genesis(number, currency, opened_at) != genesis("100000000093", "USD", NOON)


def test_the_start_of_a_chain_never_changes() -> None:
    expected = "dccb0d756d696adea94e870eefeb8229fb6f05e149ab751890a6709995e94db1"
    assert genesis("100000000093", "USD", NOON) == expected


def test_a_new_account_is_open_and_empty() -> None:
    account = an_account()
    assert (account.status, account.balance_minor, account.seq) == ("open", 0, 0)
    assert account.head == genesis(account.number, "USD", NOON)


def test_available_is_what_is_neither_held_nor_below_the_floor() -> None:
    account = an_account(balance_minor=1000, held_minor=300, floor_minor=-50)
    assert account.available.amount == "7.50"


def test_an_account_is_read_as_it_was_stored(database: Database) -> None:
    account = an_account()
    accounts.insert_account(database, account)
    assert accounts.get_account(database, account.number) == account


def test_an_unknown_number_is_not_found(database: Database) -> None:
    assert accounts.find_account(database, "100000000093") is None
    with pytest.raises(AccountNotFound):
        accounts.get_account(database, "100000000093")


def test_only_the_accounts_that_exist_are_found(database: Database) -> None:
    account = an_account()
    accounts.insert_account(database, account)
    assert accounts.find_accounts(database, [account.number, "100000000093"]) == {
        account.number: account
    }


def test_an_account_that_has_moved_on_is_not_written_over(database: Database) -> None:
    account = an_account()
    accounts.insert_account(database, account)
    stale = replace(account, seq=1)
    with pytest.raises(Contention):
        accounts.write_movements(database, {account.number: stale}, [stale])


def test_a_status_changes_only_from_the_revision_that_was_read(database: Database) -> None:
    account = an_account()
    accounts.insert_account(database, account)
    assert accounts.change_status(database, account, "frozen")
    assert not accounts.change_status(database, account, "open")
    assert accounts.get_account(database, account.number).status == "frozen"


def test_no_account_with_money_is_ever_closed(database: Database, bank: Bank) -> None:
    number = make.account(bank, 500).number
    account = accounts.get_account(database, number)
    assert not accounts.change_status(database, account, "closed")
    assert accounts.get_account(database, number).status == "open"


def test_a_renamed_customer_is_found_by_the_new_name(database: Database) -> None:
    account = an_account()
    accounts.insert_account(database, account)
    accounts.rename_holder(database, account.owner, "Dana", "Grace Hopper")
    document = database.collection(accounts.NAME).find_one({"search": "hopper"})
    assert document is not None
    assert document["holder"] == {"username": "Dana", "name": "Grace Hopper"}
    assert "scott" not in document["search"]


def test_totals_add_up_by_currency(database: Database, bank: Bank) -> None:
    for balance in (500, 250):
        make.account(bank, balance)
    assert accounts.totals(database) == {"USD": 750}
