"""`python run.py` as a person has it: starting, stopping, and what survives."""

from __future__ import annotations

import http.client
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pymongo import MongoClient

from app.controllers import demo
from embedded_mongo import running_uri
from tests import running
from tests.running import POLL_SECONDS, RunningBank, Visitor

THREADS = 8

demo_bank = running.demo_bank


def newcomer(bank: RunningBank, username: str = "dana") -> Visitor:
    """A new customer of a running bank, logged in."""
    body = {"username": username, "password": "violet-harbour-73"}
    assert bank.request("POST", "/auth/register", body).status == 201
    return bank.log_in(username, body["password"])


def await_loading(bank: RunningBank) -> None:
    """Wait until the demo is being loaded."""
    while "Loading demo" not in bank.complaints:
        assert bank.process.poll() is None, bank.complaints
        time.sleep(POLL_SECONDS)


def story(bank: RunningBank) -> list[tuple[str, str]]:
    """The times and amounts of a customer's history."""
    items = bank.log_in("alice").get("/transactions?limit=100").json["items"]
    return [(item["at"], item["amount"]["amount"]) for item in items]


class Crowd:
    """Threads that deposit a cent each again and again, until the bank is gone."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self.cut: list[str] = []
        self._pool = ThreadPoolExecutor(THREADS)
        self._threads = [self._pool.submit(self._deposit) for _ in range(THREADS)]

    def has_made(self, count: int) -> None:
        """Wait until so many deposits are acknowledged."""
        while len(self.acknowledged) < count:
            assert not all(thread.done() for thread in self._threads), self.cut + self.refused
            time.sleep(POLL_SECONDS)

    def is_gone(self) -> None:
        """Wait until nobody reaches the bank any more."""
        self._pool.shutdown()
        for thread in self._threads:
            thread.result()

    def _deposit(self) -> None:
        for _ in itertools.count():
            try:
                answer = self.visitor.post("/deposit", {"amount": "0.01"})
            except ConnectionRefusedError:
                return
            except (OSError, http.client.HTTPException) as error:
                self.cut.append(repr(error))
                return
            if answer.status == 201:
                self.acknowledged.append(answer.json["id"])
            else:
                self.refused.append(answer.text)


def test_the_start_tells_addresses_people_and_how_to_stop(demo_bank: RunningBank) -> None:
    for words in (
        f"{demo_bank.address}/docs",
        f"{demo_bank.address}/openapi.json",
        f"BANK_URL={demo_bank.address} make console",
        demo_bank.environment["DATA_DIR"],
        "customers alice, bob, carol; bankers teller, approver, auditor, admin-ann, admin-ben",
        "strongroom-demo",
        "Ctrl-C stops it.",
    ):
        assert words in demo_bank.complaints


@pytest.mark.parametrize("username", [*demo.CUSTOMERS, *demo.BANKERS])
def test_everybody_of_the_demo_can_log_in(demo_bank: RunningBank, username: str) -> None:
    assert demo_bank.log_in(username).get("/me").json["username"] == username


def test_the_demo_tells_of_months(demo_bank: RunningBank) -> None:
    alice = demo_bank.log_in("alice")
    salaries = alice.get("/transactions?kind=deposit").json["items"]
    months = {salary["at"][:7] for salary in salaries if salary["memo"] == "Salary"}
    assert len(months) >= 4


def test_the_books_of_the_demo_are_right(demo_bank: RunningBank) -> None:
    teller = demo_bank.log_in("teller")
    verified = teller.get("/banker/ledger/verify?full=true").json
    assert (verified["ok"], verified["findings"]) == (True, [])
    assert verified["transactions"] > 100


def test_a_demo_that_was_killed_halfway_is_completed_by_the_next_start(
    demo_bank: RunningBank, tmp_path: Path
) -> None:
    with RunningBank(tmp_path / "data", DEMO="true") as bank:
        bank.launch()
        await_loading(bank)
        with MongoClient[dict[str, object]](running_uri(tmp_path / "data")) as client:
            while client["strongroom"]["transactions"].estimated_document_count() < 50:
                assert bank.process.poll() is None
        bank.kill()
        assert "is open at" not in bank.complaints
        bank.start()
        assert story(bank) == story(demo_bank)
        assert bank.flask("ledger", "verify").returncode == 0


def test_a_second_start_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        dana = newcomer(bank.start())
        dana.post("/deposit", {"amount": "12.50"})
        bank.interrupt()
        bank.start()
        # Even the session lives on: the secret that signs tokens is kept as well.
        assert dana.balance() == "12.50"


@pytest.mark.parametrize(
    "stop", [RunningBank.interrupt, RunningBank.terminate, RunningBank.hang_up]
)
def test_a_stop_ends_everything_and_is_no_failure(
    tmp_path: Path, stop: Callable[[RunningBank], int]
) -> None:
    with RunningBank(tmp_path / "data") as bank:
        names = {process.name() for process in bank.start().processes()}
        assert "mongod" in names
        assert len(bank.processes()) >= 3  # the bank, its worker, mongod
        assert stop(bank) == 0
        assert bank.left_behind() == []
        assert bank.complaints.endswith("Stopped.\n")
        assert "Traceback" not in bank.complaints


@pytest.fixture
def as_with_nohup() -> Iterator[None]:
    """What is started meanwhile does not hear of a terminal that is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("as_with_nohup")
