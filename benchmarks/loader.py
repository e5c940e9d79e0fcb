"""A bank with a long history, made through the ledger's door.

`python -m benchmarks.loader --transactions 1000000` makes customers with accounts in several
currencies and a year of what they did with their money, in DATA_DIR's own MongoDB or at
`--mongo-uri`; `make run` then serves it. Again on the same bank, it adds to the history. Everybody,
the two bankers too, has the demo's password, so it refuses a bank that it did not begin.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.config import Config
from app.controllers.bank import migrate, open_bank
from app.controllers.ledger import Ledger, Receipt
from app.controllers.ledger.grouping import BATCH
from app.errors import BankError
from app.models import accounts
from app.models.database import Database, connect, now
from benchmarks.people import Advance, make_people
from benchmarks.traffic import Traffic
from embedded_mongo import EmbeddedMongo, running_uri

CUSTOMERS, DAYS, SEED, WORKERS = 10_000, 365, 4217, 2


@dataclass(frozen=True)
class Loaded:
    """What a load has made; refused postings are not counted among the transactions."""

    transactions: int
    refused: int
    seconds: float


class _Year:
    """A clock that goes from one moment to another while transactions are made."""

    def __init__(self, first: datetime, last: datetime, total: int) -> None:
        self._first, self._step = first, (last - first) / total
        self._made = 0
        self._lock = Lock()

    def made(self, count: int) -> None:
        """So many more transactions are in the books."""
        with self._lock:
            self._made += count

    def __call__(self) -> datetime:
        moment = self._first + self._step * self._made
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def load(
    database: Database,
    *,
    transactions: int,
    seed: int = SEED,
    workers: int = WORKERS,
    advance: Advance = lambda _: None,
) -> Loaded:
    """Add exactly that many transactions to the books of a bank whose people are made.

    They begin where the history ends, a year ago at first, and lead up to now.
    """
    everybody = list(accounts.all_accounts(database))
    start = max(account.moved_at for account in everybody)
    year = _Year(start, now(), transactions)
    bank = open_bank(Config(), database, year)
    begun = time.monotonic()
    # Each goes on where the last load's seed is of no more use: at another length of the history.
    seeds = [f"{seed} {sum(account.seq for account in everybody)} {n}" for n in range(workers)]
    shares = [transactions // workers + (n < transactions % workers) for n in range(workers)]

    def work(worker: int) -> int:
        traffic = Traffic(everybody, worker, workers, seeds[worker])
        return _post(bank.ledger, traffic, shares[worker], [year.made, advance])

    with ThreadPoolExecutor(workers) as pool:
        refused = sum(pool.map(work, range(workers)))
    bank.ledger.close()
    return Loaded(transactions, refused, time.monotonic() - begun)


def _post(ledger: Ledger, traffic: Traffic, wanted: int, told: Sequence[Advance]) -> int:
    """Post until so many transactions are made; how many postings were refused."""
    made = refused = 0
    while made < wanted:
        outcomes = ledger.post_all([next(traffic) for _ in range(min(BATCH, wanted - made))])
        receipts = sum(isinstance(outcome, Receipt) for outcome in outcomes)
        made += receipts
        refused += len(outcomes) - receipts
        for each in told:
            each(receipts)
        for outcome in outcomes:
            # Whether it was made must be known, or the count is wrong.
            if isinstance(outcome, Exception) and not _harmless(outcome):
                raise outcome
        if refused > made + 10 * BATCH:
            raise RuntimeError(f"most postings are refused, such as: {outcomes[0]!r}")
    return refused


def _harmless(error: Exception) -> bool:
    return isinstance(error, BankError) and error.facts.get("outcome") != "unknown"


def filled(database: Database, transactions: int, customers: int, seed: int = SEED) -> Loaded:
    """People, the first time, and transactions, with a progress bar for each."""
    with bar("Customers   ", customers + 1) as advance:
        make_people(database, customers, now() - timedelta(days=DAYS), seed=seed, advance=advance)
    with bar("Transactions", transactions) as advance:
        return load(database, transactions=transactions, seed=seed, advance=advance)


@contextmanager
def bar(title: str, total: int) -> Iterator[Advance]:
    """A progress bar on a terminal; what to tell it stands in `with`."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns) as progress:
        task = progress.add_task(title, total=total, rate="")

        def advance(count: int) -> None:
            speed = progress.tasks[0].speed or 0
            progress.update(task, advance=count, rate=f"{speed:,.0f}/s")

        yield advance


@contextmanager
def opened(uri: str, data_dir: Path, name: str) -> Iterator[Database]:
    """The database at the URI, or in the folder's own MongoDB, which may run already; migrated."""
    uri = uri or running_uri(data_dir) or ""
    mongo = None if uri else EmbeddedMongo(data_dir, users=True, cache_gb=1)
    try:
        database = connect(uri or (mongo.start() if mongo else ""), name)
        migrate(database)
        yield database
        database.close()
    finally:
        if mongo:
            mongo.stop()


def main() -> int:
    """Load what the command line asks for."""
    settings = Config()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--mongo-uri", default="", help="a replica set; else one in --data-dir")
    parser.add_argument("--data-dir", type=Path, default=settings.data_dir)
    parser.add_argument("--database", default=settings.mongo_database)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    with opened(asked.mongo_uri, asked.data_dir, asked.database) as database:
        made = filled(database, asked.transactions, asked.customers, asked.seed)
    rate = made.transactions / made.seconds
    sys.stdout.write(
        f"{made.transactions:,} transactions in {made.seconds:,.0f} s ({rate:,.0f} per second), "
        f"{made.refused:,} postings refused\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
