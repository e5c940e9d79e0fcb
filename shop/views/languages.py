"""Languages: which one a visitor reads."""

from __future__ import annotations

from flask import Flask
from flask_babel import Babel, LazyString, get_locale, gettext, lazy_gettext


def _(text: str, **facts: object) -> str:
    """The text in the visitor's language, with facts in place of %(name)s."""
    return str(gettext(text, **facts))


def lazy(text: str, **facts: object) -> LazyString:
    """As `_`, but not before it is shown: for what is written outside of requests."""
    return lazy_gettext(text, **facts)


def init_languages(app: Flask) -> None:
    """Let texts be translated."""
    Babel(app, default_locale="en")


def language() -> str:
    """The visitor's language."""
    found = get_locale()
    return found.language if found else "en"
