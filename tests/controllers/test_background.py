"""What runs beside the requests is told to end at one moment, and has one time for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from threading import enumerate as enumerate_threads

import pytest
from flask import Flask

from app.controllers import background
from app.controllers.background import Background


class Stuck:
    """A worker that never finishes what it does."""

    def __init__(self) -> None:
        self.told = Event()
        self.waited: list[float] = []
        self._thread = Thread(target=Event().wait, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.told.set()

    def join(self, seconds: float) -> None:
        self.waited.append(seconds)
        self._thread.join(seconds)


def test_all_are_told_before_anybody_is_waited_for() -> None:
    stuck = [Stuck(), Stuck(), Stuck()]
    beside = Background(stuck)
    beside.start()
    beside.end()
    assert all(each.told.is_set() and not each.waited for each in stuck)


def test_the_time_is_one_for_all_and_begins_when_they_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_SECONDS", 0.4)
    stuck = [Stuck(), Stuck(), Stuck()]
    beside = Background(stuck)
    beside.start()
    beside.end()
    Event().wait(0.2)  # the last requests are answered
    beside.close()
    assert 0.0 <= stuck[0].waited[0] <= 0.2
    assert [each.waited for each in stuck[1:]] == [[0.0], [0.0]]


def names() -> set[str]:
    """Of the threads that are there."""
    return {thread.name.partition(" ")[0] for thread in enumerate_threads()}


def test_the_bank_s_own_workers_begin_and_end(make_app: Callable[[], Flask]) -> None:
    beside = make_app().extensions["background"]
    beside.start()
    assert {"mail", "webhooks", "expiry"} <= names()
    beside.close()
    assert not {"mail", "webhooks", "expiry"} & names()
