"""Languages: which one a visitor reads, and the translations, read from their source.

The catalogues are kept as text (`app/translations/<language>/LC_MESSAGES/messages.po`), so that
what is shown can be audited line by line; they are compiled in memory.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain, LazyString, get_locale, gettext, lazy_gettext

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Every language that pages come in, by its own name; the first is the texts' own."""

FOLDER = Path(__file__).parents[1] / "translations"


def _(text: str, **facts: object) -> str:
    """The text in the visitor's language, with facts in place of %(name)s."""
    return str(gettext(text, **facts))


def lazy(text: str, **facts: object) -> LazyString:
    """As `_`, but not before it is shown: for what is written outside of requests."""
    return lazy_gettext(text, **facts)


class Catalogues(Domain):  # type: ignore[misc]
    """Translations straight from the .po files."""

    def get_translations(self) -> NullTranslations:
        """Those of the visitor's language."""
        return _translations(language())


def init_languages(app: Flask) -> None:
    """Let texts be translated and formats follow the visitor."""
    babel = Babel(app, default_locale="en", locale_selector=_chosen)
    babel.domain_instance = Catalogues()


def language() -> str:
    """The visitor's language, one of LANGUAGES."""
    found = get_locale()
    return found.language if found else "en"


def _chosen() -> Locale:
    """What the visitor chose, else what the browser asks for; its region decides on formats."""
    if not has_request_context():
        return Locale("en")
    chosen = session.get("language")
    for wanted in request.accept_languages.values():
        found = _locale(wanted)
        if found and chosen in (None, found.language):
            return found
    return Locale(chosen if chosen in LANGUAGES else "en")


def _locale(wanted: str) -> Locale | None:
    try:
        found = Locale.parse(wanted, sep="-")
    except (ValueError, LookupError, UnknownLocaleError):
        return None
    return found if found.language in LANGUAGES else None


@cache
def _translations(language: str) -> NullTranslations:
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)
