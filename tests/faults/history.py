"""The history of a run: what was asked of the bank, and what it answered, line by line.

A history is a file of JSON lines; `checker.py` judges a run by it and by the final database alone.

    {"event": "account", "account": "...", "currency": "USD"}
    {"event": "invoke",  "id": 7, "at": ..., "process": "3", "kind": "transfer", "key": "...",
     "account": "...", "to": "...", "minor": 1250}
    {"event": "ok",      "id": 7, "at": ..., "transaction": "...", "replayed": false}
    {"event": "refused", "id": 7, "at": ..., "problem": "insufficient-funds"}
    {"event": "unknown", "id": 7, "at": ..., "problem": "connection lost"}
    {"event": "not_applied", "id": 7, "at": ..., "problem": "overloaded"}

`at` is the wall clock in seconds. Every try is an `invoke` of its own: a repeat has another id and
the same key. `account` lines name every account that the run uses; all of its money comes from
movements that are in the history. An `invoke` without an answer (a killed client) is unknown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any


@dataclass(frozen=True, slots=True)
class Movement:
    """What is asked: deposit, withdrawal or transfer (which alone has `to`), in minor units."""

    kind: str
    account: str
    minor: int
    key: str
    to: str | None = None


class History:
    """Writes a history; several threads may share it. A line is on its way before a request is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._ids = count(1)
        self._lock = Lock()

    def account(self, account: str, currency: str = "USD") -> None:
        """The run uses this account, which begins empty."""
        self._write({"event": "account", "account": account, "currency": currency})

    def invoke(self, movement: Movement, process: object) -> int:
        """A request is about to be sent; the id for its answer."""
        with self._lock:
            id = next(self._ids)
        asked = {**asdict(movement), "process": str(process)}
        self._write({"event": "invoke", "id": id, "at": time.time(), **asked})
        return id

    def ok(self, id: int, transaction: str, *, replayed: bool = False) -> None:
        """The bank acknowledged."""
        self._answer("ok", id, transaction=transaction, replayed=replayed)

    def refused(self, id: int, problem: str) -> None:
        """The bank refused by a rule: nothing was moved and, under this key, nothing will be."""
        self._answer("refused", id, problem=problem)

    def not_applied(self, id: int, problem: str) -> None:
        """The bank says that this try did nothing; another one under the same key may."""
        self._answer("not_applied", id, problem=problem)

    def unknown(self, id: int, problem: str) -> None:
        """Nobody knows whether it was done."""
        self._answer("unknown", id, problem=problem)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _answer(self, event: str, id: int, **facts: Any) -> None:
        self._write({"event": event, "id": id, "at": time.time(), **facts})

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, separators=(",", ":")) + "\n"
        with self._lock:
            self._file.write(text)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a history; a last line that was cut off by a crash is left out."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)
