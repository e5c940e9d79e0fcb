"""The profile of whoever is logged in, and a customer's own changes to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.controllers import addresses, customers
from app.controllers.orders import (
    ChangeEmail,
    ChangeEmailSchema,
    Code,
    CodeSchema,
    EditProfile,
    EditProfileSchema,
)
from app.errors import (
    AccountClosed,
    AccountNotFound,
    AddressTaken,
    InvalidCode,
    InvalidProof,
    SecondFactorNeeded,
    TooManyTries,
)
from app.views import guards
from app.views.api import representations
from app.views.api.describe import conditional, operation
from app.views.context import actor, bank

me = guards.signed_in(Blueprint("me", __name__))
profile = guards.customers(Blueprint("profile", __name__))


@me.get("/me")
@operation(answer=representations.Customer, conditional=True)
def show_profile() -> Any:
    """What the bank knows of you."""
    person = customers.profile(bank(), actor())
    known, headers = conditional(f"{person.id}-{person.revision}")
    return Response(status=304, headers=headers) if known else (person, headers)


@profile.patch("/me")
@operation(
    body=EditProfileSchema,
    answer=representations.Customer,
    problems=(AccountNotFound, AccountClosed),
)
def edit_profile(order: EditProfile) -> Any:
    """Change your name, phone or default account."""
    return customers.edit_profile(bank(), actor(), order)


@profile.put("/me/email")
@operation(
    status=202,
    body=ChangeEmailSchema,
    problems=(SecondFactorNeeded, InvalidProof, TooManyTries),
)
def change_email(order: ChangeEmail) -> None:
    """Give a new e-mail address; it is yours once you have confirmed it by its code."""
    addresses.change(bank(), actor(), order)


@profile.post("/me/email/verify")
@operation(
    body=CodeSchema,
    answer=representations.Customer,
    problems=(InvalidCode, AddressTaken, TooManyTries),
)
def confirm_email(order: Code) -> Any:
    """Confirm your e-mail address by the code that was mailed there."""
    return addresses.confirm(bank(), actor(), order.code)
