"""What tests are given: a real MongoDB, a bank on it, and books verified after each test."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Config, Secret
from app.controllers.audit_walk import verify_audit
from app.controllers.bank import Bank, install_least_privilege, migrate
from app.controllers.ledger.balances import trial_balance
from app.controllers.ledger.paid import wrongly_paid
from app.controllers.ledger.verify import verify
from app.controllers.passwords import Passwords
from app.models.database import Database, Shape, connect, now
from app.models.roles import install_roles
from app.models.schema import SHAPES
from embedded_mongo import EmbeddedMongo
from tests.remembering import Remembering

# Tests that run under nohup or in the background go on when a terminal is closed or Ctrl-C is
# pressed, but the banks that they start are to hear of it.
for number in {signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)}:
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

HERE = Path(__file__).parent
ALONE = (
    "controllers/test_throttles.py", "faults/test_disk_full.py", "faults/test_failover.py",
    "faults/test_restart.py", "faults/test_shutdown.py", "faults/test_slow.py",
    "test_benchmarks.py", "test_mail_of_processes.py", "test_run.py", "test_worker.py",
)  # fmt: skip
"""Tests that crowd a bank, starve it or measure it, which need the machine for themselves."""

DATABASE = "strongroom_tests"
SECRET = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that do not run beside others."""
    alone = [HERE / name for name in ALONE]
    for item in items:
        if any(item.path.is_relative_to(each) for each in alone):
            item.add_marker(pytest.mark.alone)


class Clock:
    """A clock that tests may move; it runs on from there."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return now() + self.offset

    def forward(self, **span: float) -> None:
        """Let time pass."""
        self.offset += timedelta(**span)

    def at(self, year: int, month: int, day: int, hour: int = 12) -> None:
        """Go to noon (or that hour) of a day, in UTC."""
        self.offset = datetime(year, month, day, hour, tzinfo=UTC) - now()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of the system, without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "install chromium: sh setup/system.sh test"
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": chromium, "args": options}


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real one-node replica set, which the tests start and stop."""
    folder: Path = tmp_path_factory.mktemp("mongo")
    with EmbeddedMongo(folder, users=True, test_commands=True) as mongo:
        yield mongo.uri


@pytest.fixture(scope="session")
def mongo_log(mongo_uri: str) -> Path:
    """The file to which the tests' MongoDB writes its log."""
    administrator = connect(mongo_uri, "admin")
    options = administrator.command("getCmdLineOpts")
    administrator.close()
    return Path(options["parsed"]["systemLog"]["path"])


@pytest.fixture(scope="session")
def clock() -> Clock:
    """The clock of the session's bank; moved back after each test."""
    return Clock()


@pytest.fixture(scope="session")
def bank_uri(mongo_uri: str) -> str:
    """The address for the bank: as the user who cannot rewrite history, on a migrated database."""
    administrator = connect(mongo_uri, DATABASE)
    migrate(administrator)
    install_least_privilege(administrator, "bank", "bank-password")
    # Some tests let postings claim a document that is none of the bank's.
    install_roles(administrator, [*SHAPES, Shape("test_vouchers")])
    administrator.close()
    host = mongo_uri.partition("@")[2].partition("/")[0]
    return f"mongodb://bank:bank-password@{host}/{DATABASE}?replicaSet=strongroom"


@pytest.fixture(scope="session")
def make_config(bank_uri: str) -> Callable[..., Config]:
    """Settings for a bank on the tests' MongoDB, with changes."""

    def make(**changes: object) -> Config:
        settings = {
            "secret_key": Secret(SECRET),
            "mongo_uri": Secret(bank_uri),
            "mongo_database": DATABASE,
            "mongo_pool": 300,
            "log_level": "ERROR",
            # Most people of the tests have no address, and are not to meet its limits.
            "unconfirmed_daily_limit": "1000000,JPY:100000000",
            "ratelimit_enabled": False,
            "bankers_second_factor": False,
        }
        return Config(**{**settings, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def migrated(mongo_uri: str, bank_uri: str) -> Iterator[Database]:
    """The tests' database with everything the migration makes, as its administrator."""
    database = connect(mongo_uri, DATABASE)
    yield database
    database.close()


@pytest.fixture(scope="session")
def remembering() -> Remembering:
    """The hasher of all banks of the tests."""
    return Remembering(Passwords()._hasher)


@pytest.fixture(scope="session")
def session_app(
    make_config: Callable[..., Config], migrated: Database, clock: Clock, remembering: Remembering
) -> Iterator[Flask]:
    """One application for all tests that need no settings of their own."""
    app = create_app(make_config(), clock=clock)
    app.extensions["bank"].passwords._hasher = remembering
    yield app
    app.extensions["background"].close()
    app.extensions["bank"].ledger.close()
    app.extensions["bank"].database.close()


@pytest.fixture
def database(
    migrated: Database, clock: Clock, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """An empty database; when the test is over, its books are verified."""
    clock.offset = timedelta()
    for name in _filled(migrated):
        migrated.collection(name).delete_many({})
    for shape in SHAPES:
        migrated.seed(shape)
    yield migrated
    if "tampers" not in request.keywords:
        assert_books_are_right(migrated)
        assert "bare" in request.keywords or list(wrongly_paid(migrated)) == []


def _filled(database: Database) -> list[str]:
    """The names of the collections that hold anything, asked for at once."""
    first, *others = [
        (shape.name, [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": shape.name}}}])
        for shape in SHAPES
    ]
    unions = [{"$unionWith": {"coll": name, "pipeline": looking}} for name, looking in others]
    return [
        str(each["name"]) for each in database.collection(first[0]).aggregate([*first[1], *unions])
    ]


@pytest.fixture
def app(session_app: Flask, database: Database) -> Flask:
    """The application, on an empty database."""
    return session_app


@pytest.fixture
def bank(app: Flask) -> Bank:
    """The bank that the application serves."""
    found: Bank = app.extensions["bank"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Requests without a network."""
    return app.test_client()


@pytest.fixture
def make_app(
    make_config: Callable[..., Config], database: Database, clock: Clock, remembering: Remembering
) -> Iterator[Callable[..., Flask]]:
    """Applications with settings of their own, on the same empty database."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        made.append(create_app(make_config(**changes), clock=clock))
        made[-1].extensions["bank"].passwords._hasher = remembering
        return made[-1]

    yield make
    for each in made:
        each.extensions["background"].close()
        each.extensions["bank"].ledger.close()
        each.extensions["bank"].database.close()


def assert_books_are_right(database: Database) -> None:
    """Every account's history proves itself, and all money adds up to nothing."""
    report = verify(database, now(), full=True)
    assert report.findings == []
    # Whose key sealed it is for tests of their own.
    audited = verify_audit(database, now(), [b"tests"])
    assert [found for found in audited.findings if found.rule != "audit-seal"] == []
    for currency, lines in trial_balance(database, now()).items():
        assert lines["total"].minor == 0, currency
