"""Paying at the bank's own page: number and PIN, a code where that is too little, the receipt."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.controllers import codes
from app.controllers.orders import Code, CodeSchema, Pay, PaySchema
from app.controllers.payments import confirming
from app.controllers.payments.confirming import CodeNeeded, Visit
from app.errors import BankError, SecondFactorNeeded, Throttled
from app.views import cookies, guards, html
from app.views.api.representations import masked_email
from app.views.context import bank
from app.views.forms import Form
from app.views.pages.arriving import customer_s_accounts
from app.views.pages.codes import BUTTON, AskedCode
from app.views.pages.pay.returning import way_back

pay = guards.visitors(Blueprint("pay", __name__, url_prefix="/pay"))
_BOTH = ["GET", "POST"]
_WAITS = "paying"


@pay.after_request
def keep_payer(response: AnyResponse) -> AnyResponse:
    """The browser that begins to pay must be known again."""
    return cookies.keep_payer(response)


@pay.route("/<id>", methods=_BOTH)
def show(id: str) -> Any:
    """What is to be paid to whom, and the fields to pay it; afterwards, what became of it."""
    visit = _visit(id)
    form: Form[Pay] = Form(PaySchema)
    if form.sent:
        done = form.attempt(lambda order: confirming.confirm(bank(), id, order, visit))
        if isinstance(done, CodeNeeded):
            session[_WAITS] = [id, done.challenge]
            return html.see(url_for(".code", id=id))
        if done:
            return html.see(url_for(".show", id=id))
    form.values.pop("pin", None)
    paused = isinstance(form.refused, SecondFactorNeeded) or "code" in form.values
    form.values.pop("code", None)
    return _shown(id, visit, form, paused=paused)


@pay.route("/<id>/code", methods=_BOTH)
def code(id: str) -> Any:
    """The second step, where a PIN is too little: a code for exactly this payment."""
    visit, form = _visit(id), Form[Code](CodeSchema)
    needed = _needed(id, visit)
    if needed is None:
        return html.see(url_for(".show", id=id))
    to = masked_email(needed.address) or ""
    part = AskedCode(needed.methods, mailed=bool(to), to=to)
    if form.sent and BUTTON in request.form:
        _ask_again(form, part, id, needed, visit)
    elif form.sent:
        done = form.attempt(
            lambda order: confirming.prove(bank(), id, needed.challenge, order.code, visit)
        )
        if done:
            session.pop(_WAITS, None)
            return html.see(url_for(".show", id=id))
        form.values.pop("code", None)
    intent = confirming.read(bank(), id)
    if confirming.standing(bank(), intent, visit.browser) != "open":
        return html.see(url_for(".show", id=id))
    return html.page(
        "pay/code.html", form.status, form=form, code=part, intent=intent, back_to=way_back(intent)
    )


def _visit(id: str) -> Visit:
    return confirming.visit_of(id, cookies.payer_secret(), request.remote_addr or "")


def _shown(id: str, visit: Visit, form: Form[Pay], *, paused: bool) -> Any:
    intent = confirming.read(bank(), id)
    standing = confirming.standing(bank(), intent, visit.browser)
    more: dict[str, Any] = {"intent": intent, "back_to": way_back(intent)}
    if standing == "open":
        own = [each for each in customer_s_accounts() if each.currency == intent.currency]
        return html.page(
            "pay/pay.html", form.status, form=form, paused=paused, own=own,
            hold_days=bank().config.payment_hold_days, **more,
        )  # fmt: skip
    mine = intent.browser == visit.browser
    if form.sent and standing == "paid" and mine:
        return html.see(url_for(".show", id=id))
    if standing == "paid" and mine:
        return html.page("pay/paid.html", **more)
    return html.page("pay/over.html", form.status, standing=standing, **more)


def _needed(id: str, visit: Visit) -> CodeNeeded | None:
    """The code that this browser was asked for, for this payment."""
    intent, (known, challenge) = confirming.read(bank(), id), session.get(_WAITS, ["", ""])
    return confirming.waits(bank(), intent, challenge, visit) if known == id else None


def _ask_again(
    form: Form[Code], part: AskedCode, id: str, needed: CodeNeeded, visit: Visit
) -> None:
    """Have another code mailed; how long to wait where the last one is on its way."""
    form.values.pop("code", None)
    try:
        found = confirming.send_again(bank(), id, needed.challenge, visit)
    except Throttled as error:
        form.status, part.wait = 429, error.retry_after
    except BankError as error:
        form.refuse(error)
    else:
        session[_WAITS] = [id, found.challenge]
        part.to = masked_email(found.address) or ""
        part.wait = int(codes.RESEND_AFTER.total_seconds())
