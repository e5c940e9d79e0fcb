"""Merchants: shops that may be paid, each by an account of a customer, who owns it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.controllers import audits, names, step_up
from app.controllers.approvals import Approval, check_acts, propose
from app.controllers.approvals.kinds import MONEY_PEOPLE
from app.controllers.approvals.shops import changed_shop, new_shop
from app.controllers.bank import Actor, Bank
from app.controllers.desk import Page
from app.controllers.orders import (
    IssueKey,
    MerchantChange,
    MerchantsQuery,
    NewMerchant,
    Proposal,
    Reason,
    RevokeKey,
)
from app.controllers.payments import keys
from app.controllers.payments.keys import Issued, MerchantKey
from app.errors import AlreadyInState, Outdated, ShopNotActive
from app.models import merchants
from app.models.accounts import plain_number
from app.models.challenges import Challenge
from app.models.histories import Place
from app.models.merchants import STATUSES, Merchant

__all__ = ["STATUSES", "Issued", "Merchant", "MerchantKey", "Place"]
_PURPOSE = "merchant_key"


@dataclass(frozen=True, slots=True)
class Standing:
    """A shop as its own calls see it: what it is, and what the key of the call is for."""

    merchant: Merchant
    scopes: list[str]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A shop with the user name of whose it is, and all its keys, newest first."""

    merchant: Merchant
    owner: str
    keys: list[MerchantKey]

    @property
    def living(self) -> list[MerchantKey]:
        """The keys that open something."""
        return [each for each in self.keys if each.status == "live"]


def standing(bank: Bank, actor: Actor) -> Standing:
    """The shop that is calling."""
    return Standing(merchants.get_merchant(bank.database, actor.user), sorted(actor.roles))


def listed(bank: Bank, query: MerchantsQuery, after: Place | None) -> Page[Merchant, Place]:
    """A page of all shops, newest first."""
    below = (after.at, after.id) if after else None
    found = merchants.page(bank.database, query.status, below, query.limit + 1)
    items = found[: query.limit]
    last = items[-1] if len(found) > query.limit else None
    return Page(items, Place(last.created_at, last.id) if last else None)


def every(bank: Bank) -> Iterator[Merchant]:
    """All shops, newest first."""
    below: tuple[datetime, str] | None = None
    while found := merchants.page(bank.database, None, below, 100):
        yield from found
        below = (found[-1].created_at, found[-1].id)


def dossier(bank: Bank, id: str) -> Dossier:
    """One shop in full. Raises MerchantNotFound."""
    shop = merchants.get_merchant(bank.database, id)
    owner = names.usernames(bank, [shop.owner]).get(shop.owner, shop.owner)
    return Dossier(shop, owner, keys.keys_of(bank, shop)[::-1])


def offers(actor: Actor, found: Dossier) -> frozenset[str]:
    """What to offer a banker; whether it may be done is decided again when it is."""
    status = found.merchant.status
    offered = set()
    if not actor.roles.isdisjoint(MONEY_PEOPLE):
        offered |= {"revoke"} if found.living else set()
        offered |= {"active": {"pause", "close"}, "paused": {"close"}}.get(status, set())
    if may_propose(actor):
        offered |= {"active": {"change"}, "paused": {"change", "resume"}}.get(status, set())
    return frozenset(offered)


def may_propose(actor: Actor) -> bool:
    """Whether a banker may propose what concerns shops."""
    return MONEY_PEOPLE[0] in actor.roles


def ask_code(bank: Bank, actor: Actor, account: str) -> Challenge:
    """Ask for the code that proposing a shop for that account takes. Raises as `step_up.ask`."""
    return step_up.ask(bank, actor, "approve", subject=plain_number(account))


def propose_new(bank: Bank, actor: Actor, order: NewMerchant) -> Approval:
    """Ask another banker that a customer's account be credited by a shop."""
    return propose(bank, actor, "merchant", new_shop(order), order)


