"""How bankers propose and decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import approvals
from tests import make
from tests.make import Person

REASON = {"reason": "booked twice"}


@dataclass
class Desk:
    """Tess proposes, Abe approves, Bo may do both; Ada, Ann and Amy are admins; Art looks."""

    tess: Person
    abe: Person
    bo: Person
    ada: Person
    ann: Person
    amy: Person
    art: Person


def open_desk(client: FlaskClient) -> Desk:
    """Everybody at the desk, logged in."""
    return Desk(
        **make.staff(
            client, tess="teller", abe="approver", bo="teller approver", ada="admin", ann="admin",
            amy="admin", art="auditor",
        )
    )  # fmt: skip


def decide(person: Person, shown: Any, verb: str = "approve", **more: object) -> Any:
    """Approve what was shown, or reject it."""
    body: dict[str, object] = {"reason": "looked at it"}
    if verb == "approve":
        body["effect_hash"] = shown.json["effect_hash"]
    return person.post(f"/banker/approvals/{shown.json['id']}/{verb}", {**body, **more})


def reverse(person: Person, transaction: str, **more: object) -> Any:
    """Propose to take a transaction back."""
    return person.post(f"/banker/transactions/{transaction}/reverse", {**REASON, **more})


def adjust(person: Person, customer: Person, amount: str) -> Any:
    """Propose to correct a customer's account."""
    return person.post(f"/banker/accounts/{customer.account}/adjust", {**REASON, "amount": amount})


def newest(person: Person) -> str:
    """The last transaction of a customer."""
    return str(person.get("/transactions").json["items"][0]["id"])


def statuses(bank: Bank) -> list[str]:
    """What became of all proposals, oldest first."""
    rows = bank.database.collection(approvals.NAME).find({}).sort("_id", 1)
    return [str(row["status"]) for row in rows]


def many(app: Flask, person: Person, count: int) -> list[Person]:
    """The same person at many windows."""
    return [Person(app.test_client(), person.username, person.tokens) for _ in range(count)]
