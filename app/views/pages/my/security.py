"""Customers' security: what bankers have as well, PINs, and codes at log-in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import pins, step_up
from app.controllers.accounts import own_account
from app.controllers.orders import ChoosePinSchema, SetPin
from app.views import formats, guards, html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.codes import asked_code
from app.views.pages.security import add_pages, recovery

security = guards.customer_pages(Blueprint("my_security", __name__, url_prefix="/my/security"))
add_pages(security)
security.add_url_rule("/log-in", view_func=recovery.at_log_in, methods=["GET", "POST"])


@security.route("/pin/<number>", methods=["GET", "POST"])
def pin(number: str) -> Any:
    """Choose the PIN of an account, or another one; a locked one opens."""
    account = own_account(bank(), actor(), number)
    form: Form[SetPin] = Form(ChoosePinSchema)
    code = asked_code(form, lambda: step_up.ask(bank(), actor(), "set_pin", subject=account.number))
    if form.sent and form.attempt(lambda order: _choose(account.number, order)):
        shown = formats.account(account.number)
        note(_("The PIN of account %(number)s is set.", number=shown))
        return html.see(url_for(".show"))
    return html.page(
        "my/pin.html", form.status, form=form, code=code, account=account,
        state=pins.pin_state(bank(), account.number),
    )  # fmt: skip


def _choose(number: str, order: SetPin) -> bool:
    pins.choose_pin(bank(), actor(), number, order)
    return True
