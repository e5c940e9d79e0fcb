"""Claims of postings: which of them bar the way, and what settles a try in any case."""

from __future__ import annotations

from bson import Int64

from app.controllers import pins as pin_controller
from app.controllers.bank import Bank
from app.models import claims, intent_tries, payment_intents, pin_spending, pins
from app.models.claims import Claim
from app.models.database import Database, now, within
from tests import make

PIN = "483926"
OVER = 1e-9
"""Seconds: the time of the request is over."""


def claim_of(intent: str, revision: int) -> Claim:
    """A claim of an intent as it was at that revision."""
    only = {"revision": Int64(revision)}
    return Claim(payment_intents.NAME, intent, "requires_customer", "canceled", only=only)


def test_claims_of_many_documents_are_barred_one_by_one(bank: Bank, database: Database) -> None:
    shop = make.merchant(bank)
    made = [make.intent(bank, shop).id for _ in range(4)]
    pin_spending.get_spending(database, "dana")
    right = [claim_of(id, 1) for id in made[:2]]
    wrong = [claim_of(id, 2) for id in made[2:]]
    spent = Claim(pin_spending.NAME, "dana", "counted", "counted", only={"revision": Int64(7)})
    found = claims.barred(database, [right[0], *wrong, spent, right[1]])
    assert {each.id for each in found} == {made[2], made[3], "dana"}


def test_of_two_claims_on_one_document_only_the_wrong_one_is_barred(
    bank: Bank, database: Database
) -> None:
    id = make.intent(bank, make.merchant(bank)).id
    stale, good = claim_of(id, 9), claim_of(id, 1)
    assert claims.barred(database, [stale, good]) == [stale]
    assert claims.barred(database, [good, stale]) == [stale]


def test_a_pin_s_try_is_settled_though_the_request_s_time_is_over(
    bank: Bank, database: Database
) -> None:
    number = make.account(bank).number
    pin_controller.set_pin(bank, number, PIN)
    for settle in (pins.give_back, pins.accept):
        tried = pins.reserve_try(database, number, bank.config.keys_by_id("pin"), now(), tries=3)
        assert tried
        assert tried.wrong == 1
        with within(OVER):
            settle(database, tried)
        found = pins.find_pin(database, number)
        assert found
        assert found.wrong == 0


def test_an_intent_s_try_is_settled_though_the_request_s_time_is_over(
    bank: Bank, database: Database
) -> None:
    intent = make.intent(bank, make.merchant(bank))
    tried = intent_tries.reserve_try(database, intent, "here", now(), tries=5)
    assert tried
    with within(OVER):
        intent_tries.settle_try(database, tried, refused=False)
    again = intent_tries.reserve_try(database, intent, "here", now(), tries=5)
    assert again
    assert again.tries == 1
