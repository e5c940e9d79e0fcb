"""Who may enter. Every blueprint names exactly one guard; a route without one cannot be reached.

public          anybody, also without a token
signed_in       customers and bankers
customers       customers only
bankers         bankers only
merchants       shops only, whose every call is signed

Pages have guards of their own. Their tokens are cookies, which a browser sends by itself; so each
form must carry what only our own pages know.

visitors        anybody
customer_pages  customers only; others are sent to the log-in
desk_pages      bankers only; others are sent to the log-in of the desk
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Flask, abort, current_app, g, redirect, request
from flask.sansio.blueprints import Blueprint as AnyBlueprint

from app.controllers.access import authenticate, idle_time
from app.controllers.payments import signing
from app.errors import InvalidToken, NotABanker, NotACustomer
from app.views import cookies, forgery, rates
from app.views.context import bank, request_id
from app.views.cookies import SITES, Site
from app.views.signatures import signed_call
from app.views.tokens import Claims, claims_of, verified_claims

Guarded = TypeVar("Guarded", bound=Blueprint)
GUARDS = (
    "public", "signed_in", "customers", "bankers", "merchants", "visitors", "customer_pages",
    "desk_pages",
)  # fmt: skip
BY_ITSELF = frozenset({"desk_feed.live", "desk_feed.latest"})
"""What a page asks for by itself: no use of the session, which may be found left alone even so."""


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


def merchants(blueprint: Guarded) -> Guarded:
    """Shops may enter, with a signed call; people not."""
    return _guard(blueprint, "merchants", _only_merchants)


def visitors(blueprint: Guarded) -> Guarded:
    """Anybody may look at its pages; its forms must come from them."""
    return _guard(blueprint, "visitors", _check_form)


def customer_pages(blueprint: Guarded) -> Guarded:
    """Pages of customers."""
    return _guard(blueprint, "customer_pages", lambda: _enter_site(SITES["customer"]))


def desk_pages(blueprint: Guarded) -> Guarded:
    """Pages of bankers."""
    return _guard(blueprint, "desk_pages", lambda: _enter_site(SITES["banker"]))


def guard_of(blueprint: AnyBlueprint) -> str:
    """The blueprint's guard, or nothing."""
    return str(getattr(blueprint, "guard", ""))


def bankers_only() -> bool:
    """Whether the request is for a route that only bankers may use."""
    blueprint = current_app.blueprints.get(request.blueprint or "")
    return blueprint is not None and guard_of(blueprint) in ("bankers", "desk_pages")


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
    _admit(verified_claims())


def _admit(claims: Claims, *, idle: timedelta | None = None) -> None:
    g.actor = authenticate(
        bank(),
        claims.user,
        claims.session,
        claims.plane,
        request_id=request_id(),
        address=request.remote_addr or "",
        idle=idle,
        used=request.endpoint not in BY_ITSELF,
    )


def _check_form() -> None:
    forgery.check(token=request.endpoint not in forgery.WITHOUT_TOKEN)


def _enter_site(site: Site) -> None:
    """Let in who is logged in; whose token is too old gets a new one on the way, and the browser
    sends the same again."""
    try:
        claims = claims_of(cookies.token_of(site) or "")
        if claims.plane != site.plane:
            raise InvalidToken()
        _admit(claims, idle=idle_time(bank().config, site.plane))
    except InvalidToken:
        forgery.check(token=False)
        query = urlencode({"next": request.full_path.rstrip("?")})
        abort(redirect(f"{site.renewal_path}?{query}", 307))
    forgery.check()
    if site.plane == "banker" and not g.actor.roles:
        raise NotABanker("ask an admin for a role")


def _only_customers() -> None:
    _authenticate()
    if g.actor.plane != "customer":
        raise NotACustomer("log in as a customer")


def _only_bankers() -> None:
    _authenticate()
    if g.actor.plane != "banker" or not g.actor.roles:
        raise NotABanker("log in as a banker")


def _only_merchants() -> None:
    g.actor = signing.authenticate(
        bank(), signed_call(), request_id=request_id(), address=request.remote_addr or ""
    )
