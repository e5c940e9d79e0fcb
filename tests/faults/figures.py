"""What a scenario of faults counted, and what was wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles


@dataclass(frozen=True)
class Scale:
    """How much of each scenario runs: the short form in `make test`, the long in `make faults`."""

    long: bool = False


SHORT = Scale()
LONG = Scale(long=True)


@dataclass(frozen=True)
class Figures:
    """One row of the report: what was done and counted, and every violation in words."""

    scenario: str
    counted: Mapping[str, int | float | str]
    violations: Sequence[str] = field(default_factory=tuple)

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {value}" for name, value in self.counted.items())
        return f"{self.scenario}: {counts}, violations {len(self.violations)}"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of 100 values do not exceed; 0 without values."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]
