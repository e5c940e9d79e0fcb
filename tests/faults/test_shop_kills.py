"""Money and orders agree, whichever program was killed at whichever step of a payment."""

from __future__ import annotations

import pytest

from tests.faults import shop_kills
from tests.faults.figures import SHORT, Figures
from tests.faults.moments import Case, cases
from tests.faults.street import PROGRAMS

CASES = [case for program in PROGRAMS for case in cases(program)]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """One run for all tests of the module."""
    return shop_kills.run(SHORT, tmp_path_factory.mktemp("shop_kills"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_payment_ends_as_it_should_after_a_kill(figures: Figures, case: Case) -> None:
    assert [each for each in figures.violations if each.startswith(f"{case}:")] == []


def test_bank_shop_and_stock_agree_in_the_end(figures: Figures) -> None:
    assert figures.violations == ()
    assert str(figures.counted["reconcile"]).endswith(" 0 differences")


def test_every_program_was_killed_at_every_moment(figures: Figures) -> None:
    assert figures.counted["kills"] == len(PROGRAMS)
    assert figures.counted["caught in the act"] == len(CASES)


def test_webhooks_that_come_twice_change_nothing(figures: Figures) -> None:
    assert int(figures.counted["webhooks sent again"]) >= len(CASES) // 2


def test_faults_that_are_planted_are_found(figures: Figures) -> None:
    assert figures.counted["planted faults"] == figures.counted["found"] == 6
