"""Recovery codes, and whether a code is asked for at each log-in."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.controllers import second_factors
from app.controllers.orders import Proof, ProofSchema, SwitchFactor, SwitchFactorSchema
from app.errors import NoAuthenticator, NoSecondFactor
from app.views import html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.security.proofs import code_for, page


def recovery_codes() -> Any:
    """Make new recovery codes, shown once."""
    form: Form[Proof] = Form(ProofSchema)
    code = code_for(form, "second_factor")
    if "totp" not in code.methods:
        html.complain(NoAuthenticator())
        return html.see(url_for(".show"))
    if form.sent:
        made = form.attempt(
            lambda order: second_factors.renew_recovery_codes(bank(), actor(), order)
        )
        if made:
            news = _("The recovery codes from before are worth nothing now.")
            return page("codes_once.html", codes=made, news=news)
    left = second_factors.state(bank(), actor()).recovery_codes
    return page("recovery_codes.html", form.status, form=form, code=code, left=left)


def at_log_in() -> Any:
    """Be asked for a code at each log-in, or no longer."""
    present = second_factors.state(bank(), actor())
    start = {"at_log_in": "false" if present.at_log_in else "true"}
    form: Form[SwitchFactor] = Form(SwitchFactorSchema, start)
    code = code_for(form, "second_factor")
    if not code.methods:
        html.complain(NoSecondFactor())
        return html.see(url_for(".show"))
    if form.sent:
        done = form.attempt(lambda order: second_factors.switch(bank(), actor(), order))
        if done:
            note(_("Asked at each log-in") if done.at_log_in else _("Not asked at log-in"))
            return html.see(url_for(".show"))
    wanted = form.values.get("at_log_in") == "true"
    return page("at_log_in.html", form.status, form=form, code=code, wanted=wanted)
