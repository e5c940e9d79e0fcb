"""The console as people have it: in a terminal of some size, or in a script."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import pexpect

from app.controllers.demo import PASSWORD
from app.controllers.factors import totp_code
from tests.make import PASSWORD as OWN
from tests.running import ROOT, RunningBank

CTRL_C, CTRL_D = "\x03", "\x04"
SMALL, LARGE = (24, 80), (50, 200)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>78]|\x1b\].*?\x07")


@dataclass(frozen=True)
class Home:
    """A person's machine: a configuration folder, and the bank's address."""

    folder: Path
    address: str
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every console there."""
        dropped = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LESS", "PAGER")
        kept = {name: text for name, text in os.environ.items() if name not in dropped}
        own = {
            "XDG_CONFIG_HOME": str(self.folder), "HOME": str(self.folder), "TERM": "xterm",
            "BANK_URL": self.address, "PROMPT_TOOLKIT_NO_CPR": "1", "PYTHONUTF8": "1",
        }  # fmt: skip
        return {**kept, **own, **self.more}

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """One plain command, as a script runs it."""
        return subprocess.run(
            [sys.executable, "-m", "console", *words], cwd=ROOT, env=self.environment,
            input=typed, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def json(self, *words: str) -> Any:
        """What a command that succeeds prints as JSON."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def log_in(self, username: str, password: str = PASSWORD) -> Self:
        """Somebody logs in here."""
        done = self.run("login", username, typed=f"{password}\n")
        assert done.returncode == 0, done.stderr
        return self

    def files(self, pattern: str) -> list[Path]:
        """What is kept here."""
        return sorted(self.folder.rglob(pattern))


class Terminal:
    """A console in a real terminal; use it with `with`."""

    def __init__(self, home: Home, *words: str, size: tuple[int, int] = SMALL) -> None:
        self._child = pexpect.spawn(
            sys.executable, ["-m", "console", *words], cwd=str(ROOT), env=home.environment,
            dimensions=size, encoding="utf-8", timeout=10,
        )  # fmt: skip
        self._heard: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    def sees(self, *texts: str) -> Self:
        """Wait for one text after the other."""
        for text in texts:
            self._child.expect_exact(text)
            self._heard.append(str(self._child.before) + text)
        return self

    def types(self, text: str) -> Self:
        """A line, with Enter."""
        self._child.send(f"{text}\r")
        return self

    def presses(self, key: str) -> Self:
        """A key alone."""
        self._child.send(key)
        return self

    def goes(self, *steps: tuple[str, str]) -> Self:
        """Wait for a question and answer it, step by step."""
        for question, answer in steps:
            self.sees(question).types(answer)
        return self

    def ends(self) -> int:
        """Wait for the end; the exit code."""
        self._child.expect(pexpect.EOF)
        self._heard.append(str(self._child.before))
        self._child.close()
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    @property
    def heard(self) -> str:
        """All that the terminal showed, without what steers it."""
        return _ESCAPES.sub("", "".join(self._heard))

    @property
    def raw(self) -> str:
        """All that the terminal got."""
        return "".join(self._heard)


def code_for(bank: RunningBank, address: str, newest: str = "") -> str:
    """The code of the latest mail to an address, once there is another one than `newest`."""
    for _ in range(2000):
        for mail in bank.request("GET", "/dev/outbox").json["items"]:
            found = re.search(r"\b\d{6}\b", mail["text"])
            if mail["to"] == address and found:
                if found[0] != newest:
                    return found[0]
                break
    raise AssertionError(f"no code came to {address}")


def with_an_app(home: Home) -> tuple[str, list[str]]:
    """Let whoever is logged in there need an authenticator app at log-in; the user name, and
    recovery codes."""
    [login] = home.files("login.json")
    kept = json.loads(login.read_text())
    with httpx.Client(
        base_url=home.address, headers={"Authorization": f"Bearer {kept['access_token']}"}
    ) as bank:
        begun = bank.post("/auth/totp", json={"password": OWN}).raise_for_status().json()
        code = totp_code(base64.b32decode(begun["secret"]), int(time.time()) // 30)
        done = bank.post("/auth/totp/confirm", json={"code": code}).raise_for_status().json()
        codes = done["recovery_codes"]
        order = {"at_log_in": True, "password": OWN, "code": codes.pop()}
        bank.put("/auth/second_factor", json=order).raise_for_status()
    return str(kept["username"]), codes
