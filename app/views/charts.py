"""Charts as SVG, drawn on the server and shown as part of the page.

pygal draws; its styles and scripts, which the policy of our pages forbids, are taken out, and
`strongroom.css` gives the colours by class: `.chart .color-0` and so on. Each figure says what it
is when it is pointed at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from pygal import Bar, Line, PluginImportFixer, StackedBar
from pygal.etree import etree
from pygal.style import Style

# It looks for maps, which nobody draws here, at every import that fails, in a way of which Python
# warns each time.
sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, PluginImportFixer)]

WIDTH, HEIGHT = 440, 230
COLOURS = 5
_LABELS, _TICKS = 7, 4
_STYLE = Style(label_font_size=12, major_label_font_size=12, font_family="sans-serif")
_NOT_OURS = frozenset({"defs", "desc", "title", "script", "style"})
_CLASSES = frozenset(
    {"axis", "x", "y", "guide", "series", "dot", *(f"color-{number}" for number in range(COLOURS))}
)
_PLACING = frozenset({"cx", "cy", "d", "height", "r", "transform", "width", "x", "y"})
_LONG = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one kind: their name, a number at each place, and how each is told."""

    name: str
    values: Sequence[int]
    told: Sequence[str]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: `name` is unique on its page, `title` and `about` say what is to be seen,
    `places` name the places from left to right, `marks` do so below the axis, `scale` writes a
    number beside it."""

    name: str
    title: str
    about: str
    places: Sequence[str]
    marks: Sequence[str]
    rows: Sequence[Row]
    scale: Callable[[int], str]


def bars(chart: Chart, *, stacked: bool = False) -> Markup:
    """Bars beside each other at each place, or on top of each other."""
    values = [row.values for row in chart.rows]
    tops = [sum(some) for some in zip(*values, strict=True)] if stacked else _all(chart)
    return _drawn(chart, StackedBar if stacked else Bar, tops)


def lines(chart: Chart) -> Markup:
    """A line for each row, filled down to zero."""
    return _drawn(chart, Line, _all(chart), fill=True, dots_size=3)


def _all(chart: Chart) -> list[int]:
    return [value for row in chart.rows for value in row.values]


def _drawn(chart: Chart, kind: Callable[..., Any], tops: Sequence[int], **more: Any) -> Markup:
    ticks = _ticks(min(0, *tops), max(1, *tops))
    drawing = kind(
        width=WIDTH, height=HEIGHT, margin=6, spacing=8, style=_STYLE, js=(), show_legend=False,
        y_labels=ticks, range=(ticks[0], ticks[-1]), truncate_label=-1,
        value_formatter=lambda value: chart.scale(int(value)), **more,
    )  # fmt: skip
    drawing.x_labels = list(_labels(chart.marks))
    for row in chart.rows:
        drawing.add(row.name, list(row.values))
    root = drawing.render_tree()
    _name_figures(root, chart)
    _clean(root)
    for series in [each for each in root.iter("g") if "series" in each.get("class", "")]:
        _part(series)
    _introduce(root, chart)
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704 - it escapes all texts


def _ticks(low: int, high: int) -> list[int]:
    """Round numbers from below the lowest to above the highest, no part of a cent or a customer."""
    power = 10 ** max(0, len(str(high - low)) - 2)
    step = next(
        size * power for size in (1, 2, 5, 10, 20, 50) if (high - low) <= size * power * _TICKS
    )
    return list(range(low // step * step, -(-high // step) * step + 1, step))


def _labels(marks: Sequence[str]) -> Iterator[str]:
    """As many of the marks as can be read, the last one among them."""
    step = -(-len(marks) // _LABELS)
    for number, mark in enumerate(marks):
        yield mark if (len(marks) - 1 - number) % step == 0 else ""


def _name_figures(root: Any, chart: Chart) -> None:
    """Let each figure say its place, its name and its number."""
    for number, row in enumerate(chart.rows):
        figures = [
            figure
            for series in root.iter("g")
            if f"serie-{number}" in series.get("class", "").split()
            for figure in series.iter()
            if figure.tag in ("rect", "circle")
        ]
        for figure, place, told in zip(figures, chart.places, row.told, strict=True):
            figure.set("told", f"{place} · {row.name}: {told}")


def _clean(parent: Any) -> None:
    """Keep what is to be seen, and of its attributes those that place it."""
    for child in list(parent):
        if not isinstance(child.tag, str) or child.tag in _NOT_OURS or _unseen(child):
            parent.remove(child)
            continue
        _clean(child)
        _clean_attributes(child)
        if child.tag in ("g", "text") and not len(child) and not (child.text or "").strip():
            parent.remove(child)


def _clean_attributes(element: Any) -> None:
    given = dict(element.items())
    element.attrib.clear()
    if told := given.get("told"):
        etree.SubElement(element, "title").text = told
    if classes := [name for name in given.get("class", "").split() if name in _CLASSES]:
        element.set("class", " ".join(classes))
    for name in sorted(_PLACING & set(given)):
        element.set(name, _LONG.sub(_short, given[name]))


def _unseen(child: Any) -> bool:
    """Backgrounds, bars of no height, and lines from the top to the bottom."""
    classes = child.get("class", "").split()
    empty = child.tag == "rect" and float(child.get("height", 0)) == 0
    upright = child.tag == "path" and " v" in child.get("d", "")
    return (
        empty
        or upright
        or not {"background", "tooltip-overlay", "text-overlay"}.isdisjoint(classes)
    )


def _part(series: Any) -> None:
    """Part a line from the area below it, which has no line at its sides."""
    for path in [child for child in series if child.tag == "path"]:
        points = path.get("d").replace("L", "").split()
        line = etree.SubElement(series, "path")
        line.set("class", "line")
        line.set("d", f"M{' '.join(points[2:4])} L{' '.join(points[4:-2])}")


def _introduce(root: Any, chart: Chart) -> None:
    """Say what it is to those who cannot see it."""
    root.attrib.clear()
    root.set("viewBox", f"0 0 {WIDTH} {HEIGHT}")
    root.set("class", "drawing")
    root.set("role", "img")
    root.set("aria-labelledby", f"{chart.name}-title {chart.name}-about")
    for place, (tag, text) in enumerate((("title", chart.title), ("desc", chart.about))):
        element = etree.Element(tag)
        element.set("id", f"{chart.name}-{'title' if tag == 'title' else 'about'}")
        element.text = text
        root.insert(place, element)


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}".removesuffix(".0")
