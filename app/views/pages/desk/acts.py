"""What a banker does on a page about one thing: several forms, of which one is sent at a time.

What is done at once comes back to the page; what needs a second banker leads to the proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import LazyString
from werkzeug.wrappers import Response

from app.controllers import second_factors
from app.controllers.approvals import Approval
from app.controllers.orders import Order
from app.views import html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note


@dataclass(frozen=True, slots=True)
class Act:
    """A form, what it asks the bank for, and what the next page says when that was done."""

    form: Form[Any]
    ask: Callable[[Any], object]
    done: LazyString | None = None


class Acts:
    """The forms of a page by name, for its template."""

    def __init__(self, back: str) -> None:
        self._back = back
        self._acts: dict[str, Act] = {}

    def add(
        self,
        name: str,
        schema: type[Order],
        ask: Callable[[Any], object],
        done: LazyString | None = None,
    ) -> None:
        """One more thing that can be done; `ask` gets the order."""
        self._acts[name] = Act(Form(schema, name=name), ask, done)

    @property
    def forms(self) -> Mapping[str, Form[Any]]:
        """Each form by its name."""
        return {name: act.form for name, act in self._acts.items()}

    def any_of(self, offers: Collection[str]) -> bool:
        """Whether one of them is offered, or was sent and refused."""
        return any(name in offers or form.sent for name, form in self.forms.items())

    @property
    def status(self) -> int:
        """The page's status: what the form that was sent came to."""
        return max((act.form.status for act in self._acts.values()), default=200)

    @property
    def methods(self) -> tuple[str, ...]:
        """How the banker proves a second factor, where there is one to prove."""
        return second_factors.state(bank(), actor()).methods

    def attempt(self) -> Response | None:
        """Where to look after what was sent is done; None shows the page, with the reason."""
        for act in self._acts.values():
            if act.form.sent and (found := act.form.attempt(act.ask)):
                return self._onward(act, found)
            act.form.values.pop("code", None)
        return None

    def _onward(self, act: Act, found: object) -> Response:
        if isinstance(found, Approval):
            note(_("It is proposed. Another banker decides it within a day."))
            return html.see(f"/desk/approvals/{found.id}")
        note(str(act.done))
        return html.see(self._back)


def shown_revision() -> int:
    """The revision of what the banker was shown; one that never is, where the form has none."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
