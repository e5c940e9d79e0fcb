"""The browser's cookies: tokens of a log-in, a known device, a payment that was begun, and what one
page tells the next.

Customers and bankers have cookies of their own, so that one browser can be logged in as both. All
are `HttpOnly`, and `Secure` with the prefixes that make a browser insist on it, unless
SECURE_COOKIES is off for a browser that knows no secure cookies without TLS.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response as AnyResponse

from app.config import Config
from app.controllers import devices
from app.controllers.access import Entered
from app.views.context import bank
from app.views.tokens import access_token

DEVICE_SECONDS = 365 * 24 * 3600
PAYER_SECONDS = 8 * 24 * 3600
_SECURE = "secure cookies"


@dataclass(frozen=True, slots=True)
class Site:
    """One of the two websites: whose it is, its cookies, and where its tokens are renewed."""

    plane: str
    token: str
    renewal: str
    renewal_path: str
    same_site: str


SITES = {
    "customer": Site("customer", "at", "rt", "/session/refresh", "Lax"),
    "banker": Site("banker", "desk", "desk-rt", "/desk/session/refresh", "Strict"),
}
_DEVICE, _PAYER = "device", "pay"


class PageSessions(SecureCookieSessionInterface):
    """What one page tells the next, in a signed cookie that requests of the API do not have."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The page's session; without the cookie, an empty one."""
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send it if a page has changed it."""
        if session.modified:
            super().save_session(app, session, response)


def init_cookies(app: Flask, config: Config) -> None:
    """Set up the cookie that carries a page's own memory."""
    secure = config.secure_cookies
    app.extensions[_SECURE] = secure
    app.session_interface = PageSessions()
    app.jinja_env.globals["was_at"] = lambda plane: token_of(SITES[plane]) is not None
    keys = config.keys("page session")
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=keys[1:],
        SESSION_COOKIE_NAME="__Host-page" if secure else "page",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )


def token_of(site: Site) -> str | None:
    """The access token that the browser sent."""
    return request.cookies.get(_name(site.token, "/"))


def renewal_of(site: Site) -> str | None:
    """The refresh token that the browser sent, which it does to one address alone."""
    return request.cookies.get(_name(site.renewal, site.renewal_path))


def device_token() -> str | None:
    """What shows that somebody has logged in from this browser before."""
    return request.cookies.get(_name(_DEVICE, "/"))


def payer_secret() -> str:
    """What only this browser knows, by which a payment at a shop is its own; made when it is asked
    for, for `keep_payer`."""
    if known := request.cookies.get(_name(_PAYER, "/")):
        return known
    if _PAYER not in g:
        setattr(g, _PAYER, secrets.token_urlsafe(16))
    return str(g.get(_PAYER))


def keep_payer(response: AnyResponse) -> AnyResponse:
    """Let the browser keep the secret, if it was made just now."""
    if made := g.get(_PAYER):
        _set(response, _PAYER, made, PAYER_SECONDS, "Lax")
    return response


def keep(response: AnyResponse, entered: Entered) -> AnyResponse:
    """Let the browser keep the tokens of a log-in for as long as the session may last."""
    site = SITES[entered.session.plane]
    seconds = int((entered.session.expires_at - bank().now()).total_seconds())
    _set(response, site.token, access_token(entered), seconds, site.same_site)
    _set(response, site.renewal, entered.refresh_token, seconds, "Strict", site.renewal_path)
    return response


def keep_device(response: AnyResponse, entered: Entered) -> AnyResponse:
    """Let the browser show at the next log-in that it was here."""
    known = devices.token(bank(), entered.session.user, device_token())
    _set(response, _DEVICE, known, DEVICE_SECONDS, "Strict")
    return response


def forget(response: AnyResponse, site: Site) -> AnyResponse:
    """Let the browser forget the tokens of a site."""
    for name, path in ((site.token, "/"), (site.renewal, site.renewal_path)):
        response.delete_cookie(
            _name(name, path), path, secure=current_app.extensions[_SECURE], httponly=True
        )
    return response


def _set(
    response: AnyResponse, name: str, text: str, seconds: int, same_site: str, path: str = "/"
) -> None:
    response.set_cookie(
        _name(name, path), text, max_age=seconds, path=path, httponly=True, samesite=same_site,
        secure=current_app.extensions[_SECURE],
    )  # fmt: skip


def _name(name: str, path: str) -> str:
    """With the prefix by which a browser takes it from nobody but this host, over TLS."""
    if not current_app.extensions[_SECURE]:
        return name
    return f"__Host-{name}" if path == "/" else f"__Secure-{name}"
