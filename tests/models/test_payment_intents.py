"""Payment intents as they are kept: what MongoDB lets through, and one step at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.controllers.bank import Bank
from app.errors import IntentNotFound
from app.models import claims, payment_intents
from app.models.database import DriverError, Duplicate
from app.models.intent import STEPS, Intent, Refund, new_intent
from app.models.merchants import get_merchant, insert_merchant, merchants_of, new_merchant
from money import Money

pytestmark = pytest.mark.bare


def intent(bank: Bank, **more: str) -> Intent:
    """An intent that is kept, of five dollars."""
    values = {"merchant": "m_1", "order": "A-1", "key": "key-1", "capture": "automatic"} | more
    made = new_intent(
        name="Shop", account="100000000091", amount=Money(500, "USD"), description="",
        return_url="https://shop.test/back", fingerprint="print", now=bank.now(),
        expires_at=bank.now() + timedelta(minutes=15), **values,
    )  # fmt: skip
    payment_intents.insert_intent(bank.database, made)
    return made


def paid(made: Intent) -> Intent:
    """The intent once it is paid."""
    return replace(made, status="succeeded", revision=2)


def test_an_intent_is_found_as_it_was_stored_by_its_merchant_alone(bank: Bank) -> None:
    made = intent(bank)
    assert payment_intents.get_intent(bank.database, made.id, "m_1") == made
    assert payment_intents.find_intent(bank.database, "m_1", order="A-1") == made
    assert payment_intents.find_intent(bank.database, "m_1", key="key-1") == made
    assert payment_intents.find_intent(bank.database, "m_2", order="A-1") is None
    with pytest.raises(IntentNotFound):
        payment_intents.get_intent(bank.database, made.id, "m_2")


@pytest.mark.parametrize("more", [{"key": "key-2"}, {"order": "A-2"}])
def test_a_merchant_has_one_intent_for_an_order_and_for_a_key(
    bank: Bank, more: dict[str, str]
) -> None:
    intent(bank)
    with pytest.raises(Duplicate):
        bank.database.atomically(lambda: intent(bank, **more))
    intent(bank, merchant="m_2")


def test_a_step_is_made_once_from_what_was_read(bank: Bank) -> None:
    made = intent(bank)
    claim = payment_intents.step(made, paid(made))
    assert claims.taken(bank.database, claim)
    assert not claims.taken(bank.database, claim)
    assert payment_intents.get_intent(bank.database, made.id) == paid(made)


def test_only_the_steps_of_the_drawing_are_made(bank: Bank) -> None:
    made = intent(bank)
    for before, allowed in STEPS.items():
        for then in STEPS.keys() - allowed:
            with pytest.raises(ValueError, match="does not become"):
                payment_intents.step(replace(made, status=before), replace(made, status=then))


@pytest.mark.parametrize(
    "wrong",
    [
        {"held_minor": 501}, {"held_minor": -1}, {"captured_minor": 1}, {"refunded_minor": 1},
        {"refunds": (Refund("re_1", 5, None, None, None),), "refunded_minor": 5},
    ],
)  # fmt: skip
def test_mongodb_refuses_figures_that_do_not_fit_each_other(
    bank: Bank, wrong: dict[str, object]
) -> None:
    made = intent(bank)
    claim = payment_intents.step(made, replace(paid(made), **wrong))
    with pytest.raises(DriverError, match="failed validation"):
        bank.database.atomically(lambda: claims.taken(bank.database, claim))
    assert payment_intents.get_intent(bank.database, made.id) == made


def test_what_is_due_is_what_waits_beyond_its_time(bank: Bank) -> None:
    made = intent(bank)
    assert payment_intents.due(bank.database, made.expires_at - timedelta(seconds=1), 9) == []
    assert payment_intents.due(bank.database, made.expires_at, 9) == [made]
    held = replace(made, status="requires_capture", held_until=made.expires_at + timedelta(days=7))
    assert claims.taken(bank.database, payment_intents.step(made, held))
    assert payment_intents.due(bank.database, made.expires_at, 9) == []
    assert len(payment_intents.due(bank.database, made.expires_at + timedelta(days=7), 9)) == 1


def test_a_merchant_is_found_as_it_was_stored(bank: Bank) -> None:
    made = new_merchant(
        name="Shop", account="100000000091", owner="someone", currency="USD",
        return_urls=["https://shop.test/back"], now=bank.now(),
    )  # fmt: skip
    insert_merchant(bank.database, made)
    assert get_merchant(bank.database, made.id) == made
    assert merchants_of(bank.database, "someone") == [made]
