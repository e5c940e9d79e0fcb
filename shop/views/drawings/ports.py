"""Sockets, lamps and fans, which many products have."""

from __future__ import annotations

from math import cos, pi, sin

from shop.views.drawings.colours import BLACK, METAL, Paint
from shop.views.drawings.pen import Pen


def usb_c(pen: Pen, x: float, y: float) -> None:
    """A small oval socket about a point."""
    pen.rect(x - 9, y - 4, 18, 8, BLACK.shade, 4, stroke=METAL.base, stroke_width=1.4)
    pen.rect(x - 5, y - 1, 10, 2, METAL.shade, 1)


def usb_a(pen: Pen, x: float, y: float) -> None:
    """A flat, wide socket about a point."""
    pen.rect(x - 12, y - 6, 24, 12, BLACK.shade, 1.5, stroke=METAL.base, stroke_width=1.4)
    pen.rect(x - 9, y - 1, 18, 4, pen.accent.base, 0.5)


def hdmi(pen: Pen, x: float, y: float) -> None:
    """A wide socket with slanting corners about a point."""
    pen.path(
        f"M{x - 14:.1f} {y - 6:.1f}h28v6l-4 6h-20l-4 -6z", BLACK.shade,
        stroke=METAL.base, stroke_width=1.4,
    )  # fmt: skip
    pen.rect(x - 8, y - 1.5, 16, 2.5, METAL.shade, 0.5)


def ethernet(pen: Pen, x: float, y: float, size: float = 18, *, lit: bool = True) -> None:
    """A network socket about a point, with its lamps."""
    half = size / 2
    pen.rect(x - half, y - half, size, size, METAL.shade, 1.5)
    pen.path(
        f"M{x - half * 0.75:.1f} {y + half * 0.75:.1f}v{-size * 0.5:.1f}h{size * 0.16:.1f}"
        f"v{-size * 0.17:.1f}h{size * 0.43:.1f}v{size * 0.17:.1f}h{size * 0.16:.1f}"
        f"v{size * 0.5:.1f}z",
        BLACK.shade,
    )
    if lit:
        pen.rect(x - half + 1, y - half + 1, size * 0.18, size * 0.14, "#5ad17a")
        pen.rect(x + half - 1 - size * 0.18, y - half + 1, size * 0.18, size * 0.14, "#f0b73f")


def lamp(pen: Pen, x: float, y: float, colour: str = "#5ad17a") -> None:
    """A small light with its glow."""
    pen.circle(x, y, 4.5, colour, opacity=0.25)
    pen.circle(x, y, 2, colour)


def fan(pen: Pen, x: float, y: float, r: float, blade: Paint, blades: int = 9) -> None:
    """A fan in its frame about a point."""
    pen.circle(x, y, r, BLACK.shade)
    pen.circle(x, y, r - 2, pen.aslant(BLACK.light, BLACK.base))
    for number in range(blades):
        pen.path(_blade(x, y, r - 4, number * 2 * pi / blades), blade.base, opacity=0.9)
    pen.circle(x, y, r * 0.3, pen.aslant(blade.light, blade.shade))
    pen.circle(x, y, r * 0.12, pen.accent.base)


def _blade(x: float, y: float, r: float, turn: float) -> str:
    def at(angle: float, part: float) -> str:
        return f"{x + cos(turn + angle) * r * part:.1f} {y + sin(turn + angle) * r * part:.1f}"

    out = f"M{at(0, 0.24)}Q{at(0.1, 0.7)} {at(0.42, 1)}Q{at(0.75, 0.98)} {at(0.82, 0.9)}"
    return f"{out}Q{at(0.55, 0.55)} {at(0.5, 0.24)}Z"


def screw(pen: Pen, x: float, y: float, r: float = 4) -> None:
    """The head of a screw about a point."""
    pen.circle(x, y, r, METAL.shade)
    pen.circle(x, y, r * 0.75, METAL.light)
    pen.line(f"M{x - r * 0.4:.1f} {y:.1f}h{r * 0.8:.1f}M{x:.1f} {y - r * 0.4:.1f}v{r * 0.8:.1f}",
             METAL.line, 1)  # fmt: skip
