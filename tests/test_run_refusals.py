"""A start that cannot succeed: one clear sentence, an exit code, and nothing left running."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import EXIT_CONFIG
from tests import running
from tests.running import RunningBank, free_port

demo_bank = running.demo_bank


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def assert_refused(bank: RunningBank, *words: str, code: int | None = None) -> None:
    """Start a bank that must refuse, in one sentence with these words."""
    with bank:
        ended = bank.launch().exit_code()
        sentence = bank.complaints.removeprefix("Starting MongoDB ...\n")
        assert sentence.count("\n") == 1, sentence
        assert "Traceback" not in sentence
        for word in words:
            assert word in sentence
        assert ended == code if code else ended != 0
        assert bank.output == ""
        assert bank.left_behind() == []


def test_a_busy_port_is_named(tmp_path: Path, busy_port: int) -> None:
    bank = RunningBank(tmp_path / "data", port=busy_port)
    assert_refused(bank, f"127.0.0.1:{busy_port}", "PORT", code=EXIT_CONFIG)


def test_a_busy_port_is_noticed_before_anything_is_made(tmp_path: Path, busy_port: int) -> None:
    assert_refused(RunningBank(tmp_path / "data", port=busy_port, SECRET_KEY="x" * 40))
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_another_bank_holds_is_named(demo_bank: RunningBank) -> None:
    folder = demo_bank.environment["DATA_DIR"]
    assert_refused(RunningBank(Path(folder)), "Another bank runs on", folder)


def test_the_bank_that_holds_the_folder_goes_on(demo_bank: RunningBank) -> None:
    assert_refused(RunningBank(Path(demo_bank.environment["DATA_DIR"])))
    assert demo_bank.log_in("alice").get("/balance").status == 200


@pytest.mark.parametrize("secret", ["", "s" * 40])
@pytest.mark.parametrize("below", ["", "data"])
def test_a_file_where_the_data_folder_should_be_is_named(
    tmp_path: Path, below: str, secret: str
) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    assert_refused(RunningBank(file / below, SECRET_KEY=secret), str(file / below))
    assert file.read_text() == "no folder"


def test_a_mongodb_that_nobody_runs_is_no_riddle(tmp_path: Path) -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0"
    assert_refused(RunningBank(tmp_path / "data", MONGO_URI=uri), "MongoDB", "MONGO_URI")


def test_a_command_without_its_mongodb_is_no_riddle(tmp_path: Path) -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0"
    with RunningBank(tmp_path / "data", MONGO_URI=uri) as bank:
        refused = bank.flask("ledger", "verify")
    assert (refused.returncode, refused.stdout) == (EXIT_CONFIG, "")
    assert refused.stderr.startswith("MongoDB cannot be used")
    assert refused.stderr.count("\n") == 1


def test_an_address_that_is_none_is_no_riddle(tmp_path: Path) -> None:
    assert_refused(RunningBank(tmp_path / "data", MONGO_URI="postgres://bank"), "MONGO_URI")


def test_a_setting_that_is_none_is_named(tmp_path: Path) -> None:
    bank = RunningBank(tmp_path / "data", THREADS="many")
    assert_refused(bank, "THREADS is a whole number", code=EXIT_CONFIG)


def test_production_refuses_the_demo(tmp_path: Path) -> None:
    bank = RunningBank(tmp_path / "data", ENVIRONMENT="production", DEMO="true")
    assert_refused(bank, "DEMO must be off in production", code=78)


def test_production_refuses_a_database_of_its_own(tmp_path: Path) -> None:
    secret = "a-secret-of-the-tests-0123456789-abcdef"
    bank = RunningBank(tmp_path / "data", ENVIRONMENT="production", SECRET_KEY=secret)
    assert_refused(bank, "MONGO_URI must name a replica set in production", code=78)
