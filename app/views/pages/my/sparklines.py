"""Spark lines: the course of a balance as a small drawing without axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from money import Money

WIDTH, HEIGHT = 100, 32
_MARGIN = 3


@dataclass(frozen=True, slots=True)
class Spark:
    """What is drawn, as paths of an SVG in a box of WIDTH by HEIGHT, and between which amounts."""

    line: str
    area: str
    lowest: Money
    highest: Money


def spark(course: Sequence[Money]) -> Spark | None:
    """The course from left to right; of one amount alone there is none."""
    if len(course) < 2:
        return None
    lowest, highest = min(course), max(course)
    range_minor = highest.minor - lowest.minor
    points = []
    for at, amount in enumerate(course):
        x = WIDTH * at / (len(course) - 1)
        share = (amount.minor - lowest.minor) / range_minor if range_minor else 0.5
        y = HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN)
        points.append(f"{x:.1f} {y:.1f}")
    line = "M" + "L".join(points)
    return Spark(line, f"{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z", lowest, highest)
