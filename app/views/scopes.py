"""What a merchant's key must be for: each call but the plainest names its scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from app.controllers.payments.keys import SCOPES
from app.errors import ScopeMissing
from app.views.context import actor

View = Callable[..., Any]


def scope(name: str) -> Callable[[View], View]:
    """Let in only keys with that scope; stands above `@operation`. Raises ScopeMissing."""
    if name not in SCOPES:
        raise ValueError(f"there is no scope {name}")

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(**path: Any) -> Any:
            if name not in actor().roles:
                raise ScopeMissing(f"use a key with the scope {name}", scope=name)
            return view(**path)

        wrapper.scope = name  # type: ignore[attr-defined]
        return wrapper

    return decorate


def scope_of(view: View) -> str | None:
    """The scope that a view asks for, if it asks for one."""
    found: str | None = getattr(view, "scope", None)
    return found
