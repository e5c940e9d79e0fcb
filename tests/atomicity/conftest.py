"""What tests of atomicity are given: threads that start together, and a MongoDB that misbehaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any, TypeVar

import pytest
from pymongo import MongoClient

from app.controllers.bank import Bank

T = TypeVar("T")
FailPoint = Callable[..., Any]


def together(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run all calls at the same moment, each in a thread; results or exceptions, in order."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        barrier.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the test looks at what it was
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def errors(outcomes: Sequence[object]) -> list[str]:
    """The class names of the exceptions among the outcomes."""
    return [type(each).__name__ for each in outcomes if isinstance(each, Exception)]


@pytest.fixture
def fail_point(mongo_uri: str, bank: Bank) -> Iterator[FailPoint]:
    """Lets MongoDB fail or delay the next commands of the bank, within a `with`."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri)

    @contextmanager
    def misbehaving(mode: object, **data: Any) -> Iterator[None]:
        data["appName"] = "strongroom"
        point = {"configureFailPoint": "failCommand"}
        client.admin.command({**point, "mode": mode, "data": data})
        try:
            yield
        finally:
            client.admin.command({**point, "mode": "off"})

    yield misbehaving
    client.close()


@pytest.fixture
def stranger(mongo_uri: str, bank: Bank) -> Iterator[Any]:
    """Another program's connection to the bank's database."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True)
    yield client[bank.config.mongo_database]
    client.close()
