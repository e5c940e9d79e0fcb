"""A customer's shops: which there are, and their keys."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from app.controllers import step_up
from app.controllers.orders import Code, CodeSchema, IssueKey, IssueKeySchema, RevokeKey
from app.controllers.payments import merchants as controller
from app.views import guards, html
from app.views.context import actor, bank
from app.views.forms import Form
from app.views.languages import _
from app.views.notes import note
from app.views.pages.codes import AskedCode, asked_code
from app.views.pages.shops import KEY_STATUSES, SCOPES, STATUSES

shops = guards.customer_pages(Blueprint("my_shops", __name__, url_prefix="/my/shops"))
_DIRECT = "payments:direct"
_WORDS: dict[str, Any] = {"scopes": SCOPES, "key_statuses": KEY_STATUSES, "statuses": STATUSES}


@shops.get("")
def listed() -> Any:
    """All of them with their keys."""
    own = controller.own_shops(bank(), actor())
    keys = {shop.id: controller.own_keys(bank(), actor(), shop.id) for shop in own}
    return html.page("my/shops.html", shops=own, keys=keys, **_WORDS)


@shops.route("/<id>/keys", methods=["GET", "POST"])
def issue(id: str) -> Any:
    """Make a key, whose secret is shown once."""
    shop = controller.own_shop(bank(), actor(), id)
    form: Form[IssueKey] = Form(IssueKeySchema)
    code = _code(form, shop.id)
    if form.sent:
        made = form.attempt(lambda order: controller.issue_own_key(bank(), actor(), id, order))
        if made:
            # Nothing keeps the secret: this answer is the only place where it stands.
            return html.page("my/shop_key_once.html", shop=shop, issued=made, **_WORDS)
    offered = {name: SCOPES[name] for name in SCOPES if shop.direct_pin or name != _DIRECT}
    # What was ticked stays so, also where only a code was asked for.
    ticked = request.form.getlist("scopes") if request.method == "POST" else list(offered)
    return html.page(
        "my/shop_key.html", form.status, form=form, code=code, shop=shop, offered=offered,
        ticked=ticked,
    )  # fmt: skip


@shops.route("/<id>/keys/<key>/revoke", methods=["GET", "POST"])
def revoke(id: str, key: str) -> Any:
    """Let a key open nothing any more."""
    shop, found = controller.own_key(bank(), actor(), id, key)
    form: Form[Code] = Form(CodeSchema)
    code = _code(form, shop.id)

    def stop(order: Code) -> bool:
        controller.revoke_own_key(bank(), actor(), id, key, RevokeKey(order.code))
        return True

    if form.sent and form.attempt(stop):
        note(_("The key opens nothing any more."))
        return html.see(url_for(".listed"))
    return html.page(
        "my/shop_key_revoke.html", form.status, form=form, code=code, shop=shop, key=found, **_WORDS
    )


def _code(form: Form[Any], shop: str) -> AskedCode:
    return asked_code(form, lambda: step_up.ask(bank(), actor(), "merchant_key", subject=shop))
