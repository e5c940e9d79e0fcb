"""A plugin for pytest: many runs on one MongoDB, and which test runs through which line.

`-p tests.mutation.plugin`, with MUTATION_MONGO_URI, MUTATION_DATABASE, MUTATION_PATIENCE (JSON:
after how many seconds each test hangs) and MUTATION_NOTICED, a file for the name of a test that
fails. With MUTATION_LINES, too, a file of that name is written:
{"seconds": {test: ...}, "lines": {module: {line: [tests]}}}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.mutation.worker import TIME_IS_UP


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> str | None:
    """Instead of a MongoDB of the run's own, the one that all runs share."""
    if fixturedef.argname != "mongo_uri":
        return None
    sys.modules["tests.conftest"].DATABASE = os.environ["MUTATION_DATABASE"]  # type: ignore[attr-defined]
    uri = os.environ["MUTATION_MONGO_URI"]
    fixturedef.cached_result = (uri, fixturedef.cache_key(request), None)
    return uri


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the run when a test hangs."""
    patience = json.loads(os.environ["MUTATION_PATIENCE"])
    signal.signal(signal.SIGALRM, lambda *_: os._exit(TIME_IS_UP))
    signal.setitimer(signal.ITIMER_REAL, patience.get(item.nodeid, 600))
    result = yield
    # What the tests leave may hang as well, when it is taken down.
    signal.setitimer(signal.ITIMER_REAL, 60)
    return result


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say which test noticed something."""
    if report.failed:
        Path(os.environ["MUTATION_NOTICED"]).write_text(report.nodeid, encoding="utf-8")


class Lines:
    """Notes for each line of the bank which tests run through it, and how long each test takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds: dict[str, float] = {}
        self._coverage = coverage.Coverage(data_file=None, source=["app", "money"])
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Only the test itself counts: what every test needs is not what it is about."""
        self._coverage.switch_context(item.nodeid)
        result = yield
        self._coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """How long the test took, with what was built for it."""
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0) + report.duration

    def pytest_sessionfinish(self) -> None:
        """Write it all down."""
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            os.path.relpath(path): {
                line: [test for test in tests if test]
                for line, tests in data.contexts_by_lineno(path).items()
            }
            for path in data.measured_files()
        }
        self._path.write_text(json.dumps({"seconds": self._seconds, "lines": lines}))


def pytest_configure(config: pytest.Config) -> None:
    """Note lines if they were asked for."""
    if path := os.environ.get("MUTATION_LINES"):
        config.pluginmanager.register(Lines(Path(path)))
