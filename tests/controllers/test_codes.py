"""How often a code may be wrong, and how often a mail with one may be asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask

from app.controllers.bank import Bank
from app.controllers.throttles import (
    CODE_TRIES,
    CODES_A_DAY,
    CODES_AN_HOUR,
    codes_to,
    forgetting,
    second_factor,
)
from app.errors import InvalidCode, TooManyTries
from tests.conftest import Clock
from tests.together import together


@pytest.fixture
def app(make_app: Callable[..., Flask], clock: Clock) -> Flask:
    """With limits, and at the beginning of an hour."""
    clock.at(2027, 3, 1)
    return make_app(ratelimit_enabled=True)


def wrong(bank: Bank, address: str = "192.0.2.1", person: str = "dana") -> int:
    """A wrong code; how long to wait, 0 when it was looked at."""
    try:
        with second_factor(bank, person, address):
            raise InvalidCode
    except InvalidCode:
        return 0
    except TooManyTries as error:
        return error.retry_after


def right(bank: Bank) -> None:
    with second_factor(bank, "dana", "192.0.2.200"):
        pass


def refused(act: Callable[[], object]) -> int:
    """How long to wait, 0 when it was done."""
    try:
        act()
    except TooManyTries as error:
        return error.retry_after
    return 0


def test_of_100_wrong_codes_at_once_five_are_looked_at(bank: Bank) -> None:
    answers = together(100, lambda n: wrong(bank, f"192.0.2.{n}") > 0)
    assert Counter(answers) == {False: CODE_TRIES, True: 100 - CODE_TRIES}


def test_a_right_code_ends_the_waiting_only_once_it_is_looked_at(bank: Bank, clock: Clock) -> None:
    for number in range(CODE_TRIES):
        assert wrong(bank, f"192.0.2.{number}") == 0
    with pytest.raises(TooManyTries):
        right(bank)
    clock.forward(seconds=60)
    right(bank)
    assert [wrong(bank, f"192.0.2.{n}") for n in range(CODE_TRIES)] == [0] * CODE_TRIES


def test_twenty_wrong_codes_an_hour_and_fifty_a_day(bank: Bank, clock: Clock) -> None:
    looked = []
    for hour in range(4):
        clock.at(2027, 3, 2, hour)
        done = 0
        for number in range(CODES_AN_HOUR + 1):
            # A right one in between, so that it never waits for being wrong in a row.
            if number % 4 == 3 and done < CODES_AN_HOUR and sum(looked) + done < CODES_A_DAY:
                right(bank)
            done += wrong(bank, f"198.51.{hour}.{number}") == 0
        looked.append(done)
    assert looked == [20, 20, 10, 0]
    clock.at(2027, 3, 3)
    assert wrong(bank) == 0


def test_ten_wrong_codes_in_five_minutes_from_one_address(bank: Bank) -> None:
    waits = [wrong(bank, person=f"person-{number}") for number in range(11)]
    assert waits[:10] == [0] * 10
    assert 290 <= waits[10] <= 300


def test_codes_go_three_times_an_hour_and_ten_a_day_to_one_mail_address(
    bank: Bank, clock: Clock
) -> None:
    sent = []
    for hour in range(5):
        clock.at(2027, 3, 2, hour)
        for number, email in enumerate(["dana@example.com", "DANA@example.com "] * 3):
            address = f"198.51.{hour}.{number}"
            sent.append(refused(lambda e=email, a=address: codes_to(bank, e, a)) == 0)  # type: ignore[misc]
    counts = [sum(sent[hour * 6 : hour * 6 + 6]) for hour in range(5)]
    assert counts == [3, 3, 3, 1, 0]  # who was refused was not counted


def test_twenty_codes_an_hour_are_asked_for_from_one_address(bank: Bank) -> None:
    waits = [
        refused(lambda n=n: codes_to(bank, f"person-{n}@example.com", "192.0.2.1"))  # type: ignore[misc]
        for n in range(21)
    ]
    assert waits[:20] == [0] * 20
    assert 3590 <= waits[20] <= 3600


def test_a_forgotten_password_three_times_an_hour_and_five_a_day(bank: Bank, clock: Clock) -> None:
    counts = []
    for hour in range(3):
        clock.at(2027, 3, 2, hour)
        asked = [
            refused(lambda n=n, h=hour: forgetting(bank, "dana", f"198.51.{h}.{n}"))  # type: ignore[misc]
            for n in range(5)
        ]
        counts.append(asked.count(0))
    assert counts == [3, 2, 0]


def test_ten_passwords_an_hour_are_forgotten_at_one_address(bank: Bank) -> None:
    waits = [
        refused(lambda n=n: forgetting(bank, f"person-{n}", "192.0.2.1"))  # type: ignore[misc]
        for n in range(11)
    ]
    assert [wait == 0 for wait in waits] == [True] * 10 + [False]


def test_load_tests_switch_it_off(make_app: Callable[..., Flask]) -> None:
    bank: Bank = make_app(ratelimit_enabled=False).extensions["bank"]
    assert {wrong(bank) for _ in range(20)} == {0}
    assert {refused(lambda: codes_to(bank, "d@example.com", "1")) for _ in range(5)} == {0}
