"""The way in: the home page, opening an account, logging in and out, language and colours."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, session, url_for

from app.controllers import access, demo, demo_shop, log_ins, registrations
from app.controllers.log_ins import Entered, Pending
from app.controllers.orders import (
    LogIn,
    LogInSchema,
    Register,
    RegisterSchema,
    VerifyFlow,
    VerifyFlowSchema,
    VerifyLogIn,
    VerifyLogInSchema,
)
from app.errors import (
    BankError,
    Forbidden,
    InvalidCode,
    InvalidToken,
    NoSecondFactor,
    WrongCredentials,
)
from app.views import cookies, forgery, guards, html, languages
from app.views.context import bank, caller, request_id
from app.views.cookies import SITES
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.arriving import already_in, onward, welcome
from app.views.tokens import claims_of

entrance = guards.visitors(Blueprint("entrance", __name__))
_WAITING, _APPLIED = "waiting", "applied"


@entrance.get("/")
def home() -> Any:
    """What the bank is, and the two ways in."""
    people = {"customers": demo.CUSTOMERS, "bankers": demo.BANKERS, "password": demo.PASSWORD}
    shop = demo_shop.shown(bank()) if bank().config.shop else None
    return html.page("entrance/home.html", people=people, shop=shop)


@entrance.route("/open-account", methods=["GET", "POST"])
def open_account() -> Any:
    """Become a customer: at once without an e-mail address, with one by a code to it."""
    typed = session.get(_APPLIED, {}).get("typed", {})
    form: Form[Register] = Form(RegisterSchema, typed)
    if form.sent:
        found = form.attempt(_register)
        if isinstance(found, Entered):
            return welcome(found, _("Welcome. Your account is open."))
        if found:
            typed = {name: text for name, text in form.values.items() if name != "password"}
            session[_APPLIED] = {"flow": found, "typed": typed}
            return html.see(url_for("entrance.confirm"))
    limit = bank().config.limit("unconfirmed_daily_limit", bank().config.currency)
    length = bank().config.password_min_length
    return html.page(
        "entrance/open_account.html", form.status, form=form, limit=limit, length=length
    )


def _register(order: Register) -> Entered | str:
    """Who needs no code is logged in; for the others, the name of what waits for it."""
    if order.email is None:
        return registrations.enter_without_address(bank(), order, caller())
    return registrations.apply(bank(), order, order.email, caller()).id


@entrance.route("/open-account/code", methods=["GET", "POST"])
def confirm() -> Any:
    """Answer the code that was mailed, and be a customer."""
    applied = session.get(_APPLIED)
    if not applied:
        return html.see(url_for("entrance.open_account"))
    form: Form[VerifyFlow] = Form(VerifyFlowSchema)
    if form.sent:
        found = form.attempt(
            lambda order: registrations.enter(bank(), order.flow_id, order.code, caller()),
            flow_id=applied["flow"],
        )
        if found:
            return welcome(found, _("Welcome. Your account is open."))
    form.values.pop("code", None)
    email = applied["typed"].get("email", "")
    return html.page("entrance/confirm.html", form.status, form=form, email=email)


@entrance.post("/open-account/resend")
def mail_again() -> Any:
    """Have the code to open an account mailed again."""
    flow = session.get(_APPLIED, {}).get("flow", "")
    try:
        registrations.apply_again(bank(), flow, caller())
        note(_("A new code is on its way to you."))
    except InvalidCode:
        note(_("This took too long. Please send the form once more."))
        return html.see(url_for("entrance.open_account"))
    except BankError as error:
        html.complain(error)
    return html.see(url_for("entrance.confirm"))


@entrance.route("/log-in", methods=["GET", "POST"])
def log_in() -> Any:
    """User name and password; customers and bankers alike."""
    form: Form[LogIn] = Form(LogInSchema, {"username": request.args.get("as", "")})
    if here := already_in():
        return html.see(here)
    if form.sent:
        known = cookies.device_token()
        more = {"device_token": known} if known else {}
        found = form.attempt(_enter, **more)
        if isinstance(found, Pending):
            return _wait_for_code(found)
        if found:
            return welcome(found)
    form.values.pop("password", None)
    desk = request.args.get("site") == "desk"
    password = _demo_password(form.values.get("username", ""))
    return html.page(
        "entrance/log_in.html", form.status, form=form, onward=onward(), desk=desk,
        password=password,
    )  # fmt: skip


def _enter(order: LogIn) -> Entered | Pending:
    """To log in; a banker without an app is told what helps a banker."""
    try:
        return log_ins.log_in(bank(), order, caller())
    except NoSecondFactor as error:
        raise Forbidden(error.detail) from None


def _demo_password(username: str) -> str:
    """What everybody may know, in a demo."""
    known = username in (*demo.CUSTOMERS, *demo.BANKERS)
    return demo.PASSWORD if known and bank().config.demo else ""


@entrance.route("/log-in/code", methods=["GET", "POST"])
def verify() -> Any:
    """The second step of a log-in."""
    waiting = session.get(_WAITING)
    if not waiting:
        return html.see(url_for("entrance.log_in"))
    form: Form[VerifyLogIn] = Form(VerifyLogInSchema)
    if form.sent:
        token = waiting["token"]
        found = form.attempt(_verify, mfa_token=token)
        if found:
            return welcome(found)
    form.values.pop("code", None)
    return html.page(
        "entrance/code.html", form.status, form=form, methods=waiting["methods"], onward=onward()
    )


def _verify(order: VerifyLogIn) -> Entered:
    """Of a log-in that this browser has begun, it may be told that the code alone is wrong."""
    try:
        return log_ins.verify(bank(), order.mfa_token, order.code, caller())
    except WrongCredentials:
        raise InvalidCode() from None


@entrance.post("/log-in/resend")
def send_again() -> Any:
    """Have the code of a waiting log-in mailed again."""
    waiting = session.get(_WAITING) or {"token": ""}
    try:
        log_ins.send_again(bank(), waiting["token"], caller())
        note(_("A new code is on its way to you."))
    except WrongCredentials:
        note(_("This took too long. Please log in again."))
        return html.see(url_for("entrance.log_in", next=onward() or None))
    except BankError as error:
        html.complain(error)
    return html.see(url_for("entrance.verify", next=onward() or None))


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
    return html.see(url_for("entrance.verify", next=onward() or None))
