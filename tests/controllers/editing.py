"""How a banker edits an account or a customer."""

from __future__ import annotations

from typing import Any

from tests import make

REASON = {"reason": "reported stolen"}


def change(
    banker: make.Person, path: str, act: str, tag: str | None = None, body: object = None
) -> Any:
    """Freeze, unfreeze or close, by the tag that was read just now if none is given."""
    tag = banker.get(path).headers["ETag"] if tag is None else tag
    body = REASON if body is None else body
    return banker.post(f"{path}/{act}", body, headers={"If-Match": tag})


def path_of(person: make.Person) -> str:
    return f"/banker/accounts/{person.account}"
