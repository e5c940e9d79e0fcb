"""Reading JSON that may be hostile, and writing ours.

Whatever a body is made of, the answer is 400, 413 or 415 here, or a plain dict goes on.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson
from flask import Request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

MAX_BYTES = 64 * 1024
_MAX_DEPTH = 16
_MAX_KEYS = 100
_INT64 = range(-(2**63), 2**63)
# A text always matches, also one without an end, and nothing is tried twice: the scan is linear.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class JSONProvider(DefaultJSONProvider):
    """Answers keep the order in which a representation names its fields, without blanks."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """The object as compact JSON text."""
        return written(obj).decode()


def written(obj: Any) -> bytes:
    """The object as compact JSON text in UTF-8."""
    return orjson.dumps(obj, default=DefaultJSONProvider.default)


def read_object(request: Request) -> dict[str, Any]:
    """The request's body as a JSON object. Raises 400, 413 or 415; numbers are int or Decimal."""
    if request.content_type != "application/json":  # plainly, as nearly everybody sends it
        _check_type(request)
    return parse_object(read_body(request))


def read_body(request: Request, *, keep: bool = False) -> bytes:
    """The whole body as it came, kept for whoever asks next or not. Raises 413."""
    body = request.get_data(cache=keep)
    # Of a body without a length, werkzeug hands on the first 64 KiB and drops the rest silently.
    if request.content_length is None and len(body) >= MAX_BYTES:
        raise RequestEntityTooLarge()
    return body


def _check_type(request: Request) -> None:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("Send the body in UTF-8.")


def parse_object(body: bytes) -> dict[str, Any]:
    """A JSON object from its text in UTF-8. Raises BadRequest, naming what is wrong."""
    _check_depth(body)
    try:
        text = body.decode("utf-8")
        document = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error.msg} at {error.pos}.") from None
    if not isinstance(document, dict):
        raise BadRequest("The body must be a JSON object.")
    _check_strings(document)
    return document


def _check_depth(body: bytes) -> None:
    """Refuse deep nesting by a linear scan, before any parser recurses into it."""
    depth = 0
    for token in _STRUCTURE.finditer(body):
        mark = token.group()[0:1]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        if depth > _MAX_DEPTH:
            raise BadRequest(f"The body is nested deeper than {_MAX_DEPTH} levels.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > _MAX_KEYS:
        raise BadRequest(f"An object has at most {_MAX_KEYS} fields.")
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise BadRequest("A field stands there twice.")
        if "$" in name or "." in name or "\x00" in name:
            raise BadRequest("A field's name has a character that names never have.")
        document[name] = value
    return document


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise BadRequest("A number is out of range.") from None


def _integer(text: str) -> int:
    if len(text) > 20 or int(text) not in _INT64:
        raise BadRequest("A number is out of range.")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise BadRequest(f"{text} is not a number.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)


def _check_strings(value: object) -> None:
    """Refuse half characters and NUL wherever they stand; the database can keep neither."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise BadRequest("A text has a character that is none.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_strings(name)
            _check_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_strings(inner)
