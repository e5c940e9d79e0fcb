"""Plain commands, as scripts use them, against a running bank."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from app.controllers.demo import PASSWORD
from tests.console.conftest import Newcomer
from tests.console.terminals import Home
from tests.running import RunningBank, free_port


def test_a_deposit_is_on_the_balance(newcomer: Newcomer) -> None:
    dana = newcomer()
    done = dana.json("deposit", "12.50", "--memo", "found in a coat")
    assert done["amount"] == {"amount": "12.50", "currency": "USD"}
    assert dana.json("balance")["balance"]["amount"] == "62.50"


def test_what_is_withdrawn_is_gone(newcomer: Newcomer) -> None:
    dana = newcomer()
    dana.json("withdraw", "20")
    assert dana.json("balance")["balance"]["amount"] == "30.00"


def test_a_transfer_arrives(newcomer: Newcomer) -> None:
    dana, erin = newcomer(), newcomer()
    to = erin.json("balance")["account"]
    dana.json("transfer", "--to", to, "5", "--memo", "lunch")
    assert erin.json("transactions", "--limit", "1")["items"][0]["memo"] == "lunch"
    assert erin.json("balance")["balance"]["amount"] == "55.00"


def test_transactions_are_newest_first_with_the_balance(newcomer: Newcomer) -> None:
    dana = newcomer()
    dana.json("deposit", "1")
    rows = dana.run("transactions").stdout.splitlines()
    assert rows[0].split() == ["time", "kind", "amount", "balance", "to", "seq", "memo"]
    assert ["51.00" in rows[1], "50.00" in rows[2]] == [True, True]


def test_as_many_transactions_as_asked_for(alice: Home) -> None:
    assert len(alice.json("transactions", "--limit", "7")["items"]) == 7


def test_the_balance_names_customer_and_account(alice: Home) -> None:
    shown = alice.run("balance").stdout
    assert "Alice Adler" in shown
    assert str(alice.json("balance")["account"]) in shown


def test_a_refusal_says_why_and_ends_with_1(newcomer: Newcomer) -> None:
    done = newcomer().run("withdraw", "50.01")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "available: 50.00 USD" in done.stderr


def test_a_refusal_in_json_is_the_banks_own_problem(newcomer: Newcomer) -> None:
    done = newcomer().run("withdraw", "50.01", "--json")
    told = json.loads(done.stderr)
    assert told["type"].endswith("insufficient-funds")
    assert told["available"] == {"amount": "50.00", "currency": "USD"}


def test_a_wrong_field_is_told_with_what_would_be_right(alice: Home) -> None:
    done = alice.run("transactions", "--kind", "nonsense")
    assert done.returncode == 1
    assert done.stderr.startswith("Some fields are wrong.\nkind: Must be one of: deposit")


def test_a_question_without_an_answer_is_named(alice: Home) -> None:
    done = alice.run("withdraw", "60")
    assert done.returncode == 1
    assert done.stderr.startswith("Code (sent to a")
    assert "no answer was given. Nothing more was done." in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("deposit", "much"), ("deposit",), ("transfer", "5"), ("dance",), (),
        ("--bank", "http://bank.example", "balance"), ("transactions", "--limit", "0"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2(home: Home, words: tuple[str, ...]) -> None:
    assert home.run(*words).returncode == 2


def test_a_bank_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    away = Home(tmp_path, f"http://127.0.0.1:{free_port()}")
    done = away.run("login", "alice", typed="secret\n")
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr


def test_nobody_is_asked_to_log_in_first(home: Home) -> None:
    done = home.run("balance")
    assert done.returncode == 1
    assert "log in first" in done.stderr


def test_only_its_person_may_read_a_log_in(alice: Home) -> None:
    [login] = alice.files("login.json")
    assert stat.S_IMODE(login.stat().st_mode) == 0o600
    assert stat.S_IMODE(login.parent.stat().st_mode) == 0o700


def test_a_log_out_leaves_no_log_in(alice: Home) -> None:
    assert alice.run("logout").returncode == 0
    assert alice.files("login.json") == []
    assert alice.run("balance").returncode == 1


def test_a_log_in_is_renewed_by_itself(alice: Home) -> None:
    [login] = alice.files("login.json")
    kept = json.loads(login.read_text())
    login.write_text(json.dumps({**kept, "access_token": "stale"}))
    assert alice.run("balance").returncode == 0
    assert json.loads(login.read_text())["refresh_token"] != kept["refresh_token"]


def test_a_wrong_password_leaves_whoever_was_logged_in(alice: Home) -> None:
    assert alice.run("login", "bob", typed="wrong\n").returncode == 1
    assert "Alice Adler" in alice.run("balance").stdout


def test_a_password_is_kept_nowhere(alice: Home) -> None:
    texts = [path.read_bytes() for path in alice.files("*") if path.is_file()]
    assert texts
    assert not any(PASSWORD.encode() in text for text in texts)


def test_a_pipe_has_no_colours(alice: Home) -> None:
    assert "\x1b" not in alice.run("transactions").stdout


@pytest.mark.parametrize("words", [("accounts",), ("transactions",), ("books",), ("approvals",)])
def test_bankers_see_the_whole_bank(home: Home, words: tuple[str, ...]) -> None:
    teller = home.log_in("teller")
    assert teller.json("banker", *words)
    assert teller.run("banker", *words).returncode == 0


def test_a_frozen_account_is_unfrozen_by_two(
    newcomer: Newcomer, home: Home, demo_bank: RunningBank, tmp_path: Path
) -> None:
    number = newcomer().json("balance")["account"]
    teller = home.log_in("teller")
    approver = Home(tmp_path / "approver", demo_bank.address).log_in("approver")
    teller.json("banker", "freeze", number, "--reason", "reported stolen")
    frozen = teller.json("banker", "accounts", "--status", "frozen")["items"]
    assert [each["number"] for each in frozen] == [number]
    proposed: dict[str, Any] = teller.json("banker", "unfreeze", number, "--reason", "found")
    assert teller.run("banker", "approve", proposed["id"]).returncode == 1
    approved = approver.json("banker", "approve", proposed["id"])
    assert approved["status"] == "executed"
    assert approver.json("banker", "account", number)["status"] == "open"


def test_a_proposal_may_be_rejected(newcomer: Newcomer, home: Home) -> None:
    number = newcomer().json("balance")["account"]
    teller = home.log_in("teller")
    teller.json("banker", "freeze", number, "--reason", "reported stolen")
    proposed = teller.json("banker", "unfreeze", number, "--reason", "found")
    rejected = teller.json("banker", "reject", proposed["id"], "--reason", "not found at all")
    assert rejected["status"] == "rejected"


def test_customers_have_no_desk(alice: Home) -> None:
    done = alice.run("banker", "accounts")
    assert done.returncode == 1
    assert "bankers only" in done.stderr
