"""The QR code of an authenticator app, drawn from its SVG and read back."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import zxingcpp

from app.views.qr import qr_svg

URI = "otpauth://totp/Strongroom:dana?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Strongroom"
SVG = "{http://www.w3.org/2000/svg}"
QUIET = 4


def drawn(svg: str) -> list[list[bool]]:
    """The modules of the picture, black ones True, as its path says."""
    path = re.search(r'stroke="#000" d="([^"]+)"', svg)
    side = re.search(r'fill="#fff" d="M0 0h(\d+)v(\d+)h-(\d+)z"', svg)
    assert path
    assert side
    assert len(set(side.groups())) == 1
    picture = [[False] * int(side[1]) for _ in range(int(side[1]))]
    x, y = 0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path[1]):
        first, *rest = (float(number) for number in numbers.split())
        if command == "h":
            picture[int(y)][x : x + int(first)] = [True] * int(first)
        x, y = (int(first), rest[0]) if command == "M" else (x + int(first), y + sum(rest))
    return picture


def test_a_telephone_reads_what_was_drawn() -> None:
    picture = drawn(qr_svg(URI))
    wide = [[pixel for pixel in row for _ in range(4)] for row in picture for _ in range(4)]
    pixels = bytes(0 if pixel else 255 for row in wide for pixel in row)
    found = zxingcpp.read_barcode(memoryview(pixels).cast("B", shape=[len(wide), len(wide)]))
    assert found
    assert found.text == URI


def test_around_it_four_modules_are_quiet() -> None:
    picture = drawn(qr_svg(URI))
    inner = [row[QUIET:-QUIET] for row in picture[QUIET:-QUIET]]
    assert sum(map(sum, picture)) == sum(map(sum, inner))
    assert any(inner[0])


def test_a_page_without_scripts_and_styles_can_show_it() -> None:
    picture = ElementTree.fromstring(qr_svg(URI, title="Dana & co"))
    assert [each.text for each in picture if each.tag.endswith("title")] == ["Dana & co"]
    assert picture.get("role") == "img"
    every = list(picture.iter())
    assert {each.tag.removeprefix(SVG) for each in every} == {"svg", "title", "g", "path"}
    names = {name for each in every for name in each.attrib}
    assert names <= {"width", "height", "role", "transform", "fill", "stroke", "d", "xmlns"}


def test_the_secret_is_in_the_picture_alone() -> None:
    assert "GEZDGNBV" not in qr_svg(URI)
