"""A load of deposits, withdrawals and transfers over HTTP, which writes the history of the run.

For whoever builds a scenario on it:

    with RunningBank(folder / "data", **ROOMY) as bank:
        bank.start()
        people = customers(bank, 108)
        with Load(("127.0.0.1", bank.port), people, history) as load:
            ...  # whatever goes wrong
            load.stop()
    history.close()  # and then checker.check(history.path, database)

- ROOMY are settings with limits that do not get in the way and tokens that outlive the run;
- it sends from `with` (or `start()`) on, also while the bank is down or starts again on the same
  port: it connects again by itself;
- `stop()` ends it and asks for every unknown outcome, under the same key, until it is known. The
  bank must run for that. What is not known after `seconds` stays in `unresolved`. Leaving the
  `with` without `stop()` ends the threads and resolves nothing.

`statuses` counts the HTTP statuses, and of answers that never came: "no connection" (nothing was
sent: not applied), "lost" (sent, and not one byte came back), "cut" (ended after its first byte),
"silent" (nothing for as long as the load has patience; half a minute is a hanging bank). A 503
counts once more as "503 not_applied" or "503 unknown", and maybe as "503 without Retry-After".
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from threading import Event, Lock
from typing import Any, Self
from uuid import uuid4

from tests.faults.history import History, Movement
from tests.faults.wire import SILENT_SECONDS, Lost, Wire
from tests.running import RunningBank

ROOMY = {
    "ACCESS_TOKEN_MINUTES": "240",
    "LIMIT_PER_POSTING": "1000000",
    "LIMIT_DAILY_DEPOSITS": "1000000000",
    "LIMIT_DAILY_SPENDING": "1000000000",
    "UNCONFIRMED_DAILY_LIMIT": "1000000000",
    "LOG_LEVEL": "ERROR",
    "RATELIMIT_ENABLED": "false",
}
"""Settings of a bank under load."""

_PASSWORD = "violet-harbour-73"
_ACCOUNTS_EACH = 10
_PAUSE_SECONDS = 0.05
_PATHS = {"deposit": "/deposit", "withdrawal": "/withdraw", "transfer": "/transfer"}
# How often the same key is sent at once again; what is not repeated after "unknown" waits for
# stop(), so that keys are asked for early, while the first try may still run, and late.
_AGAIN = {"ok": 0.02, "refused": 0.02, "unknown": 0.5, "not_applied": 0.5}


@dataclass(frozen=True, slots=True)
class Customer:
    """An account, and the token of the customer whose it is."""

    token: str
    account: str


def customers(bank: RunningBank, count: int) -> list[Customer]:
    """`count` empty accounts of new customers, at most ten each: registering is slow by design."""
    tokens = [_newcomer(bank) for _ in range(-(-count // _ACCOUNTS_EACH))]
    people = [Customer(token, number) for token, number in tokens]
    for place in range(len(tokens), count):
        token = tokens[place % len(tokens)][0]
        headers = {"Authorization": f"Bearer {token}"}
        opened = bank.request("POST", "/accounts", {}, headers)
        assert opened.status == 201, opened.text
        people.append(Customer(token, opened.json["account"]))
    return people[:count]


def _newcomer(bank: RunningBank) -> tuple[str, str]:
    username = f"load-{uuid4().hex[:12]}"
    answer = bank.request("POST", "/auth/register", {"username": username, "password": _PASSWORD})
    assert answer.status == 201, answer.text
    return bank.log_in(username, _PASSWORD).token, str(answer.json["account"]["account"])


class Load:
    """Workers that move small amounts, mostly on the `hot` first accounts, until they are stopped.

    `ok`, `refused`, `unknown` and `not_applied` count answers; `resolved` counts keys whose outcome
    was unknown and then known; `acknowledged_at` has the time when each transaction was first
    acknowledged. After `patience` seconds a worker hangs up.
    """

    def __init__(
        self,
        bank_address: tuple[str, int],
        people: Sequence[Customer],
        history: History,
        *,
        workers: int = 8,
        seed: int = 2024,
        hot: int = 8,
        patience: float = SILENT_SECONDS,
    ) -> None:
        self.ok = self.refused = self.unknown = self.not_applied = self.resolved = 0
        self.acknowledged_at: list[float] = []
        self.statuses: Counter[int | str] = Counter()
        self._address = bank_address
        self._accounts = [person.account for person in people]
        self._tokens = {person.account: person.token for person in people}
        self._history = history
        self._workers = workers
        self._seed = seed
        self._patience = patience
        self._hot = self._accounts[:hot]
        self._pending: dict[str, Movement] = {}
        self._lock = Lock()
        self._stopping = Event()
        self._running: list[Future[None]] = []
        self._pool = ThreadPoolExecutor(workers, "load")
        for account in self._accounts:
            history.account(account)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._pool.shutdown()

    @property
    def unresolved(self) -> list[Movement]:
        """What was asked for and whose outcome is still unknown."""
        with self._lock:
            return list(self._pending.values())

    def counted(self) -> dict[str, int]:
        """The counts, by name."""
        names = ("ok", "refused", "not_applied", "unknown", "resolved")
        return {name.replace("_", " "): getattr(self, name) for name in names}

    def surprises(self, *expected: int | str) -> list[str]:
        """Every outcome that is still unknown, and every answer but 201, 422, 503 and these."""
        usual = {201, 422, 503, "503 not_applied", "503 unknown", *expected}
        odd = {status: n for status, n in self.statuses.items() if status not in usual}
        return [
            *(f"unresolved: {movement.key}" for movement in self.unresolved),
            *(f"answer: {status}, {times} times" for status, times in odd.items()),
        ]

    def start(self) -> None:
        """Begin to send."""
        self._running = [self._pool.submit(self._work, each) for each in range(self._workers)]

    def stop(self, *, seconds: float = 60.0) -> None:
        """Send no more, and ask for what is unknown until it is known or that time is over."""
        self._stopping.set()
        for running in self._running:
            running.result()
        deadline = time.monotonic() + seconds
        wire = Wire(self._address)
        while (pending := self.unresolved) and time.monotonic() < deadline:
            for movement in pending:
                if time.monotonic() < deadline:
                    self._send(wire, movement, "resolving")
            time.sleep(_PAUSE_SECONDS)
        wire.close()
        self._pool.shutdown()

    def _work(self, number: int) -> None:
        random = Random(f"{self._seed}/{number}")
        wire = Wire(self._address, self._patience)
        movement = self._movement(random)
        while not self._stopping.is_set():
            outcome = self._send(wire, movement, number)
            if outcome in ("unknown", "not_applied"):
                self._stopping.wait(_PAUSE_SECONDS)
            if random.random() > _AGAIN[outcome]:
                movement = self._movement(random)
        wire.close()

    def _movement(self, random: Random) -> Movement:
        """A deposit, withdrawal or transfer; now and then more than the account will hold."""
        account, to = self._account(random), self._account(random)
        kind = random.choice(("deposit", "deposit", "withdrawal", "transfer", "transfer"))
        minor = random.randint(1, 2000) * (1000 if random.random() < 0.05 else 1)
        if kind != "transfer" or to == account:
            return Movement(kind if kind != "transfer" else "deposit", account, minor, uuid4().hex)
        return Movement(kind, account, minor, uuid4().hex, to)

    def _account(self, random: Random) -> str:
        return random.choice(self._hot if random.random() < 0.8 else self._accounts)

    def _send(self, wire: Wire, movement: Movement, process: object) -> str:
        """One try; the outcome, which is in the history by then."""
        id = self._history.invoke(movement, process)
        body = {"account": movement.account, "amount": f"{movement.minor / 100:.2f}"}
        if movement.to:
            body["to"] = movement.to
        try:
            token = self._tokens[movement.account]
            answer = wire.post(_PATHS[movement.kind], token, movement.key, body)
        except Lost as lost:
            return self._unanswered(id, movement, lost.how)
        return self._answered(id, movement, *answer)

    def _unanswered(self, id: int, movement: Movement, how: str) -> str:
        # Without a connection nothing was sent.
        outcome = "not_applied" if how == "no connection" else "unknown"
        getattr(self._history, outcome)(id, how)
        return self._count(movement, outcome, how)

    def _answered(
        self, id: int, movement: Movement, status: int, headers: dict[str, str], told: Any
    ) -> str:
        problem = str(told.get("type", status)).rpartition("/")[2]
        if status == 201:
            replayed = "idempotency-replayed" in headers
            self._history.ok(id, told["id"], replayed=replayed)
            return self._count(movement, "ok", status, replayed=replayed)
        if status in (404, 409, 422):
            self._history.refused(id, problem)
            return self._count(movement, "refused", status)
        if status == 503 and "retry-after" not in headers:
            with self._lock:
                self.statuses["503 without Retry-After"] += 1
        # 401 and 429 are said before anything is done; a 500 says nothing about what was done.
        if status in (401, 429) or (status == 503 and told.get("outcome") == "not_applied"):
            self._history.not_applied(id, problem)
            return self._count(movement, "not_applied", status)
        self._history.unknown(id, problem)
        return self._count(movement, "unknown", status)

    def _count(
        self, movement: Movement, outcome: str, status: int | str, *, replayed: bool = False
    ) -> str:
        with self._lock:
            setattr(self, outcome, getattr(self, outcome) + 1)
            self.statuses[status] += 1
            if status == 503:
                self.statuses[f"503 {outcome}"] += 1
            if outcome == "ok" and not (replayed and movement.key not in self._pending):
                self.acknowledged_at.append(time.time())
            if outcome == "unknown":
                self._pending[movement.key] = movement
            elif outcome in ("ok", "refused") and movement.key in self._pending:
                del self._pending[movement.key]
                self.resolved += 1
        return outcome
