"""64 customers pay one shop at once, against 64 customers who pay a shop each.

`python -m benchmarks.payments` measures in one run and in turn:

- over HTTP: the shop asks for the payment with a signed call, its customer opens the bank's page
  and sends account number and PIN (`shoppers.py`)
- without HTTP and PIN: the same postings at the ledger's door, against bare PyMongo with one
  transaction each (`purchases.py`)

A PIN is looked at by argon2id with 19 MiB, which is most of what a payment costs over HTTP.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from app.controllers.bank import Bank, open_bank
from app.models.database import connect, now
from benchmarks.purchases import AtTheDoor, Bare, crowd
from benchmarks.rig import DATABASE, Rig, rig
from benchmarks.shoppers import PIN, PRICE_MINOR, Shopper, Street, Took, street
from benchmarks.tables import Table, median_of, percentile, ratio

PEOPLE = 64
EACH = 3
MOST_EACH_SECOND = 3000
_SHOPS = ("one shop", "a shop each")
Figures = Mapping[str, float]
Variants = dict[str, Callable[[], Figures]]
Medians = dict[str, dict[str, float]]


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="without HTTP")
    parser.add_argument("--people", type=int, default=PEOPLE)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tables = measured(Path(folder), asked.people, asked.seconds, asked.repeats)
    for table in tables:
        sys.stdout.write(f"{table}\n\n")


def measured(folder: Path, people: int, seconds: float, repeats: int) -> list[Table]:
    """What was measured: over HTTP, without it, and how they compare."""
    with rig(folder, customers=2 * people) as ground, _bank(ground) as bank:
        shops = street(bank, people)
        # First, and not in between: a ledger forgets its accounts where another process moves them.
        doors = _at_the_door(ground, shops, seconds, repeats)
        hashes = crowd(partial(_look_at_pin, bank), bank.config.hashes_at_once, 40, seconds)
        http = _over_http(ground, shops, repeats)
    return [_http_table(people, http, hashes), _door_table(people, doors), _claims(http, doors)]


@contextmanager
def _bank(ground: Rig) -> Iterator[Bank]:
    """The bank's parts in this process."""
    bank = open_bank(ground.config, connect(ground.uri, DATABASE), now)
    try:
        yield bank
    finally:
        bank.ledger.close()
        bank.database.close()


def _medians(variants: Variants, repeats: int) -> Medians:
    for variant in variants.values():  # warm up
        variant()
    return median_of(variants, repeats)


def _at_the_door(ground: Rig, shops: Street, seconds: float, repeats: int) -> Medians:
    people = len(shops.customers)
    with MongoClient[dict[str, Any]](ground.mongo.uri, maxPoolSize=people + 1) as client:
        variants: Variants = {}
        for name in _SHOPS:
            one = name == _SHOPS[0]
            bare = Bare(client, "bare", people, one=one)
            variants[f"ledger, {name}"] = partial(_buy, AtTheDoor(shops, one=one), people, seconds)
            variants[f"bare, {name}"] = partial(_buy, bare, people, seconds)
        return _medians(variants, repeats)


def _buy(payments: AtTheDoor | Bare, people: int, seconds: float) -> Figures:
    each = int(MOST_EACH_SECOND / people * seconds) + 1
    payments.prepare(each)
    return crowd(payments.pay, people, each, seconds)


def _look_at_pin(bank: Bank, _: int) -> None:
    """What each payment costs before anything is paid."""
    bank.passwords.verify(PIN, None)


def _over_http(ground: Rig, shops: Street, repeats: int) -> Medians:
    with ExitStack() as running:
        # A client that is no browser sends no Secure cookies without TLS.
        served = running.enter_context(ground.bank(SECURE_COOKIES="false"))
        variants: Variants = {}
        for name in _SHOPS:
            shoppers = [
                running.enter_context(
                    Shopper(served.address, customer, shops.shop_of(at, one=name == _SHOPS[0]))
                )
                for at, customer in enumerate(shops.customers)
            ]
            variants[name] = partial(_pay, shops, shoppers)
        return _medians(variants, repeats)


def _pay(shops: Street, shoppers: Sequence[Shopper]) -> Figures:
    """Everybody at once pays a few times, and the shops have it."""
    took: list[Took] = []
    shops.count_anew()
    before = shops.earned()
    figures = crowd(lambda at: took.append(shoppers[at].pay()), len(shoppers), EACH)
    if shops.earned() - before != PRICE_MINOR * EACH * len(shoppers):
        raise RuntimeError("the shops have not earned what was paid")
    pin = percentile([each.pin for each in took], 50) * 1000
    return {**figures, "pin_p50_ms": pin, "again": sum(each.again for each in took) / len(took)}


def _http_table(people: int, http: Medians, hashes: Figures) -> Table:
    columns = ["", "each second", "p50 ms", "p99 ms", "of it the PIN, p50", "sent again, each"]
    table = Table(f"{people} customers pay over HTTP", columns)
    for name, found in http.items():
        names = ("rate", "p50_ms", "p99_ms", "pin_p50_ms", "again")
        table.row(name, *(found[figure] for figure in names))
    return table.row("PINs alone", hashes["rate"], hashes["p50_ms"], hashes["p99_ms"], None, None)


def _door_table(people: int, doors: Medians) -> Table:
    table = Table(f"{people} payments at once, no HTTP", ["", "each second", "p50 ms", "p99 ms"])
    for name, found in doors.items():
        table.row(name, found["rate"], found["p50_ms"], found["p99_ms"])
    return table


def _claims(http: Medians, doors: Medians) -> Table:
    one, own = _SHOPS

    def against(ours: str, theirs: str) -> str:
        return ratio(doors[ours]["rate"], doors[theirs]["rate"])

    table = Table("Claims", ["", "measured"])
    table.row(
        "over HTTP: one shop against a shop each", ratio(http[one]["rate"], http[own]["rate"])
    )
    table.row("ledger: one shop against a shop each", against(f"ledger, {one}", f"ledger, {own}"))
    table.row("bare: one shop against a shop each", against(f"bare, {one}", f"bare, {own}"))
    table.row("one shop: ledger against bare", against(f"ledger, {one}", f"bare, {one}"))
    table.row("a shop each: ledger against bare", against(f"ledger, {own}", f"bare, {own}"))
    return table


if __name__ == "__main__":
    main()
