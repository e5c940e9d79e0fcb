"""Who may enter. Every blueprint names exactly one guard; a route without one cannot be reached.

public      anybody, also without a token
signed_in   customers and bankers
customers   customers only
bankers     bankers only
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Flask, abort, current_app, g, request
from flask.sansio.blueprints import Blueprint as AnyBlueprint

from app.controllers.access import authenticate
from app.errors import NotABanker, NotACustomer
from app.views import rates
from app.views.context import bank, request_id
from app.views.tokens import verified_claims

Guarded = TypeVar("Guarded", bound=Blueprint)
GUARDS = ("public", "signed_in", "customers", "bankers")


def public(blueprint: Guarded) -> Guarded:
    """Anybody may enter."""
    return _guard(blueprint, "public", lambda: None)


def signed_in(blueprint: Guarded) -> Guarded:
    """Whoever has a living session may enter."""
    return _guard(blueprint, "signed_in", _authenticate)


def customers(blueprint: Guarded) -> Guarded:
    """Customers may enter, bankers not."""
    return _guard(blueprint, "customers", _only_customers)


def bankers(blueprint: Guarded) -> Guarded:
    """Bankers may enter, customers not."""
    return _guard(blueprint, "bankers", _only_bankers)


def guard_of(blueprint: AnyBlueprint) -> str:
    """The blueprint's guard, or nothing."""
    return str(getattr(blueprint, "guard", ""))


def bankers_only() -> bool:
    """Whether the request is for a route that only bankers may use."""
    blueprint = current_app.blueprints.get(request.blueprint or "")
    return blueprint is not None and guard_of(blueprint) == "bankers"


def deny_by_default(app: Flask) -> None:
    """Refuse to start with an unguarded blueprint, and to serve a route outside of all."""
    for name, blueprint in app.blueprints.items():
        if guard_of(blueprint) not in GUARDS:
            raise RuntimeError(f"blueprint {name} has no guard")

    @app.before_request
    def _outside() -> None:
        if request.endpoint and request.blueprint is None:
            abort(404)


def _guard(blueprint: Guarded, name: str, check: Callable[[], None]) -> Guarded:
    if guard_of(blueprint):
        raise RuntimeError(f"blueprint {blueprint.name} has a guard already")
    blueprint.guard = name  # type: ignore[attr-defined]
    blueprint.before_request(lambda: _enter(name, check))
    return blueprint


def _enter(name: str, check: Callable[[], None]) -> None:
    """OPTIONS only names the methods; browsers ask it without a token before they send one."""
    if request.method != "OPTIONS":
        check()
        rates.count_request(name)


def _authenticate() -> None:
    claims = verified_claims()
    g.actor = authenticate(
        bank(),
        claims.user,
        claims.session,
        claims.plane,
        request_id=request_id(),
        address=request.remote_addr or "",
    )


def _only_customers() -> None:
    _authenticate()
    if g.actor.plane != "customer":
        raise NotACustomer("log in as a customer")


def _only_bankers() -> None:
    _authenticate()
    if g.actor.plane != "banker" or not g.actor.roles:
        raise NotABanker("log in as a banker")
