"""A form that needs a code of the second factor: where the code comes from, and having it mailed.

The button that has a code mailed stands in the form itself, so that nothing else which was typed is
lost, with or without JavaScript:

    form: Form[SetPin] = Form(SetPinSchema)
    code = asked_code(form, lambda: step_up.ask(bank(), actor(), "set_pin", subject=number))
    if form.sent and form.attempt(...):
        ...
    return html.page("my/pin.html", form.status, form=form, code=code)

and in the template `{% from "_code.html" import code_field %}` and `{{ code_field(form, code) }}`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from flask import request

from app.controllers import codes, second_factors
from app.errors import BankError, Throttled
from app.views.context import actor, bank
from app.views.forms import Form

BUTTON = "send_code"


class Asked(Protocol):
    """What asking for a code gives: the address that it was mailed to."""

    @property
    def address(self) -> str | None:
        """Where it was mailed to; None where an app shows it."""


@dataclass(slots=True)
class AskedCode:
    """What a form shows of its code: `methods` as in `second_factors.state`, empty for whoever
    needs none; whether a code was mailed, and where to; in how many seconds there can be another.
    """

    methods: tuple[str, ...]
    mailed: bool = False
    to: str = ""
    wait: int = 0
    minutes: int = int(codes.CODE_LIFE.total_seconds()) // 60


def asked_code(
    form: Form[Any], ask: Callable[[], Asked], *, opens: bool = False, name: str = BUTTON
) -> AskedCode:
    """The code of a form; call it before the form is attempted.

    Where "send me a code" was pressed, `ask` is called and the form counts as not sent. `opens`
    has `ask` called for an app's code as well, as it is sent: payments want that. `name` tells the
    buttons of several forms on one page apart.
    """
    part = AskedCode(second_factors.state(bank(), actor()).methods)
    part.mailed = form.sent and "code_sent" in request.form
    if form.sent and name in request.form:
        form.sent = False
        _ask(form, ask, part)
    elif opens and form.sent and "totp" in part.methods and form.values.get("code"):
        _ask(form, ask, part)
    return part


def _ask(form: Form[Any], ask: Callable[[], Asked], part: AskedCode) -> None:
    try:
        found = ask()
        part.mailed, part.to = bool(found.address), found.address or ""
        part.wait = int(codes.RESEND_AFTER.total_seconds()) if part.mailed else 0
    except Throttled as error:
        form.status, part.wait = 429, error.retry_after
    except BankError as error:
        form.sent = False
        form.refuse(error)
