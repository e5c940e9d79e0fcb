"""How the bank's JSON is read. Members that are not known yet are passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from money import Money

T = TypeVar("T")
Json = Mapping[str, Any]


def money(value: Json) -> Money:
    """{"amount": "12.50", "currency": "USD"} as Money. Raises InvalidMoney, a ValueError."""
    return Money.parse(value["amount"], value["currency"])


def moment(text: str) -> datetime:
    """A time of the bank, in UTC."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time of the bank has its offset")
    return found


def maybe(read: Callable[[Any], T], value: Any) -> T | None:
    """What is read, where there is something."""
    return None if value is None else read(value)


def nothing(_: Any) -> None:
    """The answer of a call that only says that it was done."""


def raw(body: Any) -> Any:
    """The JSON as it is."""
    return body


def items(read: Callable[[Any], T]) -> Callable[[Json], list[T]]:
    """How a whole list is read."""
    return lambda body: [read(each) for each in body["items"]]


def page(read: Callable[[Any], T]) -> Callable[[Json], tuple[list[T], str | None]]:
    """How a page of a list is read: its items, and the cursor of the next page."""
    return lambda body: ([read(each) for each in body["items"]], body["next"])
