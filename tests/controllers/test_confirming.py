"""Paying a shop: what is refused without a word, what needs a code, and that it happens once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from flask.testing import FlaskClient

from app.controllers import factors, pins
from app.controllers.bank import Bank
from app.controllers.orders import Pay
from app.controllers.passwords import Passwords
from app.controllers.payments import confirming
from app.controllers.payments.confirming import CodeNeeded, Visit
from app.errors import (
    AccountFrozen,
    BankError,
    CustomerFrozen,
    InsufficientFunds,
    InvalidCode,
    InvalidField,
    NoSecondFactor,
    PaymentRefused,
    WrongState,
)
from app.models import accounts, intent_tries, users
from app.models.accounts import get_account
from app.models.intent import Intent
from app.models.merchants import NAME as MERCHANTS
from tests import make
from tests.atomicity.conftest import errors, together
from tests.authenticator import AuthenticatorApp
from tests.conftest import Clock
from tests.make import Person
from tests.tills import HERE, PIN, WRONG, Shop, known, now, pay, pay_with_code, payer, shop

NOBODY = "100000000028"
ELSEWHERE = Visit("browser-2", "192.0.2.2")


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return payer(client)


@pytest.fixture
def volt(bank: Bank) -> Shop:
    return shop(bank)


def balance(bank: Bank, person: Person) -> int:
    return get_account(bank.database, person.account).balance_minor


def change(bank: Bank, number: str, status: str) -> None:
    assert accounts.change_status(bank.database, get_account(bank.database, number), status)


def test_number_pin_and_the_code_of_a_first_payment_move_the_money(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    intent = volt.asks("20.00")
    paid = pay_with_code(bank, dana, intent)
    assert (paid.status, paid.captured_minor, paid.payer_account) == (
        "succeeded", 2000, dana.account,
    )  # fmt: skip
    assert (balance(bank, dana), volt.earned()) == (48000, 2000)
    assert now(bank, intent).status == "succeeded"
    assert now(bank, intent).browser == HERE.browser
    line = dana.get("/transactions").json["items"][0]
    assert (line["kind"], line["reference"]) == ("payment", intent.id)
    assert line["memo"] == f"Volt & Wire · {intent.order}"


def test_the_second_small_payment_at_a_shop_needs_no_code(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    known(bank, dana, volt)
    paid = pay(bank, dana, volt.asks("50.00"))
    assert not isinstance(paid, CodeNeeded)
    assert volt.earned() == 5100


def test_a_manual_one_holds_the_money_for_a_week(bank: Bank, dana: Person, volt: Shop) -> None:
    intent = volt.asks("20.00", capture="manual")
    held = pay_with_code(bank, dana, intent)
    assert (held.status, held.held_minor, held.captured_minor) == ("requires_capture", 2000, 0)
    assert held.held_until is not None
    assert held.held_until - bank.now() > timedelta(days=6, hours=23)
    found = get_account(bank.database, dana.account)
    assert (found.balance_minor, found.held_minor, volt.earned()) == (50000, 2000, 0)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many hashes were computed to look at a PIN."""
    counted: Counter[str] = Counter()
    verify = Passwords.verify

    def verifying(self: Passwords, password: str, hashed: str | None) -> bool:
        counted["looks"] += 1
        return verify(self, password, hashed)

    monkeypatch.setattr(Passwords, "verify", verifying)
    return counted


def _closed(bank: Bank, person: Person) -> None:
    bank.ledger.post(make.withdrawal(get_account(bank.database, person.account), 50000))
    change(bank, person.account, "closed")


BEFORE = {
    "wrong PIN": lambda bank, dana, volt: None,
    "locked PIN": lambda bank, dana, volt: [
        pins.check_pin(bank, dana.account, WRONG) for _ in range(3)
    ],
    "frozen account": lambda bank, dana, volt: change(bank, dana.account, "frozen"),
    "closed account": lambda bank, dana, volt: _closed(bank, dana),
    "not enough money": lambda bank, dana, volt: bank.ledger.post(
        make.withdrawal(get_account(bank.database, dana.account), 50000)
    ),
}


@pytest.mark.parametrize("case", [*BEFORE, "no account", "the shop's own", "other currency"])
def test_until_the_pin_was_right_every_refusal_is_the_same_and_costs_one_hash(
    bank: Bank, dana: Person, volt: Shop, case: str, looks: Counter[str]
) -> None:
    number = dana.account
    BEFORE.get(case, lambda *_: None)(bank, dana, volt)
    if case == "no account":
        number = NOBODY
    elif case == "the shop's own":
        number = volt.merchant.account
    elif case == "other currency":
        number = dana.post("/accounts", {"currency": "EUR"}).json["account"]
    looks.clear()
    with pytest.raises(PaymentRefused) as refused:
        confirming.confirm(bank, volt.asks().id, Pay(number, WRONG), HERE)
    assert (refused.value.detail, refused.value.facts) == (
        "check the account number and the PIN", {"tries_left": 4},
    )  # fmt: skip
    assert looks["looks"] == 1


