"""What has a screen: laptops and monitors, in their own size and shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shop.views.drawings.colours import BLACK
from shop.views.drawings.pen import Pen

Facts = Mapping[str, Any]


def laptop(pen: Pen, facts: Facts) -> None:
    """Open, from the front; a large one has a number pad."""
    inches = float(facts.get("screen", 14))
    width = 205 + (inches - 12) * 17
    height = width * 0.625
    left, top = 200 - width / 2, 232 - height
    pen.begin("translate(-22 -44) scale(1.11)")
    pen.shadow(200, 274, width * 0.66, 9)
    pen.rect(left, top, width, height + 4, pen.down(pen.body.light, pen.body.base), 10)
    pen.rect(left + 2, top + 2, width - 4, height, BLACK.base, 8)
    _picture(pen, left + 9, top + 10, width - 18, height - 22)
    pen.circle(200, top + 6, 1.6, BLACK.light)
    _deck(pen, left, width, number_pad=inches >= 15.5)
    pen.end()


def _deck(pen: Pen, left: float, width: float, *, number_pad: bool) -> None:
    top, bottom, out = 232, 268, width * 0.075
    right = left + width
    pen.polygon(
        [(left, top), (right, top), (right + out, bottom), (left - out, bottom)],
        pen.down(pen.body.shade, pen.body.base, pen.body.light),
    )
    pen.rect(left - out, bottom, width + 2 * out, 7, pen.down(pen.body.base, pen.body.line), 3.5)
    pen.rect(200 - 26, bottom, 52, 3, pen.body.shade, 1.5)
    pen.rect(left + 4, top - 1, width - 8, 3, BLACK.base, 1.5)
    blocks = [(0.055, 0.735), (0.765, 0.945)] if number_pad else [(0.075, 0.925)]
    for begin, end in blocks:
        _keys(pen, left, width, (begin, end))
    pen.polygon(
        [(200 - 32, 255), (200 + 32, 255), (200 + 34, 266), (200 - 34, 266)],
        pen.down(pen.body.base, pen.body.shade), stroke=pen.body.line, stroke_width=0.5,
    )  # fmt: skip


def _keys(pen: Pen, left: float, width: float, part: tuple[float, float]) -> None:
    """Four rows of keys that come nearer."""
    for row in range(4):
        spread = 0.018 * row
        begin = left + width * (part[0] - spread * (0.5 - part[0]) * 2)
        end = left + width * (part[1] + spread * (part[1] - 0.5) * 2)
        keys = max(round((end - begin) / 15), 3)
        step = (end - begin) / keys
        for key in range(keys):
            pen.rect(begin + key * step, 236 + row * 4.7, step - 1.6, 3.5, BLACK.base, 1)


def monitor(pen: Pen, facts: Facts) -> None:
    """From the front, on its stand; a small one leans on its cover."""
    across, _, down = str(facts.get("aspect", "16:9")).partition(":")
    shape = int(across) / int(down)
    inches = float(facts.get("size", 27))
    portable = inches < 20
    width = min(150 + (inches - 16) * 8.2, 356) if shape < 2 else 250 + inches * 2.15
    height = width / shape
    left, top = 200 - width / 2, (212 if portable else 208) - height + (0 if shape < 2 else -18)
    pen.begin("translate(-24 -40) scale(1.12)" if shape < 2 else "translate(0 -16)")
    bend = height * 0.07 if facts.get("curved") else 0.0
    (_cover if portable else _stand)(pen, top + height, width)
    _bent(pen, (left, top, width, height), bend, pen.down(pen.body.light, pen.body.base), 7)
    inner = (left + 3, top + 3, width - 6, height - 6)
    _bent(pen, inner, bend, BLACK.base, 5)
    screen = (left + 7, top + 7, width - 14, height - 17)
    if bend:
        _bent(pen, screen, bend * 0.92, _sky(pen), 2)
        _bent_hills(pen, screen, bend * 0.92)
    else:
        _picture(pen, *screen)
    pen.rect(200 - 8, top + height - 7, 16, 1.6, pen.accent.light, 0.8)
    pen.end()


def _stand(pen: Pen, bottom: float, width: float) -> None:
    foot = 268
    pen.shadow(200, foot + 3, max(width * 0.3, 62), 8)
    pen.polygon(
        [(200 - 15, bottom - 14), (200 + 15, bottom - 14), (200 + 19, foot - 4), (181, foot - 4)],
        pen.across(pen.body.shade, pen.body.light, pen.body.base),
    )
    pen.circle(200, foot - 22, 5, pen.body.shade)
    half = max(width * 0.2, 48)
    pen.rect(200 - half, foot - 8, half * 2, 9, pen.down(pen.body.light, pen.body.shade), 4.5)


def _cover(pen: Pen, bottom: float, width: float) -> None:
    half = width * 0.56
    pen.shadow(200, bottom + 22, half * 1.1, 8)
    pen.polygon(
        [(200 - width * 0.46, bottom - 8), (200 + width * 0.46, bottom - 8),
         (200 + half, bottom + 20), (200 - half, bottom + 20)],
        pen.down(pen.body.shade, pen.body.base),
    )  # fmt: skip
    pen.rect(200 - half, bottom + 19, half * 2, 4, pen.body.line, 2)


Box = tuple[float, float, float, float]


def _bent(pen: Pen, box: Box, bend: float, fill: str, corner: float) -> None:
    """A sheet whose upper and lower edge are drawn to its middle."""
    x, y, width, height = box
    if not bend:
        pen.rect(x, y, width, height, fill, corner)
        return
    right, low = x + width, y + height
    pen.path(
        f"M{x:.1f} {y:.1f}Q{x + width / 2:.1f} {y + bend * 2:.1f} {right:.1f} {y:.1f}"
        f"V{low:.1f}Q{x + width / 2:.1f} {low - bend * 2:.1f} {x:.1f} {low:.1f}Z",
        fill, stroke=fill, stroke_width=corner / 2, stroke_linejoin="round",
    )  # fmt: skip


def _sky(pen: Pen) -> str:
    return pen.aslant(pen.accent.line, pen.accent.base, pen.accent.light)


def _picture(pen: Pen, x: float, y: float, width: float, height: float) -> None:
    """Sky, sun and hills, different on every screen."""
    pen.rect(x, y, width, height, _sky(pen), 2)
    sun = 0.22 + (pen.seed % 7) * 0.09
    pen.circle(x + width * sun, y + height * 0.36, height * 0.13, "#fff", opacity=0.85)
    for row, opacity in ((0, 0.35), (1, 0.6)):
        first, second = _slopes(pen, row)
        low, base = y + height, 0.55 + 0.2 * row
        pen.path(
            f"M{x:.1f} {low:.1f}V{y + height * (base + first):.1f}"
            f"Q{x + width * 0.25:.1f} {y + height * (base - second):.1f} "
            f"{x + width * 0.5:.1f} {y + height * base:.1f}"
            f"T{x + width:.1f} {y + height * (base - first):.1f}V{low:.1f}Z",
            pen.accent.line, opacity=opacity,
        )  # fmt: skip


def _bent_hills(pen: Pen, box: Box, bend: float) -> None:
    x, y, width, height = box
    middle = x + width / 2
    pen.circle(x + width * (0.25 + pen.seed % 5 * 0.11), y + height * 0.38, height * 0.11, "#fff",
               opacity=0.85)  # fmt: skip
    for row, opacity in ((0, 0.35), (1, 0.6)):
        first, second = _slopes(pen, row)
        base = 0.56 + 0.17 * row
        pen.path(
            f"M{x:.1f} {y + height * (base + first):.1f}"
            f"Q{x + width * 0.25:.1f} {y + height * (base - second):.1f} "
            f"{middle:.1f} {y + height * base:.1f}"
            f"T{x + width:.1f} {y + height * (base - first):.1f}V{y + height:.1f}"
            f"Q{middle:.1f} {y + height - bend * 2:.1f} {x:.1f} {y + height:.1f}Z",
            pen.accent.line, opacity=opacity,
        )  # fmt: skip


def _slopes(pen: Pen, row: int) -> tuple[float, float]:
    return (pen.seed >> (3 + row)) % 5 * 0.03, 0.08 + (pen.seed >> (6 + row)) % 5 * 0.05
