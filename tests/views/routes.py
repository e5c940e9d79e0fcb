"""Every route of an application, and a town of people who knock on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from app.controllers.orders import Amount
from app.models import throttles
from app.models.database import Database
from app.models.merchant_nonces import NAME as NONCES
from app.models.merchants import Merchant
from app.models.schema import SHAPES
from app.views import guards
from app.views.api.describe import Operation
from app.views.html import PAGE_GUARDS
from tests import make
from tests.make import Person


@dataclass(frozen=True)
class Route:
    """One method at one address."""

    method: str
    rule: str
    guard: str
    operation: Operation | None

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def path(self, value: str) -> str:
        """The address with its variable parts filled in, with "a b" the first by a, then b."""
        values = value.split(" ")
        return re.sub(r"<[^>]+>", lambda _: values.pop(0) if values[1:] else values[0], self.rule)

    @property
    def takes_id(self) -> bool:
        """Whether the address has a variable part."""
        return "<" in self.rule


def routes_of(app: Flask) -> list[Route]:
    """Every route of the API, apart from HEAD and OPTIONS."""
    return [route for route in _every(app) if route.guard not in PAGE_GUARDS]


def pages_of(app: Flask) -> list[Route]:
    """Every route of the two websites."""
    return [route for route in _every(app) if route.guard in PAGE_GUARDS]


def _every(app: Flask) -> list[Route]:
    return [
        Route(
            method,
            rule.rule,
            guards.guard_of(app.blueprints[rule.endpoint.rpartition(".")[0]]),
            getattr(app.view_functions[rule.endpoint], "operation", None),
        )
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if not rule.endpoint.startswith("assets.")  # files, which have tests of their own
    ]


@dataclass
class Town:
    """Dana and Eve are customers, Tess is teller and approver, Abe an approver, Ada an admin, Art
    an auditor; Dana has 100.00, and a shop."""

    client: FlaskClient
    dana: Person
    eve: Person
    tess: Person
    art: Person
    abe: Person
    ada: Person
    shop: Merchant
    till: Person
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def bank(self) -> Bank:
        """The bank of the town."""
        found: Bank = self.client.application.extensions["bank"]
        return found

    def id_for(self, route: Route) -> str:
        """Something of Dana's that fits the variable part of the route."""
        if not route.takes_id:
            return ""
        return self.ids[route.rule.removeprefix("/banker").split("<")[0]]

    def freeze(self, person: Person) -> None:
        """Tess freezes a customer."""
        path = f"/banker/customers/{person.get('/me').json['id']}"
        headers = {"If-Match": self.tess.get(path).headers["ETag"]}
        answer = self.tess.post(f"{path}/freeze", {"reason": "for the test"}, headers=headers)
        assert answer.status_code == 200, answer.text

    def admitted(self, route: Route) -> Person | None:
        """Somebody who may enter; None is nobody in particular."""
        if route.rule.startswith("/banker/bankers"):
            return self.ada
        people = {"signed_in": self.dana, "customers": self.dana, "bankers": self.tess}
        people["merchants"] = self.till
        return people.get(route.guard)

    def knock(self, person: Person | None, method: str, path: str, **options: Any) -> TestResponse:
        """A request from a person, or from nobody."""
        if person is None:
            return self.client.open(path, method=method, **options)
        return person.send(method, path, **options)


def settle(client: FlaskClient) -> Town:
    """A town on an empty database."""
    staff = make.staff(
        client, tess="teller approver", art="auditor", abe="approver", ada="admin", ann="admin",
        amy="admin", tom="teller",
    )  # fmt: skip
    dana = make.customer(client, "dana").has("100.00")
    eve = make.customer(client, "eve")
    shop = make.merchant(client.application.extensions["bank"], dana.account)
    till = make.till(client, shop)
    desk = [staff[name] for name in ("tess", "art", "abe", "ada")]
    town = Town(client, dana, eve, *desk, shop, till)
    town.ids = {
        "/accounts/": dana.account,
        "/transactions/": dana.get("/transactions").json["items"][0]["id"],
        "/auth/sessions/": dana.get("/auth/sessions").json["items"][0]["id"],
        "/customers/": dana.get("/me").json["id"],
        "/problems/": "insufficient-funds",
        "/docs/swagger/": "swagger-ui.css",
        "/docs/static/": "docs.js",
        "/bankers/": "art",
        "/approvals/": "none",
        "/webhook_endpoints/": "none",
        "/webhook_deliveries/": "none",
        "/merchants/": f"{shop.id} {till.key}",
        "/payment_intents/": make.intent(town.bank, shop).id,
    }
    return town


def pending(town: Town, subject: str, by: str = "tom") -> dict[str, Any]:
    """A fresh proposal about somebody's account."""
    tom = make.log_in(town.client, by)
    body = {"reason": "for the test", "amount": "1"}
    answer = tom.post(f"/banker/accounts/{subject}/adjust", body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json)


def session_of(person: Person) -> str:
    """The id of the session that somebody is in."""
    rows = person.get("/auth/sessions").json["items"]
    return next(str(row["id"]) for row in rows if row["current"])


def example(route: Route, town: Town) -> dict[str, Any]:
    """A body that the route takes, made of the examples of its fields."""
    assert route.operation
    assert route.operation.body
    body = {
        name: taken.metadata["example"]
        for name, taken in route.operation.body.fields.items()
        if "example" in taken.metadata
    }
    for name in ("account", "default_account"):
        if name in body:
            body[name] = town.dana.account
    if route.rule == "/auth/register":
        body["username"] = "newcomer"
    if "to" in body:
        body["to"] = town.eve.account
    return body


def text_fields(route: Route) -> list[str]:
    """The fields of the route's body that take text and no amount."""
    assert route.operation
    assert route.operation.body
    every = route.operation.body.fields.items()
    return [name for name, taken in every if isinstance(taken, fields.String)]


def amount_fields(route: Route) -> list[str]:
    """The fields of the route's body that take an amount above zero."""
    assert route.operation
    assert route.operation.body
    amounts = {n: t for n, t in route.operation.body.fields.items() if isinstance(t, Amount)}
    return [name for name, taken in amounts.items() if taken.above_zero]


def contents(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database, but when a session was last seen, who tried how often, and which
    nonces were used."""
    found = {}
    for shape in (each for each in SHAPES if each.name not in (throttles.NAME, NONCES)):
        rows = list(database.collection(shape.name).find({}).sort("_id", 1))
        found[shape.name] = [{k: v for k, v in row.items() if k != "last_seen_at"} for row in rows]
    return found
