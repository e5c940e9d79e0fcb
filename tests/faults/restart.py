"""Everything is killed at once in the middle of a load, and started again on the same folder.

The server, its worker and the embedded MongoDB get `kill -9` in the same moment; the clients go on
knocking, and repeat some of what they heard no answer to. What a killed process has written, the
system keeps: this proves nothing about a loss of power.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from embedded_mongo import running_uri
from tests.faults import checker
from tests.faults.figures import Figures, Scale, percentile
from tests.faults.history import History
from tests.faults.load import ROOMY, Load, customers
from tests.faults.replica_set import await_until, quiet_ports
from tests.running import RunningBank

DATABASE = "strongroom"
SEED = 20240608
_ACCOUNTS = 40
_WRITES_BEFORE = 100


def run(scale: Scale, folder: Path) -> Figures:
    """Kill and start again, in rounds; what the checker says of it."""
    began = time.monotonic()
    data = folder / "bank"
    history = History(folder / "history.jsonl")
    with RunningBank(data, port=quiet_ports(1)[0], **ROOMY) as bank:
        people = customers(bank.start(), _ACCOUNTS)
        with Load(("127.0.0.1", bank.port), people, history, seed=SEED) as load:
            rounds = [_kill_and_start(bank, load) for _ in range(20 if scale.long else 2)]
            _await_writes(load, 1)
            load.stop()
        history.close()
        violations = [
            *load.surprises("no connection", "lost", "cut"),
            *_judge(str(running_uri(data)), history),
        ]
    down = [seconds for _, seconds in rounds]
    counted: dict[str, int | float | str] = {
        "rounds": len(rounds),
        "processes killed": sum(killed for killed, _ in rounds),
        **load.counted(),
        **checker.tallied(violations),
        "down p50 s": round(percentile(down, 50), 1),
        "down max s": round(max(down), 1),
        "seed": SEED,
        "seconds": round(time.monotonic() - began),
    }
    return Figures("restart after kill -9 of everything", counted, tuple(violations))


def _kill_and_start(bank: RunningBank, load: Load) -> tuple[int, float]:
    """Kill it all while it works; how many processes that were, and the seconds without it."""
    _await_writes(load, _WRITES_BEFORE)
    # The youngest first: they would notice the end of the one that started them.
    doomed = bank.processes()[::-1]
    for process in doomed:
        process.kill()
    began = time.monotonic()
    await_until(lambda: not bank.left_behind(), "end of the bank")
    assert bank.exit_code() == -9
    bank.start()
    return len(doomed), time.monotonic() - began


def _await_writes(load: Load, count: int) -> None:
    goal = len(load.acknowledged_at) + count
    await_until(lambda: len(load.acknowledged_at) >= goal, "acknowledged write")


def _judge(uri: str, history: History) -> list[str]:
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as administrator:
        return checker.check(history.path, administrator[DATABASE])
