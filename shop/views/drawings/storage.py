"""What keeps: drives that are chips, drives that turn, drives for the pocket, boxes of drives."""

from __future__ import annotations

from shop.views.drawings.colours import BLACK, BOARD, GOLD, METAL
from shop.views.drawings.pen import Pen
from shop.views.drawings.ports import lamp, screw, usb_c
from shop.views.drawings.screens import Facts


def nvme(pen: Pen, facts: Facts) -> None:
    """A long stick with its contacts; a fast one below a heat spreader."""
    fast = int(facts.get("reading", 0)) > 8000
    pen.shadow(200, 206, 164, 8)
    pen.rect(38, 106, 324, 90, BOARD.shade if pen.dark else BOARD.base, 4)
    for pin in range(18):
        if pin != 13:
            pen.rect(38, 111 + pin * 4.5, 16, 3, GOLD.base)
    pen.circle(362, 151, 11, GOLD.base)
    pen.circle(362, 151, 7, pen.body.light if pen.dark else "#fff")
    if fast:
        pen.rect(62, 100, 282, 102, pen.down(pen.body.light, pen.body.base, pen.body.shade), 6)
        for groove in range(11):
            pen.rect(70, 107 + groove * 8.4, 266, 2.4, pen.body.line, 1, opacity=0.55)
    else:
        for x, width in ((66, 44), (120, 62), (192, 62), (264, 62)):
            pen.rect(x, 116, width, 70, pen.aslant(BLACK.light, BLACK.base), 3)
            pen.circle(x + 7, 123, 2, BLACK.light)
    _label(pen, 150, 128, 164, 46, _size(facts))


def _label(pen: Pen, x: float, y: float, width: float, height: float, size: str) -> None:
    pen.rect(x, y, width, height, "#f7f7f4", 4)
    pen.rect(x, y, 9, height, pen.accent.base, 2)
    brand = pen.name.partition(" ")[0]
    letters = min(height * 0.26, width * 1.1 / len(brand))
    pen.text(x + width / 2 + 4, y + height * 0.42, brand.upper(), "#30353d", letters)
    pen.text(x + width / 2 + 4, y + height * 0.82, size, pen.accent.shade, height * 0.34)


def _size(facts: Facts) -> str:
    terabytes = float(facts.get("capacity", 0))
    return f"{terabytes:g} TB" if terabytes >= 1 else f"{terabytes * 1000:g} GB"


def ssd(pen: Pen, facts: Facts) -> None:
    """A flat drive in its metal case."""
    pen.shadow(200, 258, 122, 8)
    pen.rect(88, 62, 224, 190, pen.body.line, 10)
    pen.rect(88, 58, 224, 188, pen.aslant(pen.body.light, pen.body.base, pen.body.shade), 10)
    pen.rect(98, 68, 204, 168, "none", 6, stroke=pen.body.line, stroke_width=1.4)
    _label(pen, 118, 100, 164, 84, _size(facts))
    for x, y in ((104, 74), (296, 74), (104, 230), (296, 230)):
        screw(pen, x, y, 3.5)
    pen.rect(128, 246, 92, 8, BLACK.base, 2)
    for pin in range(14):
        pen.rect(132 + pin * 6, 248, 3.4, 5, GOLD.base)


def hard_disk(pen: Pen, facts: Facts) -> None:
    """A drive that turns, from above: its lid shows disc and arm."""
    pen.shadow(200, 276, 104, 8)
    pen.rect(104, 34, 192, 240, pen.body.line, 8)
    pen.rect(104, 30, 192, 238, pen.aslant(pen.body.light, pen.body.base, pen.body.light), 8)
    lid = "M116 118A84 84 0 0 1 284 118V196Q284 210 270 210H214L176 256H130Q116 256 116 242Z"
    ground = pen.aslant(pen.body.base, pen.body.light)
    pen.path(lid, ground, stroke=pen.body.shade, stroke_width=2)
    pen.circle(200, 118, 26, pen.aslant(METAL.shade, METAL.light))
    pen.circle(200, 118, 20, pen.aslant(METAL.light, METAL.base))
    screw(pen, 200, 118, 6)
    pen.circle(250, 232, 17, pen.body.base, stroke=pen.body.shade, stroke_width=1.5)
    for x, y in ((114, 42), (286, 42), (114, 150), (286, 150), (114, 258), (286, 258)):
        screw(pen, x, y, 4.5)
    _label(pen, 128, 154, 144, 46, _size(facts))


