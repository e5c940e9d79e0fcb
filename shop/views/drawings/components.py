"""What is inside: graphics cards, processors, memory, power supplies, coolers, mainboards."""

from __future__ import annotations

from shop.views.drawings.colours import BLACK, BOARD, GOLD, METAL
from shop.views.drawings.pen import Pen
from shop.views.drawings.ports import ethernet, fan, hdmi, screw, usb_a
from shop.views.drawings.screens import Facts


def graphics_card(pen: Pen, facts: Facts) -> None:
    """From the side of its fans; as long as it is, with as many as it has."""
    fans = int(facts.get("fans", 2))
    width = 120 + float(facts.get("length", 240)) * 0.66
    left, top, height = 206 - width / 2, 92, 116
    pen.shadow(200, 250, width * 0.5, 8)
    pen.rect(left + 36, top + height - 4, 120, 22, BOARD.base, 2)
    _contacts(pen, left + 42, top + height + 6, 108, 11)
    pen.rect(left - 12, top - 16, 9, height + 44, pen.across(METAL.light, METAL.shade), 2)
    for output in range(int(facts.get("outputs", 3))):
        pen.rect(left - 11, top + 6 + output * 26, 7, 18, BLACK.shade, 1.5)
    pen.rect(left, top, width, height, pen.down(pen.body.light, pen.body.base, pen.body.shade), 12)
    pen.path(f"M{left + 14:.0f} {top}h{width * 0.3:.0f}l-18 12h{-width * 0.3 + 10:.0f}z",
             pen.accent.base)  # fmt: skip
    pen.path(f"M{left + width - 14:.0f} {top + height}h{-width * 0.3:.0f}l18 -12h"
             f"{width * 0.3 - 10:.0f}z", pen.accent.base)  # fmt: skip
    step = (width - 16) / fans
    for number in range(fans):
        fan(pen, left + 8 + step * (number + 0.5), top + height / 2, min(step / 2 - 3, 50), BLACK)
    pen.rect(left + width - 62, top - 6, 40, 8, BLACK.base, 2)


def _contacts(pen: Pen, x: float, y: float, width: float, height: float) -> None:
    """Golden fingers with a gap."""
    count = int(width / 6)
    for number in range(count):
        if number != count // 4:
            pen.rect(x + number * 6, y, 4, height, pen.down(GOLD.light, GOLD.base), 0.8)


