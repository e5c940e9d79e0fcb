"""Tokens that were too old are renewed on the way to a page, and nothing that was typed is lost:
a browser that is answered 307 sends the same form again."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.controllers import access, quotas
from app.errors import InvalidRefreshToken
from app.views import cookies, guards, html, rates
from app.views.context import bank
from app.views.cookies import SITES, Site
from app.views.languages import _
from app.views.notes import note

renewal = guards.visitors(Blueprint("renewal", __name__))


@renewal.route(SITES["customer"].renewal_path, methods=["GET", "POST"], endpoint="customers")
def renew_customers() -> Response:
    """Renew a customer's tokens and go on."""
    return _renewed(SITES["customer"], url_for("my_overview.show"))


@renewal.route(SITES["banker"].renewal_path, methods=["GET", "POST"], endpoint="bankers")
def renew_bankers() -> Response:
    """Renew a banker's tokens and go on."""
    return _renewed(SITES["banker"], url_for("desk_home.show"))


def _renewed(site: Site, home: str) -> Response:
    onward = html.local(request.args.get("next"), home)
    token = cookies.renewal_of(site) or ""
    try:
        rates.count(rates.REFRESH_OF_SESSION, quotas.hashed(bank(), token.partition(".")[0]))
        idle = access.idle_time(bank().config, site.plane)
        by_itself = urlsplit(onward).path in map(url_for, guards.BY_ITSELF)
        entered = access.refresh(bank(), token, idle=idle, used=not by_itself)
    except InvalidRefreshToken:
        return _log_in_first(site, onward, was_here=bool(token))
    return cookies.keep(redirect(onward, 307), entered)


def _log_in_first(site: Site, onward: str, *, was_here: bool) -> Response:
    """To the log-in, and from there on to where somebody wanted to go."""
    if request.method != "GET":
        note(_("You were logged out meanwhile, and nothing was sent. Please log in again."))
        onward = ""
    elif was_here:
        note(_("You were logged out because nothing was done for a while."))
    asked = {"next": onward} if onward else {}
    query = urlencode(asked | ({"site": "desk"} if site.plane == "banker" else {}))
    return cookies.forget(html.see(f"{url_for('entrance.log_in')}?{query}".rstrip("?")), site)
