"""The wrong design, kept to show that the crash sweep sees what is wrong with it.

The idempotency record stands outside the transaction of the money: a key is claimed before, and
marked as done after. It looks careful. Killed between the commit and the mark, it moves the money
twice: whoever asks again finds a claim that was never finished.
"""

from __future__ import annotations

from collections.abc import Callable

from app.models.database import Database

NAME = "claimed_keys"
Answer = tuple[str, str, bool]
"""An event of the history, what it tells (a transaction or a problem), and whether it is old."""


def once(database: Database, key: str, act: Callable[[], Answer]) -> Answer:
    """Act, unless it was marked as done under this key. Three separate steps: that is the fault."""
    claims = database.collection(NAME)
    claim = claims.find_one_and_update(
        {"_id": key}, {"$setOnInsert": {"answer": None}}, upsert=True
    )
    if claim and claim["answer"]:
        event, told = claim["answer"]
        return event, told, True
    event, told, replayed = act()
    if event in ("ok", "refused"):
        claims.update_one({"_id": key}, {"$set": {"answer": [event, told]}})
    return event, told, replayed
