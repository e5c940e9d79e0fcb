"""The bank's own mongod: a real one, started, killed with -9 and started again."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

import embedded_mongo
from embedded_mongo import EmbeddedMongo, running_uri

Client = MongoClient[dict[str, Any]]
ROOT = Path(__file__).parents[1]
SURVIVES = "import os, sys; os.execv(sys.argv[2], sys.argv[2:])"  # as where Linux does not help
OWNER = """
import itertools, sys
from pathlib import Path
from pymongo import MongoClient
import embedded_mongo
embedded_mongo.DIE_WITH_PARENT = sys.argv[2] or embedded_mongo.DIE_WITH_PARENT
mongo = embedded_mongo.EmbeddedMongo(Path(sys.argv[1]))
print(mongo.start(), mongo.pid, flush=True)
entries = MongoClient(mongo.uri, w="majority", journal=True).bank.entries
for number in itertools.count():
    entries.insert_one({"_id": number})
    print(number, flush=True)
"""


class Owner:
    """Another bank process: it writes numbers, and says each one that was acknowledged."""

    def __init__(self, folder: Path, wrapper: str = "") -> None:
        command = [sys.executable, "-c", OWNER, str(folder), wrapper]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.says = self.process.stdout
        self.uri, mongod = self.says.readline().split()
        self.mongod = psutil.Process(int(mongod))

    def wrote(self, count: int) -> list[int]:
        return [int(self.says.readline()) for _ in range(count)]

    def kill(self) -> list[int]:
        """Kills it with -9 and returns what it had said by then and nobody had read."""
        with self.process, suppress(ValueError):  # it may have been killed and closed before
            self.process.kill()
            return [int(line) for line in self.says if line.endswith("\n")]
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "the data of a bank"


@pytest.fixture
def owners(folder: Path) -> Iterator[list[Owner]]:
    """Put the other banks that a test starts in here, so that none outlives it."""
    started: list[Owner] = []
    yield started
    for owner in started:
        owner.kill()
        if owner.mongod.is_running():
            owner.mongod.kill()


@pytest.fixture(scope="module")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedMongo]:
    with EmbeddedMongo(tmp_path_factory.mktemp("shared"), test_commands=True) as running:
        yield running


@pytest.fixture(scope="module")
def client(mongo: EmbeddedMongo) -> Iterator[Client]:
    with Client(mongo.uri, w="majority") as connected:
        yield connected


def numbers(uri: str) -> set[int]:
    with Client(uri, readConcernLevel="majority") as client:
        return {entry["_id"] for entry in client.bank.entries.find()}


def write(uri: str, number: int) -> None:
    with Client(uri, w="majority") as client:
        client.bank.entries.insert_one({"_id": number})


def port_of(mongo: EmbeddedMongo) -> int:
    return urlsplit(mongo.uri).port or 0


def mongods_on(folder: Path) -> list[int]:
    found = psutil.process_iter(["cmdline"])
    return [
        each.pid for each in found if f"--dbpath={folder / 'db'}" in (each.info["cmdline"] or [])
    ]


def fake_mongod(folder: Path, script: str) -> Path:
    folder.mkdir()
    fake = folder / "mongod"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    return fake


def test_a_transaction_is_all_or_nothing(client: Client) -> None:
    for end in (ClientSession.commit_transaction, ClientSession.abort_transaction):
        with client.start_session() as session, session.start_transaction():
            client.bank.debits.insert_one({"amount": -1}, session=session)
            client.bank.credits.insert_one({"amount": 1}, session=session)
            end(session)
    assert client.bank.debits.count_documents({}) == client.bank.credits.count_documents({}) == 1


def test_the_database_runs_no_scripts(client: Client) -> None:
    client.bank.scripts.insert_one({})
    with pytest.raises(OperationFailure, match=r"(?i)script"):
        client.bank.scripts.find_one({"$where": "true"})


def test_an_abandoned_transaction_ends_after_5_seconds(client: Client) -> None:
    answer = client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
    assert answer["transactionLifetimeLimitSeconds"] == 5


def test_faults_can_be_injected_when_asked_for(client: Client) -> None:
    fault = {"failCommands": ["ping"], "errorCode": 8}
    client.admin.command("configureFailPoint", "failCommand", mode={"times": 1}, data=fault)
    with pytest.raises(OperationFailure):
        client.admin.command("ping")


def test_it_listens_on_loopback_only(mongo: EmbeddedMongo) -> None:
    sockets = psutil.Process(mongo.pid).net_connections("all")
    assert {each.laddr.ip for each in sockets if each.status == "LISTEN"} == {"127.0.0.1"}


def test_ctrl_c_in_the_terminal_does_not_reach_it(mongo: EmbeddedMongo) -> None:
    assert os.getsid(mongo.pid or 0) != os.getsid(0)


def test_a_second_bank_on_the_folder_is_refused(mongo: EmbeddedMongo) -> None:
    with pytest.raises(embedded_mongo.DataFolderInUse, match=str(mongo.data_dir)):
        EmbeddedMongo(mongo.data_dir).start()


def test_a_taken_port_is_refused_by_number(mongo: EmbeddedMongo, folder: Path) -> None:
    with pytest.raises(embedded_mongo.PortTaken, match=str(port_of(mongo))):
        EmbeddedMongo(folder, port=port_of(mongo)).start()
    assert mongods_on(folder) == []


def test_a_free_port_that_is_taken_meanwhile_is_chosen_again(
    mongo: EmbeddedMongo, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = [port_of(mongo), embedded_mongo._free_port()]
    monkeypatch.setattr(embedded_mongo, "_free_port", lambda: ports.pop(0))
    with EmbeddedMongo(folder) as other:
        assert other.uri != mongo.uri


def test_another_process_finds_the_running_mongod(mongo: EmbeddedMongo) -> None:
    ask = (
        "import sys, pathlib, embedded_mongo as e; print(e.running_uri(pathlib.Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", ask, str(mongo.data_dir)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == mongo.uri


def test_nothing_runs_after_stop_and_stop_may_be_repeated(folder: Path) -> None:
    mongo = EmbeddedMongo(folder)
    mongo.start()
    mongod = mongo.pid or 0
    mongo.stop()
    mongo.stop()
    assert (psutil.pid_exists(mongod), running_uri(folder), mongo.pid) == (False, None, None)


def test_the_next_start_finds_the_data(folder: Path) -> None:
    mongo = EmbeddedMongo(folder)
    write(mongo.start(), 1)
    mongo.stop()
    with mongo:
        assert numbers(mongo.uri) == {1}


def test_a_start_on_another_port_finds_the_data(folder: Path) -> None:
    with EmbeddedMongo(folder) as mongo:
        write(mongo.uri, 1)
    with EmbeddedMongo(folder, port=embedded_mongo._free_port()) as moved:
        write(moved.uri, 2)
        assert numbers(moved.uri) == {1, 2}


def test_mongod_outlives_the_thread_that_started_it(folder: Path) -> None:
    mongo = EmbeddedMongo(folder)
    starter = threading.Thread(target=mongo.start)
    starter.start()
    starter.join()
    with mongo:
        write(mongo.uri, 1)
        assert numbers(mongo.uri) == {1}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_mongod_ends_with_a_killed_bank(folder: Path, owners: list[Owner]) -> None:
    owners.append(Owner(folder))
    owners[0].kill()
    psutil.wait_procs([owners[0].mongod], timeout=30)
    assert mongods_on(folder) == []


@pytest.mark.parametrize("wrapper", ["", SURVIVES], ids=["mongod ends too", "mongod is left"])
def test_a_killed_bank_keeps_every_acknowledged_write(
    folder: Path, owners: list[Owner], wrapper: str
) -> None:
    owners.append(Owner(folder, wrapper))
    acknowledged = owners[0].wrote(100) + owners[0].kill()
    with EmbeddedMongo(folder) as mongo:
        assert set(acknowledged) <= numbers(mongo.uri)
        assert mongods_on(folder) == [mongo.pid]


def test_bank_and_mongod_killed_keep_every_acknowledged_write(
    folder: Path, owners: list[Owner]
) -> None:
    owners.append(Owner(folder))
    acknowledged = owners[0].wrote(100)
    owners[0].mongod.send_signal(signal.SIGKILL)
    acknowledged += owners[0].kill()
    with EmbeddedMongo(folder) as mongo:
        assert set(acknowledged) <= numbers(mongo.uri)


def test_a_killed_bank_is_not_taken_for_a_running_one(folder: Path, owners: list[Owner]) -> None:
    owners.append(Owner(folder, SURVIVES))
    assert running_uri(folder) == owners[0].uri
    owners[0].kill()
    assert running_uri(folder) is None


@pytest.mark.parametrize("state", ["{", "[]", "[1, [1, 2.0], [{pid}, 2.0]]", "[1, [{pid}, 0], 7]"])
def test_stale_files_are_no_reason_to_fail(folder: Path, state: str) -> None:
    (folder / "db").mkdir(parents=True)
    (folder / "mongod.json").write_text(state.replace("{pid}", str(os.getpid())))
    (folder / "db" / "mongod.lock").write_text(f"{os.getpid()}\n")
    with EmbeddedMongo(folder) as mongo:
        write(mongo.uri, 1)


def test_a_missing_library_is_named_with_its_package(folder: Path) -> None:
    says = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object"
    fake = fake_mongod(folder, f"echo '{says} file' >&2; exit 127")
    with pytest.raises(embedded_mongo.LibraryMissing, match=r"libcurl\.so\.4.*install libcurl4`"):
        EmbeddedMongo(folder, binary=fake).start()


def test_a_missing_mongod_is_said_with_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(embedded_mongo, "PACKAGES", ())
    with pytest.raises(embedded_mongo.MongodMissing, match=r"requirements\.txt.*MONGO_URI"):
        EmbeddedMongo(folder).start()


def test_a_mongod_on_the_path_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = fake_mongod(folder, "exit 3")
    monkeypatch.setenv("PATH", str(folder))
    assert embedded_mongo.find_mongod(folder) == fake


def test_a_broken_folder_is_told_in_the_words_of_the_log(folder: Path) -> None:
    with EmbeddedMongo(folder):
        pass
    (folder / "db" / "WiredTiger.turtle").write_bytes(b"broken")
    with pytest.raises(embedded_mongo.MongodFailed, match=r"turtle.*mongod\.log"):
        EmbeddedMongo(folder).start()
