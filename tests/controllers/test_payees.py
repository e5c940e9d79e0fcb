"""Payees: whom a customer knows, and whose names one may look up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import payees
from app.controllers.bank import Actor, Bank
from app.controllers.names import masked
from app.errors import AccountNotFound, TooManyRequests
from app.models import users
from tests import make
from tests.conftest import Clock
from tests.make import Person


def actor_of(bank: Bank, person: Person) -> Actor:
    user = users.find_by_username(bank.database, person.username)
    assert user
    return Actor(user.id, "", "customer", default_account=user.default_account)


def paid(bank: Bank, payer: Person, to: str) -> None:
    payment = {"to": to, "amount": "1.00"}
    payer.post("/auth/codes", {"purpose": "transfer", **payment})
    code = make.code_in(make.mails(bank)[0])
    assert payer.post("/transfer", {**payment, "code": code}).status_code == 201


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bob Brandt", "B•• B•••••"),
        ("eve", "e••"),
        ("Ó Séaghdha", "Ó S•••••••"),
        ("X", "X"),
    ],
)
def test_of_a_name_only_the_first_letters_are_shown(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_payees_are_those_that_were_proved_last_first(
    client: FlaskClient, bank: Bank, clock: Clock
) -> None:
    dana = make.confirmed(client, "dana").has("10.00")
    eve = make.customer(client, "eve", name="Eve Evian")
    fred = make.customer(client, "fred")
    paid(bank, dana, eve.account)
    clock.forward(seconds=5)
    paid(bank, dana, fred.account)
    shown = [(each.number, each.name) for each in payees.list_payees(bank, actor_of(bank, dana))]
    assert shown == [(fred.account, "f•••"), (eve.account, "E•• E••••")]
    assert payees.list_payees(bank, actor_of(bank, eve)) == []


def test_a_payee_whose_account_was_closed_is_shown_no_more(client: FlaskClient, bank: Bank) -> None:
    dana, eve = make.confirmed(client, "dana").has("10.00"), make.customer(client, "eve")
    paid(bank, dana, eve.account)
    eve.post("/transfer", {"to": dana.account, "amount": "1.00"})
    bank.database.collection("accounts").update_one(
        {"_id": eve.account}, {"$set": {"status": "closed"}}
    )
    assert payees.list_payees(bank, actor_of(bank, dana)) == []


def test_an_own_account_is_looked_up_by_its_own_name(client: FlaskClient, bank: Bank) -> None:
    dana = make.customer(client, "dana")
    savings = dana.post("/accounts", {"name": "Holidays"}).json["account"]
    found = payees.look_up(bank, actor_of(bank, dana), savings)
    assert (found.name, found.own, found.currency) == ("Holidays", True, "USD")


def test_a_number_that_nobody_has_is_not_found(client: FlaskClient, bank: Bank) -> None:
    dana = make.customer(client, "dana")
    with pytest.raises(AccountNotFound):
        payees.look_up(bank, actor_of(bank, dana), "100000000093")


@pytest.fixture
def strict(make_app: Callable[..., Flask], clock: Clock) -> Flask:
    app = make_app(ratelimit_enabled=True)
    clock.at(2026, 3, 1)
    return app


def test_thirty_strangers_an_hour_are_looked_up_found_or_not(strict: Flask, clock: Clock) -> None:
    bank: Bank = strict.extensions["bank"]
    client = strict.test_client()
    dana, eve = make.customer(client, "dana"), make.customer(client, "eve")
    actor = actor_of(bank, dana)
    for _ in range(15):
        payees.look_up(bank, actor, eve.account)
        with pytest.raises(AccountNotFound):
            payees.look_up(bank, actor, "100000000093")
    with pytest.raises(TooManyRequests) as refused:
        payees.look_up(bank, actor, eve.account)
    assert 0 < refused.value.retry_after <= 3600
    clock.forward(hours=1)
    assert payees.look_up(bank, actor, eve.account).name == "e••"


def test_who_is_known_and_own_accounts_are_not_counted(strict: Flask) -> None:
    bank: Bank = strict.extensions["bank"]
    client = strict.test_client()
    dana, eve = make.confirmed(client, "dana").has("10.00"), make.customer(client, "eve")
    paid(bank, dana, eve.account)
    for _ in range(20):
        payees.look_up(bank, actor_of(bank, dana), eve.account)
        payees.look_up(bank, actor_of(bank, dana), dana.account)
    payees.look_up(bank, actor_of(bank, dana), make.customer(client, "fred").account)
