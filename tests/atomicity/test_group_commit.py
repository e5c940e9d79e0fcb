"""Group commit: what shares a transaction does not share its fate."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest

from app.controllers.bank import Bank
from app.controllers.ledger import Key, Ledger, Posting, Receipt, Told
from app.controllers.ledger.batch import settle
from app.errors import BankError, InsufficientFunds, KeyReused, Unavailable
from app.models import accounts, audit
from app.models.accounts import Account
from tests import make
from tests.atomicity.conftest import FailPoint, errors, together


def batch(bank: Bank, postings: list[Posting]) -> list[Receipt | BankError]:
    """Settle these in one transaction."""
    return settle(bank.database, postings, limits={}, now=bank.now())


def breaking(account: Account, minor: int = 10) -> Posting:
    """A posting that the database will refuse: what it tells is no audit event."""
    return make.interest(account, minor, tells=(Told(audit.NAME, {"nonsense": True}),))


def balance(bank: Bank, account: Account) -> int:
    """What the account holds, in minor units."""
    return accounts.get_account(bank.database, account.number).balance_minor


def test_a_refused_posting_leaves_its_neighbours_whole(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    amounts = [60, 60, 40]
    outcomes = batch(bank, [make.withdrawal(account, minor) for minor in amounts])
    assert [type(outcome) for outcome in outcomes] == [Receipt, InsufficientFunds, Receipt]
    assert balance(bank, account) == 0


def test_postings_of_a_batch_apply_in_the_order_of_their_arrival(bank: Bank) -> None:
    account = make.account(bank)
    postings = [make.interest(account, 50), make.withdrawal(account, 50)]
    assert [type(outcome) for outcome in batch(bank, postings)] == [Receipt, Receipt]


def test_a_duplicate_in_a_batch_runs_once_and_gets_the_same_answer(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    posting = make.withdrawal(account, 70, key=Key("owner:key", "same"))
    first, again, free = batch(bank, [posting, posting, make.withdrawal(account, 30)])
    assert isinstance(first, Receipt)
    assert again == Receipt(first.transaction, replayed=True)
    assert isinstance(free, Receipt)
    assert balance(bank, account) == 0


def test_a_key_with_another_request_in_the_same_batch_is_refused(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    one = make.withdrawal(account, 10, key=Key("owner:key", "ten"))
    other = make.withdrawal(account, 20, key=Key("owner:key", "twenty"))
    outcomes = batch(bank, [one, other])
    assert [type(outcome) for outcome in outcomes] == [Receipt, KeyReused]
    assert balance(bank, account) == 90


def test_a_repeat_finds_its_success_before_any_refusal(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    posting = make.withdrawal(account, 100, key=Key("owner:key", "all of it"))
    first = bank.ledger.post(posting)
    again = bank.ledger.post(posting)
    assert again == Receipt(first.transaction, replayed=True)


def test_a_refusal_is_kept_under_its_key_even_when_money_has_come_since(bank: Bank) -> None:
    account = make.account(bank, balance=10)
    posting = make.withdrawal(account, 50, key=Key("owner:key", "fifty"))
    with pytest.raises(InsufficientFunds) as first:
        bank.ledger.post(posting)
    bank.ledger.post(make.interest(account, 1000))
    with pytest.raises(InsufficientFunds) as again:
        bank.ledger.post(posting)
    assert again.value.facts == first.value.facts
    assert (first.value.replayed, again.value.replayed) == (False, True)


def test_a_broken_posting_fails_alone(bank: Bank, fail_point: FailPoint) -> None:
    account = make.account(bank)
    postings = [make.interest(account, 10) for _ in range(20)]
    postings[7] = breaking(account)
    with fail_point({"times": 1}, failCommands=["commitTransaction"], blockConnection=True,
                    blockTimeMS=300):  # fmt: skip
        # The first posting waits in its commit, so that all the others share one batch.
        outcomes = together([partial(bank.ledger.post, each) for each in postings])
    assert len(errors(outcomes)) == 1
    assert isinstance(outcomes[7], Exception)
    assert balance(bank, account) == 190


def test_several_broken_postings_fail_alone(bank: Bank) -> None:
    account = make.account(bank)
    postings = [breaking(account) if n % 5 == 0 else make.interest(account, 10) for n in range(40)]
    outcomes = together([partial(bank.ledger.post, each) for each in postings])
    failed = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Exception)]
    assert failed == list(range(0, 40, 5))
    assert balance(bank, account) == 320


def test_what_a_posting_tells_is_there_with_the_money_and_only_then(bank: Bank) -> None:
    account = make.account(bank)
    event = audit.Event(bank.now(), "tests", "told", account.number)
    bank.ledger.post(make.interest(account, 10, events=(event,)))
    with pytest.raises(InsufficientFunds):
        bank.ledger.post(make.withdrawal(account, 11, events=(event,)))
    assert [each["action"] for each in audit.events_about(bank.database, account.number)] == [
        "told"
    ]


@pytest.mark.parametrize("command", ["find", "update", "insert", "commitTransaction"])
def test_a_transient_error_repeats_the_batch(
    bank: Bank, fail_point: FailPoint, command: str
) -> None:
    account = make.account(bank, balance=1000)
    posting = make.withdrawal(account, 100, key=Key("owner:key", "hundred"))
    with fail_point({"times": 3}, failCommands=[command], errorCode=112,
                    errorLabels=["TransientTransactionError"]):  # fmt: skip
        bank.ledger.post(posting)
    assert balance(bank, account) == 900


def test_a_lost_answer_to_the_commit_is_asked_for_again(bank: Bank, fail_point: FailPoint) -> None:
    account = make.account(bank, balance=1000)
    with fail_point({"times": 1}, failCommands=["commitTransaction"], closeConnection=True):
        bank.ledger.post(make.withdrawal(account, 100))
    assert balance(bank, account) == 900


def test_a_commit_that_never_answers_is_unknown_and_the_key_resolves_it(
    bank: Bank, fail_point: FailPoint
) -> None:
    account = make.account(bank, balance=1000)
    posting = make.withdrawal(account, 100, key=Key("owner:key", "hundred"))
    with (
        fail_point("alwaysOn", failCommands=["commitTransaction"], errorCode=91),
        pytest.raises(Unavailable) as unknown,
    ):
        bank.ledger.post(posting)
    assert unknown.value.facts["outcome"] == "unknown"
    bank.ledger.post(posting)
    assert balance(bank, account) == 900


@pytest.mark.parametrize("code", [11601, 13, 79, 133, 246])
def test_a_commit_that_was_applied_but_answered_with_an_error_is_not_applied_twice(
    bank: Bank, fail_point: FailPoint, code: int
) -> None:
    account = make.account(bank)
    error = {"code": code, "codeName": "Interrupted", "errmsg": "interrupted"}
    with fail_point({"times": 2}, failCommands=["commitTransaction"], writeConcernError=error):
        outcomes = together([partial(bank.ledger.post, make.interest(account, 1))] * 12)
    sure = 12 - len(errors(outcomes))
    assert set(errors(outcomes)) <= {"Unavailable"}
    assert sure <= balance(bank, account) <= 12


def hold(stranger: Any, account: Account, release: Event, held: Event) -> None:
    """Another program opens a transaction on the account and keeps it until told."""
    client = stranger.client
    with client.start_session() as session:
        session.start_transaction()
        change = {"$inc": {"revision": 1}}
        stranger.accounts.update_one({"_id": account.number}, change, session=session)
        held.set()
        release.wait(4)
        session.abort_transaction()


def test_an_account_held_by_a_stranger_does_not_stall_the_others(bank: Bank, stranger: Any) -> None:
    stuck, free = make.account(bank), [make.account(bank) for _ in range(8)]
    held, release = Event(), Event()
    holder = Thread(target=hold, args=(stranger, stuck, release, held))
    holder.start()
    held.wait(5)
    with ThreadPoolExecutor(32) as pool:
        waiting = [pool.submit(bank.ledger.post, make.interest(stuck, 1)) for _ in range(8)]
        others = [pool.submit(bank.ledger.post, make.interest(free[n % 8], 1)) for n in range(160)]
        done = [other.result() for other in others]
        still_waiting = [future for future in waiting if not future.done()]
        release.set()
        late = [future.result() for future in waiting]
    holder.join()
    assert len(done) == 160
    assert len(still_waiting) == 8
    assert len(late) == 8
    assert balance(bank, stuck) == 8


def test_who_pays_to_an_account_that_a_stranger_holds_can_be_paid_meanwhile(
    bank: Bank, stranger: Any
) -> None:
    stuck, payer = make.account(bank), make.account(bank, balance=1000)
    held, release = Event(), Event()
    holder = Thread(target=hold, args=(stranger, stuck, release, held))
    holder.start()
    held.wait(5)
    with ThreadPoolExecutor(9) as pool:
        late = pool.submit(bank.ledger.post, make.move(payer, stuck, 10))
        paid = [pool.submit(bank.ledger.post, make.interest(payer, 1)) for _ in range(40)]
        done = [each.result() for each in paid]
        was_waiting = not late.done()
        release.set()
        late.result()
    holder.join()
    assert (len(done), was_waiting) == (40, True)
    assert (balance(bank, payer), balance(bank, stuck)) == (1030, 10)


def test_an_account_held_for_too_long_is_refused_as_not_applied(
    bank: Bank, stranger: Any, make_app: Any
) -> None:
    account = make.account(bank)
    held, release = Event(), Event()
    holder = Thread(target=hold, args=(stranger, account, release, held))
    holder.start()
    held.wait(5)
    grouping = Ledger(bank.database, {}, bank.clock)._grouping
    grouping._seconds = 0.3
    with pytest.raises(Unavailable) as busy:
        grouping.submit(make.interest(account, 1))
    release.set()
    holder.join()
    assert busy.value.facts["outcome"] == "not_applied"
    assert balance(bank, account) == 0


def test_a_shutdown_in_the_middle_loses_nothing_acknowledged(bank: Bank) -> None:
    account = make.account(bank)
    ledger = Ledger(bank.database, {}, bank.clock)
    stop = Event()
    acknowledged: list[int] = []
    refused: list[Exception] = []

    def customer() -> None:
        while not stop.is_set():
            try:
                acknowledged.append(
                    ledger.post(make.interest(account, 1)).transaction.entries[0].seq
                )
            except Unavailable as error:
                refused.append(error)
                return

    threads = [Thread(target=customer) for _ in range(32)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 200:
        time.sleep(0.01)
    assert ledger.close()
    stop.set()
    for thread in threads:
        thread.join()
    assert {str(error.facts["outcome"]) for error in refused} == {"not_applied"}  # type: ignore[attr-defined]
    assert sorted(acknowledged) == list(range(1, balance(bank, account) + 1))


def test_a_closed_ledger_refuses(bank: Bank) -> None:
    account = make.account(bank)
    ledger = Ledger(bank.database, {}, bank.clock)
    ledger.close()
    with pytest.raises(Unavailable):
        ledger.post(make.interest(account, 1))
