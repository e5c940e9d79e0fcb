"""Pages: templates with what all of them show, and the policy under which a browser runs them."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
)
from werkzeug.wrappers import Response as AnyResponse

from app.config import Config
from app.errors import BankError
from app.views import forgery, formats, languages, wording
from app.views.context import request_id

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; "
    "img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
PAGE_GUARDS = frozenset({"visitors", "customer_pages", "desk_pages"})
"""Guards of blueprints that serve pages; errors are pages there, too."""

THEMES = ("auto", "light", "dark")


def init_html(app: Flask, config: Config) -> None:
    """Give the templates what all of them use."""
    languages.init_languages(app)
    formats.init_formats(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        form_token=forgery.form_token,
        FORM_TOKEN=forgery.FIELD,
        nonce=_nonce,
        bank_name=config.bank_name,
        demo=config.demo,
        language=languages.language,
        languages=languages.LANGUAGES,
        theme=_theme,
        here=_here,
        back=_back,
        person=lambda: g.get("actor"),
        request_id=request_id,
    )


def page(template: str, status: int = 200, **shown: Any) -> Response:
    """A template as an answer."""
    response = Response(render_template(template, **shown), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=_nonce())
    # With no-referrer, a browser says of its own forms that they come from "null".
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Content-Language"] = languages.language()
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def see(address: str) -> AnyResponse:
    """After a form was sent: look there, so that a reload sends nothing again."""
    return redirect(address, 303)


def is_page() -> bool:
    """Whether the request is for a page, or from a browser that would like one."""
    if request.blueprint:
        return getattr(current_app.blueprints[request.blueprint], "guard", "") in PAGE_GUARDS
    accepted = request.accept_mimetypes
    return accepted.best_match(["application/json", "text/html"]) == "text/html"


def local(address: str | None, otherwise: str) -> str:
    """An address of our own to go on to; never one of somebody else's."""
    parts = urlsplit(address or "")
    plain = address and address.startswith("/") and not address.startswith(("//", "/\\"))
    odd = any(ord(c) < 33 or c == "\\" for c in address or "")
    return address if address and plain and not odd and not parts.netloc else otherwise


def _here() -> str:
    """The address of the page itself, to come back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def _back() -> str:
    """The page of ours that the request was sent from, if the browser tells."""
    sent_from = urlsplit(request.referrer or "")
    query = f"?{sent_from.query}" if sent_from.query else ""
    return local(f"{sent_from.path}{query}", "") if sent_from.netloc == request.host else ""


def _theme() -> str:
    chosen = session.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def complain(error: BankError) -> None:
    """Tell on the next page why something was not done."""
    flash(wording.say(error), "problem")
