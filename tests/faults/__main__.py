"""The long form of everything that tries to break the bank: `make faults`.

`python -m tests.faults [--short] [NAME ...]` runs the scenarios (all, or those that are named),
says each one's figures as it ends, then all in a table; after any violation it exits with 1.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults import (
    crash_sweep,
    disk_full,
    fail_points,
    failover,
    restart,
    shop_kills,
    shutdown,
    slow,
)
from tests.faults.figures import LONG, SHORT, Figures, Scale
from tests.fuzz import audit_tampering, exploring, interleavings, schemas, tampering
from tests.mutation import score

Scenario = Callable[[Scale, Path], Figures]
SCENARIOS: dict[str, Scenario] = {
    "crash-sweep": crash_sweep.run,
    "fail-points": fail_points.run,
    "interleavings": interleavings.run,
    "restart": restart.run,
    "shop": shop_kills.run,
    "shutdown": shutdown.run,
    "slow": slow.run,
    "disk-full": disk_full.run,
    "failover": failover.run,
    "model": exploring.run,
    "schemas": schemas.run,
    "tampering": tampering.run,
    "audit-tampering": audit_tampering.run,
    "mutation": score.run,
}


def main() -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SCENARIOS))
    parser.add_argument("--short", action="store_true", help="the form that `make test` runs")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in SCENARIOS]:
        parser.error(f"{unknown[0]} is none of {', '.join(SCENARIOS)}")
    # So that whatever was started ends with this program, when it is told to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    scale = SHORT if asked.short else LONG
    all_figures = [_run(name, scale) for name in asked.names or SCENARIOS]
    _say("\n" + _table(all_figures))
    return int(any(figures.violations for figures in all_figures))


def _run(name: str, scale: Scale) -> Figures:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="strongroom-") as folder:
        figures = SCENARIOS[name](scale, Path(folder))
    _say(f"{figures} ({time.monotonic() - begun:.0f} s)")
    for violation in figures.violations:
        _say(f"  VIOLATION: {violation}")
    return figures


def _table(all_figures: list[Figures]) -> str:
    """Markdown, a row for each scenario."""
    lines = ["| scenario | counted | violations |", "|---|---|---|"]
    for figures in all_figures:
        counts = ", ".join(f"{name} {value}" for name, value in figures.counted.items())
        lines.append(f"| {figures.scenario} | {counts} | {len(figures.violations)} |")
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
