"""The bank the way a person runs it: `python run.py`, in processes of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import psutil
import pytest

from app.config import Config
from app.controllers.demo import PASSWORD

ROOT = Path(__file__).parents[1]
SETTINGS = [setting.name.upper() for setting in fields(Config)]
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """What the bank answered, whole."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


class RunningBank:
    """One `python run.py`; use it with `with`, so that its processes end whatever happens."""

    process: psutil.Popen

    def __init__(
        self, data_dir: Path, *command: str, folder: Path = ROOT, port: int = 0, **settings: str
    ) -> None:
        self.port = port or free_port()
        self.folder = folder
        self.command = command or ("run.py",)
        # Empty settings outvote a developer's own .env file; a folder made by a test may have one.
        plain = dict.fromkeys(SETTINGS, "") if folder == ROOT else {}
        chosen = {"PORT": str(self.port), "DATA_DIR": str(data_dir), **settings}
        self.environment = {**_environment(), **plain, **chosen}
        self._said = tempfile.NamedTemporaryFile()  # noqa: SIM115 - lives as long as the bank
        self._complained = tempfile.NamedTemporaryFile()  # noqa: SIM115 - as above
        self._processes: list[psutil.Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._await_end()
        self._said.close()
        self._complained.close()

    def launch(self) -> Self:
        """Start the processes, as the leader of a group of their own, like a shell does."""
        self.process = psutil.Popen(
            [sys.executable, *self.command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._complained,
            start_new_session=True,
        )
        self._processes.append(self.process)
        return self

    def start(self) -> Self:
        """Start the bank and wait until it takes requests."""
        self.launch()
        while not self.ready():
            assert self.process.poll() is None, self.complaints
            time.sleep(POLL_SECONDS)
        self.processes()
        return self

    def ready(self) -> bool:
        """Whether /readyz says so."""
        with suppress(OSError, http.client.HTTPException):
            return self.request("GET", "/readyz").status == 200
        return False

    def interrupt(self) -> int:
        """Ctrl-C, which a terminal sends to the whole group; the exit code."""
        self.processes()
        os.killpg(self.process.pid, signal.SIGINT)
        return self.exit_code()

    def terminate(self) -> int:
        """SIGTERM, as a service manager sends it; the exit code."""
        self.processes()
        self.process.terminate()
        return self.exit_code()

    def hang_up(self) -> int:
        """SIGHUP to the whole group, which is what a terminal that is closed leaves; the code."""
        self.processes()
        os.killpg(self.process.pid, signal.SIGHUP)
        return self.exit_code()

    def kill(self) -> None:
        """Kill -9 of the bank alone; waits until what it started has noticed and ended."""
        self.processes()
        self.process.kill()
        self._await_end()

    def exit_code(self) -> int:
        """Wait for the end; the exit code."""
        return int(self.process.wait())

    def processes(self) -> list[psutil.Process]:
        """The bank and every process it has started, as far as they live."""
        for process in list(self._processes):
            with suppress(psutil.NoSuchProcess):
                found = process.children(recursive=True)
                self._processes += [child for child in found if child not in self._processes]
        return self.left_behind()

    def left_behind(self) -> list[psutil.Process]:
        """Which of the processes that were seen still live."""
        return [process for process in self._processes if _lives(process)]

    def _await_end(self) -> None:
        while self.left_behind():
            time.sleep(POLL_SECONDS)
        for process in self._processes:
            if isinstance(process, psutil.Popen):
                process.wait()

    @property
    def output(self) -> str:
        """What the bank printed to standard output."""
        return Path(self._said.name).read_text(encoding="utf-8")

    @property
    def complaints(self) -> str:
        """What the bank printed to standard error."""
        return Path(self._complained.name).read_text(encoding="utf-8")

    @property
    def address(self) -> str:
        """Where a browser finds the bank."""
        return f"http://127.0.0.1:{self.port}"

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own. An answer that is cut off raises."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            text = None if body is None else json.dumps(body)
            kind = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, text, {**kind, **(headers or {})})
            response = connection.getresponse()
            content = response.read().decode()
            return Answer(response.status, dict(response.getheaders()), content)
        finally:
            connection.close()

    def log_in(self, username: str, password: str = PASSWORD) -> Visitor:
        """Somebody who exists, logged in."""
        answer = self.request("POST", "/auth/login", {"username": username, "password": password})
        assert answer.status == 200, answer.text
        return Visitor(self, answer.json["access_token"])

    def flask(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """`flask --app run.py ...` beside the bank, with `typed` on its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "run.py", *words],
            cwd=self.folder,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )


@dataclass
class Visitor:
    """Somebody who is logged in at a running bank."""

    bank: RunningBank
    token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str) -> Answer:
        """GET with this person's token."""
        return self.bank.request("GET", path, headers=self.headers)

    def post(self, path: str, body: object, **headers: str) -> Answer:
        """POST a JSON body with this person's token."""
        return self.bank.request("POST", path, body, {**self.headers, **headers})

    def balance(self) -> str:
        """The balance of the default account."""
        return str(self.get("/balance").json["balance"]["amount"])


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """The environment without anything that would set up the bank."""
    dropped = {"FLASK_APP", "FLASK_DEBUG", *SETTINGS, *(f"{name}_FILE" for name in SETTINGS)}
    return {name: text for name, text in os.environ.items() if name not in dropped}


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.fixture(scope="module")
def demo_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    """A running bank with the demo; a test module takes it by naming it."""
    with RunningBank(tmp_path_factory.mktemp("demo"), DEMO="true") as bank:
        yield bank.start()
