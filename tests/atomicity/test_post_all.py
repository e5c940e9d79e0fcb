"""Many postings of one caller at once: as safe as one by one, in few transactions."""

from __future__ import annotations

from functools import partial
from threading import Event, Thread, current_thread
from typing import Any

from app.controllers.bank import Bank
from app.controllers.ledger import Key, Ledger, Posting, Receipt
from app.controllers.ledger.grouping import BATCH
from app.errors import InsufficientFunds, KeyReused, Overloaded, Unavailable
from app.models import accounts, audit
from app.models.accounts import Account
from tests import make
from tests.atomicity.conftest import FailPoint, errors, together
from tests.atomicity.test_group_commit import balance, breaking, hold


def kinds(outcomes: list[Any]) -> list[type]:
    """What became of each posting."""
    return [type(outcome) for outcome in outcomes]


def test_many_postings_are_answered_in_their_order(bank: Bank) -> None:
    one, two = make.account(bank), make.account(bank)
    postings = [make.interest(each, minor) for minor in (1, 2, 3) for each in (one, two)]
    outcomes = bank.ledger.post_all(postings)
    entries = [o.transaction.entries[0] for o in outcomes if isinstance(o, Receipt)]
    assert [entry.amount_minor for entry in entries] == [1, 1, 2, 2, 3, 3]
    assert [entry.seq for entry in entries] == [1, 1, 2, 2, 3, 3]


def test_nothing_is_answered_with_nothing(bank: Bank) -> None:
    assert bank.ledger.post_all([]) == []


def test_more_than_a_batch_holds_goes_on_in_the_next(bank: Bank) -> None:
    account = make.account(bank)
    outcomes = bank.ledger.post_all([make.interest(account, 1)] * (BATCH + 10))
    assert kinds(outcomes) == [Receipt] * (BATCH + 10)
    assert balance(bank, account) == BATCH + 10


def test_a_batch_is_one_transaction(bank: Bank, fail_point: FailPoint, stranger: Any) -> None:
    account = make.account(bank)
    before = committed(stranger)
    bank.ledger.post_all([make.interest(account, 1)] * BATCH)
    assert committed(stranger) - before == 1


def committed(stranger: Any) -> int:
    """How many transactions MongoDB has committed."""
    status = stranger.client.admin.command("serverStatus")
    return int(status["transactions"]["totalCommitted"])


def test_a_refusal_in_the_middle_leaves_its_neighbours_whole(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    outcomes = bank.ledger.post_all([make.withdrawal(account, minor) for minor in (60, 60, 40)])
    assert kinds(outcomes) == [Receipt, InsufficientFunds, Receipt]
    assert balance(bank, account) == 0


def test_a_repeated_key_is_one_transaction_and_another_request_under_it_is_refused(
    bank: Bank,
) -> None:
    account = make.account(bank, balance=100)
    ten = make.withdrawal(account, 10, key=Key("owner:key", "ten"))
    twenty = make.withdrawal(account, 20, key=Key("owner:key", "twenty"))
    first, again, other = bank.ledger.post_all([ten, ten, twenty])
    assert isinstance(first, Receipt)
    assert again == Receipt(first.transaction, replayed=True)
    assert isinstance(other, KeyReused)
    assert bank.ledger.post_all([ten]) == [again]
    assert balance(bank, account) == 90


def test_a_mistake_in_one_posting_is_its_own(bank: Bank) -> None:
    account = make.account(bank)
    postings = [breaking(account) if n % 10 == 7 else make.interest(account, 1) for n in range(30)]
    outcomes = bank.ledger.post_all(postings)
    failed = [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, Receipt)]
    assert failed == [7, 17, 27]
    assert balance(bank, account) == 27


def test_what_a_posting_tells_is_there_once(bank: Bank) -> None:
    account = make.account(bank)
    event = audit.Event(bank.now(), "tests", "told", account.number)
    told = make.interest(account, 10, events=(event,))
    bank.ledger.post_all([make.interest(account, 1), told, make.interest(account, 1)])
    assert len(audit.events_about(bank.database, account.number)) == 1


def test_loads_and_single_postings_at_the_same_accounts_all_arrive(bank: Bank) -> None:
    ring = [make.account(bank, balance=10_000) for _ in range(6)]
    moves = [make.move(ring[n % 6], ring[(n + 1) % 6], 1 + n % 7) for n in range(300)]
    loads = [partial(bank.ledger.post_all, moves)] * 3
    singles = [partial(bank.ledger.post, move) for move in moves[:29]]
    outcomes = together([*loads, *singles])
    assert errors(outcomes) == []
    assert [errors(load) for load in outcomes[:3] if isinstance(load, list)] == [[], [], []]
    found = accounts.find_accounts(bank.database, [each.number for each in ring])
    assert sum(each.balance_minor for each in found.values()) == 60_000
    assert sum(each.seq for each in found.values()) == 6 + 2 * (3 * 300 + 29)


