"""Asking again: under the same key nothing happens twice, and the first answer comes again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import accounts
from tests import make
from tests.conftest import Clock
from tests.reading import told
from tests.together import together

KEY = "0123456789abcdef-KEY_1"
Change = Callable[[make.Person, Bank], None]


def keyed(person: make.Person, path: str, body: object, key: str = KEY) -> Any:
    return person.post(path, body, headers={"Idempotency-Key": key})


def body_of(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json.items() if name != "request_id"}


def assert_replays(first: Any, again: Any) -> None:
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.status_code == first.status_code
    assert body_of(again) == body_of(first)
    assert again.headers.get("Location") == first.headers.get("Location")


def nothing(_: make.Person, __: Bank) -> None:
    """Nothing happens meanwhile."""


def top_up(person: make.Person, _: Bank) -> None:
    person.has("5000")


def spend_all(person: make.Person, _: Bank) -> None:
    amount = person.balance()
    if amount != "0.00":
        assert person.post("/withdraw", {"amount": amount}).status_code == 201


def freeze(person: make.Person, bank: Bank) -> None:
    account = accounts.get_account(bank.database, person.account)
    assert accounts.change_status(bank.database, account, "frozen")


def close(person: make.Person, bank: Bank) -> None:
    spend_all(person, bank)
    account = accounts.get_account(bank.database, person.account)
    assert accounts.change_status(bank.database, account, "closed")


MEANWHILE = [nothing, top_up, spend_all, freeze, close]


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("path", ["/deposit", "/withdraw", "/transfer"])
def test_a_success_is_answered_again_whatever_happened_since(
    client: FlaskClient, bank: Bank, path: str, meanwhile: Change
) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin")
    body = {"amount": "5", "memo": "rent"} | ({"to": erin.account} if path == "/transfer" else {})
    first = keyed(dana, path, body)
    meanwhile(dana, bank)
    before = dana.balance()
    assert_replays(first, keyed(dana, path, body))
    assert dana.balance() == before


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("path", ["/withdraw", "/transfer"])
def test_a_refusal_stays_a_refusal_whatever_happened_since(
    client: FlaskClient, bank: Bank, path: str, meanwhile: Change
) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin")
    body = {"amount": "20.01"} | ({"to": erin.account} if path == "/transfer" else {})
    first = keyed(dana, path, body)
    meanwhile(dana, bank)
    before = dana.balance()
    assert told(first) == (422, "insufficient-funds")
    assert_replays(first, keyed(dana, path, body))
    assert dana.balance() == before


def test_a_refusal_by_a_limit_is_repeated_with_its_figures_even_the_next_day(
    client: FlaskClient, clock: Clock
) -> None:
    clock.at(2030, 5, 1)
    dana = make.customer(client).has("10000").has("10000")
    dana.post("/withdraw", {"amount": "9000"})
    first = keyed(dana, "/withdraw", {"amount": "2000"})
    clock.at(2030, 5, 2, 1)
    dana = make.log_in(client, "dana")
    assert first.json["resets_at"] == "2030-05-02T00:00:00.000Z"
    assert_replays(first, keyed(dana, "/withdraw", {"amount": "2000"}))


def test_a_key_never_expires(client: FlaskClient, clock: Clock) -> None:
    dana = make.customer(client)
    first = keyed(dana, "/deposit", {"amount": "5"})
    clock.forward(days=3650)
    assert_replays(first, keyed(make.log_in(client, "dana"), "/deposit", {"amount": "5"}))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/deposit", {"amount": "5.01"}),
        ("/deposit", {"amount": "5", "memo": "x"}),
        ("/withdraw", {"amount": "5"}),
    ],
)
def test_another_request_under_the_same_key_is_refused(
    client: FlaskClient, path: str, body: dict[str, str]
) -> None:
    dana = make.customer(client).has("20")
    keyed(dana, "/deposit", {"amount": "5"})
    assert told(keyed(dana, path, body)) == (422, "key-reused")
    assert dana.balance() == "25.00"


def test_another_account_is_another_request(client: FlaskClient) -> None:
    dana = make.customer(client)
    second = dana.post("/accounts", {}).json["account"]
    keyed(dana, "/deposit", {"amount": "5"})
    answer = keyed(dana, "/deposit", {"amount": "5", "account": second})
    assert told(answer) == (422, "key-reused")


def test_a_refused_reuse_does_not_spoil_the_key(client: FlaskClient) -> None:
    dana = make.customer(client)
    first = keyed(dana, "/deposit", {"amount": "5"})
    keyed(dana, "/deposit", {"amount": "6"})
    assert_replays(first, keyed(dana, "/deposit", {"amount": "5"}))


def test_the_same_key_of_another_person_is_another_key(client: FlaskClient) -> None:
    dana, erin = make.customer(client), make.customer(client, "erin")
    answers = [keyed(person, "/deposit", {"amount": "5"}) for person in (dana, erin)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json["id"] != answers[1].json["id"]
    assert (dana.balance(), erin.balance()) == ("5.00", "5.00")


def test_an_amount_is_the_same_however_it_is_written(client: FlaskClient) -> None:
    dana = make.customer(client)
    first = keyed(dana, "/deposit", {"amount": "12.5"})
    for written in ('"12.50"', "12.50", "12.5", "1.25e1"):
        again = dana.send(
            "POST", "/deposit", data=f'{{"amount": {written}}}', content_type="application/json",
            headers={"Idempotency-Key": KEY},
        )  # fmt: skip
        assert_replays(first, again)
    assert dana.balance() == "12.50"


def test_without_a_key_two_equal_deposits_are_two(client: FlaskClient) -> None:
    dana = make.customer(client)
    ids = {dana.post("/deposit", {"amount": "5"}).json["id"] for _ in range(2)}
    assert (len(ids), dana.balance()) == (2, "10.00")


def test_a_wrong_field_uses_up_no_key(client: FlaskClient) -> None:
    dana = make.customer(client)
    keyed(dana, "/deposit", {"amount": "five"})
    assert keyed(dana, "/deposit", {"amount": "5"}).status_code == 201


def test_twenty_equal_requests_at_once_move_money_once(app: Flask, client: FlaskClient) -> None:
    dana = make.customer(client)

    def try_it(_: int) -> Any:
        person = make.Person(app.test_client(), "dana", dana.tokens)
        return keyed(person, "/deposit", {"amount": "5"})

    answers = together(20, try_it)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert dana.balance() == "5.00"


@pytest.mark.parametrize("key", ["short", "x" * 65, "with spaces in it 123", "ke\u00ff" * 8, ""])
def test_a_key_has_sixteen_to_sixty_four_plain_characters(client: FlaskClient, key: str) -> None:
    dana = make.customer(client)
    answer = keyed(dana, "/deposit", {"amount": "5"}, key)
    assert told(answer) == (422, "invalid-fields")
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"
    assert dana.balance() == "0.00"
