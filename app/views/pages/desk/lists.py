"""The desk's lists: filters in the address, one page at a time, and all of it as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from flask import request

from app.controllers.desk import After, Page, Place
from app.errors import InvalidField, InvalidFields
from app.views.api.cursors import next_page, read_cursor
from app.views.forms import Query
from app.views.languages import _


class Paged(Protocol):
    """What every query of a list has."""

    @property
    def cursor(self) -> str | None:
        """Where it goes on."""


Row = TypeVar("Row")
Asked = TypeVar("Asked", bound=Paged)
_NO_FILTERS = frozenset({"cursor", "csv", "limit"})


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """A page of a list; `onward` and `first` are the addresses of other pages, if there are any,
    and `file` is that of the whole list as a file. `filtered` says whether anything is filtered."""

    items: list[Row]
    onward: str | None
    first: str | None
    file: str
    filtered: bool


def look(
    filters: Query[Any],
    query: Asked,
    of: str,
    find: Callable[[list[Any] | None], Page[Row, Any]],
) -> Listed[Row]:
    """The page that the address asks for; nothing, where a filter cannot be used."""
    try:
        found = find(_place(filters, query, of))
    except InvalidField as error:
        filters.refuse(error)
        found = Page([], None)
    kept = {name: text for name, text in filters.values.items() if text}
    kept = {name: text for name, text in kept.items() if name not in _NO_FILTERS}
    return Listed(
        found.items,
        next_page(_values(found.after), of),
        _address(kept) if query.cursor else None,
        _address({**kept, "csv": "true"}),
        bool(kept.keys() - {"sort"}),
    )


def _address(kept: Mapping[str, str]) -> str:
    return f"{request.path}?{urlencode(kept)}".rstrip("?")


def _place(filters: Query[Any], query: Paged, of: str) -> list[Any] | None:
    try:
        return read_cursor(query.cursor, of)
    except InvalidFields:
        filters.problem = _("This place in the list is not known any more; here is its beginning.")
        return None


def _values(after: After | Place | str | None) -> list[Any] | None:
    if after is None or isinstance(after, str):
        return [after] if after else None
    return [after.value, after.id] if isinstance(after, After) else [after.at, after.id]
