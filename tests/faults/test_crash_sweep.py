"""The bank is killed at every event of its driver, and still every key is done exactly once."""

from __future__ import annotations

import pytest

from tests.faults import crash_sweep
from tests.faults.figures import SHORT, Figures


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """The short form, once for all tests."""
    return crash_sweep.run(SHORT, tmp_path_factory.mktemp("crash_sweep"))


def test_a_bank_killed_at_any_event_leaves_every_key_done_once(swept: Figures) -> None:
    assert swept.violations == ()
    assert int(swept.counted["at every event"]) >= 80


def test_a_commit_that_outlives_its_bank_is_found_by_the_next_one(swept: Figures) -> None:
    assert int(swept.counted["committed after the kill"]) > 0


def test_a_repeat_that_meets_what_a_dead_bank_holds_comes_back_later(swept: Figures) -> None:
    assert int(swept.counted["told to come back"]) > 0


def test_the_sweep_finds_the_double_payments_of_a_record_outside_the_transaction(
    swept: Figures,
) -> None:
    assert int(swept.counted["crash points of the wrong design"]) >= 12
    # The commit is in and the mark is not: at the end of the one and at the start of the other.
    assert swept.counted["wrong ones among them"] == 2
