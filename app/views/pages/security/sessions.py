"""Where somebody is logged in, and being logged out there."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from app.controllers import access
from app.errors import SessionNotFound
from app.views import html
from app.views.context import actor, bank
from app.views.languages import _
from app.views.notes import note
from app.views.pages.security.devices import device_name
from app.views.pages.security.proofs import page


def all_sessions() -> Any:
    """Every place where one is logged in, newest first."""
    found = access.living_sessions(bank(), actor())
    rows = [(each, device_name(each.device)) for each in found]
    return page("sessions.html", rows=rows, current=actor().session)


def end() -> Any:
    """Log out somewhere else."""
    try:
        access.end_session(bank(), actor(), request.form.get("id", ""))
        note(_("That device is logged out."))
    except SessionNotFound as error:
        html.complain(error)
    return html.see(url_for(".all_sessions"))


def end_others() -> Any:
    """Log out everywhere but here."""
    access.end_other_sessions(bank(), actor())
    note(_("You are logged in here alone now."))
    return html.see(url_for(".all_sessions"))
