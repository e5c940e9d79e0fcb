"""One description for each operation, which checks its request, shapes its answer and is the
source of its OpenAPI text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Response, request

from app.controllers.orders import Order
from app.errors import BankError, InvalidFields
from app.views.api.representations import Representation
from app.views.strict_json import read_object, written

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

View = Callable[..., Any]


@dataclass(frozen=True)
class Operation:
    """What an operation takes and gives.

    `keyed` takes an Idempotency-Key, and `needs_key` must have one; `guarded_edit` takes an
    If-Match, `conditional` an If-None-Match.
    `accepted` is the shape of the other good answer, 202, and `instead` another one of `status`.
    """

    status: int
    answer: Representation | None
    body: Order | None = None
    query: Order | None = None
    problems: Sequence[type[BankError]] = ()
    keyed: bool = False
    needs_key: bool = False
    guarded_edit: bool = False
    conditional: bool = False
    csv: bool = False
    accepted: Representation | None = None
    instead: Representation | None = None


@dataclass(frozen=True)
class Accepted:
    """What a view returns where the thing itself must wait for somebody else: 202."""

    what: Any


@dataclass(frozen=True)
class Instead:
    """What a view returns in the other shape of its answer."""

    what: Any


def operation(
    *,
    status: int = 200,
    answer: type[Representation] | None = None,
    body: type[Order] | None = None,
    query: type[Order] | None = None,
    accepted: type[Representation] | None = None,
    instead: type[Representation] | None = None,
    **more: Any,
) -> Callable[[View], View]:
    """Describe a view. It gets the loaded body or query as its first argument, and what it returns
    is shaped by `answer` and sent with `status`; it may return (what, headers) or a Response."""
    described = Operation(
        status, answer() if answer else None, body() if body else None, query() if query else None,
        accepted=accepted() if accepted else None, instead=instead() if instead else None, **more,
    )  # fmt: skip

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(**path: Any) -> Response:
            return _respond(described, view(*_loaded(described), **path))

        wrapper.operation = described  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _loaded(described: Operation) -> list[Any]:
    """The checked body and query, in this order, as far as the operation takes them."""
    loaded = []
    if described.body:
        loaded.append(described.body.load(_body(described.body)))
    if described.query:
        loaded.append(described.query.load(_query()))
    return loaded


def _body(schema: Order) -> dict[str, Any]:
    """The request's JSON object; nothing at all is as good as {} where no field is needed."""
    asked = request._get_current_object()  # type: ignore[attr-defined]
    if not asked.content_type and not needs_body(schema) and not asked.get_data():
        return {}
    return read_object(asked)


def needs_body(schema: Order) -> bool:
    """Whether a request must have a body."""
    return any(field.required for field in schema.fields.values())


def _query() -> dict[str, str]:
    """The query with each parameter once; repeated ones and odd characters are refused."""
    query = request.args.to_dict(flat=False)
    repeated = [name for name, values in query.items() if len(values) > 1]
    if repeated:
        raise InvalidFields.of(*((name, "Give it once.") for name in repeated))
    if any("\x00" in value or "\ufffd" in value for values in query.values() for value in values):
        raise InvalidFields.of(("query", "It has a character that is none."))
    return {name: values[0] for name, values in query.items()}


def _respond(described: Operation, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    headers: dict[str, str] = {}
    if isinstance(result, tuple):
        result, headers = result
    status, shape = described.status, described.answer
    if isinstance(result, Accepted):
        result, status, shape = result.what, 202, described.accepted
    elif isinstance(result, Instead):
        result, shape = result.what, described.instead
    if shape is None:
        return Response(status=status, headers=headers)
    return Answer(
        written(shape.dump(result)), status, headers,
        content_type="application/json",
    )  # fmt: skip


class Answer(Response):
    """A whole answer with a body, ready as it is: what werkzeug does to make sure costs more."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send it."""
        if environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, list(self.headers))  # with the length: set with the body
        return [self.get_data()]


def conditional(response_tag: str) -> tuple[bool, dict[str, str]]:
    """Whether the caller has this version already (then answer 304), and the ETag header."""
    known = request.if_none_match
    return bool(known) and known.contains_weak(response_tag), {"ETag": f'W/"{response_tag}"'}
