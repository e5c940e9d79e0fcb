"""Webhooks as they are kept: what MongoDB lets through, and one change at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.controllers.bank import Bank
from app.errors import WebhookNotFound
from app.models import claims, webhook_deliveries, webhook_endpoints
from app.models.database import DriverError, Duplicate
from app.models.webhook_deliveries import Delivery, Try, new_delivery
from app.models.webhook_endpoints import PLACES, Endpoint, new_endpoint

LEASE = timedelta(minutes=2)


def endpoint(bank: Bank, place: int = 0) -> Endpoint:
    """An endpoint that is kept, of the shop m_1."""
    made = new_endpoint(
        merchant="m_1", place=place, url="https://shop.example/", events=["payment.succeeded"],
        kid="webhook-1", now=bank.now(),
    )  # fmt: skip
    webhook_endpoints.insert_endpoint(bank.database, made)
    return made


def delivery(bank: Bank) -> Delivery:
    """A delivery that waits, to the shop m_1."""
    made = new_delivery(
        event="evt_1", type="payment.succeeded", merchant="m_1", endpoint="we_1", intent="pi_1",
        body="{}", now=bank.now(),
    )  # fmt: skip
    claims.tell(bank.database, [webhook_deliveries.to_tell(made)])
    return made


def test_an_endpoint_is_found_as_it_was_stored_by_its_shop_alone(bank: Bank) -> None:
    made = endpoint(bank)
    assert webhook_endpoints.get_endpoint(bank.database, made.id, "m_1") == made
    assert webhook_endpoints.endpoints_of(bank.database, "m_1") == [made]
    with pytest.raises(WebhookNotFound):
        webhook_endpoints.get_endpoint(bank.database, made.id, "m_2")


def test_two_of_a_shop_have_not_one_place(bank: Bank) -> None:
    endpoint(bank)
    with pytest.raises(Duplicate):
        bank.database.attempt(lambda: endpoint(bank))


def test_who_is_removed_leaves_the_place(bank: Bank) -> None:
    made = endpoint(bank)
    gone = replace(made, status="removed", place=None, ended_at=bank.now())
    assert webhook_endpoints.change(bank.database, made, gone)
    assert endpoint(bank).place == made.place


def test_of_two_changes_of_what_was_read_one_counts(bank: Bank) -> None:
    made = endpoint(bank)
    changed = webhook_endpoints.change(bank.database, made, replace(made, url="https://a.example/"))
    assert changed == webhook_endpoints.find_endpoint(bank.database, made.id)
    assert webhook_endpoints.change(bank.database, made, replace(made, url="https://b/")) is None


def test_an_endpoint_is_disabled_once(bank: Bank) -> None:
    made = endpoint(bank)
    assert webhook_endpoints.disable(bank.database, made.id, bank.now())
    assert not webhook_endpoints.disable(bank.database, made.id, bank.now())


def test_a_delivery_is_found_as_it_was_told(bank: Bank) -> None:
    made = delivery(bank)
    assert webhook_deliveries.get_delivery(bank.database, made.id, "m_1") == made
    with pytest.raises(WebhookNotFound):
        webhook_deliveries.get_delivery(bank.database, made.id, "m_2")


def test_only_what_nobody_has_claimed_is_put_off(bank: Bank) -> None:
    now, later = bank.now(), bank.now() + timedelta(minutes=1)
    delivery(bank)
    claimed = webhook_deliveries.claim(bank.database, now, LEASE)
    due = delivery(bank)
    webhook_deliveries.put_off(bank.database, "we_1", bank.now(), later)
    assert claimed
    assert webhook_deliveries.get_delivery(bank.database, claimed.id) == claimed
    assert webhook_deliveries.get_delivery(bank.database, due.id).next_at == later


def test_shops_are_passed_over(bank: Bank) -> None:
    made = delivery(bank)
    now = bank.now() + timedelta(seconds=1)
    assert webhook_deliveries.claim(bank.database, now, LEASE, passing=["m_1"]) is None
    claimed = webhook_deliveries.claim(bank.database, now, LEASE, passing=["m_2"])
    assert claimed
    assert claimed.id == made.id


@pytest.mark.parametrize(
    "values",
    [
        {"status": "lost"}, {"place": PLACES}, {"place": None, "more": 1}, {"events": []},
        {"events": ["payment.lost"]}, {"secrets": []}, {"secrets": [{"version": 1}]}, {"url": None},
    ],
)  # fmt: skip
def test_mongodb_refuses_an_endpoint_that_can_not_be(bank: Bank, values: dict[str, Any]) -> None:
    made = endpoint(bank)
    with pytest.raises(DriverError):
        bank.database.collection(webhook_endpoints.NAME).update_one(
            {"_id": made.id}, {"$set": values}
        )


@pytest.mark.parametrize(
    "values",
    [
        {"status": "lost"}, {"event": "pi_1"}, {"failed": -1}, {"body": None}, {"more": 1},
        {"tries": [{"at": None, "status": None, "error": None}]}, {"tries": [{}]},
    ],
)  # fmt: skip
def test_mongodb_refuses_a_delivery_that_can_not_be(bank: Bank, values: dict[str, Any]) -> None:
    made = delivery(bank)
    with pytest.raises(DriverError):
        bank.database.collection(webhook_deliveries.NAME).update_one(
            {"_id": made.id}, {"$set": values}
        )


def test_what_is_settled_is_settled(bank: Bank) -> None:
    delivery(bank)
    claimed = webhook_deliveries.claim(bank.database, bank.now(), LEASE)
    assert claimed
    tried = Try(bank.now(), 204, None)
    assert webhook_deliveries.mark_delivered(bank.database, claimed, tried)
    assert not webhook_deliveries.give_up(bank.database, claimed, tried)
    assert webhook_deliveries.get_delivery(bank.database, claimed.id).tries == (tried,)
