"""The queue before the door, apart from MongoDB: who leads, who waits, who goes first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread

import pytest

from app.controllers.ledger.batch import AccountContention
from app.controllers.ledger.grouping import BATCH, LEADERS, Grouping
from app.controllers.ledger.posting import Line, Outcome, Posting
from app.errors import InsufficientFunds, Overloaded, Unavailable
from app.models.database import Contention

DONE = InsufficientFunds("as good as any outcome")


def posting(account: str, memo: str = "") -> Posting:
    """A posting on one account."""
    return Posting(
        kind="interest", currency="USD", entries=(Line(account, 1),),
        contra=(Line("interest", -1),), actor="tests", memo=memo,
    )  # fmt: skip


class Settler:
    """Settles batches as told, and remembers them."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.open = Event()
        self.fails: Callable[[Sequence[Posting], bool], None] = lambda *_: None
        self._lock = Lock()

    def __call__(self, postings: Sequence[Posting], careful: bool) -> list[Outcome]:
        with self._lock:
            self.batches.append([each.memo or each.entries[0].account for each in postings])
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.open.wait(5)
            self.fails(postings, careful)
            return [DONE for _ in postings]
        finally:
            with self._lock:
                self.at_once -= 1


class Callers:
    """Threads that submit, one after the other."""

    def __init__(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self._threads: list[Thread] = []
        self.outcomes: dict[str, object] = {}

    def submit(self, each: Posting) -> None:
        """Start a thread that submits; returns when it has taken its place."""
        before = self._places()
        self._threads.append(Thread(target=self._run, args=(each,)))
        self._threads[-1].start()
        while self._places() == before and self._threads[-1].is_alive():
            time.sleep(0.001)

    def _places(self) -> tuple[int, int]:
        return len(self._grouping._queue), self._grouping._running

    def _run(self, each: Posting) -> None:
        name = each.memo or each.entries[0].account
        try:
            self.outcomes[name] = self._grouping.submit(each)
        except Exception as error:  # noqa: BLE001 - the test looks at what it was
            self.outcomes[name] = error

    def join(self) -> None:
        """Wait for all of them."""
        for thread in self._threads:
            thread.join()


@pytest.fixture
def settler() -> Settler:
    return Settler()


def test_the_first_is_settled_alone_and_those_who_waited_together(settler: Settler) -> None:
    callers = Callers(Grouping(settler))
    for n in range(10):
        callers.submit(posting("a", f"p{n}"))
    settler.open.set()
    callers.join()
    assert settler.batches == [["p0"], [f"p{n}" for n in range(1, 10)]]


def test_disjoint_accounts_are_settled_by_several_leaders_at_once(settler: Settler) -> None:
    callers = Callers(Grouping(settler))
    for n in range(12):
        callers.submit(posting(f"account-{n}"))
    assert settler.at_once == LEADERS
    settler.open.set()
    callers.join()
    assert settler.most_at_once == LEADERS
    assert len(callers.outcomes) == 12


def test_no_batch_is_larger_than_the_limit(settler: Settler) -> None:
    callers = Callers(Grouping(settler))
    for n in range(BATCH + 20):
        callers.submit(posting("a", f"p{n}"))
    settler.open.set()
    callers.join()
    assert [len(batch) for batch in settler.batches] == [1, BATCH, 19]


def test_nobody_passes_another_at_the_same_account(settler: Settler) -> None:
    callers = Callers(Grouping(settler))
    both = Posting(
        kind="transfer", currency="USD", entries=(Line("a", -1), Line("b", 1)),
        actor="tests", memo="a to b",
    )  # fmt: skip
    for each in (posting("a", "a1"), both, posting("b", "b1"), posting("c", "c1")):
        callers.submit(each)
    # The transfer waits for a; b1 came after it and waits, too; c1 has nothing to wait for.
    assert settler.batches == [["a1"], ["c1"]]
    settler.open.set()
    callers.join()
    assert settler.batches[2:] == [["a to b", "b1"]]


def test_a_full_queue_is_refused_at_once(settler: Settler) -> None:
    grouping = Grouping(settler, queue=3)
    callers = Callers(grouping)
    for n in range(4):
        callers.submit(posting("a", f"p{n}"))
    with pytest.raises(Overloaded):
        grouping.submit(posting("a", "one too many"))
    settler.open.set()
    callers.join()
    assert len(callers.outcomes) == 4


def test_who_waits_too_long_is_told_that_nothing_was_done(settler: Settler) -> None:
    grouping = Grouping(settler, seconds=0.05)
    callers = Callers(grouping)
    callers.submit(posting("a", "first"))
    with pytest.raises(Unavailable) as late:
        grouping.submit(posting("a", "late"))
    settler.open.set()
    callers.join()
    assert late.value.facts["outcome"] == "not_applied"
    assert settler.batches == [["first"]]


def test_who_gives_up_makes_way_for_those_who_stood_behind(settler: Settler) -> None:
    callers = Callers(Grouping(settler, seconds=0.4))
    both = Posting(
        kind="transfer", currency="USD", entries=(Line("held", -1), Line("free", 1)),
        actor="tests", memo="gives up",
    )  # fmt: skip
    callers.submit(posting("held"))
    callers.submit(both)
    time.sleep(0.05)
    callers.submit(posting("free"))
    while ["free"] not in settler.batches and "free" not in callers.outcomes:
        time.sleep(0.001)
    settler.open.set()
    callers.join()
    assert isinstance(callers.outcomes["gives up"], Unavailable)
    assert callers.outcomes["free"] is DONE


def test_a_contended_account_gets_a_lane_that_still_groups(settler: Settler) -> None:
    held = Event()
    held.set()

    def contended(postings: Sequence[Posting], careful: bool) -> None:
        if held.is_set() and any(each.entries[0].account == "hot" for each in postings):
            raise AccountContention("hot")

    settler.fails = contended
    settler.open.set()
    callers = Callers(Grouping(settler))
    callers.submit(posting("hot", "h0"))
    for n in range(1, 6):
        callers.submit(posting("hot", f"h{n}"))
    for n in range(20):
        callers.submit(posting(f"cold-{n}"))
        assert callers._threads[-1].join(5) is None
    assert {f"cold-{n}" for n in range(20)} <= set(callers.outcomes)
    assert "h0" not in callers.outcomes
    held.clear()
    callers.join()
    assert settler.batches[-1] == [f"h{n}" for n in range(1, 6)]


def test_a_batch_that_met_contention_somewhere_runs_again_carefully(settler: Settler) -> None:
    seen: list[bool] = []

    def once(postings: Sequence[Posting], careful: bool) -> None:
        seen.append(careful)
        if len(seen) == 1:
            raise Contention("somewhere")

    settler.fails = once
    settler.open.set()
    assert Grouping(settler).submit(posting("a")) is DONE
    assert seen == [False, True]


def test_a_guilty_posting_is_found_by_running_its_batch_one_by_one(settler: Settler) -> None:
    def broken(postings: Sequence[Posting], careful: bool) -> None:
        if any(each.memo == "guilty" for each in postings):
            raise RuntimeError("broken")

    settler.fails = broken
    callers = Callers(Grouping(settler))
    for memo in ("first", "good", "guilty", "fine"):
        callers.submit(posting("a", memo))
    settler.open.set()
    callers.join()
    kinds = {name: type(outcome).__name__ for name, outcome in callers.outcomes.items()}
    assert kinds == {
        "first": "InsufficientFunds", "good": "InsufficientFunds",
        "guilty": "RuntimeError", "fine": "InsufficientFunds",
    }  # fmt: skip
    assert settler.batches == [
        ["first"], ["good", "guilty", "fine"], ["good"], ["guilty"], ["fine"],
    ]  # fmt: skip


def test_what_ends_the_leader_answers_everybody_in_its_batch(settler: Settler) -> None:
    def stopped(postings: Sequence[Posting], careful: bool) -> None:
        raise KeyboardInterrupt

    settler.fails = stopped
    settler.open.set()
    grouping = Grouping(settler)
    with pytest.raises(KeyboardInterrupt):
        grouping.submit(posting("a"))
    settler.fails = lambda *_: None
    assert grouping.submit(posting("a")) is DONE


def test_closing_finishes_what_runs_and_refuses_what_waits(settler: Settler) -> None:
    grouping = Grouping(settler)
    callers = Callers(grouping)
    callers.submit(posting("a", "runs"))
    callers.submit(posting("a", "waits"))
    closer = Thread(target=grouping.close)
    closer.start()
    while "waits" not in callers.outcomes:
        time.sleep(0.001)
    settler.open.set()
    closer.join()
    callers.join()
    assert callers.outcomes["runs"] is DONE
    assert isinstance(callers.outcomes["waits"], Unavailable)


def test_postings_that_run_one_by_one_keep_their_order(settler: Settler) -> None:
    def broken(postings: Sequence[Posting], careful: bool) -> None:
        if len(postings) > 1:
            raise RuntimeError("broken together")

    settler.fails = broken
    callers = Callers(Grouping(settler))
    names = [f"p{n}" for n in range(7)]
    for memo in names:
        callers.submit(posting("a", memo))
    settler.open.set()
    callers.join()
    assert [batch[0] for batch in settler.batches if len(batch) == 1] == names


def test_a_thread_that_is_ended_while_it_waits_leaves_nothing_that_others_wait_for(
    settler: Settler, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouping = Grouping(settler)
    callers = Callers(grouping)
    callers.submit(posting("a", "runs"))
    wait = grouping._wait

    def interrupted(ticket: object) -> None:
        monkeypatch.setattr(grouping, "_wait", wait)
        raise KeyboardInterrupt

    monkeypatch.setattr(grouping, "_wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        grouping.submit(posting("a", "ended"))
    callers.submit(posting("a", "behind"))
    settler.open.set()
    callers.join()
    assert callers.outcomes == {"runs": DONE, "behind": DONE}
    assert settler.batches == [["runs"], ["behind"]]
    assert grouping.close()
