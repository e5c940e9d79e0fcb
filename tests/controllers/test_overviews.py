"""The overview: balances over time, and what comes first."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.controllers import overviews
from app.controllers.bank import Actor, Bank
from app.models import accounts, users
from tests import make
from tests.conftest import Clock
from tests.make import Person


def course(bank: Bank, person: Person, days: int) -> list[str]:
    account = accounts.get_account(bank.database, person.account)
    return [each.amount for each in overviews.course(bank, account, days, bank.now())]


def seen(bank: Bank, person: Person) -> overviews.Overview:
    user = users.find_by_username(bank.database, person.username)
    assert user
    return overviews.overview(bank, Actor(user.id, "", "customer"))


@pytest.fixture
def dana(client: FlaskClient, clock: Clock) -> Person:
    """Opened on the first of March; deposits on the second, twice on the third, on the fifth."""
    clock.at(2026, 3, 1)
    make.customer(client, "dana")
    person = make.log_in(client, "dana")
    for day, amounts in {2: ["10.00"], 3: ["5.00", "2.50"], 5: ["100.00"]}.items():
        clock.at(2026, 3, day, hour=23)
        person = make.log_in(client, "dana")
        for amount in amounts:
            person.has(amount)
    person.account = person.get("/balance").json["account"]
    return person


def test_each_day_counts_with_what_was_there_at_its_end(
    dana: Person, bank: Bank, clock: Clock
) -> None:
    clock.at(2026, 3, 6)
    assert course(bank, dana, 4) == ["17.50", "17.50", "117.50", "117.50"]


def test_there_are_no_days_before_the_account_was_opened(
    dana: Person, bank: Bank, clock: Clock
) -> None:
    clock.at(2026, 3, 4)
    assert course(bank, dana, 90)[:2] == ["0.00", "10.00"]
    clock.at(2026, 3, 6)
    assert course(bank, dana, 90) == ["0.00", "10.00", "17.50", "17.50", "117.50", "117.50"]


def test_the_last_of_many_in_one_millisecond_counts(bank: Bank, clock: Clock) -> None:
    clock.at(2026, 3, 1)
    account = make.account(bank)
    moment = bank.now()
    still = type(bank)(**{**bank.__dict__, "clock": lambda: moment})
    postings = [make.interest(account, minor) for minor in (1, 20, 300)]
    still.ledger.post_all(postings)
    clock.at(2026, 3, 2)
    now = accounts.get_account(bank.database, account.number)
    assert [each.minor for each in overviews.course(bank, now, 2, bank.now())][-2:] == [321, 321]


def test_on_the_first_day_there_is_the_present_balance_alone(
    client: FlaskClient, bank: Bank
) -> None:
    assert course(bank, make.customer(client).has("3.00"), 30) == ["3.00"]


def test_the_default_account_comes_first_and_closed_ones_last(
    client: FlaskClient, bank: Bank
) -> None:
    dana = make.customer(client, "dana")
    numbers = [dana.account] + [dana.post("/accounts").json["account"] for _ in range(2)]
    dana.send("PATCH", "/me", json={"default_account": numbers[2]})
    bank.database.collection("accounts").update_one(
        {"_id": numbers[0]}, {"$set": {"status": "closed"}}
    )
    shown = [held.account.number for held in seen(bank, dana).holdings]
    assert shown == [numbers[2], numbers[1], numbers[0]]


def test_the_five_latest_of_the_default_account_are_shown(client: FlaskClient, bank: Bank) -> None:
    dana = make.customer(client, "dana")
    other = dana.post("/accounts").json["account"]
    for amount in range(1, 8):
        dana.has(f"{amount}.00")
    dana.post("/deposit", {"amount": "99.00", "account": other})
    assert [each.amount.amount for each in seen(bank, dana).latest] == [
        "7.00", "6.00", "5.00", "4.00", "3.00"
    ]  # fmt: skip


def test_a_newcomer_is_told_what_is_missing_and_others_are_not(
    client: FlaskClient, bank: Bank
) -> None:
    newcomer = seen(bank, make.customer(client, "eve"))
    assert (newcomer.has_moved, newcomer.has_factor) == (False, False)
    assert newcomer.first_limit == bank.config.limit("unconfirmed_daily_limit", "USD")
    settled = seen(bank, make.confirmed(client, "dana").has("1.00"))
    assert (settled.has_moved, settled.has_factor, settled.first_limit) == (True, True, None)
