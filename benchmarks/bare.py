"""What the bank is compared with: deposits by PyMongo alone, one transaction each.

A program of its own, so that nothing else runs in its process:
`python -m benchmarks.bare URI DATABASE --threads 16 --seconds 3 [--hot]` prints figures as JSON.
A transaction is what a careful bank cannot do without: the guarded update, the history, the record
of the idempotency key. There is no HTTP, no token, no rule and no hash.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from threading import Thread
from typing import Any
from uuid import uuid4

from pymongo import MongoClient, ReturnDocument
from pymongo.client_session import ClientSession

from benchmarks.tables import latencies

ACCOUNTS = 10_000
Client = MongoClient[dict[str, Any]]


class Bare:
    """Accounts without a bank."""

    def __init__(self, client: Client, database: str, *, hot: bool) -> None:
        self._client = client
        self._accounts = client[database]["bare_accounts"]
        self._history = client[database]["bare_history"]
        self._keys = client[database]["bare_keys"]
        self._choice = 1 if hot else ACCOUNTS

    def prepare(self) -> None:
        """Open the accounts, the first time."""
        if self._accounts.estimated_document_count() < ACCOUNTS:
            rows = [{"_id": str(n), "status": "open", "balance": 0} for n in range(ACCOUNTS)]
            self._accounts.insert_many(rows)
            self._history.create_index([("account", 1), ("at", 1)])
            self._keys.insert_one({"_id": uuid4().hex})

    def deposit(self) -> None:
        """One deposit of one cent, tried again by the driver for as long as it meets others."""
        with self._client.start_session() as session:
            session.with_transaction(self._move)

    def _move(self, session: ClientSession) -> None:
        key = uuid4().hex
        account = self._accounts.find_one_and_update(
            {"_id": str(random.randrange(self._choice)), "status": "open"},
            {"$inc": {"balance": 1}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        entry = {"account": account["_id"], "minor": 1, "balance": account["balance"]}
        self._history.insert_one({**entry, "at": time.time(), "key": key}, session=session)
        self._keys.insert_one({"_id": key, "at": time.time()}, session=session)


def measure(bare: Bare, threads: int, seconds: float) -> dict[str, float]:
    """Deposits of as many threads for so long: how many each second, and how long each took."""
    end = time.monotonic() + seconds
    took: list[float] = []

    def work() -> None:
        while (begun := time.monotonic()) < end:
            bare.deposit()
            took.append(time.monotonic() - begun)

    crowd = [Thread(target=work) for _ in range(threads)]
    begun = time.monotonic()
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    return {"rate": len(took) / (time.monotonic() - begun), **latencies(took)}


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri")
    parser.add_argument("database")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--hot", action="store_true", help="all on one account")
    asked = parser.parse_args()
    with MongoClient[dict[str, Any]](asked.uri, maxPoolSize=asked.threads + 1) as client:
        bare = Bare(client, asked.database, hot=asked.hot)
        bare.prepare()
        sys.stdout.write(json.dumps(measure(bare, asked.threads, asked.seconds)) + "\n")


if __name__ == "__main__":
    main()
