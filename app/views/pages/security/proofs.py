"""What every page of the subject needs: the frame of its website, and the proof of who is there."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.controllers import step_up
from app.errors import InvalidProof
from app.views import html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.pages.codes import AskedCode, asked_code


def page(template: str, status: int = 200, **shown: Any) -> Response:
    """A page of the subject, in the frame of the website it is on."""
    base = "my/base.html" if actor().plane == "customer" else "desk/base.html"
    return html.page(f"security/{template}", status, base=base, plane=actor().plane, **shown)


def code_for(form: Form[Any], purpose: str) -> AskedCode:
    """The code of a form that changes something here."""
    return asked_code(form, lambda: step_up.ask(bank(), actor(), purpose))


def blame(form: Form[Any], code: AskedCode, field: str = "password") -> None:
    """Where there is only a password, it is the password that was wrong."""
    if isinstance(form.refused, InvalidProof) and not code.methods:
        form.problem = ""
        form.errors = {field: [_("This is not your password.")]}
