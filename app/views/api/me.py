"""The profile of whoever is logged in, and a customer's own changes to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.controllers import customers
from app.controllers.orders import EditProfile, EditProfileSchema
from app.errors import AccountClosed, AccountNotFound
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
