"""Lists that the bank gives page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from bank_client.reading import page
from bank_client.wire import Call

T = TypeVar("T")


class Send(Protocol):
    """How a call is sent and its answer read."""

    def __call__(self, call: Call, read: Callable[[Any], T], /) -> T:
        """The answer, read."""


def pages(send: Send, path: str, query: Mapping[str, str], read: Callable[[Any], T]) -> Iterator[T]:
    """Every item of a list; a page is fetched when it is needed."""
    asked = dict(query)
    while True:
        found, following = send(Call("GET", path, query=asked), page(read))
        yield from found
        if following is None:
            return
        asked = {**query, "cursor": following}
