"""The pen with which products are drawn: shapes become SVG, without styles, scripts or addresses.

A drawing is 400 wide and 300 high; its ground is transparent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from shop.views.drawings.colours import Paint

WIDTH, HEIGHT = 400, 300
Number = int | float


@dataclass
class Pen:
    """Draws one product: in the `body` colour of its case, with an `accent`; `seed` is a number of
    its own, for what may differ from piece to piece."""

    body: Paint
    accent: Paint
    dark: bool
    seed: int
    name: str
    _shapes: list[str] = field(default_factory=list)
    _gradients: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def cord(self) -> str:
        """The colour of a cable, which is to be seen on either ground."""
        return "#7d8592" if self.dark else "#3a3f47"

    def rect(
        self, x: Number, y: Number, width: Number, height: Number, fill: str, round: Number = 0,
        **more: object,
    ) -> None:  # fmt: skip
        """A rectangle, with round corners if wanted."""
        corner = {"rx": round} if round else {}
        self._shape("rect", x=x, y=y, width=width, height=height, **corner, fill=fill, **more)

    def circle(self, x: Number, y: Number, r: Number, fill: str, **more: object) -> None:
        """A disc about a point."""
        self._shape("circle", cx=x, cy=y, r=r, fill=fill, **more)

    def ellipse(
        self, x: Number, y: Number, rx: Number, ry: Number, fill: str, **more: object
    ) -> None:
        """An ellipse about a point."""
        self._shape("ellipse", cx=x, cy=y, rx=rx, ry=ry, fill=fill, **more)

    def path(self, d: str, fill: str = "none", **more: object) -> None:
        """Any shape, in SVG's own words."""
        self._shape("path", d=d, fill=fill, **more)

    def line(self, d: str, stroke: str, width: Number, **more: object) -> None:
        """A line with round ends."""
        self._shape(
            "path", d=d, fill="none", stroke=stroke, stroke_width=width, stroke_linecap="round",
            stroke_linejoin="round", **more,
        )  # fmt: skip

    def polygon(self, points: Sequence[tuple[Number, Number]], fill: str, **more: object) -> None:
        """A shape with straight sides."""
        text = " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
        self._shape("polygon", points=text, fill=fill, **more)

    def text(self, x: Number, y: Number, words: str, fill: str, size: Number = 12) -> None:
        """Words on a case, about a point."""
        self._shapes.append(
            f'<text x="{_short(x)}" y="{_short(y)}" fill="{fill}" font-size="{_short(size)}" '
            'font-family="system-ui,sans-serif" font-weight="600" text-anchor="middle">'
            f"{escape(words)}</text>"
        )

    def begin(self, transform: str) -> None:
        """What follows, until `end`, is moved or turned."""
        self._shapes.append(f"<g transform={quoteattr(transform)}>")

    def end(self) -> None:
        """The end of what `begin` moved."""
        self._shapes.append("</g>")

    def down(self, *colours: str) -> str:
        """A fill that goes through these colours from the top to the bottom."""
        return self._gradient("0 0 0 1", colours)

    def across(self, *colours: str) -> str:
        """A fill that goes through these colours from left to right."""
        return self._gradient("0 0 1 0", colours)

    def aslant(self, *colours: str) -> str:
        """A fill that goes through these colours from corner to corner."""
        return self._gradient("0 0 1 1", colours)

    def shadow(self, x: Number, y: Number, rx: Number, ry: Number = 8) -> None:
        """What a thing on a table throws."""
        for part, opacity in ((1, 0.10), (0.86, 0.12), (0.7, 0.14)):
            dark = opacity * (2.2 if self.dark else 1)
            self.ellipse(x, y, rx * part, ry * part, "#000", opacity=round(dark, 2))

    def svg(self) -> str:
        """The drawing as a document."""
        made = "".join(
            f'<linearGradient id="{id}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}">{stops}'
            "</linearGradient>"
            for (line, *colours), id in self._gradients.items()
            for x1, y1, x2, y2 in [line.split()]
            for stops in [_stops(colours)]
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}"><title>{escape(self.name)}</title>'
            f"<defs>{made}</defs>{''.join(self._shapes)}</svg>"
        )

    def _gradient(self, line: str, colours: Sequence[str]) -> str:
        id = self._gradients.setdefault((line, *colours), f"g{len(self._gradients)}")
        return f"url(#{id})"

    def _shape(self, name: str, **facts: object) -> None:
        written = " ".join(
            f'{key.replace("_", "-")}="{_short(value)}"' for key, value in facts.items()
        )
        self._shapes.append(f"<{name} {written}/>")


def _stops(colours: Sequence[str]) -> str:
    last = max(len(colours) - 1, 1)
    return "".join(
        f'<stop offset="{_short(at / last)}" stop-color="{colour}"/>'
        for at, colour in enumerate(colours)
    )


def _short(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
