"""Security: password, second factor and sessions, the same for customers and for bankers.

Each website has a blueprint of its own with these pages on it; PINs are customers' alone,
and so is the choice whether a log-in asks for a code: bankers who have an app always need it.
"""

from __future__ import annotations

from flask import Blueprint

from app.views.pages.security import apps, overview, password, recovery, sessions

_PAGES = (
    ("", overview.show),
    ("/app", apps.app),
    ("/app/confirm", apps.confirm_app),
    ("/app/remove", apps.remove_app),
    ("/recovery-codes", recovery.recovery_codes),
    ("/password", password.password),
    ("/sessions", sessions.all_sessions),
    ("/sessions/end", sessions.end),
    ("/sessions/end-others", sessions.end_others),
)
_LOOKED_AT = frozenset({overview.show, sessions.all_sessions})
_SENT = frozenset({sessions.end, sessions.end_others})


def add_pages(blueprint: Blueprint) -> None:
    """Put the pages that both websites have on a blueprint."""
    for path, view in _PAGES:
        methods = ["GET"] if view in _LOOKED_AT else ["POST"] if view in _SENT else ["GET", "POST"]
        blueprint.add_url_rule(path, view_func=view, methods=methods)
