"""An error becomes a page of the shop. The table of statuses stands here and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Flask, Response
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from shop.errors import (
    Conflict,
    Forbidden,
    ForgedWebhook,
    NotFound,
    Refused,
    ShopError,
    TooManyTries,
    Unavailable,
)
from shop.views.html import page
from shop.views.languages import _, lazy

STATUSES: tuple[tuple[type[ShopError], int], ...] = (
    (ForgedWebhook, 400), (TooManyTries, 429),
    (NotFound, 404), (Forbidden, 403), (Conflict, 409), (Refused, 422), (Unavailable, 503),
)  # fmt: skip
_WORDS = {
    400: lazy("The shop does not understand this request."),
    404: lazy("There is no such page."),
    405: lazy("This page takes no such request."),
    413: lazy("That is too large."),
    500: lazy("Something went wrong in the shop."),
    503: lazy("The shop cannot answer now; try again in a moment."),
}
_log = logging.getLogger(__name__)


def init_problems(
    app: Flask, driver_error: type[Exception], is_lost: Callable[[Exception], bool]
) -> None:
    """Register how each kind of error is answered."""

    def of_database(error: Exception) -> Response:
        lost = is_lost(error)
        _log.error("the database failed", extra={"error": type(error).__name__})
        status = 503 if lost else 500
        return _answer(status, str(_WORDS[status]))

    app.register_error_handler(ShopError, of_shop)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(driver_error, of_database)
    app.register_error_handler(Exception, _unforeseen)


def status_of(error: ShopError) -> int:
    """The status of an error's kind."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def of_shop(error: ShopError) -> Response:
    """The page of one of the shop's own errors."""
    return _answer(status_of(error), _(error.title()), error.detail)


def _of_http(error: HTTPException) -> Response | AnyResponse:
    if error.response is not None:  # a redirect that a guard made
        return error.get_response()
    code = error.code or 500
    return _answer(code, str(_WORDS.get(code, _WORDS[400 if code < 500 else 500])))


def _unforeseen(error: Exception) -> Response:
    # Of the error itself only its class: its text may hold what somebody typed.
    _log.error("unforeseen", exc_info=error, extra={"error": type(error).__name__})
    return _answer(500, str(_WORDS[500]))


def _answer(status: int, title: str, detail: str = "") -> Response:
    return page("error.html", status, title=title, detail=detail)
