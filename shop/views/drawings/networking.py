"""What connects: routers, mesh stations, switches, access points, adapters."""

from __future__ import annotations

from shop.views.drawings.colours import BLACK, METAL
from shop.views.drawings.pen import Pen
from shop.views.drawings.ports import ethernet, lamp
from shop.views.drawings.screens import Facts


def router(pen: Pen, facts: Facts) -> None:
    """From the front, with as many antennas as it has, and a lamp for each port."""
    antennas = int(facts.get("antennas", 2))
    pen.shadow(200, 252, 164, 10)
    for number in range(antennas):
        at = number - (antennas - 1) / 2
        x = 200 + at * 240 / max(antennas - 1, 1)
        pen.begin(f"rotate({at * 5:.1f} {x:.1f} 190)")
        pen.rect(x - 7, 52, 14, 140, pen.across(pen.body.light, pen.body.base, pen.body.shade), 7)
        pen.rect(x - 9, 176, 18, 22, pen.body.shade, 4)
        pen.end()
    pen.path("M62 206Q66 182 92 182H308Q334 182 338 206Z", pen.down(pen.body.light, pen.body.base))
    pen.rect(48, 204, 304, 40, pen.down(pen.body.base, pen.body.shade), 14)
    pen.rect(48, 204, 304, 10, pen.body.light, 5, opacity=0.6)
    pen.rect(72, 244, 36, 6, BLACK.base, 3)
    pen.rect(292, 244, 36, 6, BLACK.base, 3)
    for port in range(int(facts.get("ports", 4)) + 1):
        lamp(pen, 84 + port * 18, 228, "#5ad17a" if port else pen.accent.base)
    for wave in range(3):
        start, half = f"M{300 - wave * 6} {232 - wave * 4}", 8 + wave * 6
        pen.line(f"{start}q{half} {-9 - wave * 3} {half * 2} 0", pen.accent.base, 3)


def mesh(pen: Pen, facts: Facts) -> None:
    """As many stations as are in the box, the first one in front."""
    pieces = int(facts.get("pieces", 2))
    places = [(200, 236, 1.0), (96, 214, 0.8), (304, 214, 0.8)][:pieces]
    for x, foot, size in reversed(places):
        _station(pen, x, foot, size)


def _station(pen: Pen, x: float, foot: float, size: float) -> None:
    half, height = 52 * size, 150 * size
    top = foot - height
    pen.shadow(x, foot + 12 * size, half * 1.25, 10 * size)
    pen.path(
        f"M{x - half:.1f} {top:.1f}V{foot:.1f}A{half:.1f} {half * 0.28:.1f} 0 0 0 {x + half:.1f} "
        f"{foot:.1f}V{top:.1f}Z",
        pen.across(pen.body.shade, pen.body.light, pen.body.base, pen.body.shade),
    )
    pen.ellipse(x, top, half, half * 0.28, pen.down(pen.body.light, pen.body.base))
    pen.ellipse(x, top, half * 0.78, half * 0.2, pen.body.shade, opacity=0.5)
    pen.line(
        f"M{x - half:.1f} {foot - height * 0.2:.1f}A{half:.1f} {half * 0.28:.1f} 0 0 0 "
        f"{x + half:.1f} {foot - height * 0.2:.1f}",
        pen.accent.base, 3 * size,
    )  # fmt: skip
    lamp(pen, x, foot - height * 0.42)


def switch(pen: Pen, facts: Facts) -> None:
    """From the front, with every port that it has; in a rack if there are many."""
    ports, uplinks = int(facts.get("ports", 8)), int(facts.get("uplinks", 0))
    if ports > 8:
        _rack_switch(pen, ports, uplinks)
        return
    pen.shadow(200, 208, 150, 10)
    pen.polygon(
        [(74, 120), (326, 120), (344, 148), (56, 148)], pen.down(pen.body.light, pen.body.base)
    )
    pen.rect(56, 146, 288, 56, pen.down(pen.body.base, pen.body.shade), 7)
    pen.rect(64, 154, 272, 40, pen.body.line, 4, opacity=0.55)
    step = 30
    for port in range(ports):
        ethernet(pen, 200 + (port - (ports - 1) / 2) * step + 8, 174, 24)
    lamp(pen, 75, 174, pen.accent.base)


