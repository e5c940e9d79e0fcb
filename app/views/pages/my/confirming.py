"""Payments that were typed, shown once more; what is sent from here moves the money."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.controllers import confirmations
from app.controllers.confirmations import Preview
from app.controllers.orders import Transfer, TransferSchema, Withdraw, WithdrawSchema
from app.errors import BankError
from app.views import html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.codes import AskedCode, asked_code
from app.views.pages.my import drafts
from app.views.pages.my.drafts import Draft
from app.views.pages.my.payments import payments
from app.views.pages.places import receipt_address
from app.views.problems import load

__all__ = ["payments"]

_BOTH = ["GET", "POST"]
_FIRST = {"transfer": "my_payments.transfer", "withdraw": "my_payments.withdraw"}
_SCHEMAS = {"transfer": TransferSchema, "withdraw": WithdrawSchema}


@payments.route("/transfer/confirm", methods=_BOTH)
def transfer_confirm() -> Any:
    """A transfer: whom it goes to, what is left, and then for good."""
    return _confirm("transfer")


@payments.route("/withdraw/confirm", methods=_BOTH)
def withdraw_confirm() -> Any:
    """A withdrawal that needs a code: what is left, and then for good."""
    return _confirm("withdraw")


def _confirm(kind: str) -> Any:
    draft = drafts.find(kind)
    if draft is None:
        note(_("Please type the payment again."))
        return html.see(url_for(_FIRST[kind]))
    form: Form[Transfer | Withdraw] = Form(_SCHEMAS[kind])
    code = asked_code(form, lambda: confirmations.ask_again(bank(), actor(), _order(draft)))
    if form.sent:
        done = form.attempt(
            lambda order: confirmations.finish(bank(), actor(), order, form.key), **draft.fields
        )
        if done:
            return html.see(receipt_address(done))
    elif before := confirmations.outcome(bank(), actor(), draft.key):
        # Back in the history: what was made is not made again; what was refused may be, anew.
        if before.transaction:
            return html.see(url_for("my_history.transaction", id=before.transaction))
    else:
        form.key = draft.key
    return _show(form, draft, code)


def _show(form: Form[Any], draft: Draft, code: AskedCode) -> Any:
    seen = _seen(form, draft)
    # Where nobody knows what the payment needs, nor whether it was made, a code may be sent again.
    asked = code.methods if "code" in form.values else ()
    code.methods = seen.methods if seen else asked
    code.mailed = True
    return html.page(
        "my/confirm.html", form.status, form=form, draft=draft, seen=seen, code=code,
        change=drafts.address(_FIRST[draft.kind], draft),
    )  # fmt: skip


def _seen(form: Form[Any], draft: Draft) -> Preview | None:
    """The payment as it would be made now; what refuses it is shown, unless something is."""
    try:
        return confirmations.preview(bank(), actor(), _order(draft))
    except BankError as error:
        if form.status == 200:
            key = form.key
            form.refuse(error)
            form.key = key
        return None


def _order(draft: Draft) -> Transfer | Withdraw:
    order: Transfer | Withdraw = load(_SCHEMAS[draft.kind](), draft.fields)
    return order
