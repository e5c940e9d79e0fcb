"""MongoDB is slow, and then says nothing at all, to a bank that has too few connections to it.

Fifty clients ask a bank of ten threads and ten connections; forty move money, ten read balances.
First every command of the bank waits three seconds in MongoDB (a fail point), then mongod itself is
stopped (SIGSTOP). Whoever the bank cannot serve must hear so: 503 with Retry-After, nothing else of
5xx, and nobody may wait for longer than the bank's own deadline. As soon as MongoDB is well again,
so is the bank; and what it acknowledged, no more and no less, is in the books.
"""

from __future__ import annotations

import http.client
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from threading import Event, Lock
from typing import Any, Self

from pymongo import MongoClient

from embedded_mongo import EmbeddedMongo
from tests.faults import checker
from tests.faults.figures import Figures, Scale, percentile
from tests.faults.history import History, read
from tests.faults.load import ROOMY, Customer, Load, customers
from tests.faults.replica_set import await_until
from tests.faults.troubles import COMMANDS, blocked, stopped
from tests.running import POLL_SECONDS, RunningBank

DATABASE = "strongroom"
SEED = 20240611
_WRITERS, _READERS, _POOL = 40, 10, 10
_SIZE = {"THREADS": str(_POOL), "MONGO_POOL": str(_POOL)}
_BLOCK_MS = 3000
_WRITES_BEFORE = 100
# A request has 8 s in the bank. Who has heard nothing for this long waits for ever.
_PATIENCE_SECONDS = 10.0
_RECOVERY_SECONDS = 5.0
_CALM_SECONDS = 1.0
_HOPELESS_SECONDS = 30.0
_PAUSE_SECONDS = 0.05
_SILENCES = 3


def run(scale: Scale, folder: Path) -> Figures:
    """Two spells of trouble under load; how the bank answered, and what the checker says."""
    began = time.monotonic()
    seconds = 30.0 if scale.long else 6.0
    history = History(folder / "history.jsonl")
    with (
        EmbeddedMongo(folder / "mongo", test_commands=True) as mongo,
        MongoClient[dict[str, Any]](mongo.uri, tz_aware=True) as administrator,
        RunningBank(folder / "bank", MONGO_URI=mongo.uri, **_SIZE, **ROOMY) as bank,
    ):
        people, address = customers(bank.start(), _WRITERS), ("127.0.0.1", bank.port)
        load = Load(
            address, people, history, workers=_WRITERS, seed=SEED, patience=_PATIENCE_SECONDS
        )
        with load, Readers(address, people) as readers:
            await_until(lambda: load.ok > _WRITES_BEFORE, "acknowledged write")
            slow = blocked(administrator, _BLOCK_MS, *COMMANDS)
            spells = [_spell("slow", slow, seconds, load, readers)]
            for _ in range(_SILENCES):
                spells.append(_spell("silent", stopped(mongo), seconds, load, readers))
                # A silence that fell between two commits has left nobody in doubt.
                if load.counted()["unknown"]:
                    break
            load.stop()
        history.close()
        violations = [
            *load.surprises(),
            *readers.surprises(),
            *(wrong for spell in spells for wrong in spell.violations()),
            *checker.check(history.path, administrator[DATABASE]),
        ]
    counted: dict[str, int | float | str] = {
        "clients": _WRITERS + _READERS,
        "connections to MongoDB": _POOL,
        "seconds of each spell": seconds,
        **load.counted(),
        "read": readers.statuses[200],
        **{name: figure for spell in spells for name, figure in spell.counted().items()},
        **checker.tallied(violations),
        **_waits([*_seconds_waited(history.path), *readers.waited]),
        "seed": SEED,
        "seconds": round(time.monotonic() - began),
    }
    return Figures("slow MongoDB", counted, tuple(violations))


