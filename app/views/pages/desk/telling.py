"""How the desk's pages name things: proposals, their effects, and what the audit is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString

from app.controllers import names
from app.controllers.approvals import Approval
from app.controllers.inbox import Shown
from app.views import formats
from app.views.context import bank
from app.views.languages import _, lazy
from money import Money

KINDS: Mapping[str, LazyString] = {
    "reversal": lazy("Take back a transaction"),
    "adjustment": lazy("Correct an account"),
    "unfreeze": lazy("Unfreeze an account"),
    "unfreeze_customer": lazy("Unfreeze a customer"),
    "limits": lazy("Change the limits of an account"),
    "reset_pin": lazy("Reset the PIN of an account"),
    "reset_factor": lazy("Reset a customer's authenticator app"),
    "reset_banker_factor": lazy("Reset a banker's authenticator app"),
    "grant_role": lazy("Grant a role"),
    "revoke_role": lazy("Revoke a role"),
    "invite": lazy("Invite a banker"),
    "merchant": lazy("A new merchant"),
    "merchant_change": lazy("Change a merchant"),
    "merchant_resume": lazy("Let a merchant go on"),
}
STATUSES: Mapping[str, tuple[LazyString, str]] = {
    "pending": (lazy("Waiting"), ""),
    "executed": (lazy("Approved"), "good"),
    "rejected": (lazy("Rejected"), "bad"),
    "withdrawn": (lazy("Withdrawn"), ""),
    "void": (lazy("Void"), "bad"),
    "expired": (lazy("Expired"), ""),
}
ROLES: Mapping[str, LazyString] = {
    "auditor": lazy("Auditor"),
    "teller": lazy("Teller"),
    "approver": lazy("Approver"),
    "admin": lazy("Admin"),
}
_WORDS: Mapping[str, LazyString] = {
    "balance": lazy("Balance"),
    "status": lazy("Status"),
    "daily deposits": lazy("Deposits in a day"),
    "daily spending": lazy("Spending in a day"),
    "overdraft": lazy("Overdraft"),
    "authenticator app": lazy("Authenticator app"),
    "PIN": lazy("PIN"),
    "roles": lazy("Roles"),
    "frozen": lazy("frozen"),
    "open": lazy("open"),
    "active": lazy("active"),
    "locked": lazy("locked"),
    "set": lazy("set"),
    "set up": lazy("set up"),
    "account": lazy("Account"),
    "return address": lazy("Return address"),
    "PINs on its own pages": lazy("PINs on its own pages"),
    "paused": lazy("paused"),
    "yes": lazy("yes"),
    "no": lazy("no"),
    "none": lazy("none"),
    "": lazy("none"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What something is about, as a person reads it, and where one finds it."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that becomes another."""

    subject: Subject
    what: str
    before: str
    after: str


def status_of(approval: Approval) -> tuple[LazyString, str]:
    """How a proposal stands, and the tag for it."""
    own = approval.status == "rejected" and approval.decided_by == approval.maker
    return STATUSES["withdrawn" if own else approval.status]


def effects(approval: Approval) -> list[Effect]:
    """What would become what, in words and figures."""
    return [
        Effect(
            _of_account(each.object) or Subject(each.object),
            _word(each.what),
            _value(each.before, each.currency),
            _value(each.after, each.currency),
        )
        for each in approval.plan.effect
    ]


def summary(shown: Shown) -> str:
    """What a proposal is about, in a few words."""
    named = dict.fromkeys(each.subject.text for each in effects(shown.approval))
    return ", ".join(named) or shown.approval.plan.subject


def amount_asked(shown: Shown) -> str:
    """The amount that was asked for, where a proposal has one."""
    amount = shown.asked.get("amount")
    if isinstance(amount, Money):
        adjusts = shown.approval.kind == "adjustment"
        return formats.signed(amount) if adjusts else formats.money(amount)
    return _("All that is left of it") if shown.approval.kind == "reversal" else ""


def subjects(objects: Iterable[str]) -> dict[str, Subject]:
    """The accounts, shops and people among the objects of the audit; what else there is, as it
    is."""
    ids = set(objects)
    planes, called = names.planes(bank(), ids), names.usernames(bank(), ids)
    shops = {
        id: Subject(name, url_for("desk_merchants.one", id=id))
        for id, name in names.shops(bank(), ids).items()
    }
    return {id: shops.get(id) or _of_account(id) or _of_person(id, planes, called) for id in ids}


def _of_account(number: str) -> Subject | None:
    if not names.is_account(number):
        return None
    return Subject(formats.account(number), url_for("desk_accounts.one", number=number))


def _of_person(id: str, planes: Mapping[str, str], called: Mapping[str, str]) -> Subject:
    if id not in planes:
        return Subject(id)
    if planes[id] == "banker":
        return Subject(called[id], url_for("desk_bankers.one", username=called[id]))
    return Subject(called[id], url_for("desk_customers.one", id=id))


def _value(text: str, currency: str | None) -> str:
    if currency:
        return formats.money(Money.parse(text, currency))
    return formats.account(text) if names.is_account(text) else _word(text)


def _word(text: str) -> str:
    return str(_WORDS.get(text, text))