def test_who_has_the_pin_is_told_what_is_wrong(bank: Bank, dana: Person, volt: Shop) -> None:
    euros = dana.post("/accounts", {"currency": "EUR"}).json["account"]
    for number in (euros, volt.merchant.account):
        pins.set_pin(bank, number, PIN)
    told: list[type[BankError]] = []

    def refused(number: str, amount: str = "20.00") -> None:
        with pytest.raises(BankError) as error:
            confirming.confirm(bank, volt.asks(amount).id, Pay(number, PIN), HERE)
        told.append(type(error.value))

    refused(dana.account, "500.01")
    refused(euros)
    refused(volt.merchant.account)
    change(bank, dana.account, "frozen")
    refused(dana.account)
    user = users.find_by_username(bank.database, "dana")
    assert user
    users.change_user(bank.database, user, {"status": "frozen"})
    refused(dana.account)
    assert told == [InsufficientFunds, InvalidField, InvalidField, AccountFrozen, CustomerFrozen]


def test_what_is_refused_after_the_right_pin_is_no_refused_try(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    intent = volt.asks("500.01")
    for _ in range(6):
        with pytest.raises(InsufficientFunds):
            pay(bank, dana, intent)
    assert now(bank, intent).tries == 0


def test_with_the_fifth_refused_try_the_intent_has_failed(
    bank: Bank, client: FlaskClient, volt: Shop
) -> None:
    intent = volt.asks()
    people = [make.account(bank).number for _ in range(5)]
    for number in people:
        assert now(bank, intent).status == "requires_customer"
        with pytest.raises(PaymentRefused):
            confirming.confirm(bank, intent.id, Pay(number, PIN), HERE)
    assert (now(bank, intent).status, now(bank, intent).reason) == (
        "failed", "too many refused tries",
    )  # fmt: skip
    dana = payer(client)
    with pytest.raises(WrongState) as ended:
        pay(bank, dana, intent)
    assert ended.value.facts == {"state": "failed"}


def test_tries_that_died_stay_counted(bank: Bank, dana: Person, volt: Shop, clock: Clock) -> None:
    intent = volt.asks()
    for _ in range(5):
        clock.forward(seconds=16)
        now_ = bank.now()
        assert intent_tries.reserve_try(bank.database, intent, HERE.browser, now_, tries=5)
    clock.forward(seconds=16)
    with pytest.raises(WrongState):
        pay(bank, dana, intent)
    assert now(bank, intent).status == "failed"


def test_the_intent_belongs_to_the_first_browser_that_tried(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    intent = volt.asks()
    assert isinstance(pay(bank, dana, intent), CodeNeeded)
    with pytest.raises(WrongState) as refused:
        pay(bank, dana, intent, ELSEWHERE)
    assert refused.value.facts == {"state": "elsewhere"}


def test_after_its_time_nobody_pays_it_not_even_with_a_code_that_was_mailed_before(
    bank: Bank, dana: Person, volt: Shop, clock: Clock
) -> None:
    intent = volt.asks()
    asked = pay(bank, dana, intent)
    assert isinstance(asked, CodeNeeded)
    code = make.code_in(make.mails(bank)[0])
    clock.forward(minutes=15)
    for late in (
        partial(pay, bank, dana, intent),
        partial(confirming.prove, bank, intent.id, asked.challenge, code, HERE),
    ):
        with pytest.raises(WrongState) as refused:
            late()
        assert refused.value.facts == {"state": "expired"}


def test_a_paused_shop_is_not_paid(bank: Bank, dana: Person, volt: Shop) -> None:
    intent = volt.asks()
    change_to = {"$set": {"status": "paused"}}
    bank.database.collection(MERCHANTS).update_one({"_id": volt.merchant.id}, change_to)
    with pytest.raises(WrongState) as refused:
        pay(bank, dana, intent)
    assert refused.value.facts == {"state": "unavailable"}


def test_a_code_for_one_intent_is_worth_nothing_for_another(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    first, second = volt.asks("20.00"), volt.asks("20.00")
    one, two = pay(bank, dana, first), pay(bank, dana, second)
    assert isinstance(one, CodeNeeded)
    assert isinstance(two, CodeNeeded)
    code = make.code_in(make.mails(bank)[1])
    for challenge in (one.challenge, two.challenge):
        with pytest.raises(InvalidCode):
            confirming.prove(bank, second.id, challenge, code, HERE)
    assert volt.earned() == 0
    assert confirming.prove(bank, first.id, one.challenge, code, HERE).status == "succeeded"


def test_a_code_of_another_browser_is_no_code(bank: Bank, dana: Person, volt: Shop) -> None:
    intent, other = volt.asks("20.00"), volt.asks("20.00")
    asked = pay(bank, dana, intent)
    assert isinstance(asked, CodeNeeded)
    code = make.code_in(make.mails(bank)[0])
    with pytest.raises(InvalidCode):
        confirming.prove(bank, other.id, asked.challenge, code, ELSEWHERE)
    with pytest.raises(WrongState):
        confirming.prove(bank, intent.id, asked.challenge, code, ELSEWHERE)


def test_the_mail_with_the_code_names_amount_shop_and_order(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    intent = volt.asks("20.00", order="A-77")
    pay(bank, dana, intent)
    letter = make.mails(bank)[0]
    assert "to pay 20.00 USD to Volt & Wire for its order A-77" in letter.text
    assert make.code_in(letter) not in letter.subject


def test_an_app_or_a_recovery_code_does_as_well(
    bank: Bank, dana: Person, volt: Shop, clock: Clock
) -> None:
    user = users.find_by_username(bank.database, "dana")
    assert user
    app = AuthenticatorApp(factors.begin_totp(bank, user).secret_base32, clock)
    recovery = factors.confirm_totp(bank, user.id, app.shows())
    for code in (app.shows, lambda: recovery[0]):
        clock.forward(minutes=1)
        intent = volt.asks("60.00")
        asked = pay(bank, dana, intent)
        assert isinstance(asked, CodeNeeded)
        assert asked.methods == ("totp", "recovery")
        paid = confirming.prove(bank, intent.id, asked.challenge, code(), HERE)
        assert paid.status == "succeeded"


def test_who_has_no_second_factor_hears_so_where_one_is_needed(
    bank: Bank, client: FlaskClient, volt: Shop
) -> None:
    eve = make.customer(client, "eve").has("100.00")
    pins.set_pin(bank, eve.account, PIN)
    with pytest.raises(NoSecondFactor):
        pay(bank, eve, volt.asks())


def test_more_than_a_little_needs_a_code_each_time(bank: Bank, dana: Person, volt: Shop) -> None:
    known(bank, dana, volt)
    assert isinstance(pay(bank, dana, volt.asks("50.01")), CodeNeeded)


def test_after_five_payments_with_a_pin_alone_a_code_is_needed_whichever_shop(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    other = shop(bank, "Other")
    known(bank, dana, volt)
    known(bank, dana, other)
    for number in range(5):
        paid = pay(bank, dana, (volt, other)[number % 2].asks("1.00"))
        assert not isinstance(paid, CodeNeeded)
    assert isinstance(pay(bank, dana, volt.asks("1.00")), CodeNeeded)
    known(bank, dana, volt)
    assert not isinstance(pay(bank, dana, other.asks("1.00")), CodeNeeded)


def test_three_times_a_little_is_enough_without_a_code(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    known(bank, dana, volt)
    for _ in range(3):
        assert not isinstance(pay(bank, dana, volt.asks("50.00")), CodeNeeded)
    assert isinstance(pay(bank, dana, volt.asks("0.01")), CodeNeeded)


def test_twenty_small_payments_at_once_do_not_slip_by_the_count(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    known(bank, dana, volt)
    intents = [volt.asks("1.00") for _ in range(20)]
    outcomes = together([partial(pay, bank, dana, each) for each in intents])
    paid = [each for each in intents if now(bank, each).status == "succeeded"]
    assert (len(paid), volt.earned()) == (5, 600)
    assert len([each for each in outcomes if isinstance(each, Intent)]) == 5


def test_of_50_confirmations_at_once_one_moves_the_money(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    known(bank, dana, volt)
    intent = volt.asks("20.00")
    outcomes = together([partial(pay, bank, dana, intent)] * 50)
    assert now(bank, intent).status == "succeeded"
    assert (balance(bank, dana), volt.earned()) == (47900, 2100)
    assert set(errors(outcomes)) <= {"TooManyTries"}
    assert pay(bank, dana, intent) == now(bank, intent)


def test_one_code_sent_twice_at_once_pays_once_and_both_hear_of_it(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    intent = volt.asks("20.00")
    asked = pay(bank, dana, intent)
    assert isinstance(asked, CodeNeeded)
    code = make.code_in(make.mails(bank)[0])
    again = partial(confirming.prove, bank, intent.id, asked.challenge, code, HERE)
    outcomes = together([again, again])
    assert volt.earned() == 2000
    assert errors(outcomes) == []
    assert again().status == "succeeded"


def test_the_payer_hears_of_it_by_mail(bank: Bank, dana: Person, volt: Shop) -> None:
    known(bank, dana, volt)
    pay(bank, dana, volt.asks("20.00", order="A-77"))
    letter = make.mails(bank)[0]
    assert (letter.kind, letter.to, letter.subject) == (
        "paid", "dana@example.com", "You paid 20.00 USD",
    )  # fmt: skip
    assert "20.00 USD went to Volt & Wire" in letter.text
    assert "A-77" in letter.text


def test_the_first_payments_of_a_customer_at_once_are_counted_too(
    bank: Bank, dana: Person, volt: Shop
) -> None:
    intents = [volt.asks("1.00") for _ in range(8)]
    outcomes = together([partial(pay, bank, dana, each) for each in intents])
    # Of one PIN no more than three tries are looked at at a time.
    assert set(errors(outcomes)) <= {"PaymentRefused"}
    assert volt.earned() == 0
