"""Pictures of products: drawn by us from the facts of each product, one drawing for each kind."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from shop.views.drawings import components, networking, peripherals, screens, storage
from shop.views.drawings.colours import accent, body
from shop.views.drawings.pen import Pen
from shop.views.drawings.screens import Facts

KINDS: dict[str, Callable[[Pen, Facts], None]] = {
    "laptop": screens.laptop,
    "monitor": screens.monitor,
    "keyboard": peripherals.keyboard,
    "mouse": peripherals.mouse,
    "headset": peripherals.headset,
    "webcam": peripherals.webcam,
    "dock": peripherals.dock,
    "graphics-card": components.graphics_card,
    "processor": components.processor,
    "memory": components.memory,
    "power-supply": components.power_supply,
    "cooler": components.cooler,
    "mainboard": components.mainboard,
    "router": networking.router,
    "mesh": networking.mesh,
    "switch": networking.switch,
    "access-point": networking.access_point,
    "adapter": networking.adapter,
    "nvme": storage.nvme,
    "ssd": storage.ssd,
    "hard-disk": storage.hard_disk,
    "portable": storage.portable,
    "nas": storage.nas,
    "stick": storage.stick,
}
"""The kinds of products that can be drawn."""


def draw(name: str, kind: str, colour: str, facts: Facts, *, dark: bool) -> str:
    """The product as an SVG document, on a light ground or on a dark one."""
    seed = zlib.crc32(name.encode())
    pen = Pen(body(colour, dark=dark), accent(name), dark, seed, name)
    KINDS[kind](pen, facts)
    return pen.svg()