def portable(pen: Pen, facts: Facts) -> None:
    """A round-cornered drive with a loop, and its socket."""
    pen.shadow(206, 250, 118, 9)
    pen.line("M296 96C336 60 348 112 312 130", pen.accent.base, 8)
    pen.begin("rotate(-8 200 150)")
    pen.rect(92, 66, 216, 174, pen.body.line, 44)
    pen.rect(92, 60, 216, 174, pen.aslant(pen.body.light, pen.body.base, pen.body.shade), 44)
    pen.rect(108, 76, 184, 142, "none", 32, stroke=pen.body.shade, stroke_width=2)
    pen.circle(284, 88, 10, pen.body.line)
    for line in range(6):
        pen.line(f"M132 {176 + line * 6}H{268 - line * 4}", pen.body.shade, 1.6)
    brand = pen.name.partition(" ")[0]
    pen.text(200, 128, brand.upper(), pen.body.ink, 20)
    pen.text(200, 154, _size(facts), pen.accent.shade, 20)
    usb_c(pen, 200, 234)
    pen.end()


def nas(pen: Pen, facts: Facts) -> None:
    """A box with as many bays as it has."""
    bays = int(facts.get("bays", 2))
    pen.shadow(200, 268, 128, 10)
    pen.rect(86, 56, 228, 206, pen.body.line, 10)
    pen.rect(86, 52, 228, 206, pen.down(pen.body.light, pen.body.base), 10)
    pen.rect(98, 64, 204, 160, BLACK.base, 6)
    step = 196 / bays
    for bay in range(bays):
        x = 102 + bay * step
        pen.rect(x + 1.5, 68, step - 3, 152, pen.across(pen.body.light, pen.body.base), 4)
        pen.rect(x + step / 2 - 8, 80, 16, 64, BLACK.base, 8)
        for hole in range(6):
            pen.circle(x + step / 2, 160 + hole * 7, 2, BLACK.base)
        lamp(pen, x + step / 2, 209)
    brand = pen.name.partition(" ")[0]
    pen.text(132, 246, brand.upper(), pen.body.ink, 12)
    pen.circle(288, 241, 8, BLACK.base)
    pen.circle(288, 241, 8, "none", stroke=pen.accent.light, stroke_width=1.6)
    for foot in (112, 258):
        pen.rect(foot, 256, 32, 8, BLACK.base, 3)


def stick(pen: Pen, facts: Facts) -> None:
    """A stick with a plug at both ends."""
    pen.shadow(200, 226, 140, 9)
    pen.begin("rotate(-18 200 150)")
    pen.rect(40, 126, 62, 48, pen.down(METAL.light, METAL.base, METAL.shade), 4)
    pen.rect(50, 136, 12, 10, BLACK.base, 1)
    pen.rect(50, 154, 12, 10, BLACK.base, 1)
    pen.rect(304, 134, 46, 32, pen.down(METAL.light, METAL.base, METAL.shade), 14)
    pen.rect(340, 144, 10, 12, BLACK.base, 5)
    pen.rect(98, 112, 210, 76, pen.body.line, 26)
    pen.rect(98, 108, 210, 76, pen.down(pen.body.light, pen.body.base, pen.body.shade), 26)
    pen.circle(276, 146, 14, BLACK.base, opacity=0.25)
    pen.circle(276, 146, 10, pen.body.line)
    brand = pen.name.partition(" ")[0]
    pen.text(184, 142, brand.upper(), pen.body.ink, 17)
    pen.text(184, 164, _size(facts), pen.accent.shade, 17)
    pen.end()
