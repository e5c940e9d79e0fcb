"""A customer's program at a real bank, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from app.controllers.bank import Bank
from bank_client import (
    Customer,
    Forbidden,
    LoggedIn,
    NotFound,
    PendingLogIn,
    PendingRegistration,
    Refused,
    Registered,
    Unauthenticated,
)
from money import InvalidMoney, Money
from tests import make
from tests.bank_client.conftest import Customers
from tests.make import PASSWORD, code_in, mails


@pytest.fixture
def erin(address: str, customer_at: Customers, bank: Bank) -> Customer:
    """A customer with a confirmed address, who is logged in."""
    customer = customer_at(address)
    pending = customer.register("erin", PASSWORD, email="erin@example.com")
    assert isinstance(pending, PendingRegistration)
    pending.verify(code_in(mails(bank)[0]))
    customer.log_in("erin", PASSWORD)
    return customer


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def test_somebody_becomes_a_customer(address: str, customer_at: Customers) -> None:
    made = customer_at(address).register("dana", PASSWORD, name="Dana Scott")
    assert isinstance(made, Registered)
    assert (made.customer.name, made.account.owner) == ("Dana Scott", "dana")
    assert made.account.balance == usd("0.00")


def test_with_an_address_a_code_comes_first(
    address: str, customer_at: Customers, bank: Bank
) -> None:
    pending = customer_at(address).register("erin", PASSWORD, email="erin@example.com")
    assert isinstance(pending, PendingRegistration)
    with pytest.raises(Refused, match="invalid-code"):
        pending.verify("000000")
    made = pending.verify(code_in(mails(bank)[0]))
    assert (made.customer.email, made.customer.email_confirmed) == ("erin@example.com", True)


def test_another_code_can_be_mailed(
    address: str, customer_at: Customers, bank: Bank, clock: Any
) -> None:
    pending = customer_at(address).register("erin", PASSWORD, email="erin@example.com")
    assert isinstance(pending, PendingRegistration)
    clock.forward(seconds=pending.resend_in + 1)
    again = pending.resend()
    assert again.verify(code_in(mails(bank)[0])).customer.username == "erin"


def test_a_log_in_gives_a_token_for_the_device(dana: Customer) -> None:
    entered = dana.log_in("dana", PASSWORD)
    assert isinstance(entered, LoggedIn)
    assert isinstance(dana.log_in("dana", PASSWORD, device_token=entered.device_token), LoggedIn)
    assert dana.profile().username == "dana"


def test_a_wrong_password_is_told(dana: Customer) -> None:
    with pytest.raises(Unauthenticated, match="wrong-credentials"):
        dana.log_in("dana", "no such password")


def test_a_log_in_may_wait_for_a_code(erin: Customer, bank: Bank) -> None:
    erin.ask_code("second_factor")
    proof = {"password": PASSWORD, "code": code_in(mails(bank)[0])}
    erin.ask("PUT", "/auth/second_factor", {"at_log_in": True, **proof})
    pending = erin.log_in("erin", PASSWORD)
    assert isinstance(pending, PendingLogIn)
    assert pending.methods == ("mail",)
    assert isinstance(pending.verify(code_in(mails(bank)[0])), LoggedIn)
    assert erin.profile().username == "erin"


def test_nobody_is_told_to_log_in(address: str, customer_at: Customers) -> None:
    with pytest.raises(Unauthenticated, match="not-logged-in"):
        customer_at(address).balance()


def test_money_comes_and_goes(dana: Customer) -> None:
    put = dana.deposit("20.00", memo="first")
    taken = dana.withdraw(Decimal("7.5"))
    assert (put.amount, put.memo, put.balance) == (usd("20.00"), "first", usd("20.00"))
    assert (taken.kind, taken.amount, taken.balance) == ("withdrawal", usd("-7.50"), usd("12.50"))
    balance = dana.balance()
    assert (balance.balance, balance.available) == (usd("12.50"), usd("12.50"))
    assert balance.customer == "Dana Scott"


def test_a_balance_of_the_past_has_nothing_available(dana: Customer, clock: Any) -> None:
    dana.deposit("20.00")
    before = dana.balance().as_of
    clock.forward(hours=1)
    dana.deposit("1.00")
    past = dana.balance(at=before)
    assert (past.balance, past.available) == (usd("20.00"), None)


def test_money_goes_to_somebody_else(dana: Customer, erin: Customer, bank: Bank) -> None:
    to = dana.accounts()[0].number
    erin.deposit("30.00")
    with pytest.raises(Forbidden, match="second-factor-needed"):
        erin.transfer(to, usd("12.50"), memo="rent")
    asked = erin.ask_code("transfer", to=to, amount=usd("12.50"))
    assert asked.methods == ("mail",)
    sent = erin.transfer(to, usd("12.50"), memo="rent", code=code_in(mails(bank)[0]))
    assert (sent.amount, sent.counterparty) == (usd("-12.50"), to)
    assert dana.balance().balance == usd("12.50")


def test_money_goes_to_another_account_of_one_s_own(dana: Customer) -> None:
    holidays = dana.open_account("Holidays")
    dana.deposit(20)
    dana.transfer(holidays.number, "5")
    assert [each.balance for each in dana.accounts()] == [usd("15.00"), usd("5.00")]
    assert dana.account(holidays.number).name == "Holidays"


def test_a_refusal_brings_its_figures(dana: Customer) -> None:
    dana.deposit("5.00")
    with pytest.raises(Refused) as refused:
        dana.withdraw("6.00")
    assert refused.value.kind == "insufficient-funds"
    assert refused.value.facts["available"] == usd("5.00")


def test_a_key_pays_once(dana: Customer) -> None:
    first = dana.deposit("5.00", key="rent-of-january-2026")
    assert dana.deposit("5.00", key="rent-of-january-2026") == first
    with pytest.raises(Refused, match="key-reused"):
        dana.deposit("6.00", key="rent-of-january-2026")
    assert dana.balance().balance == usd("5.00")


def test_money_in_another_currency_is_not_taken_for_dollars(dana: Customer) -> None:
    with pytest.raises(Refused, match="currency-mismatch"):
        dana.deposit(Money.parse("5", "EUR"))


@pytest.mark.parametrize("amount", [1.5, True, "1,50", "NaN", Decimal("Infinity")])
def test_what_is_no_amount_is_not_sent(dana: Customer, amount: Any) -> None:
    with pytest.raises(InvalidMoney):
        dana.deposit(amount)


def test_the_history_goes_on_over_all_pages(dana: Customer) -> None:
    for number in range(5):
        dana.deposit(number + 1)
    found = list(dana.transactions(page_size=2))
    assert [each.amount.minor for each in found] == [500, 400, 300, 200, 100]
    assert dana.transaction(found[0].id) == found[0]


def test_a_page_is_fetched_when_it_is_needed(dana: Customer) -> None:
    dana.deposit(1)
    dana.deposit(2)
    history = dana.transactions(page_size=1)
    assert [each.amount for each in islice(history, 1)] == [usd("2.00")]
    dana.log_out()
    with pytest.raises(Unauthenticated):
        next(history)


def test_the_history_is_filtered_by_the_bank(dana: Customer) -> None:
    dana.deposit(5, memo="salary of May")
    dana.withdraw(2, memo="bread")
    now = datetime.now(UTC)
    assert [each.kind for each in dana.transactions(kind="withdrawal")] == ["withdrawal"]
    assert [each.memo for each in dana.transactions(words="salary")] == ["salary of May"]
    assert [each.memo for each in dana.transactions(least="3")] == ["salary of May"]
    assert list(dana.transactions(since=now + timedelta(hours=1))) == []
    assert list(dana.transactions(until=now - timedelta(hours=1))) == []


def test_a_time_without_its_offset_is_not_guessed(dana: Customer) -> None:
    with pytest.raises(ValueError, match="offset"):
        dana.balance(at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize("odd", ["../me", "a/b", "?x=1", "%2e%2e", "\u2603"])
def test_an_odd_id_stays_one_part_of_the_address(dana: Customer, odd: str) -> None:
    with pytest.raises(NotFound):
        dana.transaction(odd)


def test_an_empty_id_is_not_the_list(dana: Customer) -> None:
    with pytest.raises(ValueError, match="at least one"):
        dana.transaction("")


def test_a_pin_is_set_with_a_code(erin: Customer, bank: Bank) -> None:
    account = erin.accounts()[0].number
    assert erin.pin_state(account) == "none"
    erin.ask_code("set_pin", account=account)
    erin.set_pin(account, "483926", code=code_in(mails(bank)[0]))
    assert erin.pin_state(account) == "set"


def test_a_password_is_changed_with_a_code(erin: Customer, bank: Bank) -> None:
    erin.ask_code("change_password")
    erin.change_password(PASSWORD, "amber-lantern-19", code=code_in(mails(bank)[0]))
    assert erin.profile().username == "erin"
    with pytest.raises(Unauthenticated):
        erin.log_in("erin", PASSWORD)
    assert isinstance(erin.log_in("erin", "amber-lantern-19"), LoggedIn)


def test_no_secret_is_shown_by_accident(dana: Customer) -> None:
    entered, tokens = dana.log_in("dana", PASSWORD), dana.tokens
    assert tokens
    assert isinstance(entered, LoggedIn)
    shown = f"{entered!r} {tokens!r} {dana!r}"
    secrets = (entered.device_token, tokens.access_token, tokens.refresh_token, PASSWORD)
    assert [secret for secret in secrets if secret in shown] == []


def test_the_builders_of_tests_know_the_same_people(dana: Customer, client: Any) -> None:
    dana.deposit("5.00")
    assert make.log_in(client, "dana").balance() == "5.00"
