"""What a person hears of wrong tries to log in with their name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.mail import notices
from app.controllers.throttles import CODE_TRIES, second_factor
from app.errors import InvalidCode
from app.models import users
from app.models.database import Database
from tests import make
from tests.conftest import Clock


@pytest.fixture
def app(make_app: Callable[..., Flask], clock: Clock) -> Flask:
    """With limits, and at the beginning of an hour."""
    clock.at(2027, 3, 1)
    return make_app(ratelimit_enabled=True)


@pytest.fixture
def device(client: FlaskClient) -> str:
    """Dana's, whose address is confirmed."""
    return str(make.confirmed(client, "dana").tokens["device_token"])


def logs_in(client: FlaskClient, password: str = make.PASSWORD, device: str | None = None) -> int:
    body = {"username": "dana", "password": password, "device_token": device}
    return client.post("/auth/login", json=body).status_code


def wrong(client: FlaskClient, clock: Clock, times: int) -> None:
    """That many wrong tries, each as soon as it is looked at."""
    for _ in range(times):
        while logs_in(client, "wrong") == 429:
            clock.forward(minutes=5)


def mails(bank: Bank) -> list[str]:
    """The subjects of all notices so far, newest first."""
    subjects = [letter.subject for letter in make.mails(bank)]
    return [subject for subject in subjects if subject != "Your code to open an account"]


def test_a_log_in_after_three_wrong_tries_is_told(
    client: FlaskClient, bank: Bank, device: str, clock: Clock
) -> None:
    wrong(client, clock, 2)
    assert logs_in(client) == 200
    assert mails(bank) == []
    wrong(client, clock, 3)
    assert logs_in(client) == 200
    assert logs_in(client) == 200
    assert mails(bank) == ["A log-in after wrong tries"]
    notice = make.mails(bank)[0]
    assert notice.to == "dana@example.com"
    assert "3 wrong tries" in notice.text


def test_who_logs_in_with_a_known_device_hears_once_of_the_tries_elsewhere(
    client: FlaskClient, bank: Bank, device: str, clock: Clock
) -> None:
    wrong(client, clock, 4)
    for _ in range(3):
        assert logs_in(client, device=device) == 200
    assert mails(bank) == ["A log-in after wrong tries"]
    wrong(client, clock, 3)
    assert logs_in(client, device=device) == 200
    assert mails(bank).count("A log-in after wrong tries") == 2


def test_a_long_wait_is_told_once_until_somebody_comes_in(
    client: FlaskClient, bank: Bank, device: str, clock: Clock
) -> None:
    wrong(client, clock, 7)
    assert mails(bank) == []
    wrong(client, clock, 1)
    assert mails(bank) == ["Wrong tries to log in"]
    wrong(client, clock, 5)
    assert mails(bank) == ["Wrong tries to log in"]
    clock.forward(minutes=15)
    assert logs_in(client) == 200
    wrong(client, clock, 8)
    assert mails(bank).count("Wrong tries to log in") == 2


def test_wrong_codes_are_told_as_what_they_are(
    client: FlaskClient, bank: Bank, device: str, clock: Clock
) -> None:
    dana = users.find_by_username(bank.database, "dana")
    assert dana
    for number in range(CODE_TRIES + 3):
        with pytest.raises(InvalidCode), second_factor(bank, dana.id, f"192.0.2.{number}"):
            raise InvalidCode
        clock.forward(minutes=15)
    assert mails(bank) == ["Wrong codes"]


def test_an_address_that_nobody_confirmed_gets_no_mail(
    client: FlaskClient, bank: Bank, clock: Clock, database: Database
) -> None:
    make.customer(client, "dana")
    database.collection(users.NAME).update_one(
        {"username": "dana"}, {"$set": {"email": "dana@example.com"}}
    )
    wrong(client, clock, 8)
    clock.forward(minutes=15)
    assert logs_in(client) == 200
    assert mails(bank) == []


def test_no_notice_holds_anything_to_click_on(bank: Bank, device: str) -> None:
    dana = users.find_by_username(bank.database, "dana")
    assert dana
    for notice in (notices.came_in_after, notices.shut_for_long, notices.wrong_codes):
        letter = notice("Strongroom", dana, 8)
        assert letter
        assert letter.text.startswith("Hello dana,\n\n")
        assert "8" in letter.text
        assert "http" not in letter.text
