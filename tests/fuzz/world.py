"""The bank that the machine works on: its settings, people and first day, and what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.models.database import Database, now
from app.models.schema import SHAPES
from money import Money
from tests import make
from tests.fuzz.model import Bank, Limit
from tests.running import Answer

Ask = Callable[[str, str, Any, dict[str, str]], Answer]
"""Sends a request: method, path, body or None, headers."""

LIMITS = {
    "USD": Limit(100_00, 180_00, 150_00),
    "EUR": Limit(100_00, 180_00, 150_00),
    "JPY": Limit(9_000, 16_000, 12_000),
    "KWD": Limit(40_000, 70_000, 50_000),
}
BANKER = "a banker"
APPROVER = "another banker"
_MAX_ACCOUNTS = 4
PEOPLE = {"ana": ("EUR", "KWD"), "ben": ("EUR",), "cleo": ("JPY",)}


def bank_settings(limits: Mapping[str, Limit]) -> dict[str, Any]:
    """The settings that the model knows as figures; tokens outlive the machine."""
    own: dict[str, Any] = {
        "max_accounts": _MAX_ACCOUNTS, "access_token_minutes": 600, "session_hours": 99999,
        "unconfirmed_daily_limit": "1000000000",
    }  # fmt: skip
    parts = {"per_posting": "posting", "daily_deposits": "deposits", "daily_spending": "spending"}
    for name, part in parts.items():
        amounts = [Money(getattr(limit, part), code) for code, limit in limits.items()]
        others = [f"{each.currency}:{each.amount}" for each in amounts]
        own[f"limit_{name}"] = ",".join([amounts[0].amount, *others])
    return own


class Clock:
    """Noon, and a millisecond later at each look: no midnight comes by itself."""

    def __init__(self) -> None:
        self._moment = now().replace(hour=12)

    def __call__(self) -> datetime:
        self._moment += timedelta(milliseconds=1)
        return self._moment

    def next_day(self) -> None:
        """The same time tomorrow."""
        self._moment += timedelta(days=1)


@dataclass
class World:
    """A bank that stands, its people, the first day to go back to, and what was counted."""

    ask: Ask
    database: Database
    administrator: Database
    model: Bank
    tokens: dict[str, str]
    ids: dict[str, str]
    clock: Clock | None = None
    seeds: int = 0
    runs: int = 0
    requests: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    first_day: dict[str, list[dict[str, Any]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.first_day:
            names = [shape.name for shape in SHAPES]
            found = {name: list(self.administrator.collection(name).find({})) for name in names}
            self.first_day.update(found)

    def counted(self) -> Counter[str]:
        """Totals; then how often each rule was used and each answer came."""
        totals = {"seeds": self.seeds, "runs": self.runs, "steps": self.steps.total()}
        return Counter({**totals, "requests": self.requests, **self.steps, **self.answers})

    def go_back(self) -> None:
        """Let the database be what it was on the first day."""

        def work() -> None:
            for name, found in self.first_day.items():
                self.administrator.collection(name).delete_many({})
                if found:
                    self.administrator.collection(name).insert_many(found)

        self.administrator.atomically(work)


def in_process(client: FlaskClient) -> Ask:
    """Requests without a network."""

    def ask(method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        answer = client.open(path, method=method, json=body, headers=headers)
        return Answer(answer.status_code, dict(answer.headers), answer.text)

    return ask


def settle(
    app: Flask, administrator: Database, limits: Mapping[str, Limit], clock: Clock | None
) -> World:
    """The first day: three customers with accounts in several currencies, and two bankers."""
    client = app.test_client()
    for shape in SHAPES:
        administrator.collection(shape.name).delete_many({})
        administrator.seed(shape)
    bank = Bank(limits, max_accounts=_MAX_ACCOUNTS)
    people = {name: make.customer(client, name) for name in PEOPLE}
    for name, person in people.items():
        bank.joined(name, person.account)
        for currency in PEOPLE[name]:
            opened = person.post("/accounts", {"currency": currency})
            bank.opened(name, opened.json["account"], currency)
    everybody = {**people, **dict(zip((BANKER, APPROVER), make.two_bankers(client), strict=True))}
    return World(
        in_process(client),
        app.extensions["bank"].database,
        administrator,
        bank,
        {name: person.tokens["access_token"] for name, person in everybody.items()},
        {name: person.get("/me").json["id"] for name, person in people.items()},
        clock,
    )
