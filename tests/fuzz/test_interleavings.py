"""Operations meet in every order of their driver commands, and end as one after the other."""

from __future__ import annotations

import pytest

from tests.faults.figures import SHORT, Figures
from tests.fuzz import interleavings


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """The short form, once for all tests."""
    return interleavings.run(SHORT, tmp_path_factory.mktemp("interleavings"))


def test_every_order_of_two_withdrawals_ends_like_one_after_the_other(explored: Figures) -> None:
    assert explored.violations == ()
    # Five commands each: 10 over 5.
    assert explored.counted["orders of two withdrawals"] == 252


def test_the_operations_really_meet(explored: Figures) -> None:
    assert int(explored.counted["transactions given up"]) > 252
    assert int(explored.counted["met"]) > int(explored.counted["serial outcomes"]) / 2


def test_other_pairs_and_triples_are_tried(explored: Figures) -> None:
    assert explored.counted["orders of other pairs"] == 120
    assert explored.counted["orders of three operations"] == 60


def test_the_explorer_finds_what_is_wrong_with_careless_deposits(explored: Figures) -> None:
    assert explored.counted["orders of careless deposits"] == 6
    # All but the two orders in which one comes after the other.
    assert explored.counted["wrong ones among them"] == 4
