"""Fail points: MongoDB is told to fail in a certain way, and the same key still pays exactly once.

Every row of the table is tried with a deposit, a withdrawal and a transfer through the HTTP routes,
alone and as a batch of five, who waited together behind somebody else. Then the fault is over, and
each client sends the same request again until it is answered.

Each operation has a MongoDB of its own, because a fail point is for a whole server.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pymongo
from flask import Flask
from pymongo import MongoClient
from werkzeug.test import TestResponse

from app import create_app
from app.config import Config, Secret
from app.controllers.bank import Bank, migrate
from app.models.database import connect
from embedded_mongo import EmbeddedMongo
from tests import make
from tests.faults.checker import check
from tests.faults.fail_point_table import ROWS, Row, more_often
from tests.faults.figures import Figures, Scale
from tests.faults.history import History, Movement

DATABASE = "fail_points"
OPERATIONS = ("deposit", "withdrawal", "transfer")
PATHS = {"deposit": "/deposit", "withdrawal": "/withdraw", "transfer": "/transfer"}
TOGETHER = 5
MINOR = 100
POSSIBLE = ("201", "503 unknown", "503 not_applied")
Client = MongoClient[dict[str, Any]]


def run(scale: Scale, folder: Path) -> Figures:
    """The table for each operation, all at once."""
    rows = [*ROWS, *more_often()] if scale.long else ROWS
    with ThreadPoolExecutor(len(OPERATIONS)) as pool:
        columns = list(pool.map(partial(_column, rows, folder), OPERATIONS))
    answers = sum((column.answers for column in columns), Counter())
    counted = {
        "faults": len(rows),
        "cells": sum(column.cells for column in columns),
        "batches of five": sum(column.batches for column in columns),
        "failed or blocked commands": sum(column.strikes for column in columns),
        **{f"first answers {answer}": count for answer, count in sorted(answers.items())},
        "repeats": sum(column.repeats for column in columns),
    }
    wrong = [violation for column in columns for violation in column.violations]
    return Figures("fail points", counted, tuple(wrong))


def _column(rows: Sequence[Row], folder: Path, operation: str) -> _Column:
    """All rows for one operation."""
    with (
        EmbeddedMongo(folder / operation, test_commands=True, lifetime_limit_seconds=1) as mongo,
        Client(mongo.uri, tz_aware=True) as client,
        _application(mongo.uri) as app,
    ):
        history = History(folder / f"{operation}.jsonl")
        column = _Column(operation, app, client, history)
        for row in rows:
            column.cell(row, 1)
            column.cell(row, TOGETHER)
        history.close()
        column.violations += check(history.path, client[DATABASE])
        return column


@contextmanager
def _application(uri: str) -> Iterator[Flask]:
    administrator = connect(uri, DATABASE)
    migrate(administrator)
    administrator.close()
    config = Config(
        unconfirmed_daily_limit="1000000000",
        secret_key=Secret("tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"),
        # The driver asks soon again after a server whose code 91 said that it shuts down.
        mongo_uri=Secret(f"{uri}&heartbeatFrequencyMS=500"),
        mongo_database=DATABASE,
        log_level="ERROR",
        ratelimit_enabled=False,
    )
    app = create_app(config)
    bank: Bank = app.extensions["bank"]
    try:
        yield app
    finally:
        bank.ledger.close()
        bank.database.close()


class _Column:
    """One operation, on an account that all its requests share."""

    def __init__(self, operation: str, app: Flask, client: Client, history: History) -> None:
        self.cells = self.batches = self.strikes = self.repeats = 0
        self.answers: Counter[str] = Counter()
        self.violations: list[str] = []
        self._operation = operation
        self._app = app
        self._bank: Bank = app.extensions["bank"]
        self._admin = client.admin
        self._raw = client[DATABASE]
        self._history = history
        self._dana = make.customer(app.test_client(), "dana")
        self._erin = make.customer(app.test_client(), "erin")
        for person in (self._dana, self._erin):
            history.account(person.account)
        self._send(Movement("deposit", self._dana.account, 900_000, uuid4().hex))

    def cell(self, row: Row, width: int) -> None:
        """Send requests into the fault, and again when it is over."""
        self.cells += 1
        if row.command == "find":
            self._bank.ledger._memory.mistrust()  # else there is nothing that it must read
        movements = [self._movement() for _ in range(width)]
        before = self._balance()
        if width == 1:
            with self._struck(row):
                firsts = [self._send(movements[0], row.seconds)]
        else:
            firsts = self._send_batch(row, movements)
        place = f"{self._operation}, {row.name}, {row.mode}, {width} at once"
        for movement, first in zip(movements, firsts, strict=True):
            self.answers[_answer(first)] += 1
            if _answer(first) not in ([row.answer] if row.answer else POSSIBLE):
                self.violations.append(f"{place}: answered {_answer(first)}, not {row.answer}")
            self._send_again(movement, first, place)
        effect = MINOR * (1 if self._operation == "deposit" else -1) * (width + (width > 1))
        if self._balance() != before + effect:
            self.violations.append(f"{place}: the balance moved by {self._balance() - before}")

    def _send_again(self, movement: Movement, first: TestResponse, place: str) -> None:
        """The same request until it is answered; it is the same transaction, and the only one."""
        for _ in range(5):
            self.repeats += 1
            again = self._send(movement)
            if again.status_code != 503:
                break
        done = first.status_code == 201
        if again.status_code != 201 or (done and _told(first)["id"] != _told(again)["id"]):
            self.violations.append(f"{place}: answered {_answer(first)}, then {again.text}")
        if done and "Idempotency-Replayed" not in again.headers:
            self.violations.append(f"{place}: a repeat was not seen as one")
        made = self._raw["transactions"].count_documents({"key": {"$regex": f":{movement.key}$"}})
        if made != 1:
            self.violations.append(f"{place}: {made} transactions")

    def _send_batch(self, row: Row, movements: Sequence[Movement]) -> list[TestResponse]:
        """Let all of them wait behind somebody, so that the fault strikes them as one batch."""
        with ThreadPoolExecutor(len(movements) + 1) as pool, ExitStack() as struck:
            with self._commits_kept() as kept_one:
                leader = pool.submit(self._send, self._movement())
                kept_one()
                sent = [pool.submit(self._send, each, row.seconds) for each in movements]
                self._await_queue(len(movements))
                struck.enter_context(self._struck(row))
            self.batches += 1
            firsts = [each.result() for each in sent]
            if leader.result().status_code != 201:
                self.violations.append(f"{row.name}: the leader got {leader.result().text}")
            return firsts

    def _await_queue(self, length: int) -> None:
        deadline = time.monotonic() + 10
        while len(self._bank.ledger._grouping._queue) < length:
            if time.monotonic() > deadline:
                raise TimeoutError("the requests do not come to wait")
            time.sleep(0.001)

    def _movement(self) -> Movement:
        to = self._erin.account if self._operation == "transfer" else None
        return Movement(self._operation, self._dana.account, MINOR, uuid4().hex, to)

    def _balance(self) -> int:
        found = self._raw["accounts"].find_one({"_id": self._dana.account})
        return int(found["balance"]) if found else 0

    def _send(self, movement: Movement, seconds: float | None = None) -> TestResponse:
        """One request; what it and its answer say goes into the history."""
        dana = replace(self._dana, client=self._app.test_client())
        body = {"account": movement.account, "amount": f"{movement.minor / 100:.2f}"}
        body |= {"to": movement.to} if movement.to else {}
        id = self._history.invoke(movement, "client")
        # The shortest time counts, so that it cuts the bank's own budget.
        with pymongo.timeout(seconds) if seconds else nullcontext():
            key = {"Idempotency-Key": movement.key}
            answer = dana.post(PATHS[movement.kind], body, headers=key)
        self._note(id, answer)
        return answer

    def _note(self, id: int, answer: TestResponse) -> None:
        if answer.status_code == 201:
            replayed = "Idempotency-Replayed" in answer.headers
            self._history.ok(id, _told(answer)["id"], replayed=replayed)
        elif answer.status_code in (404, 409, 422):
            self._history.refused(id, _told(answer)["type"])
        elif _answer(answer) == "503 not_applied":
            self._history.not_applied(id, _told(answer)["type"])
        else:
            self._history.unknown(id, _told(answer)["type"])

    @contextmanager
    def _struck(self, row: Row) -> Iterator[None]:
        """MongoDB fails as the row says, for commands of the bank."""
        data = {"failCommands": [row.command], "appName": "strongroom", **row.fault}
        if row.collection:
            data["namespace"] = f"{DATABASE}.{row.collection}"
        point = {"configureFailPoint": "failCommand"}
        before = self._admin.command({**point, "mode": row.mode, "data": data})["count"]
        try:
            yield
        finally:
            struck = self._admin.command({**point, "mode": "off"})["count"] - before
            self.strikes += struck
            if not row.strikes_as_said(struck):
                self.violations.append(f"{self._operation}, {row.name}: struck {struck} times")

    @contextmanager
    def _commits_kept(self) -> Iterator[Callable[[], object]]:
        """MongoDB keeps the answers to commits; what is given returns when it keeps one."""
        point = {"configureFailPoint": "waitAfterCommandFinishesExecution"}
        data = {"commands": ["commitTransaction"]}
        kept = self._admin.command({**point, "mode": "alwaysOn", "data": data})["count"]
        awaited = {"waitForFailPoint": point["configureFailPoint"], "timesEntered": kept + 1}
        try:
            yield lambda: self._admin.command({**awaited, "maxTimeMS": 10_000})
        finally:
            self._admin.command({**point, "mode": "off"})


def _answer(answer: TestResponse) -> str:
    outcome = _told(answer).get("outcome") if answer.status_code == 503 else None
    return f"{answer.status_code} {outcome}" if outcome else str(answer.status_code)


def _told(answer: TestResponse) -> dict[str, Any]:
    return answer.json or {}
