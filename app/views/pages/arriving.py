"""Where one arrives after a log-in: at one's own site, and where one wanted to go there."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response

from app.controllers.access import Entered, authenticate, idle_time
from app.controllers.accounts import Account, own_accounts
from app.errors import InvalidToken
from app.views import cookies, forgery, html
from app.views.context import bank, request_id
from app.views.cookies import SITES
from app.views.notes import note
from app.views.tokens import claims_of

_HOMES = {"customer": "my_overview.show", "banker": "desk_home.show"}


def welcome(entered: Entered, news: str = "") -> Response:
    """Into the site of whoever has logged in; the first page tells the news."""
    forgery.begin_anew(entered.session.id)
    if news:
        note(news)
    response = cookies.keep(html.see(_onward_at(entered.session.plane)), entered)
    return cookies.keep_device(response, entered)


def already_in() -> str:
    """Where somebody goes on who looks for the log-in and is logged in; who wants to be somebody
    else, or at the other site, is not sent there."""
    if request.method != "GET" or "as" in request.args:
        return ""
    planes = ["banker"] if request.args.get("site") == "desk" else ["customer", "banker"]
    there = (plane for plane in planes if cookies.token_of(SITES[plane]))
    return next((_onward_at(plane) for plane in there), "")


def customer_s_accounts() -> list[Account]:
    """The open accounts of whoever is logged in at the customers' site; to look at them is no use
    of the session."""
    try:
        claims = claims_of(cookies.token_of(SITES["customer"]) or "")
        if claims.plane != "customer":
            return []
        actor = authenticate(
            bank(), claims.user, claims.session, claims.plane, request_id=request_id(),
            idle=idle_time(bank().config, claims.plane), used=False,
        )  # fmt: skip
    except InvalidToken:
        return []
    return [each for each in own_accounts(bank(), actor) if each.status == "open"]


def onward(otherwise: str = "") -> str:
    """Where the visitor wanted to go before the log-in."""
    return html.local(request.values.get("next"), otherwise)


def _onward_at(plane: str) -> str:
    """The same, if it is at the site of who is logged in now; else its first page."""
    home = url_for(_HOMES[plane])
    wanted = onward(home)
    at_desk = wanted == "/desk" or wanted.startswith(("/desk/", "/desk?"))
    return wanted if at_desk == (plane == "banker") else home
