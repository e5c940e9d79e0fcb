"""Merchants at the desk: all of them, a new one, one with its keys and what is done about it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers.desk import Page
from app.controllers.orders import (
    MerchantChangeFormSchema,
    MerchantsQuery,
    MerchantsQuerySchema,
    NewMerchant,
    NewMerchantFormSchema,
    ProposalSchema,
    ReasonSchema,
    StopKeySchema,
)
from app.controllers.payments import merchants as controller
from app.controllers.payments.merchants import Merchant, Place
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Form, Query
from app.views.languages import _, lazy
from app.views.notes import note
from app.views.pages import shops
from app.views.pages.codes import asked_code
from app.views.pages.desk import words
from app.views.pages.desk.acts import Acts, shown_revision
from app.views.pages.desk.lists import look

merchants = guards.desk_pages(Blueprint("desk_merchants", __name__, url_prefix="/desk/merchants"))


@merchants.get("")
def listed() -> Any:
    """All merchants, newest first."""
    query: Query[MerchantsQuery] = Query(MerchantsQuerySchema)
    asked = query.read()

    def find(place: list[Any] | None) -> Page[Merchant, Place]:
        return controller.listed(bank(), asked, Place(*place) if place else None)

    return html.page(
        "desk/merchants.html", query.status, query=query, words=words,
        found=look(query, asked, "merchants", find), may_propose=controller.may_propose(actor()),
        statuses=[(name, shops.STATUSES[name][0]) for name in controller.STATUSES],
    )  # fmt: skip


@merchants.route("/new", methods=["GET", "POST"])
def new() -> Any:
    """Propose another one."""
    form: Form[NewMerchant] = Form(NewMerchantFormSchema)
    number = form.values.get("account", "")
    code = asked_code(form, lambda: controller.ask_code(bank(), actor(), number))
    if form.sent:
        made = form.attempt(lambda order: controller.propose_new(bank(), actor(), order))
        if made:
            note(_("It is proposed. Another banker decides it within a day."))
            return html.see(url_for("desk_approvals.one", id=made.id))
    return html.page(
        "desk/new_merchant.html", form.status, form=form, code=code,
        may_propose=controller.may_propose(actor()),
    )  # fmt: skip


@merchants.route("/<id>", methods=["GET", "POST"])
def one(id: str) -> Any:
    """One merchant with its keys, and what may be done about it."""
    shown = controller.dossier(bank(), id)
    acts = _acts(shown.merchant)
    if done := acts.attempt():
        return done
    return html.page(
        "desk/merchant.html", acts.status, shown=shown, shop=shown.merchant, acts=acts,
        offers=controller.offers(actor(), shown), words=words, scopes=shops.SCOPES,
        key_statuses=shops.KEY_STATUSES, keys_to_revoke=[(key.id, key.id) for key in shown.living],
    )  # fmt: skip


def _acts(shop: Merchant) -> Acts:
    who, id, revision = (bank(), actor()), shop.id, shown_revision()
    acts = Acts(url_for(".one", id=id), id)
    acts.add(
        "change", MerchantChangeFormSchema,
        lambda order: controller.propose_change(*who, id, revision, order),
        start={"account": shop.account, "return_urls": "\n".join(shop.return_urls)},
    )  # fmt: skip
    acts.add(
        "pause", ReasonSchema, lambda order: controller.pause(*who, id, revision, order),
        lazy("The shop is paused: its calls are refused."),
    )  # fmt: skip
    acts.add(
        "resume", ProposalSchema,
        lambda order: controller.propose_resume(*who, id, revision, order),
    )  # fmt: skip
    acts.add(
        "revoke", StopKeySchema,
        lambda order: controller.revoke_key(*who, id, order.merchant_key, order),
        lazy("The key opens nothing any more."),
    )  # fmt: skip
    acts.add(
        "close", ReasonSchema, lambda order: controller.close(*who, id, revision, order),
        lazy("The shop is closed for good."),
    )  # fmt: skip
    return acts
