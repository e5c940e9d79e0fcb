"""The mutation score judges rightly: a fault in a rule is noticed, and no fault is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.figures import SHORT
from tests.mutation.bench import ROOT, Bench, Reach, bench
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.score import run

CODE = """\
LIMIT = 5


class Account:
    @property
    def full(self):
        if self.held >= LIMIT:
            self.warn()
        return not self.open
"""


def test_every_line_gets_its_faults() -> None:
    faults = {(mutant.line, mutant.becomes) for mutant in mutants_of("account.py", CODE)}
    assert faults == {
        (1, "LIMIT = None"),
        (1, "LIMIT = 6"),
        (7, "if (self.held >= LIMIT) and False:"),
        (7, "if (self.held >= LIMIT) or True:"),
        (7, "if self.held > LIMIT:"),
        (8, "pass"),
        (9, "return self.open"),
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("bench")) as made:
        yield made


@pytest.fixture(scope="module")
def reach(place: Bench) -> Reach:
    return place.reach(("tests/test_money.py",))


def with_(was: str, becomes: str) -> Mutant:
    """Money with one change."""
    code = (ROOT / "money.py").read_text(encoding="utf-8")
    assert code.count(was) == 1
    line = code[: code.index(was)].count("\n") + 1
    return Mutant("money.py", line, was, becomes, code.replace(was, becomes))


@pytest.mark.parametrize(
    ("was", "becomes", "survives"),
    [
        ("return self.minor < self._same(other)", "return self._same(other) > self.minor", True),
        ("return self.minor < self._same(other)", "return self.minor <= self._same(other)", False),
        ("MAX_MINOR = 10**15", "MAX_MINOR = 10**14", False),
        ("MAX_MINOR = 10**15", "MAX_MINOR = no such name", False),
        ("return self.minor < self._same(other)", "while True: pass", None),
    ],
)
def test_a_fault_is_noticed_and_no_fault_is_not(
    place: Bench, reach: Reach, was: str, becomes: str, survives: bool | None
) -> None:
    mutant = with_(was, becomes)
    tests = reach.through(mutant.path, mutant.line)
    assert tests
    assert place.survives(mutant, tests, dict.fromkeys(tests, 5.0)) is survives
    assert place.passes(tests, {}), "the mutant was not taken out again"


def test_only_the_tests_of_a_line_judge_it(reach: Reach) -> None:
    code = (ROOT / "money.py").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(code, 1) if "do not mix" in text)
    (test,) = reach.through("money.py", line)
    assert test.endswith("test_money_of_two_currencies_does_not_mix")


def test_the_short_form_counts_what_it_tried(tmp_path: Path) -> None:
    figures = run(SHORT, tmp_path)
    verdicts = [json.loads(text) for text in (tmp_path / "mutants.jsonl").read_text().splitlines()]
    assert figures.violations == []
    assert figures.counted["mutants"] == len(verdicts) > 5
    assert figures.counted["killed"] == sum(each["verdict"] == "killed" for each in verdicts) > 5
