"""Who may enter the shop. Every blueprint names exactly one guard.

public      anybody; nobody is recognized, and nothing can be changed
visitors    anybody; its forms must come from our own pages
customers   who is logged in; others are sent to the log-in
admins      the shop's own people
signed      the bank, whose signature the view itself verifies; no cookies, no forms
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Flask, abort, g, redirect, request, session
from flask.sansio.blueprints import Blueprint as AnyBlueprint

from shop.controllers.accounts import entered
from shop.errors import NotAnAdmin
from shop.views import forgery
from shop.views.context import CUSTOMER, ENTRANCE, shop

Guarded = TypeVar("Guarded", bound=Blueprint)
GUARDS = ("public", "visitors", "customers", "admins", "signed")
LOG_IN = "/log-in"


def public(blueprint: Guarded) -> Guarded:
    """What is the same for everybody, such as pictures."""
    return _guard(blueprint, "public", lambda: None)


def visitors(blueprint: Guarded) -> Guarded:
    """Anybody may look at its pages; its forms must come from them."""
    return _guard(blueprint, "visitors", _anybody)


def customers(blueprint: Guarded) -> Guarded:
    """Pages of whoever is logged in."""
    return _guard(blueprint, "customers", _only_customers)


def admins(blueprint: Guarded) -> Guarded:
    """Pages of the shop's own people."""
    return _guard(blueprint, "admins", _only_admins)


def signed(blueprint: Guarded) -> Guarded:
    """Calls that carry a signature, which the view verifies before anything else."""
    return _guard(blueprint, "signed", lambda: None)


def guard_of(blueprint: AnyBlueprint) -> str:
    """The blueprint's guard, or nothing."""
    return str(getattr(blueprint, "guard", ""))


def deny_by_default(app: Flask) -> None:
    """Refuse to start with an unguarded blueprint."""
    for name, blueprint in app.blueprints.items():
        if guard_of(blueprint) not in GUARDS:
            raise RuntimeError(f"blueprint {name} has no guard")


def _guard(blueprint: Guarded, name: str, check: Callable[[], None]) -> Guarded:
    if guard_of(blueprint):
        raise RuntimeError(f"blueprint {blueprint.name} has a guard already")
    blueprint.guard = name  # type: ignore[attr-defined]
    blueprint.before_request(check)
    return blueprint


def _anybody() -> None:
    _recognize()
    forgery.check()


def _only_customers() -> None:
    _recognize()
    if g.customer is None:
        query = urlencode({"next": request.full_path.rstrip("?")})
        abort(redirect(f"{LOG_IN}?{query}", 303))
    forgery.check()


def _only_admins() -> None:
    _only_customers()
    if not g.customer.admin:
        raise NotAnAdmin("log in as one of the shop's own people")


def _recognize() -> None:
    """Who is looking, as `g.customer`: a Customer or None."""
    token = session.get(ENTRANCE)
    g.customer = entered(shop(), token) if token else None
    if g.customer is None and CUSTOMER in session:
        # The log-in is over, and with it the sight of this customer's cart.
        session.clear()
