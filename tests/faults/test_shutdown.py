"""A bank that is told to end finishes what it took, leaves nothing open and is gone: short form."""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pymongo import MongoClient

from tests.conftest import DATABASE
from tests.faults.figures import SHORT, Figures
from tests.faults.history import History, Movement
from tests.faults.pulse import Pulse
from tests.faults.shutdown import done_without_an_answer, open_transactions, run


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """One run for all tests of the module."""
    return run(SHORT, tmp_path_factory.mktemp("shutdown"))


def test_a_bank_that_is_told_to_end_cuts_no_answer_and_leaves_nothing_open(
    figures: Figures,
) -> None:
    assert figures.violations == ()


def test_it_was_told_so_twelve_times_under_load_and_once_without_mongodb(figures: Figures) -> None:
    assert figures.counted["rounds"] == 13
    assert int(figures.counted["not applied"]) > 0  # clients knocked while it was gone


def test_requests_were_under_way_and_got_their_answer(figures: Figures) -> None:
    # Of sixteen clients nearly all wait for a commit in every other round.
    assert int(figures.counted["answered after SIGTERM"]) > 100


def test_each_end_was_one_of_a_bank_at_work(figures: Figures) -> None:
    assert int(figures.counted["ok"]) > 13 * 50


def test_a_transaction_that_is_left_open_is_found(mongo_uri: str) -> None:
    with (
        MongoClient[dict[str, Any]](mongo_uri, appname="strongroom") as bank,
        MongoClient[dict[str, Any]](mongo_uri) as administrator,
        bank.start_session() as session,
    ):
        with session.start_transaction():
            bank[DATABASE]["accounts"].find_one({}, session=session)
            assert open_transactions(administrator) == 1
        assert open_transactions(administrator) == 0


def test_what_was_done_for_a_client_who_heard_nothing_is_found(tmp_path: Path) -> None:
    began, history = time.time(), History(tmp_path / "history.jsonl")
    for key, answers in {
        "heard": ("ok", "replayed"),
        "not-begun": ("lost", "ok"),
        "unknown": ("unavailable", "replayed"),
        "mute": ("lost", "replayed"),
    }.items():
        for answer in answers:
            id = history.invoke(Movement("deposit", "1", 100, key), "a client")
            if answer in ("ok", "replayed"):
                history.ok(id, "a transaction", replayed=answer == "replayed")
            else:
                history.unknown(id, answer)
    history.close()
    assert done_without_an_answer(history.path) == {"mute"}
    assert done_without_an_answer(history.path, [(began, time.time())]) == set()
    assert done_without_an_answer(history.path, [(0.0, began)]) == {"mute"}


def test_a_machine_that_stood_still_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, wait = os.fsync, Event()
    with Pulse(tmp_path) as pulse:
        before = time.time()
        wait.wait(0.5)
        monkeypatch.setattr(os, "fsync", lambda file: (wait.wait(1.0), real(file)))
        away = time.time()
        wait.wait(1.5)
        monkeypatch.setattr(os, "fsync", real)
        back = time.time()
    assert pulse.still(away, back) >= 1.0
    assert pulse.still(before, before + 0.1) < pulse.still(before, back)
