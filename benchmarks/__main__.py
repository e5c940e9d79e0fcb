"""All benchmarks, one after the other: `make bench`.

`python -m benchmarks [NAME ...]` runs all or the named ones; each is a program of its own as well
(`python -m benchmarks.deposits --help`). Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.rig import ROOT

BENCHMARKS = ("deposits", "payments", "servers", "memory", "pages", "growth")


def main() -> int:
    """Run what was asked for; the exit code of the first that fails."""
    names = sys.argv[1:] or BENCHMARKS
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.stderr.write(f"{unknown[0]} is none of {', '.join(BENCHMARKS)}\n")
        return 2
    for name in names:
        sys.stdout.write(f"\n# {name}\n\n")
        sys.stdout.flush()
        # A process for each: what one has filled must not be the ground of the next.
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
