"""What tests read from answers: lists page by page, amounts, the kind of a problem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.make import Person


def listed(person: Person, path: str, **query: object) -> list[dict[str, Any]]:
    """The first page of a list."""
    answer = person.get(path, query_string=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def pages(person: Person, path: str, **query: object) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list, following the cursor."""
    while True:
        page = person.get(path, query_string=query).json
        yield page["items"]
        if page["next"] is None:
            return
        query["cursor"] = page["next"]


def everything(person: Person, path: str, **query: object) -> list[dict[str, Any]]:
    """All rows of a list, page after page."""
    return [row for page in pages(person, path, **query) for row in page]


def amounts(rows: list[dict[str, Any]]) -> list[str]:
    """The amounts of transactions, as they are shown."""
    return [row["amount"]["amount"] for row in rows]


def told(answer: Any) -> tuple[int, str]:
    """The status and the kind of a problem."""
    return answer.status_code, answer.json["type"].removeprefix("/problems/")
