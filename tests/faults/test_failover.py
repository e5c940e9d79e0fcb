"""The bank keeps its promises while its primary is killed and paused: the short form."""

from __future__ import annotations

import pytest

from tests.faults.failover import run
from tests.faults.figures import SHORT, Figures


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """One run for all tests of the module."""
    return run(SHORT, tmp_path_factory.mktemp("failover"))


def test_nothing_is_lost_or_made_twice_when_primaries_die(figures: Figures) -> None:
    assert figures.violations == ()


def test_each_time_another_primary_was_elected_and_writes_went_on(figures: Figures) -> None:
    counted = figures.counted
    assert (counted["kills"], counted["pauses"]) == (3, 1)
    assert int(counted["elections"]) >= 4
    assert float(counted["without writes after a kill p50 s"]) > 1


def test_outcomes_were_unknown_and_became_known(figures: Figures) -> None:
    counted = figures.counted
    assert int(counted["unknown"]) > 0
    assert int(counted["resolved"]) > 0


def test_totals_were_read_meanwhile(figures: Figures) -> None:
    assert int(figures.counted["totals read"]) > 0