@dataclass(frozen=True)
class Spell:
    """A time of trouble: the 503 of it, the seconds until the first 201 and until the last 503."""

    name: str
    refused: int
    first: float
    well: float
    livez: Counter[int | str]

    def counted(self) -> dict[str, int | float]:
        """Its figures, by name."""
        return {
            f"503 while {self.name}": self.refused,
            f"first 201 after {self.name} s": round(self.first, 2),
            f"all well after {self.name} s": round(self.well, 2),
        }

    def violations(self) -> list[str]:
        """What the bank may not have done."""
        back = {"first 201": self.first, "last 503": self.well}
        late = {what: took for what, took in back.items() if took > _RECOVERY_SECONDS}
        dead = {status: times for status, times in self.livez.items() if status != 200}
        return [
            *(f"recovery: {what} {took:.1f} s after {self.name}" for what, took in late.items()),
            *(f"livez: {status}, {times} times" for status, times in dead.items()),
        ]


def _spell(
    name: str, trouble: AbstractContextManager[None], seconds: float, load: Load, readers: Readers
) -> Spell:
    """Trouble for so long, and what comes after it."""

    def refused() -> int:
        return load.statuses[503] + readers.statuses[503]

    before = refused()
    livez: Counter[int | str] = Counter()
    with trouble:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            # Nobody restarts a bank that waits for its database, as long as this is answered.
            livez[_get(readers.address, "/livez")[0]] += 1
            time.sleep(_PAUSE_SECONDS)
    ended, during = time.time(), refused() - before
    well = max(_calm_since(refused) - ended, 0.0)
    first = min((at for at in list(load.acknowledged_at) if at > ended), default=math.inf)
    return Spell(name, during, first - ended, well, livez)


def _calm_since(refused: Callable[[], int]) -> float:
    """Wait until nobody is refused any more; since when that is so."""
    seen, since = refused(), time.time()
    hopeless = since + _HOPELESS_SECONDS
    while time.time() < min(since + _CALM_SECONDS, hopeless):
        time.sleep(POLL_SECONDS)
        if (now := refused()) != seen:
            seen, since = now, time.time()
    return since


class Readers:
    """Clients who ask for balances, again and again, each on a new connection."""

    def __init__(self, address: tuple[str, int], people: Sequence[Customer]) -> None:
        self.address = address
        self.statuses: Counter[int | str] = Counter()
        self.waited: list[float] = []
        self._people = people
        self._lock = Lock()
        self._over = Event()
        self._pool = ThreadPoolExecutor(_READERS, "reader")
        self._running: list[Future[None]] = []

    def __enter__(self) -> Self:
        self._running = [self._pool.submit(self._read, place) for place in range(_READERS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()
        for running in self._running:
            running.result()

    def surprises(self) -> list[str]:
        """Every answer but 200 and 503 with Retry-After."""
        odd = {status: n for status, n in self.statuses.items() if status not in (200, 503)}
        return [f"answer to a reader: {status}, {times} times" for status, times in odd.items()]

    def _read(self, place: int) -> None:
        for person in cycle(self._people[place::_READERS]):
            if self._over.is_set():
                return
            began = time.monotonic()
            path = f"/balance?account={person.account}"
            status, later = _get(self.address, path, person.token)
            with self._lock:
                self.waited.append(time.monotonic() - began)
                self.statuses[status] += 1
                if status == 503 and not later:
                    self.statuses["503 without Retry-After"] += 1
            self._over.wait(_PAUSE_SECONDS)


def _get(address: tuple[str, int], path: str, token: str = "") -> tuple[int | str, str | None]:
    """Status and Retry-After of the answer; in place of a status, how the answer was lost."""
    connection = http.client.HTTPConnection(*address, timeout=_PATIENCE_SECONDS)
    with closing(connection):
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, None
        return answer.status, answer.getheader("Retry-After")


def _waits(seconds: list[float]) -> dict[str, float]:
    return {
        "waited p99 s": round(percentile(seconds, 99), 2),
        "waited max s": round(max(seconds), 2),
    }


def _seconds_waited(path: Path) -> list[float]:
    """How long each request of a history waited for its answer."""
    asked: dict[int, float] = {}
    waited = []
    for line in read(path):
        if line["event"] == "invoke":
            asked[line["id"]] = line["at"]
        elif line["event"] != "account":
            waited.append(line["at"] - asked[line["id"]])
    return waited
