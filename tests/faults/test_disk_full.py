"""What was acknowledged is there after the disk was full: the short form."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import disk_full
from tests.faults.disk_full import CannotMount, run, small_disk
from tests.faults.figures import SHORT, Figures


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """One run for all tests of the module."""
    return run(SHORT, tmp_path_factory.mktemp("full"))


def test_what_was_acknowledged_is_there_after_the_disk_was_full(figures: Figures) -> None:
    assert figures.violations == ()


def test_mongodb_could_not_go_on_nor_start_while_the_disk_was_full(figures: Figures) -> None:
    assert figures.counted["refused to start on the full disk"] == figures.counted["rounds"] == 1


def test_every_client_was_refused_while_the_disk_was_full(figures: Figures) -> None:
    assert int(figures.counted["503 while full"]) >= 8


def test_the_small_disk_is_small_and_gone_afterwards(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 8) as disk:
        state = os.statvfs(disk)
        assert state.f_blocks * state.f_frsize == 8 * 2**20
        (disk / "file").touch()
    assert list((tmp_path / "small").iterdir()) == []


def test_where_no_disk_can_be_made_the_test_says_what_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_full, "_WAYS", (["no-such-program"], ["false"], ["ls"]))
    with (
        pytest.raises(CannotMount, match=r"run it as root.*cannot access"),
        small_disk(tmp_path / "small", 8),
    ):
        pass
