"""The process that serves: which processors its threads use, and what it keeps in memory."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest

import worker
from app.controllers.passwords import Passwords
from tests.running import RunningBank

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a thread choose")
ALL = os.sched_getaffinity(0) if sys.platform == "linux" else set()
T = TypeVar("T")


def in_a_thread(work: Callable[[], T]) -> T:
    """Run it in a thread of its own, so that this one stays as it is."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_a_worker_and_the_threads_it_starts_stay_on_one_processor() -> None:
    def pinned() -> tuple[set[int], set[int]]:
        worker.use_one_processor()
        return os.sched_getaffinity(0), in_a_thread(lambda: os.sched_getaffinity(0))

    own, started = in_a_thread(pinned)
    assert len(own) == 1
    assert started == own <= ALL
    assert os.sched_getaffinity(0) == ALL


def test_its_threads_do_not_interrupt_each_other() -> None:
    def scheduled() -> tuple[int, int]:
        worker.use_one_processor()
        return os.sched_getscheduler(0), in_a_thread(lambda: os.sched_getscheduler(0))

    before = os.sched_getscheduler(0)
    assert in_a_thread(scheduled) == (os.SCHED_BATCH, os.SCHED_BATCH)
    assert os.sched_getscheduler(0) == before


def test_a_system_that_lets_nobody_choose_how_threads_take_turns_serves_even_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refused)

    def pinned() -> set[int]:
        worker.use_one_processor()
        return os.sched_getaffinity(0)

    assert len(in_a_thread(pinned)) == 1


def test_the_workers_of_one_server_take_different_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[set[int]] = []
    monkeypatch.setattr(worker, "_all", {2, 3, 5, 7})
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, chosen: taken.append(chosen))
    for number in range(1, 5):
        process = SimpleNamespace(name=f"SpawnProcess-{number}")
        monkeypatch.setattr(multiprocessing, "current_process", lambda each=process: each)
        worker.use_one_processor()
    assert sorted(taken, key=min) == [{2}, {3}, {5}, {7}]


def test_long_work_may_use_every_processor_meanwhile() -> None:
    def pinned() -> list[set[int]]:
        worker.use_one_processor()
        seen = [os.sched_getaffinity(0)]
        with worker.every_processor():
            seen.append(os.sched_getaffinity(0))
        return [*seen, os.sched_getaffinity(0)]

    before, meanwhile, after = in_a_thread(pinned)
    assert meanwhile == ALL
    assert before == after


def test_few_threads_hash_passwords_for_each_keeps_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passwords, seen = Passwords(at_once=2), set[int]()

    class Looking:
        """A hasher that notes which threads hash."""

        def hash(self, password: str) -> str:
            seen.add(threading.get_ident())
            return password

    monkeypatch.setattr(passwords, "_hasher", Looking())
    with ThreadPoolExecutor(16) as people:
        assert list(people.map(passwords.hash, ["violet"] * 16)) == ["violet"] * 16
    assert len(seen) <= 2


def test_passwords_are_hashed_on_every_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, seen = Passwords(), []
    hasher = passwords._hasher
    stored = passwords.hash("violet-harbour-73")

    class Looking:
        """The hasher, which notes where it runs."""

        def hash(self, password: str) -> str:
            seen.append(os.sched_getaffinity(0))
            return hasher.hash(password)

        def verify(self, stored: str, password: str) -> bool:
            seen.append(os.sched_getaffinity(0))
            return hasher.verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Looking())

    def pinned() -> bool:
        worker.use_one_processor()
        passwords.hash("violet-harbour-73")
        return passwords.verify("violet-harbour-73", stored)

    assert in_a_thread(pinned)
    assert seen == [ALL, ALL]


@pytest.mark.parametrize("setting", ["true", "false"])
def test_the_setting_decides_where_a_served_bank_runs(tmp_path: Path, setting: str) -> None:
    with RunningBank(tmp_path, ONE_PROCESSOR=setting) as bank:
        bank.start()
        found = [len(os.sched_getaffinity(each.pid)) for each in bank.processes()]
    # The server, its worker and the mongod: only the worker keeps to one.
    assert sorted(found) == ([1] if setting == "true" else [len(ALL)]) + 2 * [len(ALL)]
