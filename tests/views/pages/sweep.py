"""Every page of the bank, and somebody for each who may see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from app.models import outbox, verifications
from tests import make, telling, tills
from tests.pages import Browser
from tests.views.routes import Route, Town, pages_of, settle

FILES = (".csv", "/feed", "/feed/latest")
"""Ends of addresses that are no pages themselves: what is kept, and what pages listen to."""


@dataclass
class Site:
    """A town, and its people at the pages: Dana at hers, Tess and Ada at the desk."""

    town: Town
    app: Flask
    visitors: Browser
    dana: Browser
    tess: Browser
    ada: Browser
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def browsers(self) -> dict[str, Browser]:
        """Who is admitted, by guard."""
        return {
            "visitors": self.visitors, "customer_pages": self.dana, "desk_pages": self.tess,
        }  # fmt: skip

    def admitted(self, route: Route) -> Browser:
        """Somebody who may enter."""
        return self.ada if route.rule.startswith("/desk/bankers") else self.browsers[route.guard]

    def path(self, route: Route) -> str:
        """The address with something of the town's in its variable parts."""
        return address(route, self.ids)

    def get(self, route: Route) -> TestResponse:
        """The page as somebody sees it who may."""
        return self.admitted(route).open(self.path(route), buffered=True)


def open_site(client: FlaskClient) -> Site:
    """A site on an empty database."""
    town, app = settle(client), client.application
    names = ("dana", "tess", "ada")
    people = [Browser(app).log_in(name) for name in names]
    ids = {
        "/my/transactions": town.ids["/transactions/"],
        "month": town.bank.now().strftime("%Y-%m"),
        "account": town.dana.account,
        "number": town.dana.account,
        "/desk/transactions": town.ids["/transactions/"],
        "/desk/customers": town.ids["/customers/"],
        "/desk/approvals": town.tess.post(
            f"/banker/accounts/{town.dana.account}/adjust", {"amount": "1", "reason": "a test"}
        ).json["id"],
        "username": "art",
        "/desk/payments": make.intent(town.bank, town.shop).id,
        "/desk/books": verifying(town.bank),
        "/desk/outbox": given_up(town.bank),
        "/desk/webhooks": untaken(town),
        "/pay/<id>": tills.shop(town.bank).asks("12.50").id,
        "/desk/merchants": town.shop.id,
        "/my/shops": town.shop.id,
        "key": make.till(client, town.shop).key,
    }
    return Site(town, app, Browser(app), *people, ids)


def verifying(bank: Bank) -> str:
    """A verification that runs on, so that a form that asks for one begins no other."""
    now = bank.now()
    begun = verifications.new_verification(
        full=True, by="tests", now=now, lease_until=now + timedelta(hours=1)
    )
    bank.database.atomically(lambda: verifications.begin(bank.database, begun))
    return begun.id


def given_up(bank: Bank) -> str:
    """A mail that could not be sent."""
    mail = outbox.new_mail(
        kind="PIN locked", to="dana@example.com", subject="-", sealed=b"-", now=bank.now()
    )
    outbox.put(bank.database, replace(mail, status="given_up", error="nobody there"))
    return mail.id


def untaken(town: Town) -> str:
    """What Dana's shop was told, and its server did not take."""
    telling.listen(town.bank, town.shop, "https://shop.example/webhooks")
    return telling.given_up(town.bank, town.shop).id


def shown(app: Flask) -> list[Route]:
    """What can be looked at: not what is only passed on the way, nor files and streams."""
    return [
        route
        for route in pages_of(app)
        if route.method == "GET" and not route.rule.endswith((*FILES, "/refresh"))
    ]


def address(route: Route, ids: Mapping[str, str]) -> str:
    """The route's address; `ids` are named by the variable, or by the part of the site."""
    section = "/".join(route.rule.split("/")[:3])

    def value(found: re.Match[str]) -> str:
        return ids.get(found[1]) or ids[section]

    return re.sub(r"<(?:\w+:)?(\w+)>", value, route.rule)
