"""The bankers' lists, filters, searches and exports of a bank with a long history."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import psutil

from app.controllers.demo import BANKERS
from benchmarks.people import SHOP
from benchmarks.tables import Table, medians
from benchmarks.visits import CUSTOMER, Town, Visit, asked, in_turn, watched

_DOWN = 10_000
REPORTS = ("/banker/reports/summary", *(f"/banker/reports/series?days={n}" for n in (30, 365)))


def lists(town: Town, requests: int, rounds: int) -> Table:
    """What bankers wait for, list by list; and a customer who searches the longest history."""
    table = Table(f"Lists of {town.name} transactions", ["GET", "rows", "p50 ms", "p99 ms"])
    banker, shop = town.visit(BANKERS[0]), town.visit(SHOP)
    number = json.loads(shop.get("/balance"))["account"]
    for path in (*_accounts(banker, number), *_transactions(banker, number), *REPORTS):
        name = re.sub(r"\?(cursor=.*)?$", f", {_DOWN:,} rows down", path)
        table.row(name, *_measured(banker, path, requests, rounds))
    for path in ("/transactions?q=coffee", "/transactions?q=nothing+like+it"):
        table.row(f"{path}, the shop's own", *_measured(shop, path, requests, rounds))
    return table


def _measured(visit: Visit, path: str, requests: int, rounds: int) -> tuple[int, float, float]:
    found = json.loads(visit.get(path))
    rows = len(found.get("items") or found.get("days") or [])
    # A slow list is as sure after a few.
    some = max(requests // 10, 1)
    figures = medians([in_turn([partial(visit.get, path)], some)[0] for _ in range(rounds)])
    return rows, figures["p50_ms"], figures["p99_ms"]


def _accounts(banker: Visit, number: str) -> Iterator[str]:
    path = "/banker/accounts"
    yield path
    yield f"{path}?{asked(cursor=banker.down(path, _DOWN))}"
    for sort in ("oldest", "-balance", "balance", "name", "number"):
        yield f"{path}?sort={sort}"
    for q in ("lovelace", "grace hopper", CUSTOMER, number):
        yield f"{path}?{asked(q=q)}"
    yield f"{path}?q=g&sort=-balance"
    yield f"{path}?status=open"
    yield f"{path}?status=frozen&sort=name"
    yield f"{path}?currency=KWD&sort=-balance"
    yield f"{path}?currency=USD&min=40000&max=40100&sort=balance"
    yield "/banker/customers"
    yield "/banker/customers?q=hopper"


def _transactions(banker: Visit, number: str) -> Iterator[str]:
    path = "/banker/transactions"
    middle = (datetime.now(UTC) - timedelta(days=180)).date().isoformat()
    month = (datetime.now(UTC) - timedelta(days=150)).date().isoformat()
    yield path
    yield f"{path}?{asked(cursor=banker.down(path, _DOWN))}"
    yield f"{path}?to={middle}"
    for kind in ("transfer", "fee"):
        yield f"{path}?kind={kind}"
    yield f"{path}?kind=withdrawal&from={middle}&to={month}"
    yield f"{path}?currency=KWD"
    yield f"{path}?currency=KWD&kind=transfer&to={middle}"
    yield f"{path}?actor={CUSTOMER}"
    yield f"{path}?actor={CUSTOMER}&kind=transfer"
    yield f"{path}?account={number}"
    yield f"{path}?account={number}&to={middle}"
    yield f"{path}?account={number}&kind=withdrawal"
    yield f"{path}?min=3999"
    yield f"{path}?min=20"
    yield f"{path}?kind=transfer&min=900"
    yield f"{path}?account={number}&min=900"
    yield f"{path}?min=20.00&max=20.05"
    yield f"{path}?min=20.00&max=20.05&kind=withdrawal"
    yield f"{path}?currency=JPY&min=300000&kind=deposit"


def exports(town: Town) -> Table:
    """Whole lists as CSV: how long, how fast, and what they take of the bank's memory."""
    columns = ["GET", "rows", "MB", "seconds", "rows per second", "MB of memory more, at most"]
    table = Table(f"Exports of {town.name} transactions", columns)
    month = (datetime.now(UTC) - timedelta(days=30)).date().isoformat()
    paths = (
        "/banker/accounts?csv=true", f"/banker/transactions?csv=true&from={month}",
        "/banker/transactions?csv=true&kind=transfer", "/banker/transactions?csv=true",
    )  # fmt: skip
    for path in paths:
        worker = serving(town)
        before = worker.memory_info().rss / 1e6
        with watched(worker) as peak:
            begun = time.perf_counter()
            size, lines = town.visit(BANKERS[0]).streamed(path)
            seconds = time.perf_counter() - begun
        rows = lines - 1
        table.row(path, rows, size / 1e6, seconds, rows / seconds, round(peak[0] - before, 1))
    return table


def serving(town: Town) -> psutil.Process:
    """The process that answers requests: the largest that the bank has started, but for MongoDB."""
    own = [process for process in town.bank.processes() if "mongod" not in process.name()]
    return max(own, key=lambda process: process.memory_info().rss)
