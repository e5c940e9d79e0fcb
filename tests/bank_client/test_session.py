"""Tokens are renewed by themselves: in time, once, by one thread, and never after a log-out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bank_client import Customer, Patience, Tokens, Unauthenticated, Unreachable
from tests.bank_client.conftest import Customers, Served
from tests.bank_client.servers import LOST, Forgetful, Says, Scripted, problem
from tests.conftest import Clock
from tests.make import PASSWORD
from tests.together import together


def tokens_of(customer: Customer) -> Tokens:
    """The tokens of somebody who is logged in."""
    assert customer.tokens
    return customer.tokens


@pytest.fixture
def ended(dana: Customer) -> Tokens:
    """The tokens of a log-in, the access token of which is good no longer."""
    return replace(tokens_of(dana), access_token="ended")


def test_tokens_are_renewed_before_they_end(
    address: str, customer_at: Customers, dana: Customer
) -> None:
    seconds = [0.0]
    customer = customer_at(address, tokens=tokens_of(dana), clock=lambda: seconds[0])
    first = tokens_of(customer)
    assert first.expires_in > 60
    seconds[0] = first.expires_in - 31
    customer.profile()
    assert customer.tokens == first
    seconds[0] = first.expires_in - 29
    customer.profile()
    assert tokens_of(customer).refresh_token != first.refresh_token


def test_tokens_are_renewed_when_the_bank_refuses_them(
    address: str, customer_at: Customers, ended: Tokens
) -> None:
    customer = customer_at(address, tokens=ended)
    assert customer.profile().username == "dana"
    assert tokens_of(customer).refresh_token != ended.refresh_token


def test_money_is_moved_once_with_tokens_that_had_ended(
    address: str, customer_at: Customers, ended: Tokens
) -> None:
    customer = customer_at(address, tokens=ended)
    customer.deposit("5.00")
    assert customer.balance().balance.amount == "5.00"


def test_threads_renew_tokens_once(
    address: str, customer_at: Customers, serve: Served, ended: Tokens
) -> None:
    between = Forgetful(address, "/auth/refresh", lost=0)
    customer = customer_at(serve(between), tokens=ended)
    names = together(8, lambda _: customer.profile().username)
    assert names == ["dana"] * 8
    assert between.passed == [200]


def test_threads_renew_tokens_once_also_in_time(
    address: str, customer_at: Customers, serve: Served, dana: Customer
) -> None:
    between, seconds = Forgetful(address, "/auth/refresh", lost=0), [0.0]
    customer = customer_at(serve(between), tokens=tokens_of(dana), clock=lambda: seconds[0])
    seconds[0] = 3600.0
    together(8, lambda _: customer.profile())
    assert between.passed == [200]


def test_a_lost_answer_to_a_renewal_does_not_end_the_session(
    address: str, customer_at: Customers, serve: Served, ended: Tokens
) -> None:
    between = Forgetful(address, "/auth/refresh", lost=2)
    customer = customer_at(serve(between), tokens=ended)
    assert customer.profile().username == "dana"
    assert between.passed == [200, 200, 200]


def test_a_renewal_that_fails_leaves_the_call_undone(serve: Served, customer_at: Customers) -> None:
    bank = Scripted(problem(401, "invalid-token"), LOST)
    customer = customer_at(serve(bank), tokens=Tokens("a", "r"), patience=_once())
    with pytest.raises(Unreachable) as lost:
        customer.deposit("5.00")
    assert lost.value.outcome == "not_applied"
    assert [asked.target for asked in bank.asked] == ["/deposit", *["/auth/refresh"] * 3]
    assert customer.tokens == Tokens("a", "r")


def test_a_session_that_is_over_is_forgotten(dana: Customer, clock: Clock) -> None:
    clock.forward(days=400)
    with pytest.raises(Unauthenticated, match="invalid-refresh-token"):
        dana.profile()
    assert dana.tokens is None


def test_a_token_is_renewed_once_for_a_call(serve: Served, customer_at: Customers) -> None:
    fresh = {"access_token": "b", "refresh_token": "s", "expires_in": 600}
    refused = problem(401, "invalid-token")
    bank = Scripted(refused, Says(200, fresh), refused)
    with pytest.raises(Unauthenticated):
        customer_at(serve(bank), tokens=Tokens("a", "r")).accounts()
    assert [asked.headers.get("Authorization") for asked in bank.asked] == [
        "Bearer a", None, "Bearer b",
    ]  # fmt: skip


def test_a_log_in_can_be_kept_and_taken_up_again(
    address: str, customer_at: Customers, dana: Customer
) -> None:
    kept: list[Tokens | None] = []
    first = customer_at(address, on_tokens=kept.append)
    first.log_in("dana", PASSWORD)
    assert kept == [first.tokens]
    later = customer_at(address, tokens=kept[-1], on_tokens=kept.append)
    assert later.profile().username == "dana"
    later.log_out()
    assert kept[-1] is None


def test_who_logs_out_is_out_everywhere(
    address: str, customer_at: Customers, dana: Customer
) -> None:
    other = customer_at(address, tokens=tokens_of(dana))
    dana.log_out()
    assert dana.tokens is None
    with pytest.raises(Unauthenticated):
        other.profile()


def test_tokens_are_forgotten_also_when_the_bank_does_not_hear_it(
    serve: Served, customer_at: Customers
) -> None:
    customer = customer_at(serve(Scripted(LOST)), tokens=Tokens("a", "r"))
    with pytest.raises(Unreachable):
        customer.log_out()
    assert customer.tokens is None


def test_who_is_out_already_can_log_out(dana: Customer, clock: Clock) -> None:
    clock.forward(days=400)
    dana.log_out()
    assert dana.tokens is None


def _once() -> Patience:
    return replace(Patience(), tries=1, wait=lambda _: None)
