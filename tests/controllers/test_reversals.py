"""Taking money back: by an opposite transaction that names the first, whole or in parts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bson import Int64
from flask import Flask
from flask.testing import FlaskClient
from pymongo import MongoClient

from app.controllers.bank import Bank
from app.controllers.books import verify_books
from app.controllers.ledger import opposite
from app.errors import AlreadyReversed, NotReversible, ReversalTooLarge
from app.models import reversals, transactions
from tests import make
from tests.controllers.four_eyes import Desk, decide, many, newest, open_desk, reverse, statuses
from tests.make import Person
from tests.reading import told
from tests.together import together


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return open_desk(client)


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.customer(client, "dana").has("100.00")


@pytest.fixture
def eve(client: FlaskClient) -> Person:
    return make.customer(client, "eve")


def sent(dana: Person, eve: Person, amount: str = "40.00") -> str:
    answer = dana.post("/transfer", {"to": eve.account, "amount": amount})
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def test_a_transfer_is_taken_back_and_the_reversal_names_it(
    desk: Desk, dana: Person, eve: Person
) -> None:
    first = sent(dana, eve)
    shown = reverse(desk.tess, first)
    assert {c["object"]: (c["before"], c["after"]) for c in shown.json["effect"]} == {
        dana.account: ("60.00", "100.00"), eve.account: ("40.00", "0.00"),
    }  # fmt: skip
    done = decide(desk.abe, shown)
    assert (dana.balance(), eve.balance()) == ("100.00", "0.00")
    rows = desk.art.get("/banker/transactions?kind=reversal").json["items"]
    assert [(row["id"], row["reverses"], row["reference"]) for row in rows] == [
        (done.json["result"], first, done.json["id"])
    ]


def test_what_was_taken_back_is_not_taken_back_again(desk: Desk, dana: Person, eve: Person) -> None:
    first = sent(dana, eve)
    decide(desk.abe, reverse(desk.tess, first))
    assert told(reverse(desk.tess, first)) == (409, "already-reversed")


def test_of_two_proposals_for_the_same_one_is_done(
    desk: Desk, dana: Person, eve: Person, bank: Bank
) -> None:
    first = sent(dana, eve)
    one, two = reverse(desk.tess, first), reverse(desk.bo, first)
    assert decide(desk.abe, one).status_code == 200
    assert told(decide(desk.abe, two)) == (409, "state-drifted")
    assert statuses(bank) == ["executed", "void"]
    assert dana.balance() == "100.00"


def test_a_reversal_cannot_be_reversed(desk: Desk, dana: Person, eve: Person) -> None:
    done = decide(desk.abe, reverse(desk.tess, sent(dana, eve)))
    assert told(reverse(desk.tess, done.json["result"])) == (409, "not-reversible")


def test_parts_are_taken_back_up_to_the_amount(desk: Desk, dana: Person, eve: Person) -> None:
    first = sent(dana, eve)
    for amount in ("15.00", "5.00"):
        assert decide(desk.abe, reverse(desk.tess, first, amount=amount)).status_code == 200
    too_much = reverse(desk.tess, first, amount="20.01")
    assert told(too_much) == (422, "reversal-too-large")
    assert too_much.json["remaining"]["amount"] == "20.00"
    assert decide(desk.abe, reverse(desk.tess, first)).status_code == 200
    assert (dana.balance(), eve.balance()) == ("100.00", "0.00")
    rows = desk.art.get("/banker/transactions?kind=reversal").json["items"]
    assert {row["reverses"] for row in rows} == {first}
    assert told(reverse(desk.tess, first, amount="0.01")) == (409, "already-reversed")


def test_a_reversal_does_not_overdraw(desk: Desk, dana: Person, eve: Person) -> None:
    first = sent(dana, eve)
    eve.post("/withdraw", {"amount": "10"})
    refused = reverse(desk.tess, first)
    assert told(refused) == (422, "insufficient-funds")
    assert refused.json["available"]["amount"] == "30.00"
    assert reverse(desk.tess, first, amount="30").status_code == 202


def test_a_deposit_is_taken_back_from_the_bank_s_cash(desk: Desk, dana: Person) -> None:
    assert decide(desk.abe, reverse(desk.tess, newest(dana), amount="99")).status_code == 200
    assert dana.balance() == "1.00"


def test_a_transaction_that_is_none_cannot_be_reversed(desk: Desk) -> None:
    assert told(reverse(desk.tess, "none")) == (404, "transaction-not-found")


def test_50_approvals_of_a_reversal_move_the_money_once(
    app: Flask, desk: Desk, dana: Person, eve: Person, bank: Bank
) -> None:
    shown = reverse(desk.tess, sent(dana, eve), amount="10")
    windows = many(app, desk.abe, 50)
    answers = together(50, lambda number: decide(windows[number], shown))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert statuses(bank) == ["executed"]
    assert (dana.balance(), eve.balance()) == ("70.00", "30.00")


def test_parts_by_20_threads_never_exceed_the_amount(bank: Bank) -> None:
    one, two = make.account(bank, balance=100), make.account(bank, balance=4000)
    original = bank.ledger.post(make.move(one, two, 100)).transaction
    back = opposite(original, actor="tests", memo="a part", minor=7)

    def take_back(_: int) -> str:
        try:
            bank.ledger.post(back)
        except ReversalTooLarge as refusal:
            return type(refusal).__name__
        return "made"

    made = together(20, take_back)
    assert (made.count("made"), made.count("ReversalTooLarge")) == (14, 6)
    rows = bank.database.collection(transactions.NAME).find({"kind": "reversal"})
    names = {str(row["reverses"]) for row in rows}
    assert names == {original.id, *(f"{original.id}#{number}" for number in range(2, 15))}


def test_the_ledger_itself_refuses_to_reverse_a_reversal(bank: Bank) -> None:
    made = bank.ledger.post(make.interest(make.account(bank), 40)).transaction
    back = bank.ledger.post(opposite(made, actor="tests", memo="back")).transaction
    with pytest.raises(NotReversible):
        bank.ledger.post(opposite(back, actor="tests", memo="and forth"))
    with pytest.raises(AlreadyReversed):
        bank.ledger.post(opposite(made, actor="tests", memo="again"))


@pytest.mark.bare
@pytest.mark.parametrize("kind", ["payment", "refund"])
def test_what_was_paid_at_a_shop_is_refunded_and_not_reversed(bank: Bank, kind: str) -> None:
    one, two = make.account(bank, balance=50), make.account(bank)
    paid = bank.ledger.post(replace(make.move(one, two, 20), kind=kind)).transaction
    with pytest.raises(NotReversible, match=r"refund"):
        bank.ledger.post(opposite(paid, actor="tests", memo="back"))


def test_what_was_taken_back_is_found_by_an_index(bank: Bank) -> None:
    cursor = bank.database.collection(transactions.NAME).find(reversals.criterion("some id"))
    assert "'indexName': 'reverses'" in str(cursor.explain()["queryPlanner"]["winningPlan"])


@pytest.mark.tampers
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"entries.0.amount": Int64(-10001), "contra.0.amount": Int64(10001)},
            "more was taken back",
        ),
        ({"reverses": "nobody-has-this-id"}, "which does not exist"),
        ({"entries": 7}, "cannot be read"),
    ],
)
def test_verification_finds_a_reversal_that_does_not_fit(
    client: FlaskClient,
    desk: Desk,
    dana: Person,
    bank: Bank,
    mongo_uri: str,
    change: dict[str, object],
    said: str,
) -> None:
    done = decide(desk.abe, reverse(desk.tess, newest(dana), amount="30.00"))
    assert verify_books(bank, full=True).ok
    administrator: MongoClient[dict[str, object]] = MongoClient(mongo_uri)
    raw = administrator[bank.database.name]["transactions"]
    raw.update_one({"_id": done.json["result"]}, {"$set": change}, bypass_document_validation=True)
    administrator.close()
    found = [each for each in verify_books(bank, full=True).findings if each.rule == "reversal"]
    assert found
    assert all(said in each.detail for each in found)
