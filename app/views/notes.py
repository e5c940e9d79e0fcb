"""Notes: what the next page tells once, such as that something was saved."""

from __future__ import annotations

from flask import flash


def note(text: str) -> None:
    """Tell good news on the next page."""
    flash(text, "info")
