"""All collections of the bank, for the migration and for the check at start-up."""

from __future__ import annotations

from app.models import (
    accounts,
    approvals,
    audit,
    audit_seals,
    challenges,
    checkpoints,
    day_totals,
    factors,
    idempotency,
    invitations,
    outbox,
    payees,
    pins,
    role_grants,
    sessions,
    throttles,
    transactions,
    users,
    verifications,
)

SHAPES = (
    users.SHAPE,
    role_grants.SHAPE,
    sessions.SHAPE,
    accounts.SHAPE,
    transactions.SHAPE,
    idempotency.SHAPE,
    audit.SHAPE,
    audit.HEADS_SHAPE,
    audit_seals.SHAPE,
    outbox.SHAPE,
    challenges.SHAPE,
    payees.SHAPE,
    throttles.SHAPE,
    factors.SHAPE,
    pins.SHAPE,
    approvals.SHAPE,
    invitations.SHAPE,
    day_totals.SHAPE,
    verifications.SHAPE,
    *checkpoints.SHAPES,
)
