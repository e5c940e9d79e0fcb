"""What every benchmark of the web service stands on: MongoDB, people with tokens, servers, wrk."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from app import create_app
from app.config import Config
from app.controllers.access import Entered, access_seconds
from app.controllers.bank import Bank, install_least_privilege, migrate
from app.models import accounts, sessions, users
from app.models.database import connect
from app.models.ids import secret_id, sortable_id
from app.models.sessions import Session
from app.models.users import User
from app.views.tokens import access_token
from embedded_mongo import EmbeddedMongo
from tests.running import RunningBank, free_port

ROOT = Path(__file__).parents[1]
DATABASE = "strongroom"
CUSTOMERS = 10_000
THREADS = 64
_SETTINGS = {
    "SECRET_KEY": "benchmarks-only-0123456789-abcdefghijklmnopqrs",
    "MONGO_DATABASE": DATABASE,
    "ACCESS_TOKEN_MINUTES": "600",
    "LIMIT_DAILY_DEPOSITS": "1000000000",
    "UNCONFIRMED_DAILY_LIMIT": "1000000000",
    "BANKERS_SECOND_FACTOR": "false",
    "THREADS": str(THREADS),
    "RATELIMIT_ENABLED": "false",
}


@dataclass
class Rig:
    """A MongoDB with a bank's database and people whose tokens lie in files."""

    mongo: EmbeddedMongo
    uri: str
    folder: Path
    config: Config

    @property
    def everybody(self) -> Path:
        """The file with a token of each customer."""
        return self.folder / "tokens"

    @property
    def one(self) -> Path:
        """The file with the token of one customer, whose account is the hot one."""
        return self.folder / "token"

    @property
    def environment(self) -> dict[str, str]:
        """The bank's settings as environment variables."""
        return {**_SETTINGS, "MONGO_URI": self.uri}

    @contextmanager
    def bank(self, **settings: str) -> Iterator[RunningBank]:
        """`python run.py` on the rig's MongoDB."""
        with RunningBank(self.folder / "data", **{**self.environment, **settings}) as running:
            yield running.start()

    @contextmanager
    def served(self, factory: str, **settings: str) -> Iterator[int]:
        """An application factory behind the bank's own kind of server; the port."""
        port = free_port()
        command = [
            "-m", "granian", "--interface", "wsgi", "--workers", "1", "--no-ws", "--http", "1",
            "--blocking-threads", str(THREADS), "--port", str(port), "--log-level", "error",
            "--factory", factory,
        ]  # fmt: skip
        with process(command, {**self.environment, **settings}):
            await_port(port)
            yield port


@contextmanager
def rig(folder: Path, *, customers: int = CUSTOMERS) -> Iterator[Rig]:
    """A MongoDB of its own with `customers` customers who are logged in."""
    with EmbeddedMongo(folder / "mongo", users=True, cache_gb=1) as mongo:
        administrator = connect(mongo.uri, DATABASE)
        migrate(administrator)
        install_least_privilege(administrator, "bank", "bank-password")
        administrator.close()
        host = mongo.uri.partition("@")[2].partition("/")[0]
        uri = f"mongodb://bank:bank-password@{host}/{DATABASE}?replicaSet=strongroom"
        config = Config.from_environment({**_SETTINGS, "MONGO_URI": uri, "LOG_LEVEL": "ERROR"})
        made = Rig(mongo, uri, folder, config)
        tokens = _people(config, customers)
        made.everybody.write_text("\n".join(tokens) + "\n", encoding="ascii")
        made.one.write_text(tokens[0] + "\n", encoding="ascii")
        yield made


def _people(config: Config, count: int) -> list[str]:
    """Customers with an account and a session each; their access tokens."""
    app = create_app(config)
    bank: Bank = app.extensions["bank"]
    password_hash = bank.passwords.hash("violet-harbour-73")
    with app.app_context():
        tokens = [_person(bank, number, password_hash) for number in range(count)]
    bank.ledger.close()
    bank.database.close()
    return tokens


def _person(bank: Bank, number: int, password_hash: str) -> str:
    moment = bank.now()
    user = User(
        id=sortable_id(), plane="customer", username=f"customer-{number}", name="", email=None,
        email_confirmed=False, phone=None, status="active", password_hash=password_hash,
        default_account=None, created_at=moment, revision=1,
    )  # fmt: skip
    account = accounts.new_account(
        owner=user.id, username=user.username, customer=user.username, name="Everyday",
        currency=bank.config.currency, now=moment,
    )  # fmt: skip
    accounts.insert_account(bank.database, account)
    users.insert_user(bank.database, replace(user, default_account=account.number))
    session = Session(
        id=secret_id(), user=user.id, plane="customer", created_at=moment, last_seen_at=moment,
        expires_at=moment.replace(year=moment.year + 1), generation=1, rotated_at=moment,
        revoked_at=None, reason=None, device="", default_account=account.number,
        default_currency=account.currency,
    )  # fmt: skip
    sessions.insert_session(bank.database, session)
    return access_token(Entered(session, "", access_seconds(bank.config, "customer")))


def deposits(
    port: int, tokens: Path, *, connections: int, seconds: int, in_turn: bool = False
) -> dict[str, float]:
    """Deposits of one cent by a process of its own, each connection at once after its answer.

    The customers come at random, or `in_turn`. Answers each second (`rate`), how many there were,
    and milliseconds from question to answer (`p50_ms`, `p99_ms`). Raises RuntimeError when any
    answer was not a success: a refusal is faster than a deposit.
    """
    settings = {"TOKENS": str(tokens), "RUN": uuid4().hex, "SEED": str(connections)}
    settings |= {"IN_TURN": "1"} if in_turn else {}
    command = [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
        "-s", str(Path(__file__).parent / "load.lua"), f"http://127.0.0.1:{port}",
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=True
    )
    counted = json.loads(done.stdout.splitlines()[-1])
    if counted["failed"] or not counted["requests"]:
        raise RuntimeError(f"{counted['failed']} of {counted['requests']} failed")
    rate = counted["requests"] / counted["seconds"]
    return {
        "rate": rate,
        "count": counted["requests"],
        "p50_ms": counted["p50"],
        "p99_ms": counted["p99"],
    }


@contextmanager
def process(command: Sequence[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A Python program that runs meanwhile and is ended afterwards."""
    started = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        text=True,
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait()


def await_port(port: int) -> None:
    """Wait until somebody listens."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
