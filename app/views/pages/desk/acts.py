"""What a banker does on a page about one thing: several forms, of which one is sent at a time.

What is done at once comes back to the page; what needs a second banker leads to the proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request, url_for
from flask_babel import LazyString
from werkzeug.wrappers import Response

from app.controllers import second_factors, step_up
from app.controllers.approvals import Approval
from app.controllers.orders import Order
from app.views import html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.codes import Asked, AskedCode, asked_code


@dataclass(frozen=True, slots=True)
class Act:
    """A form, what it asks the bank for, and what the next page says when that was done."""

    form: Form[Any]
    ask: Callable[[Any], object]
    done: LazyString | None = None


class Acts:
    """The forms of a page by name, for its template. `subject` is what proposals made here are
    about, which a code is bound to."""

    def __init__(self, back: str, subject: str) -> None:
        self._back, self._subject = back, subject
        self._acts: dict[str, Act] = {}
        self._codes: dict[str, AskedCode] = {}

    def add(
        self,
        name: str,
        schema: type[Order],
        ask: Callable[[Any], object],
        done: LazyString | None = None,
        start: Mapping[str, str] | None = None,
    ) -> None:
        """One more thing that can be done; `ask` gets the order, `start` is what its fields show
        at first."""
        self._acts[name] = Act(Form(schema, start, name=name), ask, done)

    @property
    def forms(self) -> Mapping[str, Form[Any]]:
        """Each form by its name."""
        return {name: act.form for name, act in self._acts.items()}

    def is_open(self, name: str) -> bool:
        """Whether a form was sent, and is still to be sent."""
        return self._acts[name].form.sent or name in self._codes

    def any_of(self, offers: Collection[str]) -> bool:
        """Whether one of them is offered, or open."""
        return any(name in offers or self.is_open(name) for name in self._acts)

    @property
    def status(self) -> int:
        """The page's status: what the form that was sent came to."""
        return max((act.form.status for act in self._acts.values()), default=200)

    def code(self, name: str) -> AskedCode:
        """The code of a form; without methods where the banker has no second factor."""
        return self._codes.get(name) or AskedCode(self._methods)

    @cached_property
    def _methods(self) -> tuple[str, ...]:
        return second_factors.state(bank(), actor()).methods

    def attempt(self) -> Response | None:
        """Where to look after what was sent is done; None shows the page, with the reason."""
        for name, act in self._acts.items():
            if act.form.sent and "code" in act.form.values:
                self._codes[name] = asked_code(act.form, self._send_code, name=f"send_{name}")
            if act.form.sent and (found := act.form.attempt(act.ask)):
                return self._onward(act, found)
            act.form.values.pop("code", None)
        return None

    def _send_code(self) -> Asked:
        return step_up.ask(bank(), actor(), "approve", subject=self._subject)

    def _onward(self, act: Act, found: object) -> Response:
        if isinstance(found, Approval):
            note(_("It is proposed. Another banker decides it within a day."))
            return html.see(url_for("desk_approvals.one", id=found.id))
        note(str(act.done))
        return html.see(self._back)


def shown_revision() -> int:
    """The revision of what the banker was shown; one that never is, where the form has none."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
