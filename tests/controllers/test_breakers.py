"""PIN spraying: one PIN on many accounts locks none of them, and still does not get far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import pins
from app.controllers.bank import Bank
from app.controllers.orders import Pay
from app.controllers.payments import breakers, confirming, tries
from app.controllers.payments.confirming import CodeNeeded, Visit
from app.errors import PaymentRefused, SecondFactorNeeded, TooManyTries, WrongState
from app.models import audit, users
from tests import make
from tests.atomicity.conftest import together
from tests.conftest import Clock
from tests.tills import HERE, PIN, WRONG, Shop, known, now, pay, payer, shop


@pytest.fixture
def client(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A bank that counts tries, with room for all that come at once."""
    monkeypatch.setattr("app.controllers.passwords._WAIT_SECONDS", 60.0)
    return make_app(ratelimit_enabled=True, hash_queue=200).test_client()


@pytest.fixture
def bank(client: FlaskClient) -> Bank:
    found: Bank = client.application.extensions["bank"]
    return found


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a PIN was looked at."""
    counted: Counter[str] = Counter()
    check = pins.check_pin

    def checking(bank: Bank, number: str, pin: str) -> bool:
        counted["looks"] += 1
        return check(bank, number, pin)

    monkeypatch.setattr(tries.pins, "check_pin", checking)
    return counted


def numbers(count: int) -> list[str]:
    """Account numbers with right check digits, that mostly nobody has."""
    return [f"{n}{98 - n * 100 % 97:02d}" for n in range(2_000_000_000, 2_000_000_000 + count)]


def spray(bank: Bank, at: Shop, targets: list[str]) -> Counter[str]:
    """One PIN on each of them, five with each intent; what came of it."""
    outcomes: Counter[str] = Counter()
    for first in range(0, len(targets), 5):
        intent, visit = at.asks(), Visit(f"browser {first}", f"198.51.100.{first % 250}")
        for number in targets[first : first + 5]:
            try:
                confirming.confirm(bank, intent.id, Pay(number, WRONG), visit)
            except (PaymentRefused, SecondFactorNeeded, WrongState) as error:
                outcomes[type(error).__name__] += 1
    return outcomes


def test_one_pin_over_a_thousand_accounts_gets_eleven_looks_at_one_shop(
    bank: Bank, looks: Counter[str]
) -> None:
    outcomes = spray(bank, shop(bank), numbers(1000))
    assert looks["looks"] == breakers.MOST_OF_A_SHOP + 1
    assert outcomes["SecondFactorNeeded"] == 1000 - 11


def test_over_many_shops_it_gets_no_further_than_the_number_of_an_hour(
    bank: Bank, looks: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breakers, "MOST_AN_HOUR", 25)
    targets = numbers(50)
    for first in range(0, 50, 10):
        spray(bank, shop(bank, f"Shop {first}"), targets[first : first + 10])
    assert looks["looks"] == 26


def test_of_many_at_once_no_more_are_looked_at_than_have_a_place(
    bank: Bank, looks: Counter[str]
) -> None:
    at = shop(bank)

    def attack(number: str) -> None:
        visit = Visit(number, "198.51.100.7")
        confirming.confirm(bank, at.asks().id, Pay(number, WRONG), visit)

    together([partial(attack, number) for number in numbers(150)])
    assert looks["looks"] <= breakers.MOST_OF_A_SHOP + 1 + breakers.AT_ONCE_AT_A_SHOP


def test_while_it_is_tripped_a_code_comes_before_the_pin_and_after_it_as_ever(
    client: FlaskClient, bank: Bank, clock: Clock, looks: Counter[str]
) -> None:
    at, dana = shop(bank), payer(client)
    known(bank, dana, at)
    spray(bank, at, numbers(30))
    looks.clear()
    intent = at.asks("1.00")
    with pytest.raises(SecondFactorNeeded):
        pay(bank, dana, intent)
    code = make.code_in(next(each for each in make.mails(bank) if each.kind == "code"))
    with pytest.raises(PaymentRefused):
        confirming.confirm(bank, intent.id, Pay(dana.account, PIN, "000000"), HERE)
    assert looks["looks"] == 0
    paid = confirming.confirm(bank, intent.id, Pay(dana.account, PIN, code), HERE)
    assert not isinstance(paid, CodeNeeded)
    assert (now(bank, intent).status, looks["looks"]) == ("succeeded", 1)
    clock.forward(minutes=16)
    assert not isinstance(pay(bank, dana, at.asks("1.00")), CodeNeeded)


def test_while_it_is_tripped_nobody_learns_who_has_an_account(
    client: FlaskClient, bank: Bank, looks: Counter[str]
) -> None:
    at, dana = shop(bank), payer(client)
    spray(bank, at, numbers(30))
    intent, said = at.asks(), []
    for number in (dana.account, numbers(1)[0]):
        for code in (None, "000000"):
            with pytest.raises((SecondFactorNeeded, PaymentRefused)) as refused:
                confirming.confirm(bank, intent.id, Pay(number, PIN, code), HERE)
            facts = {k: v for k, v in refused.value.facts.items() if k != "tries_left"}
            said.append((type(refused.value), refused.value.detail, facts))
    assert said[:2] == said[2:]


def test_other_shops_go_on(client: FlaskClient, bank: Bank) -> None:
    at, other, dana = shop(bank), shop(bank, "Other"), payer(client)
    spray(bank, at, numbers(15))
    assert isinstance(pay(bank, dana, other.asks()), CodeNeeded)


def test_right_pins_do_not_trip_it(client: FlaskClient, bank: Bank) -> None:
    at, dana = shop(bank), payer(client)
    known(bank, dana, at)
    for number in numbers(10):
        with pytest.raises(PaymentRefused):
            confirming.confirm(bank, at.asks().id, Pay(number, PIN), HERE)
    assert not isinstance(pay(bank, dana, at.asks("1.00")), CodeNeeded)


def test_the_bankers_and_the_audit_hear_of_it_once(client: FlaskClient, bank: Bank) -> None:
    make.staff(client, tess="teller approver")
    tess = users.find_by_username(bank.database, "tess")
    assert tess
    users.change_user(bank.database, tess, {"email": "tess@example.com", "email_confirmed": True})
    at = shop(bank)
    spray(bank, at, numbers(60))
    (event,) = audit.events_about(bank.database, at.merchant.id)
    assert (event["action"], event["facts"]["where"]) == ("PIN payments paused", "Volt & Wire")
    told = [each.to for each in make.mails(bank) if each.kind == "PIN payments paused"]
    assert told == ["tess@example.com"]


def test_one_number_is_tried_twenty_times_in_an_hour_and_no_more_whoever_has_it(
    client: FlaskClient, bank: Bank, clock: Clock
) -> None:
    for number in (payer(client).account, numbers(1)[0]):
        intents = [shop(bank).asks() for _ in range(5)]
        for tried in range(20):
            with pytest.raises((PaymentRefused, SecondFactorNeeded)):
                confirming.confirm(bank, intents[tried // 5].id, Pay(number, WRONG), HERE)
        with pytest.raises(TooManyTries):
            confirming.confirm(bank, intents[4].id, Pay(number, PIN), HERE)
    clock.forward(hours=1)
    with pytest.raises(WrongState):
        confirming.confirm(bank, intents[4].id, Pay(number, PIN), HERE)
