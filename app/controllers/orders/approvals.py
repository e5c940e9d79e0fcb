"""What bankers propose, approve and reject."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from marshmallow import fields, validate

from app.controllers.orders.desk import Proposal, ProposalSchema
from app.controllers.orders.fields import Amount, Bound, Order, Text, code_field, memo_field
from app.controllers.orders.lists import cursor_field, limit_field
from app.models.approvals import KINDS, STATUSES


@dataclass(frozen=True, slots=True)
class Reverse(Proposal):
    """Take a transaction back, or an amount of it; without one, all that is left."""

    amount: Decimal | None


class ReverseSchema(ProposalSchema):
    makes = Reverse
    amount = Amount(
        load_default=None,
        allow_none=False,
        metadata={"description": "A part; without it, all that is left."},
    )


@dataclass(frozen=True, slots=True)
class Adjust(Proposal):
    """Correct an account by a signed amount."""

    amount: Decimal
    memo: str


class AdjustSchema(ProposalSchema):
    makes = Adjust
    amount = Bound(
        required=True,
        metadata={"example": "-2.50", "description": "Signed: what is added, or taken."},
    )
    memo = memo_field()


def _limit_field(about: str) -> Bound:
    return Bound(load_default=None, validate=validate.Range(min=0), metadata={"description": about})


@dataclass(frozen=True, slots=True)
class AccountLimits(Proposal):
    """Limits of one account, major units; those that are left out stay as they are."""

    daily_deposits: Decimal | None
    daily_spending: Decimal | None
    overdraft: Decimal | None


class AccountLimitsSchema(ProposalSchema):
    makes = AccountLimits
    daily_deposits = _limit_field("Deposits in a day (UTC).")
    daily_spending = _limit_field("Withdrawals and transfers in a day (UTC).")
    overdraft = _limit_field("How far below zero the account may go.")


@dataclass(frozen=True, slots=True)
class ApprovalsQuery:
    """Which proposals."""

    status: str | None
    kind: str | None
    limit: int
    cursor: str | None


class ApprovalsQuerySchema(Order):
    makes = ApprovalsQuery
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    limit = limit_field()
    cursor = cursor_field()


@dataclass(frozen=True, slots=True)
class Approve:
    """Approve just what was shown, which `effect_hash` stands for."""

    effect_hash: str
    reason: str
    code: str | None


class ApproveSchema(Order):
    makes = Approve
    effect_hash = fields.String(
        required=True,
        validate=validate.Regexp(r"\A[0-9a-f]{64}\Z", error="Send the one that you were shown."),
        metadata={"example": "0" * 64, "description": "Of the proposal, as it was shown."},
    )
    reason = Text(load_default="", validate=validate.Length(max=500))
    code = code_field(load_default=None)
