"""Where mutants are tried: a copy of the tree, a MongoDB of its own, a worker that runs tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from embedded_mongo import EmbeddedMongo
from tests.mutation.mutants import Mutant
from tests.mutation.worker import TIME_IS_UP

ROOT = Path(__file__).parents[2]
_LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "data", "benchmarks")
# Ten seconds long, and about the driver rather than about the ledger.
_TOO_SLOW = (
    "tests/atomicity/test_group_commit.py"
    "::test_a_commit_that_never_answers_is_unknown_and_the_key_resolves_it"
)
# Nobody reads why a test failed, so that asserts may stay as they are, which is quicker.
_PYTEST = (
    "-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider",
    "-p", "tests.mutation.plugin", f"--deselect={_TOO_SLOW}",
)  # fmt: skip
_PASSED = 0
_TRIES = 3
"""A test may fail by chance on a busy machine; on the program as it is, it does not thrice."""


class TestsFail(Exception):
    """The tests do not pass on the program as it is, so they can judge no mutant."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which tests run through each line of each module, and how long each test takes."""

    seconds: Mapping[str, float]
    lines: Mapping[str, Mapping[str, list[str]]]

    def through(self, path: str, line: int) -> list[str]:
        """The tests of a line, quickest first; for what only an import runs, all of the module."""
        module = self.lines.get(path, {})
        tests = module.get(str(line)) or {test for found in module.values() for test in found}
        return sorted(tests, key=self.seconds.__getitem__)

    def patience(self, tests: Sequence[str]) -> dict[str, float]:
        """After how many seconds each test hangs for sure, on a busy machine, too."""
        return {test: 8 + 10 * self.seconds[test] for test in tests}


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A place to try mutants in; at the end nothing is left running."""
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, ignore=_LEFT_BEHIND)
    with (
        EmbeddedMongo(folder / "mongo", users=True, test_commands=True) as mongo,
        MongoClient[dict[str, Any]](mongo.uri) as client,
        (folder / "worker.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.mutation.worker"],
            cwd=tree, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        ) as worker,
    ):  # fmt: skip
        yield Bench(tree, mongo.uri, client, worker)


class Bench:
    """Runs tests on the copy of the tree, as it is or with a mutant in it."""

    def __init__(
        self,
        tree: Path,
        uri: str,
        client: MongoClient[dict[str, Any]],
        worker: subprocess.Popen[str],
    ) -> None:
        self._tree = tree
        self._uri = uri
        self._client = client
        self._worker = worker
        self._databases = 0
        self._noticed = tree.parent / "noticed.txt"

    def reach(self, selected: Sequence[str]) -> Reach:
        """Run the selected tests on the program as it is. Raises TestsFail."""
        noted = self._tree.parent / "lines.json"
        # The compiled files of this run serve all the others; a mutant's own is never kept.
        more = {"MUTATION_LINES": str(noted), "PYTHONDONTWRITEBYTECODE": ""}
        command = [sys.executable, "-m", "pytest", *_PYTEST, *selected]
        environment = os.environ | self._settings({}) | more
        for _ in range(_TRIES):
            done = subprocess.run(
                command, cwd=self._tree, env=environment, stdout=subprocess.DEVNULL, check=False
            )
            if done.returncode == _PASSED:
                found: dict[str, Any] = json.loads(noted.read_text(encoding="utf-8"))
                return Reach(found["seconds"], found["lines"])
        raise TestsFail(f"{self.noticed_by} fails without any mutant")

    def control(self, reach: Reach) -> None:
        """A mutant that changes nothing must live. Raises TestsFail."""
        tests = list(reach.seconds)
        if not any(self.passes(tests, reach.patience(tests)) for _ in range(_TRIES)):
            raise TestsFail(f"{self.noticed_by} fails without any mutant")

    @property
    def noticed_by(self) -> str:
        """The test that failed last."""
        return self._noticed.read_text(encoding="utf-8") if self._noticed.exists() else ""

    def passes(self, tests: Sequence[str], patience: Mapping[str, float]) -> bool | None:
        """Whether the tests pass; None when one takes longer than `patience`, in seconds."""
        self._noticed.unlink(missing_ok=True)
        assert self._worker.stdin
        assert self._worker.stdout
        asked = {"arguments": [*_PYTEST, *tests], "environment": self._settings(patience)}
        self._worker.stdin.write(json.dumps(asked) + "\n")
        self._worker.stdin.flush()
        code = json.loads(self._worker.stdout.readline())
        if code == TIME_IS_UP or code < 0:
            self._start_afresh()
        return None if code == TIME_IS_UP else code == _PASSED

    def survives(
        self, mutant: Mutant, tests: Sequence[str], patience: Mapping[str, float]
    ) -> bool | None:
        """Whether the tests pass with the mutant in the tree; None when one hangs."""
        place = self._tree / mutant.path
        before = place.read_text(encoding="utf-8")
        place.write_text(mutant.text, encoding="utf-8")
        try:
            return self.passes(tests, patience)
        finally:
            place.write_text(before, encoding="utf-8")

    def _settings(self, patience: Mapping[str, float]) -> dict[str, str]:
        return {
            "MUTATION_MONGO_URI": self._uri,
            "MUTATION_DATABASE": f"mutation_{self._databases}",
            "MUTATION_NOTICED": str(self._noticed),
            "MUTATION_PATIENCE": json.dumps(patience),
        }

    def _start_afresh(self) -> None:
        """A run that was ended may have left locks in its database, and MongoDB misbehaving."""
        self._databases += 1
        self._client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
