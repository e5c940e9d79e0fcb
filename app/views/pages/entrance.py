"""The way in: the home page, logging in and out, language and colours."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, session, url_for

from app.controllers import access, demo, log_ins
from app.controllers.log_ins import Entered, Pending
from app.controllers.orders import LogIn, LogInSchema, VerifyLogIn, VerifyLogInSchema
from app.errors import BankError, InvalidToken
from app.views import cookies, forgery, guards, html, languages
from app.views.context import bank, caller, request_id
from app.views.cookies import SITES
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.tokens import claims_of

entrance = guards.visitors(Blueprint("entrance", __name__))
_WAITING = "waiting"


@entrance.get("/")
def home() -> Any:
    """What the bank is, and the two ways in."""
    people = {"customers": demo.CUSTOMERS, "bankers": demo.BANKERS, "password": demo.PASSWORD}
    return html.page("entrance/home.html", people=people)


@entrance.route("/open-account", methods=["GET", "POST"])
def open_account() -> Any:
    """Become a customer."""
    return html.page("entrance/open_account.html")


@entrance.route("/log-in", methods=["GET", "POST"])
def log_in() -> Any:
    """User name and password; customers and bankers alike."""
    form: Form[LogIn] = Form(LogInSchema, {"username": request.args.get("as", "")})
    if form.sent:
        known = cookies.device_token()
        more = {"device_token": known} if known else {}
        found = form.attempt(lambda order: log_ins.log_in(bank(), order, caller()), **more)
        if isinstance(found, Pending):
            return _wait_for_code(found)
        if found:
            return _welcome(found)
    form.values.pop("password", None)
    desk = request.args.get("site") == "desk"
    return html.page("entrance/log_in.html", form.status, form=form, onward=_onward(""), desk=desk)


@entrance.route("/log-in/code", methods=["GET", "POST"])
def verify() -> Any:
    """The second step of a log-in."""
    waiting = session.get(_WAITING)
    if not waiting:
        return html.see(url_for("entrance.log_in"))
    form: Form[VerifyLogIn] = Form(VerifyLogInSchema)
    if form.sent:
        token = waiting["token"]
        found = form.attempt(
            lambda order: log_ins.verify(bank(), order.mfa_token, order.code, caller()),
            mfa_token=token,
        )
        if found:
            return _welcome(found)
    form.values.pop("code", None)
    return html.page(
        "entrance/code.html", form.status, form=form, methods=waiting["methods"], onward=_onward("")
    )


@entrance.post("/log-in/resend")
def send_again() -> Any:
    """Have the code of a waiting log-in mailed again."""
    waiting = session.get(_WAITING) or {"token": ""}
    try:
        log_ins.send_again(bank(), waiting["token"], caller())
        note(_("A new code is on its way to you."))
    except BankError as error:
        html.complain(error)
    return html.see(url_for("entrance.verify", next=_onward("") or None))


@entrance.post("/log-out")
def log_out() -> Any:
    """End the session of this browser, on the site whose button was pressed."""
    site = SITES["banker" if request.form.get("site") == "banker" else "customer"]
    try:
        claims = claims_of(cookies.token_of(site) or "")
        access.log_out(
            bank(),
            access.authenticate(
                bank(), claims.user, claims.session, claims.plane, request_id=request_id()
            ),
        )
    except InvalidToken:
        pass  # it has ended by itself
    forgery.begin_anew()
    note(_("You are logged out."))
    response = cookies.forget(html.see(url_for("entrance.home")), site)
    # Not the cookies: whoever is logged in at the other site of the bank stays so.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@entrance.post("/preferences")
def preferences() -> Any:
    """Choose a language and colours."""
    if request.form.get("language") in languages.LANGUAGES:
        session["language"] = request.form["language"]
    if request.form.get("theme") in html.THEMES:
        session["theme"] = request.form["theme"]
    return html.see(html.local(request.form.get("next"), url_for("entrance.home")))


def _wait_for_code(found: Pending) -> Any:
    session[_WAITING] = {"token": found.mfa_token, "methods": found.methods}
    return html.see(url_for("entrance.verify", next=_onward("") or None))


def _welcome(entered: Entered) -> Any:
    """Into the site of whoever has logged in."""
    forgery.begin_anew(entered.session.id)
    home = "my_overview.show" if entered.session.plane == "customer" else "desk_home.show"
    response = cookies.keep(html.see(_onward(url_for(home))), entered)
    return cookies.keep_device(response, entered)


def _onward(otherwise: str) -> str:
    """Where the visitor wanted to go before the log-in."""
    return html.local(request.values.get("next"), otherwise)
