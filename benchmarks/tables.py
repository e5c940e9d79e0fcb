"""What the benchmarks share: interleaved repeats, medians, percentiles, tables with ratios."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Figures = Mapping[str, float]
"""What one run of a variant measured, by name: {"per_second": 1263.0, "p99_ms": 54.1}."""

Cell = str | int | float | None


def median_of(
    variants: Mapping[str, Callable[[], Figures]], repeats: int = 5
) -> dict[str, dict[str, float]]:
    """Run every variant in turn, `repeats` times over; the median of each figure, by variant.

    In turn, so that a noisy minute of the machine falls upon all of them; every second round runs
    backwards, so that none always follows the same neighbour.
    """
    runs: dict[str, list[Figures]] = {name: [] for name in variants}
    for round_ in range(repeats):
        for name in list(variants)[:: -1 if round_ % 2 else 1]:
            runs[name].append(variants[name]())
    return {name: medians(figures) for name, figures in runs.items()}


def medians(runs: Sequence[Figures]) -> dict[str, float]:
    """The median of each figure over several runs."""
    return {name: median(run[name] for run in runs) for name in runs[0]}


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that `percent` of them do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(math.ceil(len(ranked) * percent / 100) - 1, 0)]


def latencies(seconds: Sequence[float]) -> dict[str, float]:
    """The figures of one run from the seconds of each of its requests."""
    return {
        "p50_ms": percentile(seconds, 50) * 1000,
        "p99_ms": percentile(seconds, 99) * 1000,
        "count": len(seconds),
    }


def ratio(value: float, base: float) -> str:
    """How many times the base a value is: "1.26x"."""
    if not base:
        return "-"
    times = value / base
    return f"{times:.0f}x" if times >= 20 else f"{times:.1f}x" if times >= 5 else f"{times:.2f}x"


class Table:
    """Figures for people: `Table("Deposits", ["", "1", "16"]).row("bare", 462, 1103)`, `str()`.

    The text is Markdown with aligned columns. Words stand left, numbers right; a number is written
    with three digits that count, whole ones with separators, None as a dash.
    """

    def __init__(self, title: str, columns: Sequence[str]) -> None:
        self.title = title
        self.columns = tuple(columns)
        self.rows: list[tuple[Cell, ...]] = []

    def row(self, *cells: Cell) -> Table:
        """Add a row, as many cells as there are columns; returns the table."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(self.columns)} cells are wanted, not {len(cells)}")
        self.rows.append(cells)
        return self

    def __str__(self) -> str:
        texts = [self.columns, *(tuple(_text(cell) for cell in row) for row in self.rows)]
        left = [all(isinstance(row[at], str) for row in self.rows) and at == 0
                for at in range(len(self.columns))]  # fmt: skip
        widths = [max(3, *(len(row[at]) for row in texts)) for at in range(len(self.columns))]
        rule = [
            "-" * width if is_left else "-" * (width - 1) + ":"
            for width, is_left in zip(widths, left, strict=True)
        ]
        lines = [_line(cells, widths, left) for cells in [texts[0], tuple(rule), *texts[1:]]]
        return "\n".join([f"**{self.title}**", "", *lines, ""])


def _line(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    padded = [
        cell.ljust(width) if is_left else cell.rjust(width)
        for cell, width, is_left in zip(cells, widths, left, strict=True)
    ]
    return f"| {' | '.join(padded)} |"


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.3g}"
