"""Receipts: both sides of a movement of money, as one of its customers may see them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.controllers import receipts
from app.controllers.bank import Actor, Bank
from app.controllers.orders import RefundOrder
from app.controllers.payments import refunds
from app.controllers.receipts import Party, Receipt
from app.errors import TransactionNotFound
from app.models.accounts import get_account
from tests import make, tills
from tests.controllers.four_eyes import decide, open_desk, reverse
from tests.make import Person


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.customer(client, "dana", name="Dana Scott").has("100.00")


@pytest.fixture
def eve(client: FlaskClient) -> Person:
    return make.customer(client, "eve")


def receipt(bank: Bank, person: Person, id: str) -> Receipt:
    owner = get_account(bank.database, person.account).owner
    return receipts.receipt(bank, Actor(owner, "", "customer"), id)


def done(person: Person, path: str, **body: str) -> str:
    answer = person.post(path, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def test_each_side_of_a_transfer_sees_itself_in_full_and_the_other_one_masked(
    bank: Bank, dana: Person, eve: Person
) -> None:
    id = done(dana, "/transfer", to=eve.account, amount="40.00")
    sent, got = receipt(bank, dana, id), receipt(bank, eve, id)
    assert sent.source == Party("Current account", dana.account, own=True)
    assert sent.target == Party("e••", eve.account)
    assert got.source == Party("D••• S••••", dana.account)
    assert got.target == Party("Current account", eve.account, own=True)
    assert (sent.view.balance.amount, got.view.balance.amount) == ("60.00", "40.00")
    assert (sent.amount.amount, got.amount.amount) == ("40.00", "40.00")


def test_money_of_the_bank_itself_has_no_number(bank: Bank, dana: Person) -> None:
    found = receipt(bank, dana, done(dana, "/withdraw", amount="5.00"))
    assert (found.source.number, found.target) == (dana.account, Party("cash", None))
    found = receipt(bank, dana, done(dana, "/deposit", amount="5.00"))
    assert (found.source, found.target.number) == (Party("cash", None), dana.account)


def test_only_a_transfer_that_went_out_can_be_repeated(
    bank: Bank, dana: Person, eve: Person
) -> None:
    id = done(dana, "/transfer", to=eve.account, amount="40.00")
    assert receipt(bank, dana, id).repeatable
    assert not receipt(bank, eve, id).repeatable
    assert not receipt(bank, dana, done(dana, "/withdraw", amount="1.00")).repeatable


def test_a_transfer_between_own_accounts_names_both(bank: Bank, dana: Person) -> None:
    other = dana.post("/accounts", {"name": "Holidays"}).json["account"]
    found = receipt(bank, dana, done(dana, "/transfer", to=other, amount="3.00"))
    assert (found.source.name, found.target.name) == ("Current account", "Holidays")
    assert found.source.own
    assert found.target.own


def test_what_was_taken_back_and_what_took_it_back_name_each_other(
    bank: Bank, client: FlaskClient, dana: Person, eve: Person
) -> None:
    first = done(dana, "/transfer", to=eve.account, amount="40.00")
    desk = open_desk(client)
    parts = [
        decide(desk.abe, reverse(desk.tess, first, amount=amount)).json["result"]
        for amount in ("10.00", "5.00")
    ]
    assert receipt(bank, dana, first).reversed_by == tuple(parts)
    found = receipt(bank, dana, parts[1])
    assert (found.reverses, found.reversed_by) == (first, ())
    assert (found.source.number, found.target.number) == (eve.account, dana.account)


def test_a_stranger_finds_no_receipt(
    bank: Bank, client: FlaskClient, dana: Person, eve: Person
) -> None:
    id = done(dana, "/transfer", to=eve.account, amount="40.00")
    with pytest.raises(TransactionNotFound):
        receipt(bank, make.customer(client, "mallory"), id)


def test_a_payment_at_a_shop_names_the_shop_and_the_order_to_the_payer(
    bank: Bank, client: FlaskClient
) -> None:
    payer, volt = tills.payer(client, "ivy"), tills.shop(bank)
    intent = volt.asks("20.00", order="A-77")
    tills.pay_with_code(bank, payer, intent)
    refunds.refund(
        bank, make.seller(volt.merchant), intent.id, RefundOrder(None, None), "0123456789abcdef"
    )
    back, paid = payer.get("/transactions").json["items"][:2]
    went, came = receipt(bank, payer, paid["id"]), receipt(bank, payer, back["id"])
    shop = Party("Volt & Wire", volt.merchant.account, order="A-77")
    assert (went.target, came.source) == (shop, shop)
    assert (went.order, came.order) == ("A-77", "A-77")
    owner = get_account(bank.database, volt.merchant.account).owner
    seen = receipts.receipt(bank, Actor(owner, "", "customer"), paid["id"])
    assert (seen.source.name, seen.order) == ("i••", "A-77")


def test_money_sent_to_the_account_of_a_shop_names_its_holder(bank: Bank, dana: Person) -> None:
    volt = tills.shop(bank)
    id = done(dana, "/transfer", to=volt.merchant.account, amount="1.00")
    assert receipt(bank, dana, id).target.name.startswith("c••")
