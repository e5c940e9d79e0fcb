"""A forgotten password: asking for a link, and setting a new password with it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import credentials
from app.controllers.credentials import OpenedLink
from app.controllers.orders import (
    Forgot,
    ForgotSchema,
    OpenLink,
    OpenLinkSchema,
    ResetPassword,
    ResetPasswordSchema,
)
from app.views import cookies, forgery, guards, html
from app.views.context import bank, caller
from app.views.cookies import SITES
from app.views.forms import Form
from app.views.languages import _
from app.views.links import pasted
from app.views.notes import note

resetting = guards.visitors(Blueprint("resetting", __name__))


@resetting.route("/forgot", methods=["GET", "POST"])
def forgot() -> Any:
    """Ask for a link by mail; the answer is the same for any address."""
    form: Form[Forgot] = Form(ForgotSchema)
    if form.sent and (email := form.attempt(_mail_link)):
        note(
            _(
                "A mail is on its way to %(email)s. If it belongs to an account, it brings a link.",
                email=email,
            )
        )
        return html.see(url_for("resetting.reset"))
    return html.page("entrance/forgot.html", form.status, form=form)


def _mail_link(order: Forgot) -> str:
    credentials.forgot(bank(), order.email, caller())
    return order.email


@resetting.route("/reset", methods=["GET", "POST"])
def reset() -> Any:
    """Set a new password with the mailed link: first the link, then what it needs."""
    link: Form[OpenLink] = Form(OpenLinkSchema, name="open")
    form: Form[ResetPassword] = Form(ResetPasswordSchema, name="reset")
    token = pasted()
    if form.sent:
        username = form.attempt(lambda order: credentials.reset(bank(), order, caller()), **token)
        if username:
            return _log_in_as(username)
    if not (link.sent or form.sent):
        return html.page("entrance/reset_link.html", form=link)
    opened: OpenedLink | None = link.attempt(
        lambda order: credentials.open_link(bank(), order.token), **token
    )
    if opened is None:
        return html.page("entrance/reset_link.html", link.status, form=link, refused=True)
    length = bank().config.password_min_length
    return html.page(
        "entrance/reset.html", form.status, form=form, **token, opened=opened, length=length
    )


def _log_in_as(username: str) -> Any:
    """Every session has ended, also one of this browser."""
    forgery.begin_anew()
    note(_("Your new password is set. Log in with it."))
    known: dict[str, Any] = {"as": username}
    return cookies.forget(html.see(url_for("entrance.log_in", **known)), SITES["customer"])
