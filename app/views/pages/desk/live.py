"""The live feed of the dashboard: server-sent events, and the same for whoever asks again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Response, copy_current_request_context, json, request, url_for

from app.controllers import access, news
from app.controllers.bank import DriverError
from app.controllers.feed import Listener
from app.controllers.news import News, Transaction
from app.views import guards
from app.views.context import actor, bank
from app.views.formats import account, brief_moment, money, signed
from app.views.pages.desk import words

feed = guards.desk_pages(Blueprint("desk_feed", __name__, url_prefix="/desk/feed"))

LOOK_SECONDS = 2.0
"""So often somebody who listens must still be logged in, and a browser that has left is noticed."""


@feed.get("")
def live() -> Response:
    """New transactions as they are committed; with `after` or Last-Event-ID, those since then."""
    known = request.headers.get("Last-Event-ID") or request.args.get("after")
    listener = bank().feed.listen()
    # The request ends here, with its place at the gate; what follows is written in copies of it.
    write = copy_current_request_context(_written)
    events = _events(listener, partial(access.still_in, bank(), actor()), write, known)
    response = Response(events, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(listener.close)
    return response


@feed.get("/latest")
def latest() -> dict[str, Any]:
    """The last transactions, newest first; with `after`, those since a moment before that one."""
    return {"items": [shown(each) for each in news.latest(bank(), request.args.get("after"))]}


def shown(each: News) -> dict[str, Any]:
    """A transaction as a row of the feed has it, in the visitor's language."""
    made, parties = each.transaction, [one for one in (each.payer, each.payee) if one]
    return {
        "id": made.id,
        "at": made.at.isoformat().replace("+00:00", "Z"),
        "time": brief_moment(made.at),
        "kind": str(words.KINDS[made.kind]),
        "who": " → ".join(one.customer for one in parties),
        "accounts": " → ".join(account(one.number) for one in parties),
        "amount": money(each.amount) if each.within else signed(each.amount),
        "came": not each.within and each.amount.minor > 0,
        "page": url_for("desk_transactions.one", id=made.id),
    }


def _events(
    listener: Listener,
    still_in: Callable[[], bool],
    write: Callable[..., list[str]],
    known: str | None,
) -> Iterator[str]:
    """What came since `known`, then what comes, until the log-in or the process ends."""
    yield "retry: 2000\n\n"
    if known:
        yield from write((), since=known)
    while not listener.ended:
        try:
            if not still_in():
                yield "event: end\ndata:\n\n"
                return
            found = write(listener.take(LOOK_SECONDS)[-news.SHOWN :])
        except DriverError:
            return  # the browser asks again, from the last that it was told
        yield from found or [":\n\n"]


def _written(found: Sequence[Transaction], since: str | None = None) -> list[str]:
    """Transactions as events, in the visitor's language; with `since`, the last since that one."""
    told = news.latest(bank(), since)[::-1] if since else news.told(bank(), found)
    return [f"id: {each.transaction.id}\ndata: {json.dumps(shown(each))}\n\n" for each in told]
