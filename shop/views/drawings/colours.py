"""Colours of products: of the case, where it is lit and where it is not, by day and by night."""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paint:
    """One material: its colour, where light falls, in the shade, and lines upon it."""

    base: str
    light: str
    shade: str
    line: str

    @property
    def ink(self) -> str:
        """What can be read on it."""
        return self.line if int(self.base[1:3], 16) > 0x90 else "#fff"


BODIES = {
    "silver": Paint("#c9ced6", "#eef0f3", "#9aa2ae", "#7d8694"),
    "graphite": Paint("#454b55", "#626975", "#2e333b", "#22262c"),
    "midnight": Paint("#27365a", "#425584", "#18223c", "#101830"),
    "sand": Paint("#d9c6a7", "#efe3cd", "#b39d79", "#8f7b5a"),
    "forest": Paint("#2f5d4c", "#4c8670", "#1e4034", "#142e25"),
    "white": Paint("#e6e8ec", "#ffffff", "#b9bfc9", "#98a0ac"),
}
"""The cases that there are."""

_BY_NIGHT = {
    "graphite": Paint("#5a616d", "#7d8592", "#3d434c", "#2b3037"),
    "midnight": Paint("#3a4d7e", "#5a70a8", "#263457", "#18233f"),
    "forest": Paint("#3f7560", "#5f9d85", "#2a5444", "#1b3a2f"),
}
_ACCENTS = (
    Paint("#e4572e", "#f5916f", "#a93a18", "#6e2410"),
    Paint("#2f7fd1", "#74b2ee", "#1b5796", "#103860"),
    Paint("#1f9d8a", "#63cdbd", "#136b5e", "#0b443b"),
    Paint("#8a5cd0", "#b897ec", "#5d3896", "#3b2263"),
    Paint("#d79a1e", "#f2c565", "#976a0d", "#614406"),
    Paint("#cf4a78", "#ee8bad", "#93294f", "#5e1731"),
)

METAL = Paint("#b4bac4", "#e3e6ea", "#878f9b", "#5f6773")
GOLD = Paint("#d9b04a", "#f3d98c", "#a37f24", "#6e5414")
BOARD = Paint("#1f5b46", "#2f7f63", "#143d2f", "#0d2a20")
BLACK = Paint("#1c1f24", "#3a3f47", "#0e1013", "#000000")


def body(colour: str, *, dark: bool) -> Paint:
    """The case of that colour; an unknown one is grey. A dark case is lit a little by night."""
    plain = BODIES.get(colour, BODIES["graphite"])
    return _BY_NIGHT.get(colour, plain) if dark else plain


def accent(name: str) -> Paint:
    """A product's second colour."""
    return _ACCENTS[zlib.crc32(name.encode()) % len(_ACCENTS)]
