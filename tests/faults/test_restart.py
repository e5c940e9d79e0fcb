"""What was acknowledged is there after `kill -9` of everything: the short form."""

from __future__ import annotations

import pytest

from tests.faults.figures import SHORT, Figures
from tests.faults.restart import run


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """One run for all tests of the module."""
    return run(SHORT, tmp_path_factory.mktemp("restart"))


def test_what_was_acknowledged_is_there_after_a_kill_of_everything(figures: Figures) -> None:
    assert figures.violations == ()


def test_the_server_its_worker_and_mongodb_were_killed_each_time(figures: Figures) -> None:
    counted = figures.counted
    assert counted["rounds"] == 2
    assert int(counted["processes killed"]) >= 6


def test_requests_were_under_way_and_became_known_later(figures: Figures) -> None:
    counted = figures.counted
    assert int(counted["unknown"]) > 0
    assert int(counted["resolved"]) > 0