def propose_change(
    bank: Bank, actor: Actor, id: str, revision: int, order: MerchantChange
) -> Approval:
    """Ask for another account, other return addresses, or whether it may take PINs itself."""
    payload = changed_shop(merchants.get_merchant(bank.database, id), order)
    return propose(bank, actor, "merchant_change", payload, order, revision=revision)


def propose_resume(bank: Bank, actor: Actor, id: str, revision: int, order: Proposal) -> Approval:
    """Ask that a paused shop may be paid again."""
    return propose(bank, actor, "merchant_resume", {"merchant": id}, order, revision=revision)


def pause(bank: Bank, actor: Actor, id: str, revision: int, order: Reason) -> Dossier:
    """From the answer on, the shop's calls are refused."""
    return _set_status(bank, actor, id, revision, "paused", order)


def close(bank: Bank, actor: Actor, id: str, revision: int, order: Reason) -> Dossier:
    """End a shop for good; what was paid to it stays."""
    return _set_status(bank, actor, id, revision, "closed", order)


def _set_status(
    bank: Bank, actor: Actor, id: str, revision: int, status: str, order: Reason
) -> Dossier:
    check_acts(actor)

    def work() -> None:
        shop = merchants.get_merchant(bank.database, id)
        if shop.status in (status, "closed"):
            raise AlreadyInState(f"the shop is {shop.status}", merchant=id)
        if shop.revision != revision or not merchants.change(bank.database, shop, status=status):
            raise Outdated("the shop was changed since you read it", merchant=id)
        becomes = merchants.get_merchant(bank.database, id)
        audits.record_change(
            bank, actor, f"merchant {status}", id, shop, becomes, reason=order.reason
        )

    bank.database.atomically(work)
    return dossier(bank, id)


def revoke_key(bank: Bank, actor: Actor, id: str, key: str, order: Reason) -> Dossier:
    """Let a shop's key open nothing any more. Raises MerchantNotFound, MerchantKeyNotFound."""
    check_acts(actor)
    shop = merchants.get_merchant(bank.database, id)
    keys.revoke(bank, actor, shop, key, reason=order.reason)
    return dossier(bank, id)


def own_shops(bank: Bank, actor: Actor) -> list[Merchant]:
    """The actor's shops, oldest first."""
    return merchants.merchants_of(bank.database, actor.user)


def own_shop(bank: Bank, actor: Actor, id: str) -> Merchant:
    """A shop of the actor's. Raises MerchantNotFound."""
    return merchants.get_merchant(bank.database, id, owner=actor.user)


def own_keys(bank: Bank, actor: Actor, id: str) -> list[MerchantKey]:
    """The keys of an own shop, newest first. Raises MerchantNotFound."""
    return keys.keys_of(bank, own_shop(bank, actor, id))[::-1]


def own_key(bank: Bank, actor: Actor, id: str, key: str) -> tuple[Merchant, MerchantKey]:
    """A key of an own shop, and the shop. Raises MerchantNotFound, MerchantKeyNotFound."""
    shop = own_shop(bank, actor, id)
    return shop, keys.one(bank, shop, key)


def issue_own_key(bank: Bank, actor: Actor, id: str, order: IssueKey) -> Issued:
    """Make a key for an own shop, under a second factor.

    Raises MerchantNotFound, ShopNotActive, TooManyKeys, and as `step_up.prove`.
    """
    shop = own_shop(bank, actor, id)
    if shop.status == "closed":
        raise ShopNotActive("a closed shop needs no key")
    # A code is used up by its proof: not for a key that cannot be had anyway.
    keys.check_room(shop)
    step_up.prove(bank, actor, _PURPOSE, subject=id, code=order.code)
    return keys.issue(bank, actor, shop, order.scopes)


def revoke_own_key(bank: Bank, actor: Actor, id: str, key: str, order: RevokeKey) -> None:
    """Let a key of an own shop open nothing any more, under a second factor.

    Raises MerchantNotFound, MerchantKeyNotFound, and as `step_up.prove`.
    """
    shop, _ = own_key(bank, actor, id, key)
    step_up.prove(bank, actor, _PURPOSE, subject=id, code=order.code)
    keys.revoke(bank, actor, shop, key)
