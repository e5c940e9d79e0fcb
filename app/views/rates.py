"""How often each route may be asked: which quota, counted for whom, and what answers tell of it.

A signed-in person is counted by who they are, a shop by its key, anybody else by the network they
come from. Wrong
log-ins and codes are counted besides where they are tried, in `controllers/throttles.py`.
Documents, problems and health are free.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from flask import Flask, Response, g, request

from app.controllers import quotas
from app.controllers.bank import DriverError
from app.controllers.quotas import Counted, Quota, Window
from app.errors import TooManyRequests, Unavailable
from app.views.context import actor, bank

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = {_MINUTE: "minute", _HOUR: "hour", _DAY: "day"}

MONEY = Quota("money", (Window(30, _MINUTE), Window(1000, _DAY)), strict=True)
PAY = Quota("pay", (Window(30, 5 * _MINUTE),), strict=True)
DESK_READS = Quota("desk-reads", (Window(120, _MINUTE),))
DESK_CHANGES = Quota("desk-changes", (Window(20, _MINUTE),), strict=True)
MERCHANT_READS = Quota("merchant-reads", (Window(600, _MINUTE),))
MERCHANT_CHANGES = Quota("merchant-changes", (Window(120, _MINUTE),), strict=True)
EXPORTS = Quota("exports", (Window(20, _DAY),))
EVERYTHING_ELSE = Quota("requests", (Window(120, _MINUTE),))
REGISTER = Quota("register", (Window(20, _HOUR),))
CODES = Quota("codes", (Window(60, _HOUR),))
REFRESH = Quota("refresh", (Window(60, 5 * _MINUTE),))
REFRESH_OF_SESSION = Quota("refresh-session", (Window(30, 5 * _MINUTE),))

_BY_ENDPOINT = {
    "auth.register": REGISTER, "auth.refresh": REFRESH, "my_history.download": EXPORTS,
}  # fmt: skip
_BY_BLUEPRINT = {"transfers": MONEY}
_FORMS = {"entrance.open_account": REGISTER, "my_payments": MONEY, "pay": PAY}
"""Of pages, by endpoint or blueprint: only what is sent is counted so, not what is looked at."""

_FREE = frozenset({
    "auth.login", "entrance.log_in", "entrance.log_out", "entrance.preferences",
    "renewal.customers", "renewal.bankers",
})  # fmt: skip
"""Right log-ins are free, for an office has one address; wrong ones are not."""


def init_rates(app: Flask) -> None:
    """Tell with every counted answer what is left."""
    app.after_request(_tell)


def quota_of(endpoint: str, guard: str, method: str) -> Quota | None:
    """The quota of a route by its own name, then its blueprint's, then its guard; None is free."""
    blueprint = endpoint.rpartition(".")[0]
    if found := _BY_ENDPOINT.get(endpoint) or _BY_BLUEPRINT.get(blueprint):
        return found
    reads = method in ("GET", "HEAD")
    if not reads and (found := _FORMS.get(endpoint) or _FORMS.get(blueprint)):
        return found
    if guard in ("public", "visitors"):
        return None if reads or endpoint in _FREE else CODES
    if guard in ("bankers", "desk_pages"):
        return DESK_READS if reads else DESK_CHANGES
    if guard == "merchants":
        return MERCHANT_READS if reads else MERCHANT_CHANGES
    return EVERYTHING_ELSE


def count_request(guard: str) -> None:
    """Count the request that the guard has let in. Raises TooManyRequests."""
    quota = quota_of(request.endpoint or "", guard, request.method)
    if quota is DESK_READS and request.args.get("csv", "0") not in ("0", "false"):
        quota = EXPORTS
    if quota:
        count(quota, _subject(guard))


def _subject(guard: str) -> str | None:
    """Who is counted: a person, a key of a shop, or the network of somebody unknown."""
    if guard in ("public", "visitors"):
        return None
    return actor().session if guard == "merchants" else actor().user


def count(quota: Quota, subject: str | None) -> None:
    """Count one for a subject, or for the network that asks. Raises TooManyRequests."""
    if not bank().config.ratelimit_enabled:
        return
    if bank().config.demo:
        quota = _in_demo(quota)
    who = subject or quotas.hashed(bank(), quotas.network(request.remote_addr or ""))
    try:
        counted = quotas.count(bank(), quota, who, bank().now())
    except DriverError as error:
        if quota.strict:
            raise Unavailable("the database does not answer") from error
        return  # the answer itself may still be possible
    g.setdefault("counted", []).append((quota, counted))
    if not counted.admitted:
        raise TooManyRequests("`RateLimit` tells how often", retry_after=counted.retry_after)


def _in_demo(quota: Quota) -> Quota:
    """Many share the few people of a demo, and try things out faster than one lives."""
    windows = tuple(Window(3 * each.limit, each.seconds) for each in quota.windows)
    return replace(quota, windows=windows)


def _tell(response: Response) -> Response:
    """RateLimit and RateLimit-Policy, as draft-ietf-httpapi-ratelimit-headers has them."""
    told = [item for quota, counted in g.get("counted", ()) for item in _items(quota, counted)]
    if told:
        response.headers["RateLimit-Policy"] = ", ".join(policy for policy, _ in told)
        response.headers["RateLimit"] = ", ".join(left for _, left in told)
    return response


def _items(quota: Quota, counted: Counted) -> Iterator[tuple[str, str]]:
    """Of each window: its policy, and what is left of it."""
    names = [quota.name]
    names += [f"{quota.name}-{_UNITS[each.seconds]}" for each in islice(quota.windows, 1, None)]
    rows = zip(names, quota.windows, counted.left, counted.ends_in, strict=True)
    for name, window, left, ends_in in rows:
        yield f'"{name}";q={window.limit};w={window.seconds}', f'"{name}";r={left};t={ends_in}'
