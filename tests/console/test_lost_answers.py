"""The bank did it, and the answer was lost: whoever asks again moves money once."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bank_client.servers import (
    LOST,
    SILENT,
    Asked,
    Forgetful,
    Listener,
    Says,
    listening,
    problem,
)
from tests.console.conftest import Newcomer
from tests.console.terminals import CTRL_C, Home, Terminal
from tests.make import PASSWORD
from tests.running import ROOT, RunningBank

TRIES = 3


class Killer(Listener):
    """Stands before a bank, and kills it once it has answered the first transfer: between the
    commit and the answer, as its customer sees it."""

    def __init__(self, bank: RunningBank) -> None:
        super().__init__()
        self._bank, self.killed = bank, False

    def answer(self, asked: Asked) -> Says:
        """What the bank said, while it lives."""
        try:
            said = self._bank.request(
                asked.method, asked.target, json.loads(asked.body or b"null"), self._kept(asked)
            )
        except (OSError, http.client.HTTPException):
            return LOST
        if asked.target == "/transfer" and not self.killed:
            self.killed = True
            self._bank.kill()
            return LOST
        return Says(said.status, json.loads(said.text) if said.text else None)

    @staticmethod
    def _kept(asked: Asked) -> dict[str, str]:
        names = ("Authorization", "Idempotency-Key")
        return {name: asked.headers[name] for name in names if name in asked.headers}


def _register(bank: RunningBank, folder: Path, address: str) -> Home:
    body = {"username": "dana", "password": PASSWORD}
    assert bank.request("POST", "/auth/register", body).status == 201
    home = Home(folder, address).log_in("dana", PASSWORD)
    home.json("deposit", "50")
    return home


def _transfers(home: Home) -> int:
    found = home.json("transactions", "--kind", "transfer")["items"]
    return len(found)


@pytest.mark.parametrize("how", [("again",), ("transfer", "5.00", "--to")])
def test_a_bank_killed_after_the_commit_has_paid_once(tmp_path: Path, how: tuple[str, ...]) -> None:
    with RunningBank(tmp_path / "data", DEMO="true") as bank, listening(Killer(bank)) as between:
        bank.start()
        to = bank.log_in("alice").get("/balance").json["account"]
        dana = _register(bank, tmp_path / "dana", between.address)
        lost = dana.run("transfer", "--to", to, "5")
        assert lost.returncode == 3
        assert "never done twice" in lost.stderr
        assert len(dana.files("orders/*.json")) == 1
        assert dana.run("transfer", "--to", to, "5").returncode == 3  # it is still down
        bank.start()
        done = dana.run(*how, *([to] if how[0] == "transfer" else []))
        assert done.returncode == 0, done.stderr
        assert _transfers(dana) == 1
        assert dana.json("balance")["balance"]["amount"] == "45.00"
        assert dana.files("orders/*") == []


def test_another_order_is_another_one(newcomer: Newcomer, demo_bank: RunningBank) -> None:
    with listening(Forgetful(demo_bank.address, "/deposit", 0)) as between:
        dana = newcomer(between.address)
        between.lose(TRIES)
        assert dana.run("deposit", "5").returncode == 3
        assert dana.run("deposit", "6").returncode == 0
        assert dana.run("deposit", "5.00").returncode == 0
        assert dana.json("balance")["balance"]["amount"] == "61.00"


def test_the_menu_offers_to_ask_again(newcomer: Newcomer, demo_bank: RunningBank) -> None:
    with listening(Forgetful(demo_bank.address, "/deposit", 0)) as between:
        dana = newcomer(between.address)
        between.lose(TRIES)
        with Terminal(dana) as terminal:
            terminal.goes(("Deposit", "1"), ("Amount", "5"))
            terminal.sees("never done twice", "1 without an answer").types("1")
            terminal.sees("Done.", "55.00", "Log out").presses("\x03").sees("Good bye.")
        assert dana.json("balance")["balance"]["amount"] == "55.00"


def test_who_hears_that_nobody_knows_asks_again_and_pays_once(
    newcomer: Newcomer, demo_bank: RunningBank
) -> None:
    unknown = problem(503, "unavailable", outcome="unknown", detail="nobody knows")
    with listening(Forgetful(demo_bank.address, "/deposit", 0, instead=unknown)) as between:
        dana = newcomer(between.address)
        between.lose(TRIES)
        told = dana.run("deposit", "5")
        assert told.returncode == 3
        assert "Nobody knows yet" in told.stderr
        assert "never done twice" in told.stderr
        assert dana.run("deposit", "5").returncode == 0
        assert dana.json("balance")["balance"]["amount"] == "55.00"
        keys = {each.key for each in between.asked if each.target == "/deposit"}
        assert len(keys) == 2  # the newcomer's first 50.00, and this one


def test_what_takes_longer_than_a_second_is_seen_to_go_on(
    newcomer: Newcomer, demo_bank: RunningBank
) -> None:
    with listening(Forgetful(demo_bank.address, "/deposit", 0)) as between:
        dana = newcomer(between.address)
        between.lose(0, seconds=2.5)
        with Terminal(dana, "deposit", "5") as terminal:
            terminal.sees("Asking the bank ...", "Done.")
            assert terminal.ends() == 0


def test_who_waits_may_interrupt_and_the_order_is_kept(
    newcomer: Newcomer, demo_bank: RunningBank
) -> None:
    with listening(Forgetful(demo_bank.address, "/deposit", 0)) as between:
        dana = newcomer(between.address)
        between.lose(0, seconds=60.0)
        with Terminal(dana, "deposit", "5") as terminal:
            terminal.sees("Asking the bank ...").presses(CTRL_C).sees("is kept")
            assert terminal.ends() == 130
        between.lose(0)
        assert dana.run("again").returncode == 0
        assert dana.json("balance")["balance"]["amount"] == "55.00"


def test_an_order_that_is_on_its_way_is_not_sent_twice(
    newcomer: Newcomer, demo_bank: RunningBank
) -> None:
    dana = newcomer()
    with listening(_Slow(demo_bank)) as between:
        [login] = dana.files("login.json")
        away = Home(dana.folder, between.address)
        moved = login.parent.with_name(between.address.replace(":", "%3A").replace("/", "%2F"))
        login.parent.rename(moved)
        command = [sys.executable, "-m", "console", "deposit", "5"]
        first = subprocess.Popen(
            command, cwd=ROOT, env=away.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while not between.asked:
            assert first.poll() is None
        second = away.run("deposit", "5")
        assert second.returncode == 1
        assert "being sent by another console" in second.stderr
        first.terminate()
        first.wait()


class _Slow(Listener):
    """Never answers."""

    def __init__(self, bank: RunningBank) -> None:
        super().__init__()
        self._bank = bank

    def answer(self, asked: Asked) -> Says:
        """Nothing, for as long as the test goes on."""
        return SILENT
