"""Who tries too often waits: counted before the password is looked at, the same for everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.quotas import network
from app.controllers.throttles import (
    ADDRESS_TRIES,
    NAME_TRIES,
    NAMES_AN_HOUR,
    came_in,
    logging_in,
)
from app.errors import Overloaded
from app.models import throttles
from tests import make
from tests.conftest import Clock
from tests.together import together


@pytest.fixture
def app(make_app: Callable[..., Flask], clock: Clock) -> Flask:
    """The tests' bank has its limits switched off; this one has them. An hour has just begun.

    It serves 200 at once: who waits at the gate may be told that the bank is busy, and not to wait.
    """
    clock.at(2027, 3, 1)
    return make_app(ratelimit_enabled=True, threads=200, mongo_pool=200)


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
    client: FlaskClient,
    name: str = "dana",
    password: str = "wrong",
    address: str = "192.0.2.1",
    **more: str,
) -> tuple[int, int]:
    """The status of a log-in from an address, and how long to wait."""
    answer = client.post(
        "/auth/login", json={"username": name, "password": password, **more},
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
        client.post(
            "/auth/login", json={"username": name, "password": "wrong"},
            headers={"X-Request-Id": "the-same-one"},
        )
        for name in ("dana", "nobody")
    ]  # fmt: skip
    known, unknown = answers
    assert known.json["type"] == "/problems/too-many-tries"
    assert known.data == unknown.data
    assert sorted(known.headers) == sorted(unknown.headers)


def test_a_name_in_other_letters_is_the_same_name(client: FlaskClient, looked: list[str]) -> None:
    wide = "\uff44\uff41\uff4e\uff41"  # forms that the bank takes for the same letters
    for number, name in enumerate(("dana", "Dana", "DANA", wide, f"{wide[0]}ana")):
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


def test_200_at_once_on_50_names_from_one_address_get_ten_looks(
    app: Flask, looked: list[str]
) -> None:
    answers = together(200, lambda n: tried(app.test_client(), f"guess-{n % 50}")[0])
    assert Counter(answers) == {401: ADDRESS_TRIES, 429: 200 - ADDRESS_TRIES}
    assert len(looked) == ADDRESS_TRIES


def test_an_office_logs_in_at_once_from_one_address(
    app: Flask, client: FlaskClient, looked: list[str]
) -> None:
    people = [f"clerk-{number}" for number in range(2 * ADDRESS_TRIES)]
    for number, name in enumerate(people):
        order = {"username": name, "password": make.PASSWORD}
        where = {"REMOTE_ADDR": somewhere(number)}
        assert client.post("/auth/register", json=order, environ_base=where).status_code == 201
    answers = together(
        len(people), lambda n: tried(app.test_client(), people[n], make.PASSWORD, "192.0.2.9")
    )
    assert set(answers) == {(200, 0)}


def test_who_comes_in_between_too_many_others_waits_for_a_second(
    client: FlaskClient, bank: Bank, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.controllers.throttles._PAUSES_SECONDS", (0.01,))
    with ExitStack() as in_flight:
        for number in range(ADDRESS_TRIES):
            in_flight.enter_context(logging_in(bank, f"guess-{number}", "192.0.2.1"))
        assert right(client) == (429, 1)
    assert right(client) == (200, 0)


def test_what_a_process_did_not_live_to_settle_was_wrong(
    client: FlaskClient,
    bank: Bank,
    looked: list[str],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as dead:
        dead.setattr(throttles, "forgive", lambda *_: None)
        for number in range(NAME_TRIES):
            with suppress(KeyboardInterrupt), logging_in(bank, "dana", somewhere(number)):
                raise KeyboardInterrupt
    clock.forward(minutes=2)
    assert tried(client)[0] == 401
    assert tried(client) == (429, 120)


def test_twenty_different_names_an_hour_are_looked_at_from_one_address(
    client: FlaskClient, looked: list[str], clock: Clock
) -> None:
    for number in range(NAMES_AN_HOUR):
        assert tried(client, f"guess-{number}")[0] == 401
        clock.forward(seconds=61)
    status, seconds = tried(client, "one more")
    assert status == 429
    assert 2300 < seconds <= 3600 - 61 * NAMES_AN_HOUR
    assert tried(client, "guess-0")[0] == 401  # not a new one
    assert tried(client, "one more", address="192.0.2.2")[0] == 401
    clock.forward(seconds=seconds)
    assert tried(client, "one more")[0] == 401


def test_one_name_tried_often_counts_once_and_who_comes_in_does_not(
    client: FlaskClient, looked: list[str], clock: Clock
) -> None:
    for _ in range(NAME_TRIES):
        assert tried(client, "guess-0")[0] == 401
    assert tried(client)[0] == 401
    assert right(client)[0] == 200
    for number in range(1, NAMES_AN_HOUR):
        clock.forward(seconds=61)
        assert tried(client, f"guess-{number}")[0] == 401
    clock.forward(seconds=61)
    assert tried(client, "one more")[0] == 429


def test_in_a_storm_there_are_fewer_tries_for_each_and_nobody_is_locked_out(
    client: FlaskClient, looked: list[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.controllers.throttles.WRONG_EVERYWHERE", 4)
    for number in range(4):
        assert tried(client, f"guess-{number}", address=somewhere(number))[0] == 401
    by_name = [tried(client, address=somewhere(100 + n))[0] for n in range(3)]
    assert by_name == [401, 401, 429]
    by_address = [tried(client, f"guess-{10 + n}")[0] for n in range(4)]
    assert by_address == [401, 401, 401, 429]
    assert right(client, somewhere(200))[0] == 429
    clock.forward(minutes=5)
    assert right(client)[0] == 200


def test_in_a_storm_who_is_right_does_not_count(
    client: FlaskClient, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.controllers.throttles.WRONG_EVERYWHERE", 3)
    assert {right(client)[0] for _ in range(5)} == {200}
    assert [tried(client)[0] for _ in range(3)] == [401] * 3


def test_nobody_is_locked_out_for_good(
    client: FlaskClient, looked: list[str], clock: Clock
) -> None:
    for number in range(120):
        assert tried(client, address=somewhere(number))[0] == 401
        clock.forward(minutes=15)
    assert right(client) == (200, 0)


def test_two_processes_count_together(
    make_app: Callable[..., Flask], client: FlaskClient, looked: list[str]
) -> None:
    other = make_app(ratelimit_enabled=True).test_client()
    for number in range(NAME_TRIES):
        assert tried(other if number % 2 else client, address=somewhere(number))[0] == 401
    assert tried(client)[0] == 429
    assert tried(other)[0] == 429


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_the_address_is_what_the_bank_s_own_proxies_say(
    make_app: Callable[..., Flask], hops: int
) -> None:
    client = make_app(ratelimit_enabled=True, proxy_hops=hops).test_client()

    def statuses(*forwarded: str) -> list[int]:
        return [
            client.post(
                "/auth/login", json={"username": f"guess-{n}", "password": "wrong"},
                headers={"X-Forwarded-For": ", ".join(f.format(n) for f in forwarded)},
            ).status_code
            for n in range(ADDRESS_TRIES + 1)
        ]  # fmt: skip

    # What stands before the proxies' own entries is an attacker's text; it changes each time.
    proxies = ["198.51.100.7", "10.0.0.1"][:hops]
    assert statuses("203.0.113.{}", *proxies)[-1] == 429
    if hops:
        # Where the proxies name another caller each time, each is counted alone.
        assert statuses("203.0.113.9", "198.51.100.10{}", *proxies[1:])[-1] == 401


def test_right_so_far_gives_the_try_back_and_forgets_nothing(
    client: FlaskClient, bank: Bank, looked: list[str]
) -> None:
    for number in range(NAME_TRIES - 1):
        assert tried(client, address=somewhere(number))[0] == 401
    for _ in range(3):
        with logging_in(bank, "dana", "192.0.2.1") as attempt:
            attempt.halfway()
    assert tried(client)[0] == 401
    assert tried(client)[0] == 429


def test_in_at_last_forgets_the_wrong_tries(
    client: FlaskClient, bank: Bank, looked: list[str]
) -> None:
    for number in range(NAME_TRIES - 1):
        assert tried(client, address=somewhere(number))[0] == 401
    with logging_in(bank, "dana", "192.0.2.1") as attempt:
        attempt.halfway()
    came_in(bank, "dana")
    assert [tried(client)[0] for _ in range(NAME_TRIES)] == [401] * NAME_TRIES


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
