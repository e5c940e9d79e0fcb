"""Approvals: what one banker proposed and another one must decide, with its effect frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import ApprovalNotFound
from app.models.canonical import hash_of
from app.models.claims import Claim
from app.models.database import Database, Document, Shape, closed
from app.models.ids import sortable_id

NAME = "approvals"
KINDS = (
    "reversal", "adjustment", "unfreeze", "unfreeze_customer", "limits", "reset_pin",
    "reset_factor", "reset_banker_factor", "grant_role", "revoke_role", "invite",
    "merchant", "merchant_change", "merchant_resume",
)  # fmt: skip
STATUSES = ("pending", "executed", "rejected", "void", "expired")
"""An expired one is stored as pending: nobody has to be there for its time to be over."""
LIFETIME = timedelta(hours=24)
_TEXT = {"bsonType": "string"}
_TEXT_OR_NOT = {"bsonType": ["string", "null"]}
_NUMBER = {"bsonType": ["int", "long"]}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": _TEXT,
            "kind": {"enum": list(KINDS)},
            "subject": _TEXT,
            "payload": {"bsonType": "object"},
            "effect": {"bsonType": "array", "items": closed({
                "object": _TEXT, "what": _TEXT, "before": _TEXT, "after": _TEXT,
                "currency": _TEXT_OR_NOT,
            })},
            "seen": {"bsonType": "array", "items": closed({
                "object": _TEXT, "seq": _NUMBER, "revision": _NUMBER,
            })},
            "effect_hash": {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"},
            "maker": _TEXT,
            "reason": _TEXT,
            "status": {"enum": ["pending", "executed", "rejected", "void"]},
            "created_at": {"bsonType": "date"},
            "expires_at": {"bsonType": "date"},
            "decided_by": _TEXT_OR_NOT,
            "decided_at": {"bsonType": ["date", "null"]},
            "decision_reason": _TEXT_OR_NOT,
            "result": _TEXT_OR_NOT,
        }),
        # Whoever writes here, and whatever is wrong with the program: two people, or nothing.
        "$expr": {"$or": [
            {"$ne": ["$status", "executed"]},
            {"$and": [
                {"$ne": ["$decided_by", "$maker"]}, {"$ne": ["$decided_by", "$subject"]},
                {"$ne": ["$decided_by", None]}, {"$lt": ["$decided_at", "$expires_at"]},
            ]},
        ]},
    },
    indexes=[
        IndexModel([("status", ASCENDING), ("_id", DESCENDING)], name="status"),
        IndexModel([("kind", ASCENDING), ("_id", DESCENDING)], name="kind"),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would become another, as text; money is major units of `currency`."""

    object: str
    what: str
    before: str
    after: str
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a proposal is about and would do, and the states (`seq`, `revision`) it was made on."""

    subject: str
    payload: Mapping[str, Any]
    effect: tuple[Change, ...]
    seen: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Approval:
    """A proposal and what became of it; `effect_hash` stands for all that an approver is shown."""

    id: str
    kind: str
    plan: Plan
    effect_hash: str
    maker: str
    reason: str
    status: str
    created_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, when and why."""

    by: str
    at: datetime
    reason: str


def new_approval(kind: str, plan: Plan, maker: str, reason: str, now: datetime) -> Approval:
    """A proposal that waits for a second person."""
    approval = Approval(
        id=sortable_id(), kind=kind, plan=plan, effect_hash="", maker=maker, reason=reason,
        status="pending", created_at=now, expires_at=now + LIFETIME,
    )  # fmt: skip
    return replace(approval, effect_hash=_effect_hash(approval))


def insert_approval(database: Database, approval: Approval) -> None:
    """Keep a new proposal."""
    database.collection(NAME).insert_one(_document(approval))


def get_approval(database: Database, id: str, now: datetime) -> Approval:
    """The proposal of that id. Raises ApprovalNotFound."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    if document is None:
        raise ApprovalNotFound()
    return _approval(document, now)


def page(
    database: Database,
    now: datetime,
    *,
    status: str | None,
    kind: str | None,
    below: str | None,
    limit: int,
    decided: bool = False,
) -> list[Approval]:
    """Up to `limit` proposals, newest first, below an id; with `decided` none that waits."""
    criterion: Document = {}
    if decided:
        criterion["$or"] = [{"status": {"$ne": "pending"}}, {"expires_at": {"$lte": now}}]
    if status:
        criterion["status"] = "pending" if status == "expired" else status
    if status in ("pending", "expired"):
        criterion["expires_at"] = {"$gt" if status == "pending" else "$lte": now}
    if kind:
        criterion["kind"] = {"$eq": kind}
    if below:
        criterion["_id"] = {"$lt": below}
    rows = database.collection(NAME).find(criterion).sort("_id", DESCENDING).limit(limit)
    return [_approval(row, now) for row in rows]


def claim(approval: Approval, shown: str, decision: Decision) -> Claim:
    """What executes it, once: by another person than its maker and whom it is about, in time, and
    as it was `shown`. MongoDB decides it, whatever was looked at before."""
    return Claim(
        NAME, approval.id, when="pending", then="executed", facts=_facts(decision),
        only={
            "maker": {"$ne": decision.by},
            "subject": {"$ne": decision.by},
            "expires_at": {"$gt": decision.at},
            "effect_hash": {"$eq": shown},
        },
    )  # fmt: skip


def end(database: Database, approval: Approval, status: str, decision: Decision) -> bool:
    """Let it come to nothing ("rejected", "void"); False when it was decided meanwhile."""
    result = database.collection(NAME).update_one(
        {"_id": approval.id, "status": "pending"},
        {"$set": {**_facts(decision), "status": status}},
    )
    return result.modified_count == 1


def note_result(database: Database, approval: Approval, result: str) -> None:
    """Write down what came of it, where that has a name of its own."""
    database.collection(NAME).update_one(
        {"_id": approval.id, "status": "executed"}, {"$set": {"result": result}}
    )


def _facts(decision: Decision) -> Document:
    return {
        "decided_by": decision.by,
        "decided_at": decision.at,
        "decision_reason": decision.reason,
    }


def _effect_hash(approval: Approval) -> str:
    """SHA-256 over what an approver is shown."""
    shown = _document(approval)
    names = ("_id", "kind", "subject", "payload", "effect", "seen", "maker", "reason")
    return hash_of({name: shown[name] for name in names})


def _document(approval: Approval) -> Document:
    plan = approval.plan
    fields = asdict(approval)
    del fields["plan"]
    fields["_id"] = fields.pop("id")
    return fields | {
        "subject": plan.subject,
        "payload": dict(plan.payload),
        "effect": [asdict(change) for change in plan.effect],
        "seen": [
            {"object": name, "seq": seq, "revision": revision}
            for name, (seq, revision) in sorted(plan.seen.items())
        ],
    }


def _approval(document: Mapping[str, Any], now: datetime) -> Approval:
    doc = dict(document)
    seen = {row["object"]: (int(row["seq"]), int(row["revision"])) for row in doc.pop("seen")}
    effect = tuple(Change(**change) for change in doc.pop("effect"))
    plan = Plan(doc.pop("subject"), doc.pop("payload"), effect, seen)
    if doc["status"] == "pending" and doc["expires_at"] <= now:
        doc["status"] = "expired"
    return Approval(id=doc.pop("_id"), plan=plan, **doc)
