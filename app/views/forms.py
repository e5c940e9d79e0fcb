"""Forms of pages: what was typed, what is wrong with it, and the key that keeps it from being done
twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar
from uuid import uuid4

from flask import request

from app.controllers.orders import IDEMPOTENCY_KEY, Amount, Choices, Order
from app.errors import BankError, Forbidden, Unavailable
from app.views import denials, forgery, formats, wording
from app.views.problems import load, status_of

KEY = "key"
Asked = TypeVar("Asked")
Done = TypeVar("Done")


class Form(Generic[Asked]):
    """One form on a page, before and after it was sent.

    `values` is what its fields show; `errors` says for each field, and `problem` for all of it,
    what would be right, after it was `refused`; `status` is that of the page. `name` tells forms
    of one page apart, by the button that sends them: `<button name="form" value="...">`.
    """

    def __init__(
        self, schema: type[Order], start: Mapping[str, str] | None = None, *, name: str = ""
    ) -> None:
        self.schema, self.name = schema(), name
        self.sent = request.method == "POST" and request.form.get("form", "") == name
        self.values: dict[str, str] = dict(start or {})
        self.errors: dict[str, list[str]] = {}
        self.problem = ""
        self.refused: BankError | None = None
        self.status = 200
        self.key = _sent_key() if self.sent else str(uuid4())
        if self.sent:
            self.values |= {name: text for name, text in request.form.items() if self._has(name)}

    def attempt(self, work: Callable[[Asked], Done], **more: str) -> Done | None:
        """Load what was sent and do `work` with it; what refuses it is kept to be shown, and None
        is returned. `more` are fields that the page knows itself."""
        try:
            return work(self.load(**more))
        except BankError as error:
            self.refuse(error)
            return None

    def load(self, **more: str) -> Asked:
        """The order that was typed. Raises InvalidFields."""
        typed: dict[str, Any] = {
            name: self._read(name, text) for name, text in self.values.items() if text
        }
        typed |= {name: self.chosen(name) for name in typed if self._is(name, Choices)}
        order: Asked = load(self.schema, typed | more)
        return order

    def chosen(self, name: str) -> list[str]:
        """What was ticked of a field that takes several."""
        return request.form.getlist(name) if self.sent else []

    def refuse(self, error: BankError) -> None:
        """Show why it was not done, beside the field where there is one to blame."""
        if isinstance(error, Forbidden):
            denials.note(error)
        self.refused, self.status = error, status_of(type(error))
        self.problem, self.errors = wording.explain(error, self.values)
        # A key stands for what was asked under it. Only where nobody knows whether it was done,
        # the same must be asked again.
        if not isinstance(error, Unavailable):
            self.key = str(uuid4())

    def _has(self, name: str) -> bool:
        return name in self._fields() and name not in (KEY, forgery.FIELD)

    def _fields(self) -> set[str]:
        return {field.data_key or name for name, field in self.schema.fields.items()}

    def _read(self, name: str, text: str) -> str:
        return formats.read_amount(text) if self._is(name, Amount) else text

    def _is(self, name: str, kind: type) -> bool:
        named = {field.data_key or own: field for own, field in self.schema.fields.items()}
        return isinstance(named.get(name), kind)


class Query(Form[Asked]):
    """A form whose fields stand in the address: filters of a list."""

    def __init__(self, schema: type[Order]) -> None:
        super().__init__(schema)
        self.values = {name: text for name, text in request.args.items() if self._has(name)}

    def read(self) -> Asked:
        """What was asked for; wrong fields are left out, with what would be right."""
        try:
            return self.load()
        except BankError as error:
            self.refuse(error)
            good = {name: text for name, text in self.values.items() if name not in self.errors}
            typed = {name: self._read(name, text) for name, text in good.items() if text}
            order: Asked = load(self.schema, typed)
            return order


def _sent_key() -> str:
    key = request.form.get(KEY, "")
    return key if IDEMPOTENCY_KEY.match(key) else str(uuid4())
