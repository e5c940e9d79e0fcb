"""The queue before the door at its edges: what the refused hear, and threads that are ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread

import pytest

from app.controllers.ledger.grouping import LEADERS, Grouping, _Ticket
from app.controllers.ledger.posting import Line, Posting
from app.errors import BankError, Overloaded, Unavailable
from app.models.database import Contention
from tests.atomicity.test_grouping import DONE, Callers, Settler, posting


@pytest.fixture
def settler() -> Settler:
    return Settler()


def refusal(grouping: Grouping, kind: type[BankError] = Unavailable) -> str:
    """What is said to who submits now."""
    with pytest.raises(kind) as refused:
        grouping.submit(posting("a", "late"))
    return refused.value.detail


def test_the_refused_hear_why(settler: Settler) -> None:
    impatient, full = Grouping(settler, seconds=0.05), Grouping(settler, queue=0)
    callers = Callers(impatient)
    callers.submit(posting("a", "runs"))
    others = Callers(full)
    others.submit(posting("a", "runs"))
    assert refusal(impatient) == "the bank is busy with the same account"
    assert refusal(full, Overloaded) == "too many postings are waiting"
    settler.open.set()
    callers.join()
    others.join()


def test_a_bank_that_closes_says_so_to_who_waits_and_to_who_comes(settler: Settler) -> None:
    grouping = Grouping(settler)
    callers = Callers(grouping)
    callers.submit(posting("a", "runs"))
    callers.submit(posting("a", "waits"))
    assert grouping.close(seconds=0.05) is False
    waiting = callers.outcomes["waits"]
    assert isinstance(waiting, Unavailable)
    assert waiting.detail == refusal(grouping) == "the bank is closing for a moment"
    settler.open.set()
    callers.join()
    assert grouping.close(seconds=5) is True


def test_nobody_gives_up_on_a_batch_that_runs(settler: Settler) -> None:
    def slow(postings: Sequence[Posting], careful: bool) -> None:
        time.sleep(0.5 if len(postings) == 2 else 0)

    settler.fails = slow
    callers = Callers(Grouping(settler, seconds=0.3))
    for memo in ("first", "leads", "is led"):
        callers.submit(posting("a", memo))
    settler.open.set()
    callers.join()
    assert callers.outcomes == {"first": DONE, "leads": DONE, "is led": DONE}


def submit_quietly(grouping: Grouping, memo: str) -> None:
    """Submit in a thread that is to be ended, which is no news."""
    with suppress(KeyboardInterrupt, SystemExit):
        grouping.submit(posting("a", memo))


def ended(
    grouping: Grouping, monkeypatch: pytest.MonkeyPatch, when: Callable[[object], bool]
) -> Thread:
    """A thread that submits, and is ended while it waits, as soon as that is so of its ticket."""
    wait = grouping._wait

    def interrupted(ticket: object) -> None:
        monkeypatch.setattr(grouping, "_wait", wait)
        while not when(ticket):
            time.sleep(0.001)
        raise KeyboardInterrupt

    monkeypatch.setattr(grouping, "_wait", interrupted)
    thread = Thread(target=submit_quietly, args=(grouping, "ended"))
    thread.start()
    while grouping._wait is not wait:
        time.sleep(0.001)
    return thread


def test_a_thread_that_is_ended_leaves_no_trace_of_its_account(
    settler: Settler, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouping = Grouping(settler, seconds=2)
    callers = Callers(grouping)
    callers.submit(posting("a", "runs"))
    ended(grouping, monkeypatch, lambda _: True).join()
    settler.open.set()
    callers.join()
    assert grouping.submit(posting("a")) is DONE


def test_a_thread_that_is_ended_within_a_running_batch_takes_nothing_from_the_others(
    settler: Settler, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouping = Grouping(settler)
    callers = Callers(grouping)
    callers.submit(posting("a", "runs"))
    callers.submit(posting("a", "leads"))
    gone = ended(grouping, monkeypatch, lambda ticket: ticket not in grouping._queue)
    callers.submit(posting("a", "is led"))
    settler.open.set()
    gone.join()
    callers.join()
    assert callers.outcomes == {"runs": DONE, "leads": DONE, "is led": DONE}
    assert settler.batches == [["runs"], ["leads", "ended", "is led"]]
    assert grouping.submit(posting("a")) is DONE


def test_a_leader_that_is_ended_before_it_leads_lets_the_others_know(
    settler: Settler, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouping = Grouping(settler)
    callers = Callers(grouping)
    callers.submit(posting("a", "runs"))
    gone = ended(grouping, monkeypatch, lambda ticket: getattr(ticket, "task", None) is not None)
    callers.submit(posting("a", "is led"))
    settler.open.set()
    gone.join()
    callers.join()
    told = callers.outcomes["is led"]
    assert isinstance(told, Unavailable)
    assert told.facts["outcome"] == "not_applied"
    assert settler.batches == [["runs"]]
    assert grouping.submit(posting("a")) is DONE


def test_a_leader_that_is_ended_while_it_leads_lets_the_others_know(settler: Settler) -> None:
    def stopped(postings: Sequence[Posting], careful: bool) -> None:
        if len(postings) == 2:
            raise SystemExit

    settler.fails = stopped
    grouping = Grouping(settler)
    callers = Callers(grouping)
    callers.submit(posting("a", "runs"))
    leads = Thread(target=submit_quietly, args=(grouping, "leads"))
    leads.start()
    while not grouping._queue:
        time.sleep(0.001)
    callers.submit(posting("a", "is led"))
    settler.open.set()
    leads.join()
    callers.join()
    told = callers.outcomes["is led"]
    assert isinstance(told, Unavailable)
    # Nobody can say how far the batch had come.
    assert (told.detail, told.facts["outcome"]) == ("the bank is stopping", "unknown")
    assert callers.outcomes["runs"] is DONE
    assert grouping.submit(posting("a")) is DONE


def waiting(grouping: Grouping, *postings: Posting) -> list[str]:
    """Put postings into the queue by hand, and take the next batch; the memos that are in it."""
    for each in postings:
        ticket = _Ticket(each, time.monotonic() + 60)
        grouping._queue.append(ticket)
        grouping._queued.update(ticket.resources)
    batch = grouping._take()
    return [ticket.posting.memo for ticket in batch.tickets] if batch else []


def transfer(source: str, target: str) -> Posting:
    """A posting on two accounts."""
    return Posting(
        kind="transfer", currency="USD", entries=(Line(source, -1), Line(target, 1)),
        actor="tests", memo=f"{source} to {target}",
    )  # fmt: skip


@pytest.fixture
def lanes(settler: Settler) -> Grouping:
    """A queue whose account "hot" is contended."""
    grouping = Grouping(settler)
    grouping._lanes = {"hot": time.monotonic() + 60}
    return grouping


def test_a_lane_takes_its_own_account_and_an_ordinary_batch_the_others(lanes: Grouping) -> None:
    queue = (posting("hot", "h1"), posting("cold", "c1"), posting("hot", "h2"))
    assert waiting(lanes, *queue) == ["h1", "h2"]
    assert waiting(lanes) == ["c1"]
    assert waiting(lanes) == []


def test_a_lane_runs_though_all_leaders_are_at_work_and_nobody_else_does(lanes: Grouping) -> None:
    lanes._leaders = LEADERS
    assert waiting(lanes, posting("cold", "c1"), posting("hot", "h1")) == ["h1"]
    assert waiting(lanes) == []
    lanes._lanes = {}
    assert waiting(lanes, posting("hot", "h2")) == []


def test_who_waits_for_a_lane_blocks_the_contended_account_only(lanes: Grouping) -> None:
    lanes._busy = {"hot"}
    queue = (transfer("hot", "b"), posting("b", "b1"), posting("hot", "h1"))
    assert waiting(lanes, *queue) == ["b1"]


def test_who_waits_for_an_ordinary_account_blocks_all_that_is_needed(settler: Settler) -> None:
    grouping = Grouping(settler)
    grouping._busy = {"a"}
    queue = (transfer("a", "b"), posting("b", "b1"), posting("c", "c1"))
    assert waiting(grouping, *queue) == ["c1"]


def test_contention_that_does_not_end_is_answered_in_time(settler: Settler) -> None:
    def contended(postings: Sequence[Posting], careful: bool) -> None:
        raise Contention("somewhere")

    settler.fails = contended
    settler.open.set()
    assert refusal(Grouping(settler, seconds=0.1)) == "the bank is busy with the same account"


def test_what_is_unknown_stays_so_for_everybody_in_the_batch(settler: Settler) -> None:
    def lost(postings: Sequence[Posting], careful: bool) -> None:
        raise Unavailable("no answer", outcome="unknown", retry_after=7)

    settler.fails = lost
    settler.open.set()
    with pytest.raises(Unavailable) as told:
        Grouping(settler).submit(posting("a"))
    assert (told.value.detail, told.value.facts["outcome"]) == ("no answer", "unknown")
    assert told.value.retry_after == 7
