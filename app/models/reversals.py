"""Reversals: what was taken back of a transaction, told by the history alone.

The first reversal of a transaction names it, the next ones name it with a number ("<id>#2"), and
every name is used once: that index lets one of two through that were decided at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pymongo import ASCENDING

from app.models.database import Database, Document
from app.models.transactions import (
    NAME,
    NUMBERED,
    Contra,
    Entry,
    Transaction,
    find_transactions,
    from_document,
)


@dataclass(frozen=True, slots=True)
class Reversible:
    """A transaction, how often something was taken back of it, and what is left of each line.

    `left` has signed minor units by account, the bank's own accounts included.
    """

    original: Transaction
    times: int
    left: Mapping[str, int]

    @property
    def next_name(self) -> str:
        """What the next reversal calls it."""
        id = self.original.id
        return f"{id}{NUMBERED}{self.times + 1}" if self.times else id

    @property
    def left_minor(self) -> int:
        """What can still be taken back, in minor units without a sign."""
        return max(abs(minor) for minor in self.left.values())


def find_reversibles(database: Database, ids: Iterable[str]) -> dict[str, Reversible]:
    """Those of the transactions that exist, with what is left of them, by id."""
    found = {
        id: Reversible(original, 0, lines_of(original))
        for id, original in find_transactions(database, ids).items()
    }
    if found:
        cursor = database.collection(NAME).find({"$or": [criterion(id) for id in found]})
        for made in map(from_document, cursor):
            if id := made.reversed_id:
                found[id] = without(found[id], lines_of(made))
    return found


def reversals_of(database: Database, id: str) -> list[Transaction]:
    """Every transaction that takes something of that one back, oldest first."""
    found = map(from_document, database.collection(NAME).find(criterion(id)))
    return sorted(found, key=lambda each: (each.at, each.id))


def reversed_ids(database: Database) -> Iterator[str]:
    """The ids of all transactions of which something was taken back, each once, in order."""
    named = {"reverses": {"$type": "string"}}
    rows = database.collection(NAME).find(named, {"reverses": 1}).sort("reverses", ASCENDING)
    last = ""
    for row in rows:
        id = str(row["reverses"]).partition(NUMBERED)[0]
        if id != last:
            last = id
            yield id


def criterion(id: str) -> Document:
    """All reversals of one transaction; public so that a test can explain it."""
    # The type is asked for because the index has nothing but texts.
    beyond = id + chr(ord(NUMBERED) + 1)
    return {"reverses": {"$type": "string", "$gte": id, "$lt": beyond}}


def lines_of(transaction: Transaction) -> dict[str, int]:
    """What a transaction moves on each account, in signed minor units."""
    lines: dict[str, int] = {}
    moved: tuple[Entry | Contra, ...] = (*transaction.entries, *transaction.contra)
    for line in moved:
        lines[line.account] = lines.get(line.account, 0) + line.amount_minor
    return lines


def without(reversible: Reversible, lines: Mapping[str, int]) -> Reversible:
    """What is left once a reversal with those lines is made."""
    left = {name: minor + lines.get(name, 0) for name, minor in reversible.left.items()}
    return Reversible(reversible.original, reversible.times + 1, left)
