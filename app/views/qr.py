"""QR codes as SVG: black on white with a quiet zone, no script and no style."""

from __future__ import annotations

import segno

_QUIET_MODULES = 4


def qr_svg(text: str, *, title: str = "QR code for your authenticator app") -> str:
    """A picture of the text for the middle of a page; `title` is what a screen reader says."""
    code = segno.make_qr(text, error="m")
    svg: str = code.svg_inline(
        scale=4, border=_QUIET_MODULES, dark="#000", light="#fff", title=title,
        svgclass=None, lineclass=None,
    )  # fmt: skip
    return svg.replace("<svg ", '<svg role="img" ', 1)
