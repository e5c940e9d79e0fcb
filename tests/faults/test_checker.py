"""The checker passes a clean run and finds every fault that is planted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo import MongoClient

from tests.conftest import DATABASE
from tests.faults.history import History
from tests.faults.planted import FAULTS, Fault, Run, lose_a_transaction
from tests.running import ROOT


@pytest.fixture
def run(client: FlaskClient, mongo_uri: str, tmp_path: Path) -> Iterator[Run]:
    """A run without a fault so far."""
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as administrator:
        yield Run(client, History(tmp_path / "history.jsonl"), administrator[DATABASE])


def test_a_clean_run_passes(run: Run) -> None:
    assert run.violations() == []


def test_a_repeat_under_the_same_key_passes(run: Run) -> None:
    run.move(run.first)
    assert run.violations() == []


def test_an_unknown_outcome_may_have_been_done(run: Run) -> None:
    movement = run.new_deposit()
    run.history.unknown(run.history.invoke(movement, "test"), "connection lost")
    run.send(movement)
    assert run.violations() == []


def test_an_unknown_outcome_may_not_have_been_done(run: Run) -> None:
    movement = run.new_deposit()
    run.history.unknown(run.history.invoke(movement, "test"), "connection lost")
    assert run.violations() == []


def test_a_try_without_an_answer_may_have_been_done(run: Run) -> None:
    movement = run.new_deposit()
    run.history.invoke(movement, "a killed client")
    run.send(movement)
    assert run.violations() == []


def test_what_was_not_applied_at_first_may_be_acknowledged_later(run: Run) -> None:
    movement = run.new_deposit()
    run.history.not_applied(run.history.invoke(movement, "test"), "overloaded")
    run.move(movement)
    assert run.violations() == []


@pytest.mark.tampers
@pytest.mark.parametrize(("plant", "rules"), FAULTS, ids=[each.__name__ for each, _ in FAULTS])
def test_a_planted_fault_is_found_and_named(run: Run, plant: Fault, rules: set[str]) -> None:
    plant(run)
    assert {violation.partition(":")[0] for violation in run.violations()} == rules


def test_the_program_ends_with_0_after_a_clean_run(run: Run, mongo_uri: str) -> None:
    run.history.close()
    judged = _program(run, mongo_uri)
    assert (judged.returncode, judged.stdout) == (0, "0 violations\n")


@pytest.mark.tampers
def test_the_program_prints_what_is_wrong_and_ends_with_1(run: Run, mongo_uri: str) -> None:
    lose_a_transaction(run)
    run.history.close()
    judged = _program(run, mongo_uri)
    assert judged.returncode == 1
    assert f"lost: {run.last.key} was acknowledged\n" in judged.stdout


def test_the_checker_loads_nothing_of_the_bank() -> None:
    look = "import sys, tests.faults.checker; print([m for m in sys.modules if m[:3] == 'app'])"
    loaded = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "[]\n"


def _program(run: Run, uri: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.checker", run.history.path, uri, DATABASE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
