"""Payments go as their model says; and where the model is wrong, the machine finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from app.controllers.bank import Bank
from tests.conftest import Clock
from tests.fuzz.payment_machine import Divergence, PaymentMachine, World
from tests.fuzz.payment_model import Payment, Street

SAID = {
    "confirm ", "confirm Overtaken", "confirm AccountFrozen", "confirm InsufficientFunds",
    "capture ", "capture WrongState", "capture CaptureTooLarge", "capture AccountFrozen",
    "refund ", "refund WrongState", "refund RefundTooLarge", "refund InsufficientFunds",
    "cancel ", "cancel WrongState", "repeat ", "mix up KeyReused", "sweep",
}  # fmt: skip


@pytest.fixture
def world(bank: Bank, clock: Clock, make_app: Callable[..., Flask]) -> World:
    """The tests' bank, and another process of it."""
    return World((bank, make_app().extensions["bank"]), clock)


def explore(world: World, runs: int, steps: int) -> str:
    """So many runs; the first divergence, or nothing."""
    machine = seeded(6)(type("PaymentMachine", (PaymentMachine,), {"world": world}))
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=runs, stateful_step_count=steps, phases=(Phase.generate,),
                database=None, deadline=None, suppress_health_check=list(HealthCheck),
                print_blob=False, report_multiple_bugs=False,
            ),
        )  # fmt: skip
    except (Divergence, Flaky) as error:
        # Flaky: a divergence that did not come again. It is one all the same.
        return f"{error} {error.__context__ or ''} {getattr(error, 'exceptions', '')}"
    return ""


def test_payments_go_as_their_model_says(world: World) -> None:
    assert explore(world, runs=20, steps=50) == ""
    assert {said for said in SAID if not world.counted[said]} == set(), world.counted


class NothingExpires(Payment):
    """Forgets the clock."""

    def over(self, now: datetime) -> bool:
        """Never."""
        return False


class FreezesNothing(Street):
    """Forgets that the account is frozen."""

    def capture(self, payment: Payment, minor: int, final: bool, now: datetime) -> str:
        """As if it was open."""
        frozen, self.frozen = self.frozen, False
        try:
            return super().capture(payment, minor, final, now)
        finally:
            self.frozen = frozen


class KeepsTheRest(Street):
    """Frees nothing after a final capture."""

    def capture(self, payment: Payment, minor: int, final: bool, now: datetime) -> str:
        """As if more was to come."""
        return super().capture(payment, minor, False, now)


class GivesBackTwice(Street):
    """Forgets what was given back before."""

    def refund(self, payment: Payment, minor: int, now: datetime) -> str:
        """As if it was the first."""
        before, payment.refunded = payment.refunded, 0
        refusal = super().refund(payment, minor, now)
        payment.refunded += before
        return refusal


@pytest.mark.parametrize("model", [FreezesNothing, KeepsTheRest, GivesBackTwice])
def test_a_wrong_model_is_found(world: World, model: type[Street]) -> None:
    assert "the bank says" in explore(replace(world, model=model), runs=15, steps=50)


def test_a_model_without_a_clock_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.payment_machine.Payment", NothingExpires)
    assert "the bank says" in explore(world, runs=15, steps=50)
