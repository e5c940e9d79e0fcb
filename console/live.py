"""New transactions as they happen, for bankers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice

from bank_client import DeskTransaction
from console import rows
from console.showing import shown
from console.visit import Visit

_EVERY_SECONDS = 2.0
_FIRST = 10
# Transactions become visible in the order of their commits, not quite in that of their times.
_OVERLAP = timedelta(seconds=30)


def follow(visit: Visit, wait: Callable[[float], None] = time.sleep) -> None:
    """Show the latest transactions, then each new one, until Ctrl-C."""
    visit.screen.say("New transactions as they happen; Ctrl-C ends.")
    try:
        for each in _news(visit, wait):
            _show(visit, each)
    except KeyboardInterrupt:
        visit.screen.say("The feed has ended.")


def _news(visit: Visit, wait: Callable[[float], None]) -> Iterator[DeskTransaction]:
    latest = list(islice(visit.banker.transactions(page_size=_FIRST), _FIRST))
    seen = {each.id for each in latest}
    yield from reversed(latest)
    since = latest[0].at - _OVERLAP if latest else None
    while True:
        wait(_EVERY_SECONDS)
        found = list(visit.banker.transactions(since=since))
        yield from (each for each in reversed(found) if each.id not in seen)
        if found:
            seen = {each.id for each in found}
            since = max(since or found[0].at, found[0].at - _OVERLAP)


def _show(visit: Visit, one: DeskTransaction) -> None:
    if visit.screen.as_json:
        visit.screen.json(one)
        return
    row = rows.desk_transaction(one, wide=False)
    visit.screen.say("  ".join(shown(each) for each in row.values()))