def processor(pen: Pen, facts: Facts) -> None:
    """From above: board, golden edge, lid; each core a square in the corner."""
    pen.shadow(200, 256, 108, 9)
    pen.rect(98, 46, 204, 204, pen.aslant(BOARD.light, BOARD.base), 8)
    for place in range(15):
        at = 112 + place * 12.2
        for edge in (51, 236):
            pen.rect(at, edge, 6, 9, GOLD.base, 1)
        for edge in (103, 288):
            pen.rect(edge, at - 52, 9, 6, GOLD.base, 1)
    pen.polygon([(104, 240), (104, 224), (120, 240)], GOLD.light)
    pen.rect(124, 74, 152, 148, METAL.line, 14)
    pen.rect(124, 71, 152, 148, pen.aslant(METAL.light, METAL.base, METAL.light), 14)
    pen.rect(134, 81, 132, 128, "none", 9, stroke=METAL.shade, stroke_width=1)
    brand, _, model = pen.name.partition(" ")
    pen.text(200, 118, brand.upper(), METAL.line, 17)
    pen.text(200, 148, model, BLACK.base, 26)
    cores = int(facts.get("cores", 8))
    for core in range(cores):
        pen.rect(200 - 46 + core % 8 * 12, 166 + core // 8 * 12, 8, 8, pen.accent.base, 1.5)


def memory(pen: Pen, facts: Facts) -> None:
    """As many modules as are in the box, one behind the other."""
    modules = int(facts.get("modules", 2))
    pen.shadow(204, 246, 168, 9)
    for number in range(modules):
        behind = modules - 1 - number
        _module(pen, 40 + behind * 22, 128 - behind * 44 + (modules - 1) * 10, front=not behind)


def _module(pen: Pen, x: float, y: float, *, front: bool) -> None:
    pen.rect(x, y + 14, 300, 74, BOARD.base, 3)
    _contacts(pen, x + 6, y + 76, 288, 11)
    pen.path(
        f"M{x} {y + 8}q0 -8 8 -8h86l14 10h84l14 -10h86q8 0 8 8v64h-300z",
        pen.down(pen.body.light, pen.body.base, pen.body.shade),
    )
    for line in range(5):
        pen.path(f"M{x + 20 + line * 12} {y + 60}l26 -44h6l-26 44z", pen.accent.base,
                 opacity=0.95 - line * 0.17)  # fmt: skip
    if front:
        brand, _, model = pen.name.partition(" ")
        pen.text(x + 206, y + 46, f"{brand.upper()} {model}", pen.body.ink, 15)


def power_supply(pen: Pen, facts: Facts) -> None:
    """From above, with its fan and the sockets for cables."""
    pen.shadow(200, 260, 140, 10)
    pen.rect(72, 60, 256, 196, pen.body.line, 8)
    pen.rect(72, 56, 256, 194, pen.aslant(pen.body.light, pen.body.base, pen.body.shade), 8)
    fan(pen, 176, 153, 82, BLACK, 11)
    for ring in (24, 42, 60, 78):
        pen.circle(176, 153, ring, "none", stroke=METAL.base, stroke_width=1.6)
    pen.line("M176 71V235M94 153H258M118 95L234 211M234 95L118 211", METAL.base, 1.6)
    pen.rect(272, 74, 44, 60, pen.accent.base, 4)
    pen.text(294, 102, str(facts.get("power", "")), "#fff", 17)
    pen.text(294, 120, "WATT", "#fff", 10)
    for row in range(3):
        pen.rect(274, 148 + row * 30, 40, 22, BLACK.base, 3)
        for pin in range(8):
            pen.rect(277 + pin % 4 * 9, 151 + row * 30 + pin // 4 * 9, 6, 6, BLACK.light, 1)
    for x, y in ((82, 66), (318, 66), (82, 240), (318, 240)):
        screw(pen, x, y)


def cooler(pen: Pen, facts: Facts) -> None:
    """A tower of fins on its pipes, behind a fan; as high as it is."""
    height = float(facts.get("height", 150)) * 1.12
    top = 246 - height - 24
    pen.shadow(200, 262, 100, 9)
    for pipe in range(6):
        pen.rect(146 + pipe * 19, top - 8, 8, height + 22, pen.across(GOLD.shade, GOLD.light), 4)
    for fin in range(int(height / 7)):
        pen.rect(112, top + fin * 7, 176, 4.4, pen.across(METAL.base, METAL.light, METAL.shade), 1)
    pen.rect(112, top - 4, 176, 8, pen.down(pen.body.light, pen.body.base), 3)
    pen.rect(134, 238, 132, 14, pen.down(METAL.light, METAL.shade), 3)
    pen.rect(158, 250, 84, 8, GOLD.base, 2)
    middle = top + height / 2
    frame = min(height - 14, 158)
    pen.rect(200 - frame / 2, middle - frame / 2, frame, frame,
             pen.down(pen.body.light, pen.body.base), 12)  # fmt: skip
    fan(pen, 200, middle, frame / 2 - 6, pen.body)
    for x in (-1, 1):
        for y in (-1, 1):
            screw(pen, 200 + x * (frame / 2 - 9), middle + y * (frame / 2 - 9), 3.5)


def mainboard(pen: Pen, facts: Facts) -> None:
    """From above: socket, slots and the panel of sockets; as many slots as there are."""
    board = pen.body
    pen.shadow(200, 278, 122, 8)
    pen.rect(82, 24, 236, 250, board.line, 6)
    pen.rect(82, 22, 236, 248, pen.aslant(board.base, board.shade), 6)
    for track in range(9):
        pen.line(f"M{176 + track * 4} 118v{18 + track * 3}l22 20h40", board.light, 0.8, opacity=0.5)
    pen.rect(84, 30, 30, 120, pen.across(METAL.light, METAL.base), 3)
    usb_a(pen, 99, 48)
    usb_a(pen, 99, 66)
    hdmi(pen, 99, 88)
    ethernet(pen, 99, 112, 22)
    pen.rect(138, 44, 88, 88, METAL.base, 4)
    pen.rect(146, 52, 72, 72, BLACK.base, 2)
    for pin in range(64):
        pen.circle(153 + pin % 8 * 8.4, 59 + pin // 8 * 8.4, 1.5, GOLD.base)
    for slot in range(int(facts.get("memory_slots", 2))):
        pen.rect(244 + slot * 15, 34, 9, 122, BLACK.base if slot % 2 else pen.accent.base, 2)
        pen.rect(247.5 + slot * 15, 40, 2, 110, BLACK.light)
    _slots(pen, facts)
    pen.rect(254, 190, 52, 52, pen.aslant(METAL.light, METAL.shade), 6)
    pen.text(280, 222, "K1", METAL.line, 16)
    for x, y in ((90, 262), (310, 262), (310, 30), (126, 30)):
        screw(pen, x, y, 4)


def _slots(pen: Pen, facts: Facts) -> None:
    for slot in range(int(facts.get("card_slots", 1))):
        y = 172 + slot * 33
        pen.rect(96, y, 146, 9, BLACK.base, 2)
        pen.rect(100, y + 3.5, 138, 2, METAL.base)
    for slot in range(min(int(facts.get("drive_slots", 1)), 3)):
        y = 187 + slot * 33 if slot else 150
        pen.rect(112, y, 100, 12, pen.down(METAL.base, METAL.shade), 3)
        screw(pen, 218, y + 6, 3)
