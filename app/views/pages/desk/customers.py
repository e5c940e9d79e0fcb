"""All customers, and one of them: masked, until there is a reason to look."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import desk as controller
from app.controllers import dossiers, proposals
from app.controllers.desk import After, Page, User
from app.controllers.dossiers import CustomerDossier
from app.controllers.orders import (
    CustomersQuery,
    CustomersQuerySchema,
    ProposalSchema,
    Reason,
    ReasonSchema,
)
from app.views import guards, html
from app.views.api import exports
from app.views.api.representations import masked_email, masked_phone
from app.views.context import actor, bank
from app.views.forms import Form, Query
from app.views.languages import lazy
from app.views.pages.desk import words
from app.views.pages.desk.acts import Acts, shown_revision
from app.views.pages.desk.lists import look

customers = guards.desk_pages(Blueprint("desk_customers", __name__, url_prefix="/desk/customers"))
_MASKS = {"masked_email": masked_email, "masked_phone": masked_phone}


@customers.get("")
def listed() -> Any:
    """All customers, newest first, masked: search, page, or take them all as a file."""
    filters: Query[CustomersQuery] = Query(CustomersQuerySchema)
    query = filters.read()
    if query.csv and not filters.errors:
        return exports.customers(controller.export_customers(bank(), query))

    def find(place: list[Any] | None) -> Page[User, After]:
        return controller.list_customers(bank(), query, After(*place) if place else None)

    found = look(filters, query, "customers", find)
    return html.page(
        "desk/customers.html", filters.status, form=filters, found=found, words=words, **_MASKS
    )


@customers.route("/<id>", methods=["GET", "POST"])
def one(id: str) -> Any:
    """One customer, masked, and what may be done about this person."""
    acts = _acts(id)
    if done := acts.attempt():
        return done
    reveal: Form[Reason] = Form(ReasonSchema, name="reveal")
    revealed = None
    if reveal.sent:
        revealed = reveal.attempt(lambda why: dossiers.reveal(bank(), actor(), id, why))
    # What is masked stands in this one answer alone; whoever comes back asks again.
    shown: CustomerDossier = revealed or dossiers.of_customer(bank(), actor(), id)
    return html.page(
        "desk/customer.html", max(acts.status, reveal.status), shown=shown, user=shown.user,
        acts=acts, reveal=reveal, revealed=revealed is not None, words=words, **_MASKS,
    )  # fmt: skip


def _acts(id: str) -> Acts:
    who, revision = (bank(), actor()), shown_revision()
    acts = Acts(url_for(".one", id=id), id)
    acts.add(
        "freeze", ReasonSchema,
        lambda order: controller.freeze_customer(*who, id, revision, order),
        lazy("The customer is frozen, and logged out everywhere."),
    )  # fmt: skip
    acts.add(
        "unfreeze_customer", ProposalSchema,
        lambda order: proposals.unfreeze_customer(*who, id, revision, order),
    )  # fmt: skip
    acts.add("reset_factor", ProposalSchema, lambda order: proposals.reset_factor(*who, id, order))
    return acts
