"""Taking money back: once, by an opposite transaction, or in parts up to the amount."""

from __future__ import annotations

from typing import Any

from app.controllers.ledger.posting import Line, Posting
from app.errors import AlreadyReversed, NotReversible, ReversalTooLarge, TransactionNotFound
from app.models.reversals import Reversible, without
from app.models.transactions import IRREVERSIBLE, Transaction
from money import Money

_INSTEAD = {
    "reversal": "a reversal stays; propose an adjustment",
    "payment": "it is refunded as the payment that it belongs to",
    "refund": "a refund stays; propose an adjustment",
}


def opposite(
    transaction: Transaction, *, actor: str, memo: str, minor: int | None = None, **more: Any
) -> Posting:
    """The posting that takes a transaction back, line by line.

    With `minor` only that much of it, which is possible where there are two lines.
    """

    def back(amount: int) -> int:
        part = abs(amount) if minor is None else minor
        return -part if amount > 0 else part

    return Posting(
        kind="reversal",
        currency=transaction.currency,
        entries=tuple(Line(line.account, back(line.amount_minor)) for line in transaction.entries),
        contra=tuple(Line(line.account, back(line.amount_minor)) for line in transaction.contra),
        actor=actor,
        memo=memo,
        reverses=transaction.id,
        **more,
    )


def check_reversal(posting: Posting, reversible: Reversible | None) -> None:
    """Refuse to take back what is not there, not whole any more, or a reversal itself."""
    if reversible is None:
        raise TransactionNotFound(transaction=posting.reverses)
    if reversible.original.kind in IRREVERSIBLE:
        raise NotReversible(_INSTEAD[reversible.original.kind], transaction=posting.reverses)
    if not any(reversible.left.values()):
        raise AlreadyReversed(transaction=posting.reverses)
    for account, minor in _lines(posting).items():
        left = reversible.left.get(account, 0)
        if abs(minor) > abs(left) or minor * left > 0:
            most = Money(reversible.left_minor, posting.currency)
            raise ReversalTooLarge(
                f"{most} can be taken back", transaction=posting.reverses, remaining=most
            )


def reversed_by(reversible: Reversible, posting: Posting) -> Reversible:
    """What is left of a transaction after that reversal of it."""
    return without(reversible, _lines(posting))


def _lines(posting: Posting) -> dict[str, int]:
    lines: dict[str, int] = {}
    for line in (*posting.entries, *posting.contra):
        lines[line.account] = lines.get(line.account, 0) + line.minor
    return lines
