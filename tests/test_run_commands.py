"""`flask ...` on the command line: a bank beside it, or a MongoDB that .env names."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from app.config import EXIT_CONFIG
from app.controllers.factors import totp_code
from tests.running import ROOT, RunningBank, free_port
from tests.test_run import newcomer


@pytest.fixture
def settings(mongo_uri: str) -> dict[str, str]:
    """Settings for a bank with an empty database on a MongoDB that runs already."""
    return {
        "MONGO_URI": mongo_uri,
        "MONGO_DATABASE": f"commands_{uuid4().hex}",
        "SECRET_KEY": "a-secret-of-the-tests-0123456789-abcdef",
    }


@pytest.fixture
def bank(tmp_path: Path, settings: dict[str, str]) -> RunningBank:
    """A bank that is not started, on a migrated database."""
    bank = RunningBank(tmp_path / "data", folder=ROOT, port=free_port(), **settings)
    assert bank.flask("database", "migrate").stdout == "The database is ready.\n"
    return bank


@pytest.fixture
def checkout(tmp_path: Path, settings: dict[str, str]) -> Path:
    """A fresh copy of what runs, with a .env file."""
    folder = tmp_path / "strongroom"
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run.py", "beside.py", "money.py", "worker.py", "embedded_mongo.py"):
        shutil.copy(ROOT / name, folder / name)
    lines = [f"{name}={text}" for name, text in {**settings, "FLASK_APP": "run.py"}.items()]
    (folder / ".env").write_text("\n".join(lines), encoding="utf-8")
    return folder


def flask_run(checkout: Path) -> RunningBank:
    """`flask run` in the folder, which only its .env file sets up."""
    port = free_port()
    command = ("-m", "flask", "run", "--port", str(port))
    return RunningBank(checkout / "data", *command, folder=checkout, port=port)


def test_flask_run_serves_what_a_env_file_names(checkout: Path) -> None:
    with flask_run(checkout) as bank:
        assert bank.flask("database", "migrate").returncode == 0
        dana = newcomer(bank.start())
        assert dana.post("/deposit", {"amount": "12.50"}).status == 201
        assert dana.balance() == "12.50"
        assert not (checkout / "data" / "mongod.log").exists()


def test_flask_run_without_a_migration_names_the_command(checkout: Path) -> None:
    with flask_run(checkout) as bank:
        assert bank.launch().exit_code() == EXIT_CONFIG
        assert "run: flask --app run.py database migrate" in bank.complaints
        assert "Traceback" not in bank.complaints


def invite(bank: RunningBank, *names: str) -> dict[str, str]:
    """The tokens of the first two, by name."""
    said = bank.flask("bankers", "bootstrap", *names)
    assert said.returncode == 0, said.stderr
    link = rf"^(\w+): {re.escape(bank.address)}/invitation#([\w-]{{43}})$"
    return dict(re.findall(link, said.stdout, re.MULTILINE))


def test_bootstrap_prints_two_links_by_which_two_admins_are_made(bank: RunningBank) -> None:
    tokens = invite(bank, "anna", "bert")
    assert list(tokens) == ["anna", "bert"]
    with bank:
        bank.start()
        for name, token in tokens.items():
            opened = bank.request("POST", "/auth/invitations/open", {"token": token}).json
            assert (opened["username"], opened["roles"]) == (name, ["admin"])
            seed = base64.b32decode(opened["totp"]["secret"])
            code = totp_code(seed, int(time.time()) // 30)
            order = {"token": token, "password": "violet-harbour-73", "code": code}
            assert bank.request("POST", "/auth/invitations/accept", order).status == 201
            assert bank.request("POST", "/auth/invitations/accept", order).status == 404


def test_bootstrap_works_once(bank: RunningBank) -> None:
    invite(bank, "anna", "bert")
    again = bank.flask("bankers", "bootstrap", "carl", "dora")
    assert again.stderr.startswith("Error: The bank has its first bankers already")
    assert again.stderr.count("\n") == 1
    assert again.returncode == 1


def test_of_two_bootstraps_at_once_one_wins(bank: RunningBank) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "run.py", "bankers", "bootstrap", *names],
            cwd=ROOT,
            env=bank.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for names in (("anna", "bert"), ("carl", "dora"))
    ]
    said = [process.communicate() for process in running]
    assert sorted(process.returncode for process in running) == [0, 1], said
    [error] = [err for _, err in said if err]
    assert error.startswith("Error: The bank has its first bankers already")


def test_bootstrap_refuses_a_name_that_is_none_without_a_traceback(bank: RunningBank) -> None:
    odd = bank.flask("bankers", "bootstrap", "a", "bert")
    assert odd.stderr.startswith("Error: A field has a value the bank cannot use: ")
    assert odd.stderr.count("\n") == 1
    assert odd.returncode == 1


def test_verify_says_ok_beside_the_running_bank(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        newcomer(bank.start()).post("/deposit", {"amount": "12.50"})
        verified = bank.flask("ledger", "verify")
        walked = "1 accounts, 1 transactions, 1 lines walked, 1 events walked"
        assert verified.stdout == f"OK: {walked}, 0 findings\n"
        assert verified.returncode == 0
        mongods = [each for each in bank.processes() if each.name() == "mongod"]
        assert len(mongods) == 1  # the command used the one of the bank


def test_verify_without_a_bank_starts_a_mongodb_and_ends_it(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        newcomer(bank.start()).post("/deposit", {"amount": "12.50"})
        bank.terminate()
        assert bank.flask("ledger", "verify").returncode == 0
        left = [p for p in psutil.process_iter(["cmdline"]) if _mentions(p, tmp_path)]
        assert left == []


def test_verify_names_what_somebody_changed_behind_the_bank(
    bank: RunningBank, settings: dict[str, str]
) -> None:
    with bank:
        dana = newcomer(bank.start())
        for amount in ("1.00", "2.00", "3.00"):
            dana.post("/deposit", {"amount": amount})
        number = dana.get("/balance").json["account"]
        with MongoClient[dict[str, object]](settings["MONGO_URI"]) as client:
            _add_a_cent(client[settings["MONGO_DATABASE"]], number, seq=2)
        verified = bank.flask("ledger", "verify")
    assert f"{number} seq 2: " in verified.stdout
    assert verified.stdout.splitlines()[-1].startswith("BROKEN: 1 accounts, 3 transactions")
    assert verified.returncode == 1


def _add_a_cent(database: Database[dict[str, object]], number: str, seq: int) -> None:
    changed = database["transactions"].update_one(
        {"entries": {"$elemMatch": {"account": number, "seq": seq}}},
        {"$inc": {"entries.0.amount": 1}},
        bypass_document_validation=True,
    )
    assert changed.modified_count == 1


def _mentions(process: psutil.Process, folder: Path) -> bool:
    return any(str(folder) in word for word in process.info["cmdline"] or ())


def test_the_other_commands_work_beside_the_running_bank(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        newcomer(bank.start()).post("/deposit", {"amount": "12.50"})
        assert "total" in bank.flask("ledger", "balances").stdout
        assert bank.flask("ledger", "verify", "--new").returncode == 0
        assert bank.flask("database", "migrate").stdout == "The database is ready.\n"


def test_what_the_bank_s_own_user_may_not_do_is_one_sentence(tmp_path: Path) -> None:
    with RunningBank(tmp_path / "data") as bank:
        refused = bank.start().flask("database", "roles")
        assert refused.returncode == 1
        assert "may the user of MONGO_URI do this?" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_an_administrator_prepares_an_empty_database(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    bank = RunningBank(tmp_path / "data", folder=ROOT, port=free_port(), **settings)
    for words in (("database", "roles"), ("database", "migrate"), ("database", "roles")):
        done = bank.flask(*words)
        assert done.returncode == 0, done.stderr
