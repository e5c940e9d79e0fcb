"""Payments in two steps: what is shown before, when a code is mailed, what is done once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from app.controllers import confirmations, factors
from app.controllers.bank import Actor, Bank
from app.controllers.orders import Transfer, Withdraw
from app.errors import (
    AccountFrozen,
    CurrencyMismatch,
    InsufficientFunds,
    InvalidCode,
    SameAccount,
    SecondFactorNeeded,
)
from app.models import accounts, users
from tests import make
from tests.authenticator import AuthenticatorApp
from tests.conftest import Clock
from tests.make import Person

KEY = "0123456789abcdef"


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.confirmed(client, "dana").has("500.00")


@pytest.fixture
def actor(bank: Bank, dana: Person) -> Actor:
    return actor_of(bank, "dana")


@pytest.fixture
def eve(client: FlaskClient) -> Person:
    return make.customer(client, "eve")


def actor_of(bank: Bank, username: str) -> Actor:
    user = users.find_by_username(bank.database, username)
    assert user
    return Actor(user.id, "", "customer", default_account=user.default_account)


def transfer(to: str, amount: str, **more: str) -> Transfer:
    return Transfer(to, Decimal(amount), more.get("account"), "", code=more.get("code"))


def withdraw(amount: str, code: str | None = None) -> Withdraw:
    return Withdraw(Decimal(amount), None, "", code=code)


def test_a_preview_tells_what_is_left_and_how_it_is_proved(
    bank: Bank, actor: Actor, dana: Person, eve: Person
) -> None:
    seen = confirmations.preview(bank, actor, transfer(eve.account, "60.00"))
    assert (seen.left.amount, seen.methods) == ("440.00", ("mail",))
    assert confirmations.preview(bank, actor, withdraw("50.00")).methods == ()
    assert confirmations.preview(bank, actor, withdraw("50.01")).methods == ("mail",)
    assert dana.balance() == "500.00"


def test_a_preview_of_an_own_account_asks_for_no_proof(
    bank: Bank, actor: Actor, dana: Person
) -> None:
    savings = dana.post("/accounts").json["account"]
    assert confirmations.preview(bank, actor, transfer(savings, "400.00")).methods == ()


def test_a_preview_is_refused_as_the_payment_would_be(
    bank: Bank, actor: Actor, dana: Person, eve: Person
) -> None:
    euros = dana.post("/accounts", {"currency": "EUR"}).json["account"]
    with pytest.raises(InsufficientFunds):
        confirmations.preview(bank, actor, transfer(eve.account, "500.01"))
    with pytest.raises(SameAccount):
        confirmations.preview(bank, actor, transfer(dana.account, "1.00"))
    with pytest.raises(CurrencyMismatch):
        confirmations.preview(bank, actor, transfer(euros, "1.00"))
    bank.database.collection("accounts").update_one(
        {"_id": dana.account}, {"$set": {"status": "frozen"}}
    )
    with pytest.raises(AccountFrozen):
        confirmations.preview(bank, actor, withdraw("1.00"))


def test_what_is_refused_anyway_mails_no_code(bank: Bank, actor: Actor, eve: Person) -> None:
    before = len(make.mails(bank))
    with pytest.raises(InsufficientFunds):
        confirmations.begin(bank, actor, transfer(eve.account, "500.01"))
    assert len(make.mails(bank)) == before


def test_one_code_is_mailed_while_it_is_good_for_a_while(
    bank: Bank, actor: Actor, eve: Person, clock: Clock
) -> None:
    before = len(make.mails(bank))
    for _ in range(3):
        confirmations.begin(bank, actor, transfer(eve.account, "10.00"))
    assert len(make.mails(bank)) == before + 1
    clock.forward(minutes=6)
    confirmations.begin(bank, actor, transfer(eve.account, "10.00"))
    assert len(make.mails(bank)) == before + 2


def test_each_payment_has_a_code_of_its_own(bank: Bank, actor: Actor, eve: Person) -> None:
    before = len(make.mails(bank))
    confirmations.begin(bank, actor, transfer(eve.account, "10.00"))
    confirmations.begin(bank, actor, transfer(eve.account, "10.01"))
    assert len(make.mails(bank)) == before + 2


def test_a_payment_that_turns_out_to_need_a_code_has_it_mailed(
    bank: Bank, actor: Actor, dana: Person
) -> None:
    before = len(make.mails(bank))
    with pytest.raises(SecondFactorNeeded):
        confirmations.finish(bank, actor, withdraw("60.00"), KEY)
    assert len(make.mails(bank)) == before + 1
    code = make.code_in(make.mails(bank)[0])
    confirmations.finish(bank, actor, withdraw("60.00", code), KEY)
    assert dana.balance() == "440.00"


def test_a_wrong_code_moves_nothing_and_a_right_one_moves_it_once(
    bank: Bank, actor: Actor, dana: Person, eve: Person
) -> None:
    confirmations.begin(bank, actor, transfer(eve.account, "60.00"))
    code = make.code_in(make.mails(bank)[0])
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    with pytest.raises(InvalidCode):
        confirmations.finish(bank, actor, transfer(eve.account, "60.00", code=wrong), KEY)
    done = [
        confirmations.finish(bank, actor, transfer(eve.account, "60.00", code=code), KEY)
        for _ in range(2)
    ]
    assert done[0].transaction.id == done[1].transaction.id
    assert (dana.balance(), eve.balance()) == ("440.00", "60.00")


def test_the_outcome_of_a_key_is_known_to_whose_it_is(
    bank: Bank, actor: Actor, dana: Person, eve: Person
) -> None:
    assert confirmations.outcome(bank, actor, KEY) is None
    done = confirmations.finish(bank, actor, withdraw("10.00"), KEY)
    found = confirmations.outcome(bank, actor, KEY)
    assert found
    assert found.transaction == done.transaction.id
    assert confirmations.outcome(bank, actor_of(bank, "eve"), KEY) is None


def test_an_app_answers_also_when_the_page_has_stood_open_for_long(
    bank: Bank, actor: Actor, dana: Person, clock: Clock
) -> None:
    user = users.get_user(bank.database, actor.user)
    app = AuthenticatorApp(factors.begin_totp(bank, user).secret_base32, clock)
    factors.confirm_totp(bank, actor.user, app.shows())
    before = len(make.mails(bank))
    assert "totp" in confirmations.begin(bank, actor, withdraw("60.00")).methods
    clock.forward(minutes=30)
    confirmations.finish(bank, actor, withdraw("60.00", app.shows()), KEY)
    assert len(make.mails(bank)) == before
    assert accounts.get_account(bank.database, dana.account).balance.amount == "440.00"