def test_of_one_key_in_two_loads_at_once_one_transaction_is_made(bank: Bank) -> None:
    account = make.account(bank, balance=1000)
    posting = make.withdrawal(account, 100, key=Key("owner:key", "hundred"))
    load = partial(bank.ledger.post_all, [make.interest(account, 1), posting])
    outcomes = together([load] * 8)
    answers = [outcome[1] for outcome in outcomes if isinstance(outcome, list)]
    assert kinds(answers) == [Receipt] * 8
    assert len({answer.transaction.id for answer in answers}) == 1
    assert balance(bank, account) == 908


def test_an_account_that_a_stranger_holds_makes_only_its_own_postings_wait(
    bank: Bank, stranger: Any
) -> None:
    stuck, free = make.account(bank), [make.account(bank) for _ in range(20)]
    held, release = Event(), Event()
    holder = Thread(target=hold, args=(stranger, stuck, release, held))
    holder.start()
    held.wait(5)
    load: list[Posting] = [make.interest(each, 1) for each in [*free, stuck, *free]]
    outcomes: list[Receipt | Exception] = []
    loader = Thread(target=lambda: outcomes.extend(bank.ledger.post_all(load)))
    loader.start()
    while moved(bank, free) < 40:
        assert loader.is_alive()
    bank.ledger.post(make.interest(free[0], 1))
    was_waiting = loader.is_alive()
    release.set()
    loader.join()
    holder.join()
    assert was_waiting
    assert kinds(outcomes) == [Receipt] * 41
    assert (moved(bank, free), balance(bank, stuck)) == (41, 1)


def moved(bank: Bank, several: list[Account]) -> int:
    """How many transactions those accounts have seen."""
    found = accounts.find_accounts(bank.database, [each.number for each in several])
    return sum(account.seq for account in found.values())


def test_a_commit_that_never_answers_is_unknown_to_all_and_the_keys_resolve_it(
    bank: Bank, fail_point: FailPoint
) -> None:
    account = make.account(bank, balance=1000)
    load = [make.withdrawal(account, 10, key=Key(f"owner:{n}", "ten")) for n in range(20)]
    with fail_point("alwaysOn", failCommands=["commitTransaction"], errorCode=91):
        unknown = bank.ledger.post_all(load)
    assert {str(each.facts["outcome"]) for each in unknown if isinstance(each, Unavailable)} == {
        "unknown"
    }
    answers = bank.ledger.post_all(load)
    while any(isinstance(answer, Unavailable) for answer in answers):
        # MongoDB ends the transaction that was left open after some seconds, as it finds time.
        answers = bank.ledger.post_all(load)
    assert kinds(answers) == [Receipt] * 20
    assert balance(bank, account) == 800


def test_a_load_that_finds_no_place_in_the_queue_is_refused_whole(bank: Bank) -> None:
    account = make.account(bank)
    ledger = Ledger(bank.database, {}, bank.clock, queue=4)
    entered, go_on = Event(), Event()
    ledger._grouping._settle = waiting(ledger._grouping._settle, entered, go_on)
    first = Thread(target=ledger.post, args=(make.interest(account, 1),))
    first.start()
    entered.wait(5)
    others = Thread(target=ledger.post_all, args=([make.interest(account, 1)] * 2,))
    others.start()
    while len(ledger._grouping._queue) < 2:
        assert others.is_alive()
    assert kinds(ledger.post_all([make.interest(account, 1)] * 3)) == [Overloaded] * 3
    go_on.set()
    first.join()
    others.join()
    assert balance(bank, account) == 3


def test_who_comes_alone_leads_the_batch_and_waits_for_no_load(bank: Bank) -> None:
    account = make.account(bank)
    ledger = Ledger(bank.database, {}, bank.clock)
    entered, go_on = Event(), Event()
    leaders: list[str] = []
    settle = waiting(ledger._grouping._settle, entered, go_on)

    def noted(*arguments: Any) -> Any:
        leaders.append(current_thread().name)
        return settle(*arguments)

    ledger._grouping._settle = noted
    one = make.interest(account, 1)
    threads = [
        Thread(target=ledger.post, args=(one,), name="first"),
        Thread(target=ledger.post_all, args=([one, one],), name="load"),
        Thread(target=ledger.post, args=(one,), name="alone"),
    ]
    for thread, queued in zip(threads, (0, 2, 3), strict=True):
        thread.start()
        entered.wait(5)
        while len(ledger._grouping._queue) < queued:
            assert thread.is_alive()
    go_on.set()
    for thread in threads:
        thread.join()
    assert leaders == ["first", "alone"]


def waiting(settle: Any, entered: Event, go_on: Event) -> Any:
    """Settles as ever, but waits until it is told to."""

    def wait_and_settle(*arguments: Any) -> Any:
        entered.set()
        go_on.wait(5)
        return settle(*arguments)

    return wait_and_settle


def test_a_closed_ledger_refuses_a_load(bank: Bank) -> None:
    account = make.account(bank)
    ledger = Ledger(bank.database, {}, bank.clock)
    ledger.close()
    assert kinds(ledger.post_all([make.interest(account, 1)] * 2)) == [Unavailable] * 2
