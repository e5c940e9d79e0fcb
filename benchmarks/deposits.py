"""`POST /deposit` over HTTP, against what it is made of and against the usual way.

`python -m benchmarks.deposits` measures, in one run and in turn, at 1, 16 and 64 connections:

- the bank: token, session, validation, idempotency key, rules, hash chain, group commit; spread
  over 10,000 accounts, and all of it on one hot account
- (a) bare PyMongo, one transaction for each deposit, as many threads (`bare.py`)
- (b) the route that verifies the token and checks the body, without a database (`token_route.py`)
- (c) a naive bank: three writes without a transaction, behind the same server (`naive_bank.py`)
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import naive_bank
from benchmarks.rig import CUSTOMERS, ROOT, Rig, deposits, rig
from benchmarks.tables import Table, median_of, ratio

CONNECTIONS = (1, 16, 64)
Figures = dict[str, float]
Variant = Callable[[int], Figures]
Medians = dict[str, dict[str, float]]


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        medians = measured(Path(folder), asked.customers, asked.seconds, asked.repeats)
    for table in (rates(medians), ratios(medians)):
        sys.stdout.write(f"{table}\n\n")


def measured(folder: Path, customers: int, seconds: int, repeats: int) -> Medians:
    """The medians of every variant at every number of connections, by "variant connections"."""
    with ExitStack() as running:
        ground = running.enter_context(rig(folder, customers=customers))
        variants = _variants(running, ground, customers, seconds)
        for variant in variants.values():  # warm up
            variant(CONNECTIONS[-1])
        runs = {
            f"{name} {connections}": partial(variant, connections)
            for connections in CONNECTIONS
            for name, variant in variants.items()
        }
        return median_of(runs, repeats)


def _variants(running: ExitStack, ground: Rig, customers: int, seconds: int) -> dict[str, Variant]:
    bank = running.enter_context(ground.bank()).port
    route = running.enter_context(ground.served("benchmarks.token_route:create_app"))
    naive = running.enter_context(
        ground.served("benchmarks.naive_bank:create_app", NAIVE_URI=ground.mongo.uri)
    )
    naive_tokens = ground.folder / "naive"
    tokens = naive_bank.prepare(ground.mongo.uri, customers, ground.environment["SECRET_KEY"])
    naive_tokens.write_text("\n".join(tokens) + "\n", encoding="ascii")

    def http(port: int, people: Path, connections: int) -> Figures:
        return deposits(port, people, connections=connections, seconds=seconds)

    # Everybody once: a bank in the middle of its day, not one that has just been started.
    span = 1 + customers // 500
    deposits(bank, ground.everybody, connections=CONNECTIONS[-1], seconds=span, in_turn=True)

    return {
        "bank, spread": partial(http, bank, ground.everybody),
        "bank, hot": partial(http, bank, ground.one),
        "(a) bare, spread": partial(_bare, ground, seconds, False),
        "(a) bare, hot": partial(_bare, ground, seconds, True),
        "(b) token and body": partial(http, route, ground.everybody),
        "(c) naive, spread": partial(http, naive, naive_tokens),
    }


def _bare(ground: Rig, seconds: int, hot: bool, connections: int) -> Figures:
    command = [
        sys.executable, "-m", "benchmarks.bare", ground.mongo.uri, "bare",
        "--threads", str(connections), "--seconds", str(seconds), *(["--hot"] if hot else []),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def rates(medians: Medians) -> Table:
    """Deposits each second and milliseconds, by variant and number of connections."""
    columns = ["", *(f"{n}: each second, p50, p99 ms" for n in CONNECTIONS)]
    table = Table("POST /deposit", columns)
    for name in dict.fromkeys(key.rpartition(" ")[0] for key in medians):
        found = [medians[f"{name} {n}"] for n in CONNECTIONS]
        table.row(name, *(f"{m['rate']:,.0f}, {m['p50_ms']:.1f}, {m['p99_ms']:.1f}" for m in found))
    return table


def ratios(medians: Medians) -> Table:
    """What is claimed, what was asked for, and what was measured."""

    def rate(name: str, connections: int) -> float:
        return medians[f"{name} {connections}"]["rate"]

    def against(ours: str, theirs: str, connections: int) -> str:
        return ratio(rate(ours, connections), rate(theirs, connections))

    def middle(name: str) -> float:
        return medians[f"{name} 1"]["p50_ms"]

    above = middle("bank, spread") - middle("(a) bare, spread") - middle("(b) token and body")
    table = Table("Claims", ["", "at least", "measured"])
    table.row("spread against (a), 16", "1x", against("bank, spread", "(a) bare, spread", 16))
    table.row("spread against (a), 64", "1.5x", against("bank, spread", "(a) bare, spread", 64))
    table.row("hot against (a) hot, 64", "50x", against("bank, hot", "(a) bare, hot", 64))
    table.row("spread against (c), 64", "3x", against("bank, spread", "(c) naive, spread", 64))
    table.row("p50 at 1 above (a) + (b)", "(at most 1 ms)", f"{above:.2f} ms")
    for name in ("bank, spread", "bank, hot"):
        table.row(
            f"p99 at 64, {name}", "(at most 60 ms)", f"{medians[f'{name} 64']['p99_ms']:.1f} ms"
        )
    return table


if __name__ == "__main__":
    main()
