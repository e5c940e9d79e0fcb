"""The feed tells all who listen of every new transaction, whichever process made it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import enumerate as all_threads
from typing import Any

import pytest
from flask import Flask
from pymongo.errors import OperationFailure

from app.controllers import feed as controller
from app.controllers import news
from app.controllers.bank import Bank
from app.controllers.feed import KEPT, PLACES, Feed, Listener
from app.errors import Overloaded, Unavailable
from app.models.arrivals import Arrivals
from app.models.database import Database
from tests import make

PATIENCE = 20.0
NOT_PRIMARY = 10107


@pytest.fixture
def feed(bank: Bank) -> Iterator[Feed]:
    """The bank's feed; afterwards nobody listens."""
    own = Feed(bank.database)
    yield own
    own.end()
    own.join(5.0)


@pytest.fixture
def other(make_app: Callable[..., Flask]) -> Bank:
    """Another process of the same bank, as far as MongoDB can tell."""
    found: Bank = make_app().extensions["bank"]
    return found


def told(listener: Listener, count: int = 1) -> list[str]:
    """The ids of the next ones, as soon as so many have come."""
    found: list[str] = []
    while len(found) < count:
        came = listener.take(PATIENCE)
        assert came, f"{len(found)} of {count} came"
        found += [each.id for each in came]
    return found


def pays(bank: Bank, account: Any, minor: int = 5) -> str:
    return bank.ledger.post(make.interest(account, minor)).transaction.id


def running() -> int:
    return sum(thread.name == "feed" for thread in all_threads())


def test_all_who_listen_hear_of_what_another_process_does(feed: Feed, other: Bank) -> None:
    account = make.account(other)
    listeners = [feed.listen() for _ in range(3)]
    made = [pays(other, account) for _ in range(3)]
    assert [told(listener, 3) for listener in listeners] == [made] * 3


def test_one_thread_watches_from_the_first_listener_to_the_last(feed: Feed, bank: Bank) -> None:
    before = running()
    one, two = feed.listen(), feed.listen()
    assert running() == before + 1
    one.close()
    made = pays(bank, make.account(bank))
    assert told(two) == [made]
    two.close()
    while running() > before:
        time.sleep(0.02)
    feed.listen()
    assert running() == before + 1


def test_a_listener_who_comes_while_the_thread_ends_is_told(feed: Feed, bank: Bank) -> None:
    account = make.account(bank)
    for _ in range(10):
        listener = feed.listen()
        made = pays(bank, account)
        assert told(listener) == [made]
        listener.close()


def test_who_finds_no_place_is_told_so_until_somebody_leaves(feed: Feed) -> None:
    listeners = [feed.listen() for _ in range(PLACES)]
    with pytest.raises(Overloaded, match="ask for the latest"):
        feed.listen()
    listeners[3].close()
    feed.listen()


def test_who_does_not_take_what_comes_has_the_newest_of_it(feed: Feed, bank: Bank) -> None:
    account, slow, quick = make.account(bank), feed.listen(), feed.listen()
    made = []
    for _ in range(KEPT + 5):
        made.append(pays(bank, account))
        assert told(quick) == made[-1:]
    assert [each.id for each in slow.take(PATIENCE)] == made[5:]


def test_at_the_end_all_are_let_go_and_nobody_is_taken(feed: Feed) -> None:
    listener = feed.listen()
    feed.end()
    assert listener.take(PATIENCE) == []
    assert listener.ended
    with pytest.raises(Overloaded):
        feed.listen()


@contextmanager
def failing(migrated: Database, **how: Any) -> Iterator[None]:
    """MongoDB answers what watches as it does while there is no primary."""
    administrator = connect_to_admin(migrated)
    commands = {"failCommands": ["aggregate", "getMore"], "appName": "strongroom", **how}
    administrator.command("configureFailPoint", "failCommand", mode="alwaysOn", data=commands)
    try:
        yield
    finally:
        administrator.command("configureFailPoint", "failCommand", mode="off")


def connect_to_admin(migrated: Database) -> Any:
    return migrated.collection("transactions").database.client.admin


@pytest.mark.parametrize(
    "how", [{"errorCode": NOT_PRIMARY}, {"closeConnection": True}], ids=["stepped down", "lost"]
)
def test_what_happens_while_the_primary_is_lost_is_told_afterwards(
    feed: Feed, bank: Bank, migrated: Database, how: dict[str, Any]
) -> None:
    account = make.account(bank)
    listener = feed.listen()
    first = pays(bank, account)
    assert told(listener) == [first]
    with failing(migrated, **how):
        assert listener.take(2.0) == []
        meanwhile = pays(bank, account)
    assert told(listener) == [meanwhile]


def test_where_mongodb_may_not_be_watched_nobody_waits(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Arrivals) -> None:
        raise OperationFailure("not allowed", 13)

    monkeypatch.setattr(Arrivals, "begin", refused)
    for _ in range(2):
        with pytest.raises(Unavailable, match="ask for the latest"):
            feed.listen()


def test_while_the_database_does_not_answer_nobody_is_taken(
    feed: Feed, migrated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "_BEGIN_SECONDS", 0.5)
    with failing(migrated, closeConnection=True), pytest.raises(Unavailable):
        feed.listen()
    listener = feed.listen()
    assert not listener.ended


def test_the_latest_come_with_the_people_they_happened_to(bank: Bank) -> None:
    one, two = make.account(bank, 900), make.account(bank)
    bank.ledger.post(make.move(one, two, 400))
    bank.ledger.post(make.withdrawal(two, 150))
    found = news.latest(bank)
    assert [(each.amount.minor, each.within) for each in found] == [
        (-150, False), (400, True), (900, False)
    ]  # fmt: skip
    went = found[1]
    assert went.payer
    assert went.payee
    assert (went.payer.number, went.payee.number) == (one.number, two.number)


def test_after_one_of_them_those_of_before_are_left_out(bank: Bank, clock: Any) -> None:
    account = make.account(bank)
    old = pays(bank, account)
    clock.forward(minutes=1)
    known, new = pays(bank, account), pays(bank, account)
    assert [each.transaction.id for each in news.latest(bank, known)] == [new, known]
    everything = [new, known, old]
    for unknown in (None, "nonsense", account.number):
        assert [each.transaction.id for each in news.latest(bank, unknown)] == everything


def test_never_more_than_ten_are_shown(bank: Bank) -> None:
    account = make.account(bank)
    made = [pays(bank, account) for _ in range(news.SHOWN + 2)]
    assert [each.transaction.id for each in news.latest(bank)] == made[: -news.SHOWN - 1 : -1]
