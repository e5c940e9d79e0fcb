"""Shops: as they see themselves by signed calls, as their owners see them, and as the desk does."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers.orders import (
    IssueKey,
    IssueKeySchema,
    MerchantChange,
    MerchantChangeSchema,
    MerchantsQuery,
    MerchantsQuerySchema,
    NewMerchant,
    NewMerchantSchema,
    Proposal,
    ProposalSchema,
    Reason,
    ReasonSchema,
    RevokeKey,
    RevokeKeySchema,
)
from app.controllers.payments import merchants as controller
from app.controllers.payments.merchants import Dossier, Place
from app.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AlreadyInState,
    CurrencyMismatch,
    InvalidCode,
    MerchantKeyNotFound,
    MerchantNotFound,
    NoSecondFactor,
    Outdated,
    RoleMissing,
    SecondFactorNeeded,
    ShopNotActive,
    TooManyKeys,
    TooManyTries,
)
from app.views import guards
from app.views.api import representations
from app.views.api.approvals import proposed
from app.views.api.cursors import page, read_cursor
from app.views.api.describe import operation
from app.views.context import actor, bank, expected_revision, revision_tag

shop = guards.merchants(Blueprint("shop", __name__))
own_shops = guards.customers(Blueprint("own_shops", __name__, url_prefix="/merchants"))
merchants = guards.bankers(Blueprint("merchants", __name__, url_prefix="/banker/merchants"))
_PROVED = (NoSecondFactor, SecondFactorNeeded, InvalidCode, TooManyTries)
_EDIT: dict[str, Any] = {
    "guarded_edit": True,
    "problems": (MerchantNotFound, AlreadyInState, Outdated, RoleMissing),
}


@shop.get("/merchant")
@operation(answer=representations.Standing)
def show_shop() -> Any:
    """Your shop as the bank has it, and what your key is for."""
    return controller.standing(bank(), actor())


@own_shops.get("")
@operation(answer=representations.Merchants)
def list_own() -> Any:
    """Your shops, oldest first."""
    return {"items": controller.own_shops(bank(), actor()), "next": None}


@own_shops.get("/<id>/keys")
@operation(answer=representations.MerchantKeys, problems=(MerchantNotFound,))
def list_keys(id: str) -> Any:
    """The keys of a shop of yours, newest first; never their secrets."""
    return {"items": controller.own_keys(bank(), actor(), id)}


@own_shops.post("/<id>/keys")
@operation(
    status=201, body=IssueKeySchema, answer=representations.IssuedKey,
    problems=(MerchantNotFound, ShopNotActive, TooManyKeys, *_PROVED),
)  # fmt: skip
def issue_key(order: IssueKey, id: str) -> Any:
    """Make a key for a shop of yours; its secret is shown here, once. Two live at a time."""
    return controller.issue_own_key(bank(), actor(), id, order)


@own_shops.delete("/<id>/keys/<key>")
@operation(
    status=204, body=RevokeKeySchema, problems=(MerchantNotFound, MerchantKeyNotFound, *_PROVED)
)
def revoke_own_key(order: RevokeKey, id: str, key: str) -> None:
    """Let a key of a shop of yours open nothing any more."""
    controller.revoke_own_key(bank(), actor(), id, key, order)


@merchants.get("")
@operation(query=MerchantsQuerySchema, answer=representations.Merchants)
def list_merchants(query: MerchantsQuery) -> Any:
    """All shops, newest first; filter by status."""
    place = read_cursor(query.cursor, "merchants")
    found = controller.listed(bank(), query, Place(*place) if place else None)
    after = [found.after.at, found.after.id] if found.after else None
    return page(found.items, after, "merchants")


@merchants.post("")
@operation(
    status=202, body=NewMerchantSchema, answer=representations.Approval,
    problems=(AccountNotFound, AccountClosed, AccountFrozen, RoleMissing),
)  # fmt: skip
def propose_merchant(order: NewMerchant) -> Any:
    """Propose that there be a shop, which is paid onto a customer's account."""
    return proposed(controller.propose_new(bank(), actor(), order))


@merchants.get("/<id>")
@operation(answer=representations.MerchantInFull, problems=(MerchantNotFound,))
def show_merchant(id: str) -> Any:
    """One shop with its keys, and the ETag that an edit needs."""
    return _tagged(controller.dossier(bank(), id))


@merchants.patch("/<id>")
@operation(
    status=202, body=MerchantChangeSchema, answer=representations.Approval, guarded_edit=True,
    problems=(
        *_EDIT["problems"], AccountNotFound, AccountClosed, AccountFrozen, CurrencyMismatch,
    ),
)  # fmt: skip
def propose_change(order: MerchantChange, id: str) -> Any:
    """Propose another account, other return addresses, or that it may take PINs itself."""
    return proposed(controller.propose_change(bank(), actor(), id, expected_revision(), order))


@merchants.post("/<id>/resume")
@operation(status=202, body=ProposalSchema, answer=representations.Approval, **_EDIT)
def resume(order: Proposal, id: str) -> Any:
    """Propose that a paused shop may be paid again."""
    return proposed(controller.propose_resume(bank(), actor(), id, expected_revision(), order))


@merchants.post("/<id>/pause")
@operation(body=ReasonSchema, answer=representations.MerchantInFull, **_EDIT)
def pause(order: Reason, id: str) -> Any:
    """Refuse the calls of a shop, at once."""
    return _tagged(controller.pause(bank(), actor(), id, expected_revision(), order))


@merchants.post("/<id>/close")
@operation(body=ReasonSchema, answer=representations.MerchantInFull, **_EDIT)
def close(order: Reason, id: str) -> Any:
    """End a shop for good."""
    return _tagged(controller.close(bank(), actor(), id, expected_revision(), order))


@merchants.post("/<id>/keys/<key>/revoke")
@operation(
    body=ReasonSchema, answer=representations.MerchantInFull,
    problems=(MerchantNotFound, MerchantKeyNotFound, RoleMissing),
)  # fmt: skip
def revoke_key(order: Reason, id: str, key: str) -> Any:
    """Let a key of a shop open nothing any more, at once."""
    return _tagged(controller.revoke_key(bank(), actor(), id, key, order))


def _tagged(found: Dossier) -> Any:
    return found, {"ETag": f'"{revision_tag(found.merchant.revision)}"'}
