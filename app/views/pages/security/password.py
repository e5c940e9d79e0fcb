"""Another password."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.controllers import credentials
from app.controllers.orders import ChangePassword, ChangePasswordSchema
from app.views import html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.security.proofs import blame, code_for, page


def password() -> Any:
    """Set another password."""
    form: Form[ChangePassword] = Form(ChangePasswordSchema)
    code = code_for(form, "change_password")
    if form.sent and form.attempt(_change):
        note(_("Your password was changed. Everywhere else you are logged out now."))
        return html.see(url_for(".show"))
    blame(form, code, "current_password")
    return page("password.html", form.status, form=form, code=code)


def _change(order: ChangePassword) -> bool:
    credentials.change(bank(), actor(), order)
    return True
