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


def lift(banker: make.Person, other: make.Person, path: str) -> Any:
    """Unfreeze: one banker proposes, the other one approves; what is shown then."""
    shown = change(banker, path, "unfreeze")
    assert shown.status_code == 202, shown.text
    order = {"effect_hash": shown.json["effect_hash"]}
    approved = other.post(f"/banker/approvals/{shown.json['id']}/approve", order)
    assert approved.status_code == 200, approved.text
    return banker.get(path)


def path_of(person: make.Person) -> str:
    return f"/banker/accounts/{person.account}"
