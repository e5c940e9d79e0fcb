"""Who tries too often waits: counted before the password is looked at, the same for everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.throttles import ADDRESS_TRIES, NAME_TRIES, network
from app.errors import Overloaded
from app.models import throttles
from tests import make
from tests.conftest import Clock
from tests.together import together


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The tests' bank has its limits switched off; this one has them."""
    return make_app(ratelimit_enabled=True)


@pytest.fixture
def looked(client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The passwords that were really looked at; Dana is a customer."""
    make.customer(client, "dana")
    seen: list[str] = []
    real = bank.passwords.verify

    def verify(password: str, stored: str | None) -> bool:
        seen.append(password)
        return real(password, stored)

    monkeypatch.setattr(bank.passwords, "verify", verify)
    return seen


def tried(
    client: FlaskClient, name: str = "dana", password: str = "wrong", address: str = "192.0.2.1"
) -> tuple[int, int]:
    """The status of a log-in from an address, and how long to wait."""
    answer = client.post(
        "/auth/login", json={"username": name, "password": password},
        environ_base={"REMOTE_ADDR": address},
    )  # fmt: skip
    return answer.status_code, int(answer.headers.get("Retry-After", 0))


def right(client: FlaskClient, address: str = "192.0.2.1") -> tuple[int, int]:
    return tried(client, password=make.PASSWORD, address=address)


def somewhere(number: int) -> str:
    return f"198.51.{number // 250}.{number % 250 + 1}"


def test_of_200_wrong_log_ins_at_once_five_passwords_are_looked_at(
    app: Flask, looked: list[str]
) -> None:
    answers = together(200, lambda n: tried(app.test_client(), address=somewhere(n))[0])
    assert Counter(answers) == {401: NAME_TRIES, 429: 200 - NAME_TRIES}
    assert len(looked) == NAME_TRIES


def test_of_200_names_at_once_from_one_address_ten_are_looked_at(
    app: Flask, looked: list[str]
) -> None:
    answers = together(200, lambda n: tried(app.test_client(), f"guess-{n}")[0])
    assert Counter(answers) == {401: ADDRESS_TRIES, 429: 200 - ADDRESS_TRIES}
    assert len(looked) == ADDRESS_TRIES


def test_a_name_waits_longer_each_time_and_opens_by_itself(
    client: FlaskClient, looked: list[str], clock: Clock
) -> None:
    waited = []
    for number in range(NAME_TRIES - 1):
        assert tried(client, address=somewhere(number)) == (401, 0)
    for number in range(100, 107):
        assert tried(client, address=somewhere(number)) == (401, 0)
        status, seconds = tried(client, address=somewhere(number))
        assert status == 429
        waited.append(seconds)
        clock.forward(seconds=seconds)
    assert waited == [60, 120, 240, 480, 900, 900, 900]
    assert right(client, somewhere(200)) == (200, 0)
    assert len(looked) == NAME_TRIES - 1 + 7 + 1


def test_who_has_come_in_may_be_wrong_again(client: FlaskClient, looked: list[str]) -> None:
    for _ in range(4):
        for number in range(NAME_TRIES - 1):
            assert tried(client, address=somewhere(number))[0] == 401
        assert right(client)[0] == 200


def test_a_right_password_does_not_count_against_its_address(
    client: FlaskClient, looked: list[str]
) -> None:
    assert {right(client)[0] for _ in range(2 * ADDRESS_TRIES)} == {200}


def test_an_address_opens_with_the_next_five_minutes(
    client: FlaskClient, looked: list[str], clock: Clock
) -> None:
    clock.at(2027, 3, 1)  # at noon: the five minutes begin
    for number in range(ADDRESS_TRIES):
        assert tried(client, f"guess-{number}")[0] == 401
    status, seconds = right(client)
    assert status == 429
    assert 290 <= seconds <= 300
    assert right(client, "192.0.2.2")[0] == 200
    clock.forward(seconds=seconds)
    assert right(client)[0] == 200


def test_nobody_learns_whether_a_name_exists(client: FlaskClient, looked: list[str]) -> None:
    for name in ("dana", "nobody"):
        for number in range(NAME_TRIES):
            assert tried(client, name, address=somewhere(number))[0] == 401
    answers = [
        client.post("/auth/login", json={"username": name, "password": "wrong"}).json
        for name in ("dana", "nobody")
    ]
    known, unknown = ({k: v for k, v in each.items() if k != "request_id"} for each in answers)
    assert known == unknown
    assert known["type"] == "/problems/too-many-tries"


def test_a_name_in_other_letters_is_the_same_name(client: FlaskClient, looked: list[str]) -> None:
    for number, name in enumerate(("dana", "Dana", "DANA", "dAna", "danA")):
        assert tried(client, name, address=somewhere(number))[0] == 401
    assert right(client)[0] == 429


def test_a_busy_bank_does_not_count(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.customer(client, "dana")

    def busy(*_: object) -> bool:
        raise Overloaded

    with monkeypatch.context() as patched:
        patched.setattr(bank.passwords, "verify", busy)
        assert {right(client)[0] for _ in range(3 * ADDRESS_TRIES)} == {503}
    assert right(client)[0] == 200


def test_what_was_typed_is_not_kept(client: FlaskClient, looked: list[str], bank: Bank) -> None:
    tried(client, "my-secret-canary", address="203.0.113.77")
    found = str(list(bank.database.collection(throttles.NAME).find({})))
    assert "canary" not in found
    assert "203.0.113" not in found


def test_load_tests_switch_it_off(make_app: Callable[..., Flask]) -> None:
    client = make_app(ratelimit_enabled=False).test_client()
    assert {tried(client)[0] for _ in range(3 * ADDRESS_TRIES)} == {401}


def test_entries_of_the_past_can_be_tidied_up(
    client: FlaskClient, looked: list[str], bank: Bank
) -> None:
    tried(client)
    rows = list(bank.database.collection(throttles.NAME).find({}))
    assert len(rows) > 3
    latest = bank.now() + timedelta(days=2)
    assert all(bank.now() < row["expires_at"] < latest for row in rows)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("somewhere", "unknown"),
    ],
)
def test_a_customer_of_a_network_is_one_address_or_one_64(address: str, expected: str) -> None:
    assert network(address) == expected
