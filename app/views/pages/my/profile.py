"""What the bank knows of a customer, and the customer's own changes to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import accounts, addresses, customers, step_up
from app.controllers.orders import (
    ChangeEmail,
    ChangeEmailSchema,
    Code,
    CodeSchema,
    EditPersonSchema,
    EditProfile,
    EditProfileSchema,
)
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.codes import asked_code

profile = guards.customer_pages(Blueprint("my_profile", __name__, url_prefix="/my/profile"))


@profile.route("", methods=["GET", "POST"])
def show() -> Any:
    """Name, phone, default account and e-mail address, each with a form of its own."""
    person = customers.profile(bank(), actor())
    known = {"name": person.name, "phone": person.shown_phone or ""}
    chosen = {"default_account": person.default_account or ""}
    who: Form[EditProfile] = Form(EditPersonSchema, known, name="person")
    default: Form[EditProfile] = Form(EditProfileSchema, chosen, name="default")
    email: Form[ChangeEmail] = Form(ChangeEmailSchema, name="email")
    confirm: Form[Code] = Form(CodeSchema, name="confirm")
    code = asked_code(email, lambda: step_up.ask(bank(), actor(), "change_email"))
    done = (
        (who.sent and who.attempt(_edit))
        or (default.sent and default.attempt(_edit))
        or (email.sent and email.attempt(_change_address))
        or (confirm.sent and confirm.attempt(_confirm_address))
    )
    if done:
        return html.see(url_for(".show"))
    confirm.values.pop("code", None)
    return html.page(
        "my/profile.html",
        max(form.status for form in (who, default, email, confirm)),
        person=person,
        who=who,
        default=default,
        email=email,
        code=code,
        confirm=confirm,
        waiting=addresses.waiting(bank(), actor()),
        accounts=accounts.own_accounts(bank(), actor()),
    )


def _edit(order: EditProfile) -> bool:
    customers.edit_profile(bank(), actor(), order)
    note(_("Your changes are saved."))
    return True


def _change_address(order: ChangeEmail) -> bool:
    addresses.change(bank(), actor(), order)
    note(_("We have mailed a code to %(address)s.", address=order.email))
    return True


def _confirm_address(order: Code) -> bool:
    addresses.confirm(bank(), actor(), order.code)
    note(_("Your new e-mail address is confirmed."))
    return True
