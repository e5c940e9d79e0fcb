"""Verification of a bank so large that MongoDB needs longer than a request may take."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from app.controllers.bank import Bank
from app.controllers.ledger.verify import verify
from app.models import accounts, transactions
from app.models.database import Database
from tests import make
from tests.atomicity.conftest import FailPoint

HURRY_MS, SLOW_MS = 700, 900


@pytest.fixture
def hurried(mongo_uri: str, bank: Bank) -> Iterator[Database]:
    """The bank's database by a client that waits for next to nothing."""
    client: MongoClient[dict[str, object]] = MongoClient(
        mongo_uri, appname="strongroom", timeoutMS=HURRY_MS, tz_aware=True
    )
    yield Database(client, bank.config.mongo_database)
    client.close()


@pytest.mark.parametrize("shape", [accounts.SHAPE, transactions.SHAPE])
def test_the_look_for_misshapen_documents_takes_the_time_it_needs(
    bank: Bank, hurried: Database, fail_point: FailPoint, shape: object
) -> None:
    make.account(bank, balance=10)
    accounts.totals(hurried)
    slow = fail_point("alwaysOn", failCommands=["find"], blockConnection=True, blockTimeMS=SLOW_MS)
    with slow:
        with pytest.raises(PyMongoError):
            hurried.collection(accounts.NAME).find_one({})
        assert list(hurried.misshapen(shape)) == []  # type: ignore[arg-type]


def test_a_full_verification_waits_for_its_sums_and_lists(
    bank: Bank, hurried: Database, fail_point: FailPoint
) -> None:
    make.account(bank, balance=10)
    accounts.totals(hurried)
    slow = fail_point(
        "alwaysOn", failCommands=["aggregate"], blockConnection=True, blockTimeMS=SLOW_MS
    )
    with slow:
        report = verify(hurried, bank.now(), full=True)
    assert (report.ok, report.lines) == (True, 1)
