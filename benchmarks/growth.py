"""What a bank costs as its history grows: 10^3, 10^5 and 10^6 transactions.

`python -m benchmarks.growth` loads three banks, each with a MongoDB of its own, serves them side by
side with `python run.py`, and prints

- balance, history and deposit over HTTP, each request in turn to each bank, so that a noisy moment
  falls upon all of them; of a shop with a tenth of all transactions, and of an ordinary customer
- the bankers' lists and exports of the largest bank (`desk.py`)
- the verification of the books: time and memory, all of it and only what is new (`books.py`)

With `--folder` the banks are kept and need not be loaded again. Deposits are added all the same.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

from app.config import Config
from app.models import transactions
from benchmarks import books, desk, loader
from benchmarks.people import SHOP
from benchmarks.tables import Table, medians, ratio
from benchmarks.visits import CUSTOMER, Asking, Town, Visit, asked, in_turn
from tests.running import RunningBank

SIZES = (1_000, 100_000, 1_000_000)
Say = Callable[[object], None]


def main() -> int:
    """Load, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="the smallest first")
    parser.add_argument("--customers", type=int, default=loader.CUSTOMERS)
    parser.add_argument("--requests", type=int, default=200, help="of each kind in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the banks are kept")
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.sizes.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        run(
            asked.folder or Path(scratch), sizes, customers=asked.customers,
            requests=asked.requests, rounds=asked.rounds, say=_say,
        )  # fmt: skip
    return 0


def _say(table: object) -> None:
    sys.stdout.write(f"{table}\n")
    sys.stdout.flush()


def run(
    folder: Path, sizes: Sequence[int], *, customers: int, requests: int, rounds: int, say: Say
) -> None:
    """All tables, said one by one as they are done."""
    if (made := loaded(folder, sizes, customers)).rows:
        say(made)
    with ExitStack() as stack:
        towns = [stack.enter_context(Town(size, _bank(folder, size))) for size in sizes]
        say(side_by_side(towns, requests, rounds))
        say(desk.lists(towns[-1], requests, rounds))
        say(desk.exports(towns[-1]))
        say(books.verification(towns, requests))


def _bank(folder: Path, size: int) -> RunningBank:
    """`python run.py` on the bank of that size; its banker stays logged in for hours."""
    return RunningBank(
        folder / str(size), LOG_LEVEL="ERROR", ACCESS_TOKEN_MINUTES="600", SESSION_HOURS="24",
        LIMIT_DAILY_DEPOSITS="1000000000",
        UNCONFIRMED_DAILY_LIMIT="1000000000", BANKERS_SECOND_FACTOR="false",
        RATELIMIT_ENABLED="false",
    )  # fmt: skip


def loaded(folder: Path, sizes: Sequence[int], customers: int) -> Table:
    """Make the banks that are not there yet; how fast they were made."""
    table = Table("Loading through the door", ["transactions", "seconds", "per second", "refused"])
    for size in sizes:
        with loader.opened("", folder / str(size), Config().mongo_database) as database:
            missing = size - transactions.count(database)
            if missing > 0:
                made = loader.filled(database, missing, customers)
                rate = made.transactions / made.seconds
                table.row(made.transactions, made.seconds, rate, made.refused)
    return table


def side_by_side(towns: Sequence[Town], requests: int, rounds: int) -> Table:
    """What customers wait for at each size, and against the smallest."""
    columns = ["ms", *(f"{town.name} {p}" for town in towns for p in ("p50", "p99"))]
    columns += [f"p50, {town.name} / {towns[0].name}" for town in towns[1:]]
    table = Table("Customers, one connection, as the history grows", columns)
    for name, asking in _asked_of(towns):
        in_turn(asking, requests)  # to warm up
        runs = [in_turn(asking, requests) for _ in range(rounds)]
        figures = [medians(each) for each in zip(*runs, strict=True)]
        cells = [each[p] for each in figures for p in ("p50_ms", "p99_ms")]
        smallest = figures[0]["p50_ms"]
        table.row(name, *cells, *(ratio(each["p50_ms"], smallest) for each in figures[1:]))
    return table


def _asked_of(towns: Sequence[Town]) -> Iterator[tuple[str, list[Asking]]]:
    """Each kind of request, and how it is sent to each of the banks."""
    people = [town.visit(CUSTOMER) for town in towns]
    shops = [town.visit(SHOP) for town in towns]
    middles = [asked(limit=20, cursor=_middle(shop)) for shop in shops]
    yield "GET /balance", [partial(each.get, "/balance") for each in people]
    yield "GET /balance of the shop", [partial(each.get, "/balance") for each in shops]
    path = "/transactions?limit=20"
    yield f"GET {path} of the shop, newest", [partial(each.get, path) for each in shops]
    yield (
        "... from the middle of its history",
        [partial(s.get, f"/transactions?{at}") for s, at in zip(shops, middles, strict=True)],
    )
    yield "POST /deposit", [_deposits(each) for each in people]
    yield "POST /deposit of the shop", [_deposits(each) for each in shops]


def _middle(visit: Visit) -> str | None:
    newest = visit.page("/transactions", limit=1)["items"][0]
    return visit.down("/transactions", int(newest["seq"]) // 2)


def _deposits(visit: Visit) -> Asking:
    """A deposit each time, under a key of its own."""
    run, numbers = os.urandom(8).hex(), count()
    return lambda: visit.deposit(f"{run}-{next(numbers)}")


if __name__ == "__main__":
    sys.exit(main())
