"""What was taken back, against what was moved: a part of the verification of the books.

The rule `reversal`: of no transaction more was taken back than it moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.controllers.ledger.verify import MALFORMED
from app.models.database import Database
from app.models.reversals import Reversible, find_reversibles, lines_of, reversed_ids

_CHUNK = 500


def taken_back_too_much(database: Database) -> Iterator[tuple[str, str]]:
    """Transactions of which more was taken back than they moved, or that are reversals themselves:
    the account of a wrong line, and what is wrong."""
    ids = reversed_ids(database)
    while chunk := list(islice(ids, _CHUNK)):
        try:
            found = find_reversibles(database, chunk)
        except MALFORMED:
            yield "", f"reversals of {chunk[0]} and others cannot be read"
            continue
        for id in chunk:
            yield from _wrong(id, found.get(id))


def _wrong(id: str, reversible: Reversible | None) -> Iterator[tuple[str, str]]:
    if reversible is None:
        yield "", f"a reversal names {id}, which does not exist"
        return
    moved = lines_of(reversible.original)
    if reversible.original.kind == "reversal":
        yield next(iter(moved)), f"the reversal {id} was reversed"
    for account, left in reversible.left.items():
        if left * moved.get(account, 0) < 0 or (account not in moved and left):
            yield account, f"more was taken back of {id} than it moved"
