"""Customers move their money: what they are told, and what is refused."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import accounts
from tests import make
from tests.reading import told

NOWHERE = "100000000093"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def set_status(bank: Bank, number: str, status: str) -> None:
    account = accounts.get_account(bank.database, number)
    assert accounts.change_status(bank.database, account, status)


def test_a_deposit_is_answered_in_full(client: FlaskClient) -> None:
    dana = make.customer(client)
    answer = dana.post("/deposit", {"amount": "12.50", "memo": "wages"})
    made = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/transactions/{made['id']}"
    assert "Idempotency-Replayed" not in answer.headers
    assert made | {"id": "", "at": ""} == {
        "id": "", "kind": "deposit", "account": dana.account, "amount": usd("12.50"),
        "balance": usd("12.50"), "seq": 1, "at": "", "memo": "wages", "reference": "",
        "counterparty": None,
    }  # fmt: skip


def test_a_withdrawal_shows_what_left_and_what_is_left(client: FlaskClient) -> None:
    dana = make.customer(client).has("20")
    made = dana.post("/withdraw", {"amount": "5"}).json
    assert (made["kind"], made["amount"], made["balance"], made["seq"]) == (
        "withdrawal", usd("-5.00"), usd("15.00"), 2,
    )  # fmt: skip


def test_a_transfer_is_seen_from_both_sides(client: FlaskClient) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin").has("1")
    answer = dana.post("/transfer", {"to": erin.account, "amount": "7.25", "memo": "lunch"})
    sent = answer.json
    received = erin.get(answer.headers["Location"]).json
    assert answer.status_code == 201
    assert (sent["amount"], sent["balance"], sent["counterparty"]) == (
        usd("-7.25"), usd("12.75"), erin.account,
    )  # fmt: skip
    assert (received["amount"], received["balance"], received["counterparty"]) == (
        usd("7.25"), usd("8.25"), dana.account,
    )  # fmt: skip
    assert (sent["id"], sent["at"], sent["memo"]) == (received["id"], received["at"], "lunch")


def test_money_goes_between_own_accounts(client: FlaskClient) -> None:
    dana = make.customer(client).has("20")
    second = dana.post("/accounts", {}).json["account"]
    dana.post("/transfer", {"to": second, "amount": "8"})
    dana.post("/transfer", {"account": second, "to": dana.account, "amount": "3"})
    assert dana.balance() == "15.00"
    assert dana.get(f"/balance?account={second}").json["balance"] == usd("5.00")


@pytest.mark.parametrize("path", ["/withdraw", "/transfer"])
def test_money_can_leave_exactly_to_zero(client: FlaskClient, path: str) -> None:
    dana, erin = make.customer(client).has("20.01"), make.customer(client, "erin")
    more = {"to": erin.account} if path == "/transfer" else {}
    answer = dana.post(path, {"amount": "20.01", **more})
    assert (answer.status_code, answer.json["balance"]) == (201, usd("0.00"))
    assert told(dana.post(path, {"amount": "0.01", **more})) == (422, "insufficient-funds")


def test_too_little_money_is_told_with_the_figures(client: FlaskClient) -> None:
    dana = make.customer(client).has("20")
    answer = dana.post("/withdraw", {"amount": "20.01"})
    assert told(answer) == (422, "insufficient-funds")
    assert (answer.json["account"], answer.json["available"], answer.json["requested"]) == (
        dana.account, usd("20.00"), usd("20.01"),
    )  # fmt: skip
    assert dana.balance() == "20.00"


@pytest.mark.parametrize("path", ["/withdraw", "/transfer"])
def test_asking_for_what_was_said_to_be_available_succeeds(client: FlaskClient, path: str) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin")
    more = {"to": erin.account} if path == "/transfer" else {}
    available = dana.post(path, {"amount": "99", **more}).json["available"]["amount"]
    assert dana.post(path, {"amount": available, **more}).status_code == 201


@pytest.mark.parametrize(
    "amount",
    [
        0, -5, "0", "0.00", "-5", "", " ", "five", "1e3", "NaN", "Infinity", "1,50", "\u0665",
        True, None, [], {"minor": 5}, "10000000000000000000000", 10**16, "5 USD", "0.000000000001",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/deposit", "/withdraw", "/transfer"])
def test_what_is_no_amount_is_refused(client: FlaskClient, path: str, amount: object) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin")
    more = {"to": erin.account} if path == "/transfer" else {}
    answer = dana.post(path, {"amount": amount, **more})
    assert told(answer) == (422, "invalid-fields")
    assert [error["field"] for error in answer.json["errors"]] == ["amount"]
    assert (dana.balance(), erin.balance()) == ("20.00", "0.00")


@pytest.mark.parametrize("written", ["12.345", 12.345, "0.001"])
def test_a_part_of_a_cent_is_refused_not_rounded(client: FlaskClient, written: object) -> None:
    answer = make.customer(client).post("/deposit", {"amount": written})
    assert told(answer) == (422, "invalid-field")
    assert answer.json["field"] == "amount"


def test_a_number_is_read_exactly(client: FlaskClient) -> None:
    dana = make.customer(client)
    for _ in range(3):
        dana.send("POST", "/deposit", data='{"amount": 0.1}', content_type="application/json")
    assert dana.balance() == "0.30"


def test_money_is_not_sent_to_the_account_it_comes_from(client: FlaskClient) -> None:
    dana = make.customer(client).has("20")
    answer = dana.post("/transfer", {"to": dana.account, "amount": "5"})
    assert told(answer) == (422, "same-account")


@pytest.mark.parametrize("wrong", [{"currency": "EUR"}, {"amount": "0.001"}])
def test_the_same_account_is_named_before_what_else_is_wrong(
    client: FlaskClient, wrong: dict[str, str]
) -> None:
    dana = make.customer(client).has("20")
    order = {"to": dana.account, "amount": "5", **wrong}
    assert told(dana.post("/transfer", order)) == (422, "same-account")
    asked = dana.post("/auth/codes", {"purpose": "transfer", **order})
    assert told(asked) == (422, "same-account")


def test_money_is_not_sent_to_an_account_that_does_not_exist(client: FlaskClient) -> None:
    dana = make.customer(client).has("20")
    answer = dana.post("/transfer", {"to": NOWHERE, "amount": "5"})
    assert told(answer) == (404, "account-not-found")
    assert (answer.json["account"], dana.balance()) == (NOWHERE, "20.00")


def test_a_mistyped_account_number_is_noticed(client: FlaskClient) -> None:
    dana = make.customer(client).has("20")
    answer = dana.post("/transfer", {"to": "100000000094", "amount": "5"})
    assert told(answer) == (422, "invalid-fields")
    assert answer.json["errors"][0]["field"] == "to"


@pytest.mark.parametrize("path", ["/deposit", "/withdraw", "/transfer"])
def test_nobody_moves_money_of_a_stranger_s_account(client: FlaskClient, path: str) -> None:
    dana, mallory = make.customer(client).has("20"), make.customer(client, "mallory").has("1")
    more = {"to": mallory.account} if path == "/transfer" else {}
    answer = mallory.post(path, {"account": dana.account, "amount": "5", **more})
    assert told(answer) == (404, "account-not-found")
    assert (dana.balance(), mallory.balance()) == ("20.00", "1.00")


def test_money_of_one_currency_does_not_go_to_an_account_of_another(client: FlaskClient) -> None:
    dana = make.customer(client).has("20")
    yen = dana.post("/accounts", {"currency": "JPY"}).json["account"]
    answer = dana.post("/transfer", {"to": yen, "amount": "5"})
    assert told(answer) == (422, "currency-mismatch")
    assert (answer.json["currency"], dana.balance()) == ("JPY", "20.00")


def test_a_frozen_account_receives_but_does_not_send(client: FlaskClient, bank: Bank) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin").has("9")
    set_status(bank, dana.account, "frozen")
    received = erin.post("/transfer", {"to": dana.account, "amount": "4"})
    refused = [
        dana.post("/withdraw", {"amount": "1"}),
        dana.post("/transfer", {"to": erin.account, "amount": "1"}),
    ]
    assert received.status_code == 201
    assert [told(answer) for answer in refused] == [(409, "account-frozen")] * 2
    assert dana.has("1").balance() == "25.00"


def test_a_closed_account_neither_sends_nor_receives(client: FlaskClient, bank: Bank) -> None:
    dana, erin = make.customer(client), make.customer(client, "erin").has("9")
    set_status(bank, dana.account, "closed")
    refused = [
        dana.post("/deposit", {"amount": "1"}),
        dana.post("/withdraw", {"amount": "1"}),
        dana.post("/transfer", {"to": erin.account, "amount": "1"}),
        erin.post("/transfer", {"to": dana.account, "amount": "1"}),
    ]
    assert [told(answer) for answer in refused] == [(409, "account-closed")] * 4
    assert (dana.balance(), erin.balance()) == ("0.00", "9.00")


@pytest.mark.parametrize("memo", ["x" * 141, "a\nb", "a\u202eb", 5, None, {"text": "rent"}])
def test_a_memo_is_a_short_line_of_plain_text(client: FlaskClient, memo: object) -> None:
    answer = make.customer(client).post("/deposit", {"amount": "1", "memo": memo})
    assert told(answer) == (422, "invalid-fields")


def test_a_banker_moves_no_money_as_a_customer(client: FlaskClient) -> None:
    answer = make.banker(client).post("/deposit", {"amount": "1"})
    assert told(answer) == (403, "not-a-customer")


def test_an_order_may_name_its_currency_to_be_sure(client: FlaskClient) -> None:
    dana = make.customer(client, "dana")
    assert dana.post("/deposit", {"amount": "5", "currency": "usd"}).status_code == 201
    answer = dana.post("/deposit", {"amount": "5", "currency": "EUR"})
    assert (answer.status_code, answer.json["currency"]) == (422, "USD")
    assert dana.balance() == "5.00"
