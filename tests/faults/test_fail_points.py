"""MongoDB fails in every way of the table, and every key is done exactly once."""

from __future__ import annotations

import pytest

from tests.faults import fail_points
from tests.faults.fail_point_table import ROWS
from tests.faults.figures import SHORT, Figures

CELLS = len(ROWS) * 3 * 2


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """The short form, once for all tests."""
    return fail_points.run(SHORT, tmp_path_factory.mktemp("fail_points"))


def test_every_fault_ends_in_one_posting_and_the_right_status(table: Figures) -> None:
    assert table.violations == ()
    assert table.counted["cells"] == CELLS
    assert int(table.counted["failed or blocked commands"]) >= CELLS


def test_the_faults_strike_batches_too(table: Figures) -> None:
    assert table.counted["batches of five"] == CELLS / 2


def test_a_fault_that_never_ends_is_told_as_unknown(table: Figures) -> None:
    endless = [row for row in ROWS if row.answer == "503 unknown"]
    assert table.counted["first answers 503 unknown"] == len(endless) * 3 * (1 + 5)
