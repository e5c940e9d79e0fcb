"""How MongoDB answers what is asked of many payment intents: by index, in order, without a sort.

Four thousand are put in, into a database of their own. Each query is explained as the bank asks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.controllers.bank import migrate
from app.models import payment_intents
from app.models.database import Database, connect
from app.models.histories import Place
from app.models.intent import Intent, new_intent
from app.models.intent_lists import IntentFilters, index_for, intents_criterion
from money import Money

pytestmark = pytest.mark.tampers
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=3)
COUNT, PAGE = 4_000, 21


def nth(number: int) -> Intent:
    """One of many: of twenty shops, one in forty open, the others canceled."""
    at = START + timedelta(minutes=number)
    made = new_intent(
        merchant=f"m_{number % 20}", name="Shop", account="100000000091", amount=Money(500, "USD"),
        order=f"A-{number}", description="", return_url="https://shop.test", capture="manual",
        key=f"key-{number}", fingerprint="print", now=at, expires_at=at + timedelta(minutes=15),
    )  # fmt: skip
    if number % 40 == 0:
        return made
    if number % 40 == 1:
        return replace(
            made, status="requires_capture", held_minor=500, payer="p", paid_at=at,
            payer_account=f"account-{number}", held_until=at + timedelta(days=7),
        )  # fmt: skip
    return replace(made, status="canceled")


@pytest.fixture(scope="module")
def many(mongo_uri: str) -> Iterator[Database]:
    """The database with all of them, forgotten afterwards."""
    database = connect(mongo_uri, "strongroom_tests_intents", pool=20)
    database.drop()
    migrate(database)
    documents = [payment_intents.to_document(nth(number)) for number in range(COUNT)]
    database.collection(payment_intents.NAME).insert_many(documents)
    yield database
    database.drop()
    database.close()


def stages(plan: Any) -> Iterator[Any]:
    """All stages of a plan."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for inner in plan.values():
            yield from stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from stages(inner)


def explained(database: Database, **query: Any) -> tuple[set[str], int]:
    """The indexes of a query, or the stages that use none or sort; and how much was looked at."""
    find = {"find": payment_intents.NAME, **query}
    told = database.command("explain", find, verbosity="executionStats")
    used = {
        stage.get("indexName", stage["stage"])
        for stage in stages(told["queryPlanner"]["winningPlan"])
        if stage["stage"] in ("IXSCAN", "COLLSCAN", "SORT")
    }
    stats = told["executionStats"]
    return used, max(stats["totalKeysExamined"], stats["totalDocsExamined"])


@pytest.mark.parametrize("after", [None, Place(START + timedelta(minutes=2_000), "pi_")])
@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (IntentFilters(), "newest"),
        (IntentFilters(merchants=["m_7"]), "merchant_newest"),
        (IntentFilters(merchants=["m_7", "m_8"]), "merchant_newest"),
        (IntentFilters(status="canceled"), "status_newest"),
        (IntentFilters(status="expired"), "status_newest"),
        (IntentFilters(status="succeeded"), "status_newest"),
        (IntentFilters(order="A-7"), "order_newest"),
    ],
)
def test_a_page_of_a_list_follows_an_index(
    many: Database, filters: IntentFilters, index: str, after: Place | None
) -> None:
    criterion = intents_criterion(filters, NOW, after)
    order = {"created_at": -1, "_id": -1}
    used, looked_at = explained(
        many, filter=criterion, sort=order, limit=PAGE, hint=index_for(filters)
    )
    assert used == {index}
    assert looked_at <= 10 * PAGE


def test_a_shops_order_is_found_by_its_name(many: Database) -> None:
    criterion = intents_criterion(IntentFilters(merchants=["m_7"], order="A-7"), NOW, None)
    _, looked_at = explained(many, filter=criterion, limit=PAGE, hint="order_newest")
    assert looked_at <= 2


def test_what_is_due_is_found_among_what_waits(many: Database) -> None:
    used, looked_at = explained(many, filter=payment_intents.due_criterion(NOW), limit=100)
    assert "COLLSCAN" not in used
    assert looked_at <= COUNT // 40 + 2
