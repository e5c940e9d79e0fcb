"""Limits for one posting and for one day, with figures that tell what would succeed."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import make
from tests.conftest import Clock


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def kind_of(answer: Any) -> str:
    return str(answer.json["type"]).removeprefix("/problems/")


@pytest.fixture
def rich(client: FlaskClient, clock: Clock) -> make.Person:
    """A customer with 40000.00, of whose limits of today nothing is used yet."""
    clock.at(2030, 5, 1)
    make.customer(client).has("10000").has("10000")
    clock.at(2030, 5, 2)
    make.log_in(client, "dana").has("10000").has("10000")
    clock.at(2030, 5, 3)
    return make.log_in(client, "dana")


@pytest.mark.parametrize("path", ["/deposit", "/withdraw"])
def test_the_limit_for_one_posting_itself_is_allowed(rich: make.Person, path: str) -> None:
    assert rich.post(path, {"amount": "10000.00"}).status_code == 201


@pytest.mark.parametrize("path", ["/deposit", "/withdraw", "/transfer"])
def test_more_than_the_limit_for_one_posting_is_told_with_the_limit(
    client: FlaskClient, rich: make.Person, path: str
) -> None:
    more = {"to": make.customer(client, "erin").account} if path == "/transfer" else {}
    answer = rich.post(path, {"amount": "10000.01", **more})
    assert (answer.status_code, kind_of(answer)) == (422, "posting-limit-exceeded")
    assert answer.json["limit"] == usd("10000.00")
    assert rich.post(path, {"amount": answer.json["limit"]["amount"], **more}).status_code == 201


def test_more_than_the_day_allows_is_told_with_all_figures(rich: make.Person) -> None:
    rich.post("/withdraw", {"amount": "9000"})
    answer = rich.post("/withdraw", {"amount": "1000.01"})
    assert (answer.status_code, kind_of(answer)) == (422, "daily-limit-exceeded")
    figures = {name: answer.json[name] for name in ("limit", "used", "remaining", "resets_at")}
    assert figures == {
        "limit": usd("10000.00"), "used": usd("9000.00"), "remaining": usd("1000.00"),
        "resets_at": "2030-05-04T00:00:00.000Z",
    }  # fmt: skip


def test_what_was_said_to_remain_of_the_day_succeeds_and_is_the_last(rich: make.Person) -> None:
    rich.post("/withdraw", {"amount": "9000"})
    remaining = rich.post("/withdraw", {"amount": "5000"}).json["remaining"]["amount"]
    assert rich.post("/withdraw", {"amount": remaining}).status_code == 201
    last = rich.post("/withdraw", {"amount": "0.01"})
    assert (kind_of(last), last.json["remaining"]) == ("daily-limit-exceeded", usd("0.00"))


def test_withdrawals_and_transfers_share_the_day_s_limit(
    client: FlaskClient, rich: make.Person
) -> None:
    erin = make.customer(client, "erin")
    rich.post("/withdraw", {"amount": "6000"})
    answer = rich.post("/transfer", {"to": erin.account, "amount": "4000.01"})
    assert (kind_of(answer), answer.json["used"]) == ("daily-limit-exceeded", usd("6000.00"))


def test_deposits_have_a_limit_of_their_own(rich: make.Person) -> None:
    rich.post("/withdraw", {"amount": "10000"})
    rich.has("10000").has("9000")
    answer = rich.post("/deposit", {"amount": "1000.01"})
    assert (answer.json["limit"], answer.json["remaining"]) == (usd("20000.00"), usd("1000.00"))
    assert rich.post("/deposit", {"amount": "1000"}).status_code == 201


def test_what_comes_from_others_uses_nothing_of_the_day(
    client: FlaskClient, rich: make.Person
) -> None:
    erin = make.customer(client, "erin").has("10000").has("10000")
    rich.post("/transfer", {"to": erin.account, "amount": "10000"})
    assert erin.balance() == "30000.00"
    assert kind_of(erin.post("/deposit", {"amount": "1"})) == "daily-limit-exceeded"


def test_a_refusal_uses_nothing_of_the_day(rich: make.Person) -> None:
    rich.post("/withdraw", {"amount": "10000.01"})
    rich.post("/transfer", {"to": "100000000093", "amount": "9000"})
    assert rich.post("/withdraw", {"amount": "10000"}).status_code == 201


def test_with_the_next_day_the_limit_is_whole_again(rich: make.Person, clock: Clock) -> None:
    clock.at(2030, 5, 3, 23)
    rich = make.log_in(rich.client, "dana")
    rich.post("/withdraw", {"amount": "10000"})
    refused = rich.post("/withdraw", {"amount": "1"})
    clock.at(2030, 5, 4, 0)
    assert kind_of(refused) == "daily-limit-exceeded"
    assert refused.json["resets_at"] == "2030-05-04T00:00:00.000Z"
    assert rich.post("/withdraw", {"amount": "10000"}).status_code == 201


def test_a_clock_that_goes_back_opens_no_day_that_is_over(rich: make.Person, clock: Clock) -> None:
    clock.at(2030, 5, 4, 0)
    rich = make.log_in(rich.client, "dana")
    rich.post("/withdraw", {"amount": "10000"})
    clock.at(2030, 5, 3, 23)
    assert kind_of(rich.post("/withdraw", {"amount": "1"})) == "daily-limit-exceeded"


def test_history_goes_forward_when_the_clock_goes_back(rich: make.Person, clock: Clock) -> None:
    last = rich.post("/deposit", {"amount": "1"}).json
    clock.forward(hours=-3)
    assert rich.post("/deposit", {"amount": "1"}).json["at"] == last["at"]


def test_each_currency_has_limits_of_its_own(client: FlaskClient) -> None:
    dana = make.customer(client)
    yen = dana.post("/accounts", {"currency": "JPY"}).json["account"]
    answer = dana.post("/deposit", {"amount": "1500001", "account": yen})
    assert answer.json["limit"] == {"amount": "1500000", "currency": "JPY"}
    assert dana.post("/deposit", {"amount": "1500000", "account": yen}).status_code == 201


def test_each_account_has_a_day_of_its_own(client: FlaskClient) -> None:
    dana = make.customer(client).has("10000").has("10000")
    second = dana.post("/accounts", {}).json["account"]
    assert dana.post("/deposit", {"amount": "1", "account": second}).status_code == 201


def test_an_account_in_a_currency_that_the_bank_gave_up_moves_no_money(
    client: FlaskClient, make_app: Any
) -> None:
    dana = make.customer(client)
    number = dana.post("/accounts", {"currency": "EUR"}).json["account"]
    smaller = make.log_in(make_app(currencies=("USD",)).test_client(), "dana")
    answer = smaller.post("/deposit", {"amount": "1000000000", "account": number})
    assert (answer.status_code, kind_of(answer)) == (422, "invalid-field")