def _rack_switch(pen: Pen, ports: int, uplinks: int) -> None:
    pen.shadow(200, 216, 186, 9)
    pen.polygon(
        [(40, 116), (360, 116), (376, 142), (24, 142)], pen.down(pen.body.light, pen.body.base)
    )
    for side in (12, 372):
        pen.rect(side, 140, 16, 68, pen.across(METAL.light, METAL.base), 2)
        for hole in (154, 194):
            pen.rect(side + 4, hole - 3, 8, 6, BLACK.base, 3)
    pen.rect(24, 140, 352, 68, pen.down(pen.body.base, pen.body.shade), 3)
    columns = (ports + 1) // 2
    step = 264 / columns
    for port in range(ports):
        column, row = port // 2, port % 2
        gap = column // 6 * 5
        ethernet(pen, 66 + column * step + gap, 161 + row * 24, min(step - 2, 19))
    for uplink in range(uplinks):
        pen.rect(342, 152 + uplink * 24, 26, 16, METAL.base, 1.5)
        pen.rect(345, 155 + uplink * 24, 20, 10, BLACK.shade, 1)
    lamp(pen, 40, 161, pen.accent.base)
    lamp(pen, 40, 185)


def access_point(pen: Pen, facts: Facts) -> None:
    """As it hangs below a ceiling, with waves about it."""
    for wave in range(3):
        r = 60 + wave * 26
        pen.line(f"M{200 - r * 0.9:.0f} {196 + wave * 14}A{r * 1.1:.0f} {r * 0.72:.0f} 0 0 0 "
                 f"{200 + r * 0.9:.0f} {196 + wave * 14}", pen.accent.base, 4,
                 opacity=round(0.75 - wave * 0.22, 2))  # fmt: skip
    pen.rect(60, 58, 280, 8, pen.down(METAL.shade, METAL.base), 2, opacity=0.6)
    pen.rect(160, 64, 80, 16, pen.body.shade, 3)
    pen.ellipse(200, 128, 122, 52, pen.body.line)
    pen.ellipse(200, 122, 122, 52, pen.down(pen.body.base, pen.body.light))
    pen.ellipse(200, 130, 96, 37, pen.down(pen.body.shade, pen.body.base), opacity=0.5)
    pen.ellipse(200, 134, 58, 20, "none", stroke=pen.accent.base, stroke_width=4)
    lamp(pen, 200, 134, pen.accent.base)


def adapter(pen: Pen, facts: Facts) -> None:
    """A plug, a cable and the socket."""
    pen.shadow(250, 216, 96, 9)
    pen.line("M128 118C196 96 150 200 206 172", pen.cord, 9)
    pen.begin("rotate(-16 104 124)")
    pen.rect(84, 106, 48, 36, pen.across(pen.body.light, pen.body.shade), 9)
    pen.rect(52, 113, 34, 22, pen.down(METAL.light, METAL.base, METAL.shade), 8)
    pen.rect(56, 121, 14, 6, BLACK.base, 3)
    pen.end()
    pen.polygon([(206, 132), (312, 120), (346, 138), (240, 152)], pen.body.light)
    pen.polygon([(206, 132), (240, 152), (240, 214), (206, 190)], pen.body.shade)
    pen.polygon(
        [(240, 152), (346, 138), (346, 196), (240, 214)], pen.down(pen.body.base, pen.body.shade)
    )
    pen.begin("matrix(1 -0.14 0 1 0 40)")
    ethernet(pen, 293, 184, 46)
    pen.end()
    pen.text(268, 139, f"{facts.get('speed', '')}G", pen.accent.light, 13)
