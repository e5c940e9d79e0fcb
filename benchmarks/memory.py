"""Whether the bank's process grows: its memory before, during and after 100,000 deposits.

`python -m benchmarks.memory` prints the resident memory of the process that serves, each time
after as many more deposits as at the start, all with keys of their own and spread over the
customers. The first rounds fill what is bounded: remembered tokens, pools, buffers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.rig import THREADS, Rig, deposits, rig
from benchmarks.tables import Table
from tests.running import RunningBank


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deposits", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=10_000)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        rig(Path(folder), customers=asked.customers) as ground,
    ):
        sys.stdout.write(f"{measured(ground, asked.deposits, asked.rounds)}\n")


def measured(ground: Rig, count: int, rounds: int) -> Table:
    """Resident memory after each round of deposits."""
    table = Table("Memory of the serving process", ["deposits", "MB"])
    with ground.bank() as bank:
        done = _load(ground, bank)
        worker = serving(bank)
        table.row(round(done), _megabytes(worker))
        for number in range(1, rounds + 1):
            while done < count * number / rounds:
                done += _load(ground, bank)
            table.row(round(done), _megabytes(worker))
    return table


def _load(ground: Rig, bank: RunningBank) -> float:
    """Two seconds of deposits; how many there were."""
    return deposits(bank.port, ground.everybody, connections=THREADS, seconds=2)["count"]


def serving(bank: RunningBank) -> psutil.Process:
    """The process of a running bank that answers requests: after a load, the one that worked."""
    own = [process for process in bank.processes() if "mongod" not in process.name()]
    return max(own, key=lambda process: process.cpu_times().user)


def _megabytes(process: psutil.Process) -> float:
    return round(process.memory_info().rss / 2**20, 1)


if __name__ == "__main__":
    main()
