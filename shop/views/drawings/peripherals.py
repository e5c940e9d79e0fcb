"""What stands beside the computer: keyboards, mice, headsets, webcams, docks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shop.views.drawings.colours import BLACK, METAL
from shop.views.drawings.pen import Pen
from shop.views.drawings.ports import ethernet, hdmi, lamp, usb_a, usb_c
from shop.views.drawings.screens import Facts

Socket = Callable[[Pen, float, float], None]
_ROWS = (
    (1,) * 13 + (2,),
    (1.5,) + (1,) * 12 + (1.5,),
    (1.75,) + (1,) * 11 + (2.25,),
    (2.25,) + (1,) * 10 + (2.75,),
    (1.25, 1.25, 1.25, 6.25, 1.25, 1.25, 2.5),
)
"""The widths of the keys of each row."""


def keyboard(pen: Pen, facts: Facts) -> None:
    """From above; with a number pad where there are keys for one."""
    full = int(facts.get("keys", 104)) > 90
    unit = 17.2 if full else 20.5
    units = 19.6 if full else 15
    width, height = units * unit + 18, 5 * unit + 18 + (unit + 5 if full else 0)
    left, top = 200 - width / 2, 158 - height / 2
    if "cable" in facts:
        pen.line(f"M200 {top:.0f}C200 {top - 40:.0f} 236 {top - 30:.0f} 240 18", pen.cord, 4)
    pen.shadow(200, top + height + 3, width * 0.51, 9)
    pen.rect(left, top, width, height + 5, pen.body.line, 10)
    pen.rect(left, top, width, height, pen.down(pen.body.light, pen.body.base), 10)
    x, y = left + 9, top + 9
    if full:
        _function_keys(pen, x, y, unit)
        y += unit + 5
    for row, keys in enumerate(_ROWS):
        _key_row(pen, x, y + row * unit, unit, keys)
    if full:
        for row in range(5):
            _key_row(pen, x + 15.6 * unit, y + row * unit, unit, (1, 1, 1, 1))


def _function_keys(pen: Pen, x: float, y: float, unit: float) -> None:
    _key(pen, x, y, unit, unit, pen.accent.base, pen.accent.shade)
    for block in range(3):
        _key_row(pen, x + (2 + block * 4.33) * unit, y, unit, (1, 1, 1, 1))
    for place in range(4):
        lamp(pen, x + (16.1 + place) * unit, y + unit / 2)


def _key_row(pen: Pen, x: float, y: float, unit: float, keys: tuple[float, ...]) -> None:
    for width in keys:
        entered = width in (2.25, 2.75) and x > 200
        cap = pen.accent if entered and width == 2.25 else pen.body
        _key(pen, x, y, width * unit, unit, cap.light, cap.shade)
        x += width * unit


def _key(pen: Pen, x: float, y: float, width: float, unit: float, top: str, side: str) -> None:
    pen.rect(x + 0.8, y + 0.8, width - 1.6, unit - 1.6, side, 3)
    pen.rect(x + 2.2, y + 1.4, width - 4.4, unit - 5, top, 2.5)


def mouse(pen: Pen, facts: Facts) -> None:
    """From above, with its buttons, and its tail if it has one."""
    if "cable" in facts:
        pen.line("M200 70C200 30 250 48 262 12", pen.cord, 4)
    pen.shadow(200, 262, 74, 12)
    shape = "M200 58C252 58 268 98 268 158C268 226 242 262 200 262S132 226 132 158C132 98 148 58 "
    shape += "200 58Z"
    pen.path(shape, pen.across(pen.body.shade, pen.body.light, pen.body.base, pen.body.shade))
    pen.path("M200 58C252 58 268 98 268 152Q200 168 132 152C132 98 148 58 200 58Z",
             pen.down(pen.body.light, pen.body.base), opacity=0.7)  # fmt: skip
    pen.line("M200 60V160M133 152Q200 168 267 152", pen.body.line, 1.6)
    pen.rect(190, 88, 20, 44, BLACK.base, 10)
    pen.rect(193.5, 92, 13, 36, pen.down(pen.accent.light, pen.accent.base), 6.5)
    for notch in range(5):
        pen.rect(194, 96 + notch * 6.4, 12, 1.4, pen.accent.shade)
    for place in range(max(int(facts.get("buttons", 3)) - 3, 0)):
        pen.path(f"M134 {172 + place * 24}q-3 8 1 19", stroke=BLACK.light, stroke_width=6,
                 stroke_linecap="round")  # fmt: skip
    pen.circle(200, 222, 5, pen.accent.base)


def headset(pen: Pen, facts: Facts) -> None:
    """From the front, with its microphone."""
    pen.shadow(200, 270, 96, 9)
    pen.line("M112 176C104 28 296 28 288 176", pen.body.shade, 15)
    pen.line("M116 164C112 44 288 44 284 164", pen.body.light, 5)
    pen.line("M150 72C178 52 222 52 250 72", pen.accent.base, 9)
    for side in (-1, 1):
        x = 200 + side * 88
        pen.rect(x - 8, 130, 16, 44, pen.across(METAL.shade, METAL.light, METAL.base), 6)
        pen.rect(x - 24, 156, 48, 98, pen.across(pen.body.light, pen.body.base, pen.body.shade), 22)
        pen.rect(x - side * 22 - 11, 162, 22, 86, BLACK.base, 11)
        pen.circle(x + side * 4, 205, 13, pen.body.line)
        pen.circle(x + side * 4, 205, 9, pen.aslant(pen.accent.light, pen.accent.base))
    pen.line("M106 240C116 276 148 280 172 268", pen.body.line, 5)
    pen.rect(166, 258, 32, 15, BLACK.base, 7.5)
    lamp(pen, 190, 265.5, "#ff6b57")


def webcam(pen: Pen, facts: Facts) -> None:
    """From the front, on its clip."""
    pen.shadow(200, 262, 84, 9)
    pen.line("M236 190C260 236 300 214 316 262", pen.cord, 4)
    pen.polygon([(176, 182), (224, 182), (234, 244), (166, 244)],
                pen.across(pen.body.shade, pen.body.base, pen.body.shade))  # fmt: skip
    pen.rect(138, 240, 124, 16, pen.down(pen.body.base, pen.body.line), 7)
    pen.rect(98, 84, 204, 108, pen.body.line, 46)
    pen.rect(98, 80, 204, 108, pen.down(pen.body.light, pen.body.base), 46)
    pen.rect(106, 88, 188, 92, BLACK.base, 40)
    _lens(pen, 200, 134)
    for hole in range(4):
        pen.circle(126, 121 + hole * 9, 1.8, BLACK.light)
    lamp(pen, 272, 134)


def _lens(pen: Pen, x: float, y: float) -> None:
    pen.circle(x, y, 40, METAL.shade)
    pen.circle(x, y, 37, BLACK.shade)
    pen.circle(x, y, 27, pen.aslant(pen.accent.line, "#11151d", pen.accent.shade))
    pen.circle(x, y, 14, "#07090d")
    pen.circle(x - 10, y - 11, 6, "#fff", opacity=0.75)
    pen.circle(x + 10, y + 12, 3, "#fff", opacity=0.35)


def dock(pen: Pen, facts: Facts) -> None:
    """From behind, where its sockets are; as many as it has."""
    pen.line("M330 168C372 168 366 96 386 84", pen.cord, 6)
    pen.shadow(200, 224, 172, 10)
    pen.polygon(
        [(62, 118), (338, 118), (352, 146), (48, 146)], pen.down(pen.body.light, pen.body.base)
    )
    pen.rect(48, 144, 304, 74, pen.down(pen.body.base, pen.body.shade), 12)
    pen.rect(56, 150, 288, 60, pen.body.line, 8, opacity=0.45)
    upper = [hdmi] * int(facts.get("hdmi", 0)) + [usb_c] * int(facts.get("usb_c", 0))
    _sockets(pen, upper, 167)
    _sockets(pen, [usb_a] * int(facts.get("usb_a", 0)), 193)
    for place in range(int(facts.get("ethernet", 0))):
        ethernet(pen, 316 - place * 30, 193, 24)
    pen.rect(72, 212, 256, 6, pen.body.shade, 3)
    lamp(pen, 84, 132, pen.accent.base)


def _sockets(pen: Pen, kinds: Sequence[Socket], y: float) -> None:
    for place, draw in enumerate(kinds):
        draw(pen, 82 + place * 46, y)
