"""Authenticator apps: set up, confirmed, removed.

The secret and the recovery codes are shown once: straight in the answer to the form, never in an
address and never kept. Sending such a form a second time changes nothing.
"""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from markupsafe import Markup

from app.controllers import second_factors
from app.controllers.factors import Enrolment
from app.controllers.orders import Code, CodeSchema, Proof, ProofSchema
from app.errors import InvalidCode, NoAuthenticator
from app.views import html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.security.proofs import blame, code_for, page
from app.views.qr import qr_svg


def app() -> Any:
    """Begin to set up an authenticator app."""
    form: Form[Proof] = Form(ProofSchema)
    code = code_for(form, "second_factor")
    if form.sent:
        begun = form.attempt(lambda order: second_factors.begin_app(bank(), actor(), order))
        if begun:
            return _to_scan(Form(CodeSchema, name="confirm"), begun)
    blame(form, code)
    return page("app.html", form.status, form=form, code=code)


def confirm_app() -> Any:
    """Confirm the app by a code of it: recovery codes, shown once."""
    secret = request.form.get("secret", "")
    begun = second_factors.begun_app(bank(), actor(), secret)
    if request.method != "POST" or begun is None:
        return _begin_again(secret)
    form: Form[Code] = Form(CodeSchema, name="confirm")
    made = form.attempt(lambda order: second_factors.confirm_app(bank(), actor(), order.code))
    if made:
        news = _("Your app is set up. Everywhere else you are logged out now.")
        return page("codes_once.html", codes=made, news=news)
    if isinstance(form.refused, InvalidCode):
        form.errors = {"code": [_("The app shows another code. Type the one that it shows now.")]}
    return _to_scan(form, begun)


def remove_app() -> Any:
    """Do without the app: codes come by mail then, where an address is confirmed."""
    form: Form[Proof] = Form(ProofSchema)
    code = code_for(form, "second_factor")
    if "totp" not in code.methods:
        html.complain(NoAuthenticator())
        return html.see(url_for(".show"))
    if form.sent and form.attempt(_remove):
        note(_("Your authenticator app was removed. Everywhere else you are logged out now."))
        return html.see(url_for(".show"))
    return page("remove_app.html", form.status, form=form, code=code)


def _remove(order: Proof) -> bool:
    second_factors.drop_app(bank(), actor(), order)
    return True


def _to_scan(form: Form[Code], begun: Enrolment) -> Any:
    """The picture for the app, the same as text, and a field for what the app shows."""
    secret = begun.secret_base32
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    picture = Markup(qr_svg(begun.uri, title=_("QR code for your authenticator app")))  # noqa: S704
    return page("scan.html", form.status, form=form, secret=secret, groups=groups, picture=picture)


def _begin_again(secret: str) -> Any:
    """Nothing waits to be confirmed: it was, by the same form sent twice, or it took too long."""
    if second_factors.has_app(bank(), actor(), secret):
        note(_("Your app is set up. If you have no recovery codes at hand, make new ones."))
        return html.see(url_for(".show"))
    if secret:
        note(_("That took too long, or you began anew elsewhere. Please begin again."))
    return html.see(url_for(".app"))
