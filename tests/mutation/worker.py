"""Runs tests in forks of itself: what they import is loaded once, the bank's code afresh each time.

    python -m tests.mutation.worker     (in the tree to be tested)

Reads lines of JSON, {"arguments": [...], "environment": {...}}, and answers each with the exit code
of pytest.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import time

import pytest

TIME_IS_UP = 124
"""The exit code of a run in which a test hangs."""
# What a fork would otherwise load again, and nothing of the bank.
_PRELOADED = (
    "argon2", "flask", "flask_cors", "flask_jwt_extended", "hypothesis", "iso4217", "marshmallow",
    "psutil", "pymongo", "stdnum", "uuid_utils", "zxcvbn",
)  # fmt: skip
_POLL_SECONDS = 0.01
_PATIENCE_SECONDS = 600.0


def main() -> None:
    """Serve until the input ends."""
    for name in _PRELOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.update(asked["environment"])
        sys.stdout.write(f"{_in_a_fork(asked['arguments'])}\n")
        sys.stdout.flush()


def _in_a_fork(arguments: list[str]) -> int:
    child = os.fork()
    if child == 0:
        _run(arguments)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_POLL_SECONDS)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TIME_IS_UP


def _run(arguments: list[str]) -> None:
    """The tests, and then the end at once: a mutant may have left threads that never do."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    code = 3
    try:
        code = int(pytest.main(arguments))
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
