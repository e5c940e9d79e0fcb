"""The score of the bank's tests: of all small faults put into its rules, how many do they notice?

    python -m tests.mutation.score FOLDER [MODULE ...]

Each mutant is put, alone, into a copy of the tree. The tests that run through its line are run on
a real MongoDB, the quickest first, until one fails; a run that hangs has noticed, too. Afterwards
FOLDER holds `mutants.jsonl` with every verdict and `survivors.txt` with what no test noticed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from tests.faults.figures import Figures, Scale
from tests.mutation.bench import ROOT, Bench, Reach, bench
from tests.mutation.equivalent import reason_of
from tests.mutation.mutants import Mutant, mutants_of

LEAST_PERCENT = 90.0
KILLED, TIMEOUT, SURVIVED, EQUIVALENT = "killed", "timeout", "survived", "equivalent"

_LEDGER = ("tests/atomicity",)
_ACCESS = (
    "tests/controllers/test_access_edges.py",
    "tests/controllers/test_sessions.py",
    "tests/views/test_tokens.py",
    "tests/views/test_remembered_tokens.py",
    "tests/views/test_key_rotation.py",
    "tests/views/test_authorization.py",
    "tests/views/test_refresh.py",
    "tests/views/test_revocation.py",
    "tests/views/test_outside.py",
)
_CODES = (
    "tests/controllers/test_registrations.py", "tests/controllers/test_step_up.py",
    "tests/controllers/test_second_factors.py", "tests/controllers/test_credentials.py",
    "tests/controllers/test_pins.py",
)  # fmt: skip
_APPROVALS = ("tests/controllers/test_approvals.py", "tests/controllers/test_reversals.py")
_THROTTLES = (
    "tests/controllers/test_throttles.py", "tests/controllers/test_codes.py",
    "tests/controllers/test_notices.py",
)  # fmt: skip
MODULES: dict[str, Sequence[str]] = {
    "money.py": ("tests/test_money.py",),
    "app/controllers/ledger/__init__.py": _LEDGER,
    "app/controllers/ledger/posting.py": _LEDGER,
    "app/controllers/ledger/rules.py": _LEDGER,
    "app/controllers/ledger/batch.py": _LEDGER,
    "app/controllers/ledger/memory.py": _LEDGER,
    "app/controllers/ledger/balances.py": _LEDGER,
    "app/controllers/ledger/verify.py": _LEDGER,
    "app/controllers/ledger/grouping.py": _LEDGER,
    "app/controllers/access.py": _ACCESS,
    "app/controllers/log_ins.py": _CODES,
    "app/controllers/codes.py": _CODES,
    "app/controllers/step_up.py": _CODES,
    "app/controllers/registrations.py": _CODES,
    "app/controllers/credentials.py": _CODES,
    "app/controllers/second_factors.py": _CODES,
    "app/controllers/factors.py": ("tests/controllers/test_factors.py",),
    "app/controllers/pins.py": ("tests/controllers/test_pins.py",),
    "app/controllers/approvals/__init__.py": _APPROVALS,
    "app/controllers/approvals/money.py": _APPROVALS,
    "app/controllers/throttles.py": _THROTTLES,
    "app/controllers/devices.py": ("tests/controllers/test_devices.py",),
    "app/views/guards.py": _ACCESS,
    "app/views/tokens.py": _ACCESS,
}
"""What is mutated, and which tests are about it."""


def run(scale: Scale, folder: Path) -> Figures:
    """Try all mutants; in the short form, one of every ten of Money."""
    if scale.long:
        return score(tuple(MODULES), folder)
    return score(("money.py",), folder, every=10)


def score(modules: Sequence[str], folder: Path, *, every: int = 1) -> Figures:
    """Try every n-th mutant of the modules; below the least score is a violation."""
    counts = {module: Counter[str]() for module in modules}
    reaches: dict[Sequence[str], Reach] = {}
    with bench(folder) as place:
        for module in modules:
            tests = MODULES[module]
            reaches[tests] = reach = reaches.get(tests) or place.reach(tests)
            place.control(reach)
            for mutant, verdict, test in _verdicts(place, reach, module, every):
                counts[module][verdict] += 1
                _note(folder, mutant, verdict, test)
            place.control(reach)
    return _figures(counts)


def _verdicts(
    place: Bench, reach: Reach, module: str, every: int
) -> Iterator[tuple[Mutant, str, str]]:
    code = (ROOT / module).read_text(encoding="utf-8")
    for mutant in islice(mutants_of(module, code), 0, None, every):
        if reason_of(mutant):
            yield mutant, EQUIVALENT, ""
        else:
            yield mutant, *_verdict(place, reach, mutant)


def _verdict(place: Bench, reach: Reach, mutant: Mutant) -> tuple[str, str]:
    """What became of the mutant, and which test noticed it.

    That test must fail again by itself: one that fails by chance, on a busy machine, would make
    every other mutant seem noticed.
    """
    tests = reach.through(mutant.path, mutant.line)
    while tests:
        survives = place.survives(mutant, tests, reach.patience(tests))
        if survives is None:
            return TIMEOUT, ""
        if survives:
            break
        test = place.noticed_by
        if not test or not place.survives(mutant, [test], reach.patience([test])):
            return KILLED, test
        tests = tests[tests.index(test) + 1 :]
    return SURVIVED, ""


def _note(folder: Path, mutant: Mutant, verdict: str, test: str) -> None:
    line = {
        "module": mutant.path, "line": mutant.line, "verdict": verdict,
        "was": mutant.was, "becomes": mutant.becomes, "noticed_by": test,
    }  # fmt: skip
    with (folder / "mutants.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    if verdict == SURVIVED:
        with (folder / "survivors.txt").open("a", encoding="utf-8") as file:
            file.write(f"{mutant}\n\n")


def _percent(verdicts: Counter[str]) -> float:
    """Of the mutants that count, how many were noticed, in percent."""
    noticed = verdicts[KILLED] + verdicts[TIMEOUT]
    return 100 * noticed / max(noticed + verdicts[SURVIVED], 1)


def _figures(counts: dict[str, Counter[str]]) -> Figures:
    total = sum(counts.values(), Counter[str]())
    counted: dict[str, int | float | str] = {
        "mutants": total.total(),
        **{verdict: total[verdict] for verdict in (KILLED, TIMEOUT, SURVIVED, EQUIVALENT)},
        "score": f"{_percent(total):.1f} %",
    }
    counted |= {module: f"{_percent(each):.1f} %" for module, each in counts.items()}
    low = [module for module, each in counts.items() if _percent(each) < LEAST_PERCENT]
    return Figures(
        "mutation", counted, [f"{module}: only {counted[module]} noticed" for module in low]
    )


def main() -> None:
    """Try some modules, or all; print the figures, and leave what became of each mutant."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="where mutants.jsonl and survivors.txt go")
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--every", type=int, default=1, help="only every n-th mutant")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(f"{score(asked.modules, asked.folder, every=asked.every)}\n")


if __name__ == "__main__":
    main()