def test_a_bank_started_with_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        before = {process.pid for process in bank.start().processes()}
        os.killpg(bank.process.pid, signal.SIGHUP)
        time.sleep(1)
        assert {process.pid for process in bank.processes()} == before
        assert bank.ready()
        assert bank.terminate() == 0


def test_ctrl_c_reaches_the_bank_alone_which_ends_the_others_in_order(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        groups = [os.getpgid(process.pid) for process in bank.start().processes()]
        assert groups.count(bank.process.pid) == 1
        assert len(groups) >= 3


@pytest.mark.parametrize("stop", [RunningBank.interrupt, RunningBank.terminate])
def test_a_stop_while_the_demo_is_loaded_ends_everything(
    tmp_path: Path, stop: Callable[[RunningBank], int]
) -> None:
    with RunningBank(tmp_path / "data", DEMO="true") as bank:
        bank.launch()
        await_loading(bank)
        assert stop(bank) == 0
        assert bank.left_behind() == []
        assert "Traceback" not in bank.complaints


def test_a_worker_that_dies_ends_the_bank_as_a_failure(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        for process in bank.start().processes():
            if process != bank.process and process.name() != "mongod":
                process.kill()
        assert bank.exit_code() == 1
        assert bank.left_behind() == []


def test_a_mongod_that_dies_ends_the_bank_as_a_failure_that_says_why(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        for process in bank.start().processes():
            if process.name() == "mongod":
                process.kill()
        assert bank.exit_code() == 1
        assert "MongoDB ended" in bank.complaints
        assert bank.left_behind() == []


def test_sigterm_under_load_cuts_no_answer_off(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data", RATELIMIT_ENABLED="false") as bank:
        dana = newcomer(bank.start())
        crowd = Crowd(dana)
        crowd.has_made(100)
        assert bank.terminate() == 0
        crowd.is_gone()
        assert (crowd.cut, crowd.refused) == ([], [])
        bank.start()
        assert dana.balance() == f"{len(crowd.acknowledged) / 100:.2f}"


def test_kill_9_in_the_middle_of_deposits_loses_none_that_was_acknowledged(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data", RATELIMIT_ENABLED="false") as bank:
        dana = newcomer(bank.start())
        crowd = Crowd(dana)
        crowd.has_made(100)
        bank.kill()
        crowd.is_gone()
        bank.start()
        for id in crowd.acknowledged:
            assert dana.get(f"/transactions/{id}").json["amount"]["amount"] == "0.01"
        verified = bank.flask("ledger", "verify")
        assert verified.stdout.startswith("OK: ")
        assert verified.returncode == 0
