"""Group commit: those who wait while one transaction runs share the next one.

There is no helper thread, no timer and no delay. The first request that arrives leads: it settles
its own posting at once. Those who arrive meanwhile queue; a leader that is done hands the queue to
its first, who settles all of it, up to BATCH, in one transaction. Up to `LEADERS` batches over
disjoint resources run at the same time.

A batch that meets a foreign transaction at an account is split: the postings of that account go
to a lane of their own, which still groups but does not count as a leader, and the rest goes on.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Lock, Semaphore

from app.controllers.ledger.batch import AccountContention
from app.controllers.ledger.posting import Held, Outcome, Posting, Receipt
from app.errors import BankError, Overloaded, Unavailable
from app.models.database import Contention, seconds_left

BATCH = 256
# One waits for its commit while the other computes. More would make smaller batches: at 16 clients
# four leaders cost a third more of both processors than two (benchmarks/deposits.py).
LEADERS = 2
_LANE_SECONDS = 1.0
_SLOWEST_RETRY = 0.05
_log = logging.getLogger(__name__)

Settle = Callable[[Sequence[Posting], bool], list[Outcome]]
"""Settles a batch in one transaction; the flag asks for the careful form."""


class _Ticket:
    """A posting that waits, and the gate its thread waits at."""

    __slots__ = ("alone", "deadline", "gate", "many", "outcome", "posting", "resources", "task")

    def __init__(self, posting: Posting, deadline: float, gate: Semaphore | None = None) -> None:
        """`gate` is shared by the many tickets of one thread."""
        self.posting = posting
        self.resources = posting.resources
        self.deadline = deadline
        self.alone = False
        self.outcome: Outcome | BaseException | None = None
        self.task: _Batch | None = None
        self.many = gate is not None
        # A plain lock is the cheapest gate: hundreds are opened for each batch.
        self.gate = gate or Lock()
        if gate is None:
            self.gate.acquire()

    def resolve(self, outcome: Outcome | BaseException) -> None:
        """Give the waiting thread its answer; the first one counts."""
        if self.outcome is None:
            self.outcome = outcome
            # A thread that was ended has not gone through a gate that was opened for it.
            with suppress(RuntimeError):
                self.gate.release()


@dataclass
class _Batch:
    """Tickets that are settled together; a lane serves one contended account."""

    tickets: list[_Ticket]
    lane: str | None = None
    tries: int = 0
    resources: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.resources = {name for ticket in self.tickets for name in ticket.resources}
        if self.lane:
            # It may wait long for this one; whoever needs the other accounts must not wait as well.
            self.resources = {self.lane}

    @property
    def deadline(self) -> float:
        """When the last of its tickets gives up."""
        return max(ticket.deadline for ticket in self.tickets)


class Grouping:
    """The queue before the ledger's door."""

    def __init__(self, settle: Settle, *, queue: int = 1024, seconds: float = 5.0) -> None:
        self._settle = settle
        self._limit = queue
        self._seconds = seconds
        self._mutex = Lock()
        self._idle = Condition(self._mutex)
        self._queue: deque[_Ticket] = deque()
        self._queued: Counter[str] = Counter()
        self._busy: set[str] = set()
        self._lanes: dict[str, float] = {}
        self._leaders = 0
        self._running = 0
        self._closed = False

    def submit(self, posting: Posting) -> Outcome:
        """Settle a posting with whoever else is there; blocks until its outcome is known.

        Raises Overloaded at once when the queue is full, Unavailable when time is up.
        """
        ticket = _Ticket(posting, self._deadline())
        self._see_through([ticket])
        return _answer(ticket.outcome)

    def submit_all(self, postings: Sequence[Posting]) -> list[Outcome | Exception]:
        """Settle many postings of one thread, in as few transactions as can be; answers in order.

        Each fares as if it was submitted by itself; what `submit` raises stands in its place.
        """
        size = min(BATCH, self._limit)
        parts = [postings[at : at + size] for at in range(0, len(postings), size)]
        return [outcome for part in parts for outcome in self._together(part)]

    def _together(self, postings: Sequence[Posting]) -> list[Outcome | Exception]:
        gate, deadline = Semaphore(0), self._deadline()
        tickets = [_Ticket(posting, deadline, gate) for posting in postings]
        try:
            self._see_through(tickets)
        except Unavailable as refusal:
            return [refusal for _ in tickets]
        return [_told(ticket.outcome) for ticket in tickets]

    def _deadline(self) -> float:
        return time.monotonic() + min(self._seconds, seconds_left())

    def _see_through(self, tickets: Sequence[_Ticket]) -> None:
        """Wait until every ticket of this thread has its outcome, and lead what falls to it.

        Raises Overloaded or Unavailable when they are not let in.
        """
        with self._mutex:
            self._admit(tickets)
        try:
            for ticket in tickets:
                while ticket.outcome is None:
                    self._wait(ticket)
                    for each in tickets:
                        if batch := each.task:
                            each.task = None
                            self._lead(batch)
        except BaseException as error:
            for ticket in tickets:
                self._leave(ticket, error)
            raise

    def close(self, *, seconds: float = 8.0) -> bool:
        """Refuse what waits and what comes, finish what runs; whether it all finished in time."""
        with self._mutex:
            self._closed = True
            waiting = list(self._queue)
            self._queue.clear()
            self._queued.clear()
            for ticket in waiting:
                ticket.resolve(Unavailable("the bank is closing for a moment"))
            return self._idle.wait_for(
                lambda: self._running == 0 and not self._queue, timeout=seconds
            )

    def _admit(self, tickets: Sequence[_Ticket]) -> None:
        if self._closed:
            raise Unavailable("the bank is closing for a moment")
        if len(self._queue) + len(tickets) > self._limit:
            raise Overloaded("too many postings are waiting")
        if len(tickets) == 1 and self._started_at_once(tickets[0]):
            return
        self._queue.extend(tickets)
        for ticket in tickets:
            self._queued.update(ticket.resources)
        if self._lanes or len(tickets) > 1:
            self._dispatch()

    def _started_at_once(self, ticket: _Ticket) -> bool:
        """Whether nobody needed to be waited for: who comes alone pays nothing for the queue."""
        free = self._busy.isdisjoint(ticket.resources) and not any(
            self._queued[name] for name in ticket.resources
        )
        lane = self._lane_of(ticket)
        if free and (lane or self._leaders < LEADERS):
            self._start(_Batch([ticket], lane=lane))
            return True
        return False

    def _wait(self, ticket: _Ticket) -> None:
        """Wait for news: an answer, the lead. Give up in time, but never on a running batch."""
        remaining = max(ticket.deadline - time.monotonic(), 0.001)
        if ticket.gate.acquire(timeout=remaining):
            return
        with self._mutex:
            if ticket in self._queue:
                self._queue.remove(ticket)
                self._forget([ticket])
                self._dispatch()  # those who stood behind it need not wait any longer
                ticket.resolve(Unavailable("the bank is busy with the same account"))
        ticket.gate.acquire()

    def _leave(self, ticket: _Ticket, error: BaseException) -> None:
        """A thread that goes for whatever reason leaves nothing behind that others wait for."""
        with self._mutex:
            if ticket in self._queue:
                self._queue.remove(ticket)
                self._forget([ticket])
                self._dispatch()
            batch, ticket.task = ticket.task, None
            ticket.resolve(error)  # nobody waits for it: whoever runs it again must not
        if batch:  # it was to lead, and nothing of the batch was done yet
            _fail(batch.tickets, Unavailable("the bank is stopping"))
            self._finish(batch, [])

    def _lead(self, batch: _Batch) -> None:
        """Settle a batch and wake everybody in it; then hand the queue on."""
        again: list[_Batch] = []
        try:
            again = self._outcomes_of(batch)
        except BaseException as error:
            _fail(batch.tickets, error)
            raise
        finally:
            self._finish(batch, again)

    def _outcomes_of(self, batch: _Batch) -> list[_Batch]:
        """Resolve the batch's tickets; what must run again comes back as smaller batches."""
        # In a lane the account is known; now and then make sure that it is not another one.
        careful = batch.tries > 0 if batch.lane is None else batch.tries % 8 == 7
        try:
            outcomes = self._settle([ticket.posting for ticket in batch.tickets], careful)
        except AccountContention as contention:
            return self._split(batch, contention.account)
        except Contention:
            return self._again(batch)
        except Unavailable as error:
            _fail(batch.tickets, error)
            return []
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not fail the neighbours
            return self._one_by_one(batch, error)
        for ticket, outcome in zip(batch.tickets, outcomes, strict=True):
            ticket.resolve(outcome)
        return []

    def _split(self, batch: _Batch, account: str) -> list[_Batch]:
        """The postings of a contended account in a lane of their own, and the rest."""
        lane = [ticket for ticket in batch.tickets if account in ticket.resources]
        rest = [ticket for ticket in batch.tickets if account not in ticket.resources]
        with self._mutex:
            self._lanes[account] = time.monotonic() + _LANE_SECONDS
        parts = self._again(_Batch(lane, lane=account, tries=batch.tries))
        return [*parts, _Batch(rest)] if rest else parts

    def _again(self, batch: _Batch) -> list[_Batch]:
        """The batch once more after a short pause, unless its time is up."""
        batch.tries += 1
        pause = random.uniform(0, min(0.001 * 2**batch.tries, _SLOWEST_RETRY))  # noqa: S311
        if time.monotonic() + pause > batch.deadline:
            _fail(batch.tickets, Unavailable("the bank is busy with the same account"))
            return []
        # The first contention may be chance: at once again, carefully, to learn where it was.
        if batch.tries > 1:
            time.sleep(pause)
        return [batch]

    def _one_by_one(self, batch: _Batch, error: Exception) -> list[_Batch]:
        """A mistake in one posting must not fail its neighbours: find the guilty one."""
        if len(batch.tickets) == 1:
            _log.error("a posting failed", exc_info=error)
            _fail(batch.tickets, error)
            return []
        for ticket in batch.tickets:
            ticket.alone = True
        return [_Batch([ticket], lane=batch.lane) for ticket in batch.tickets]

    def _finish(self, batch: _Batch, again: list[_Batch]) -> None:
        """Free what the batch held, start what must run again, then what has waited."""
        with self._mutex:
            self._stop(batch)
            later = [part for part in again if not self._restarted(part)]
            # The last first: each goes to the front of the queue.
            for part in reversed(later):
                self._requeue(part)
            self._dispatch()
            self._idle.notify_all()

    def _restarted(self, batch: _Batch) -> bool:
        """Run a part of a batch again at once, if its resources are free."""
        batch.tickets = [ticket for ticket in batch.tickets if ticket.outcome is None]
        if batch.tickets and self._busy.isdisjoint(batch.resources):
            self._start(batch)
            return True
        return not batch.tickets

    def _requeue(self, batch: _Batch) -> None:
        """Let a part of a batch run again before everybody else who waits."""
        self._queue.extendleft(reversed(batch.tickets))
        for ticket in batch.tickets:
            self._queued.update(ticket.resources)

    def _start(self, batch: _Batch) -> None:
        """Mark a batch as running and wake its first ticket to lead it."""
        self._busy |= batch.resources
        self._running += 1
        if batch.lane is None:
            self._leaders += 1
        # Nobody else's posting should wait for a thread that may lead several batches in turn.
        leader = next((each for each in batch.tickets if not each.many), batch.tickets[0])
        leader.task = batch
        leader.gate.release()

    def _stop(self, batch: _Batch) -> None:
        self._busy -= batch.resources
        self._running -= 1
        if batch.lane is None:
            self._leaders -= 1

    def _dispatch(self) -> None:
        """Start batches from the queue for as long as there is a leader to spare."""
        while self._queue:
            batch = self._take()
            if batch is None:
                return
            self._start(batch)

    def _take(self) -> _Batch | None:
        """The next batch: in order of arrival, nobody passing another at the same account."""
        ordinary = self._leaders < LEADERS
        if not ordinary and not self._lanes:
            return None
        blocked = set(self._busy)
        taken: list[_Ticket] = []
        lane: str | None = None
        for ticket in self._queue:
            own = self._lane_of(ticket)
            fits = (own == lane and not ticket.alone) if taken else (ordinary or own is not None)
            if fits and blocked.isdisjoint(ticket.resources):
                taken.append(ticket)
                lane = own
                if ticket.alone or len(taken) == BATCH:
                    break
            else:
                # Who waits for a contended account must not make others wait for it as well.
                blocked |= {own} if own else ticket.resources
        if not taken:
            return None
        self._remove(taken)
        return _Batch(taken, lane=lane)

    def _remove(self, taken: list[_Ticket]) -> None:
        gone = set(map(id, taken))
        self._queue = deque(ticket for ticket in self._queue if id(ticket) not in gone)
        self._forget(taken)

    def _forget(self, tickets: Iterable[_Ticket]) -> None:
        for ticket in tickets:
            for name in ticket.resources:
                self._queued[name] -= 1
                if self._queued[name] <= 0:
                    del self._queued[name]

    def _lane_of(self, ticket: _Ticket) -> str | None:
        """The contended account that the ticket touches, if there is one."""
        if not self._lanes:
            return None
        now = time.monotonic()
        self._lanes = {name: until for name, until in self._lanes.items() if until > now}
        return min((name for name in ticket.resources if name in self._lanes), default=None)


def _fail(tickets: Iterable[_Ticket], error: BaseException) -> None:
    """Answer every ticket that has no answer yet. What is not an Exception ended the program."""
    ordinary = isinstance(error, Exception)
    answer = error if ordinary else Unavailable("the bank is stopping", outcome="unknown")
    for ticket in tickets:
        ticket.resolve(answer)


def _answer(outcome: Outcome | BaseException | None) -> Outcome:
    """A receipt or a refusal; raises what is neither."""
    if isinstance(outcome, Unavailable):
        # A copy for each thread: they would all write their traceback into a shared one.
        raise Unavailable(
            outcome.detail, outcome=str(outcome.facts["outcome"]), retry_after=outcome.retry_after
        )
    told = _told(outcome)
    if isinstance(told, BankError | Receipt | Held):
        return told
    raise told


def _told(outcome: Outcome | BaseException | None) -> Outcome | Exception:
    """A receipt, a refusal, or a mistake of the program."""
    if isinstance(outcome, Receipt | Held | Exception):
        return outcome
    raise TypeError("a posting without an outcome") from outcome
