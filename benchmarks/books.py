"""The verification of the books, as people run it: `flask --app run.py ledger verify`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from benchmarks.people import SHOP
from benchmarks.tables import Table
from benchmarks.visits import Town, watched
from tests.running import ROOT

_SAID = re.compile(
    r"OK: (\d+) accounts, (\d+) transactions, (\d+) lines walked, \d+ events walked, 0 findings"
)


@dataclass(frozen=True)
class Verified:
    """One run of the command on books that are right."""

    accounts: int
    transactions: int
    lines: int
    seconds: float
    peak_mb: float


def verification(towns: Sequence[Town], deposits: int) -> Table:
    """All of the books, then what is new: nothing, then so many deposits."""
    columns = ["", "transactions", "accounts", "lines walked", "seconds", "peak MB"]
    table = Table("Verification, as a command of its own", columns)
    for town in towns:
        _row(table, "everything", verified(town))
        _row(table, "what is new: nothing", verified(town, "--new"))
        shop, run = town.visit(SHOP), os.urandom(8).hex()
        for number in range(deposits):
            shop.deposit(f"{run}-{number}")
        _row(table, f"what is new: {deposits} deposits", verified(town, "--new"))
    return table


def _row(table: Table, name: str, run: Verified) -> None:
    table.row(name, run.transactions, run.accounts, run.lines, run.seconds, run.peak_mb)


def verified(town: Town, *options: str) -> Verified:
    """Run the command beside the bank that is being served. Raises when the books are wrong."""
    begun = time.perf_counter()
    process = psutil.Popen(
        [sys.executable, "-m", "flask", "--app", "run.py", "ledger", "verify", *options],
        cwd=ROOT, env=town.bank.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with watched(process) as peak:
        said = process.communicate()[0]
    seconds = time.perf_counter() - begun
    if not (found := _SAID.search(said)):
        raise RuntimeError(f"the books of {town.name} transactions are wrong: {said[-500:]}")
    accounts, transactions, lines = map(int, found.groups())
    return Verified(accounts, transactions, lines, seconds, round(peak[0], 1))
