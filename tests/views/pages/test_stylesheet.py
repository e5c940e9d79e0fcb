"""The stylesheet: what a browser would pass over in silence."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path

import pytest

SHEET = Path(__file__).parents[3] / "app" / "static" / "strongroom.css"


def unclosed(text: str) -> list[str]:
    """Rules for some media that begin where others have not ended, and braces left open."""
    lines = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines()
    depths = list(accumulate(line.count("{") - line.count("}") for line in lines))
    before = [0, *depths]
    nested = [
        line for line, depth in zip(lines, before, strict=False) if "@media" in line and depth
    ]
    return nested + (["the end"] if depths[-1] else [])


def test_every_brace_is_closed_before_the_next_media_begin() -> None:
    assert unclosed(SHEET.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", ["@media print {\na { b: c; }\n@media screen {\n}", "a {"])
def test_a_brace_that_is_left_open_is_found(text: str) -> None:
    assert unclosed(text) != []
