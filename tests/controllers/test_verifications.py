"""Verifications in the background: one at a time, watched meanwhile, and never left hanging."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.controllers import books, verifications
from app.controllers.bank import Actor, Bank
from app.controllers.orders import VerifyQuery
from app.controllers.verifications import LEASE, Verification
from app.errors import NotFound, Unavailable
from app.models import verifications as kept
from app.models.verifications import Outcome, Walked
from tests import make
from tests.conftest import Clock
from tests.faults.replica_set import await_until
from tests.together import together

ALL, NEW = VerifyQuery(full=True), VerifyQuery(full=False)
ADA = Actor("ada", "session", "banker")


def ended(bank: Bank, begun: Verification) -> Verification:
    """The verification as it is once it has ended."""
    await_until(lambda: verifications.one(bank, begun.id).status != "running", "verification")
    return verifications.one(bank, begun.id)


def running(bank: Bank) -> Verification:
    """A verification that no thread runs, as if its process had just been killed."""
    now = bank.now()
    begun = kept.new_verification(full=True, by="ada", now=now, lease_until=now + LEASE)
    bank.database.atomically(lambda: kept.begin(bank.database, begun))
    return begun


def test_what_it_walked_is_kept_with_who_asked_and_when(bank: Bank) -> None:
    for _ in range(3):
        make.account(bank, 100)
    found = ended(bank, verifications.start(bank, ADA, ALL))
    assert (found.status, found.by, found.full, found.found) == ("done", "ada", True, 0)
    assert (found.walked.accounts, found.walked.of_lines, found.walked.lines) == (3, 3, 3)
    assert found.walked.events == bank.database.collection("audit").count_documents({})
    assert found.ended_at is not None


def test_what_was_verified_before_is_taken_on_trust_by_the_quick_one(bank: Bank) -> None:
    make.account(bank, 100)
    ended(bank, verifications.start(bank, ADA, NEW))
    again = ended(bank, verifications.start(bank, ADA, NEW))
    assert (again.walked.accounts, again.walked.lines) == (1, 0)


@pytest.mark.tampers
def test_a_fault_is_kept_with_its_account_and_rule(bank: Bank, migrated: Any) -> None:
    account = make.account(bank, 100)
    migrated.collection("transactions").update_one({}, {"$set": {"memo": "a gift"}})
    found = ended(bank, verifications.start(bank, ADA, ALL))
    assert [(each.rule, each.account, each.seq) for each in found.findings] == [
        ("hash", account.number, 1)
    ]


@pytest.mark.tampers
def test_of_very_many_faults_the_first_are_kept_and_all_are_counted(
    bank: Bank, migrated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifications, "KEPT", 2)
    for _ in range(5):
        make.account(bank, 100)
    migrated.collection("transactions").update_many({}, {"$set": {"memo": "a gift"}})
    found = ended(bank, verifications.start(bank, ADA, ALL))
    assert (found.found, len(found.findings)) == (5, 2)


def test_of_many_who_start_one_at_the_same_moment_one_starts_it(app: Flask, bank: Bank) -> None:
    running(bank)
    begun: list[Verification] = []
    together(6, lambda _: begun.append(verifications.start(bank, ADA, NEW)))
    assert {each.id for each in begun} == {each.id for each in verifications.latest(bank)}
    assert len(verifications.latest(bank)) == 1


def test_one_whose_process_was_killed_counts_as_interrupted_when_its_lease_is_over(
    bank: Bank, clock: Clock
) -> None:
    begun = running(bank)
    clock.offset += LEASE - timedelta(seconds=5)
    assert verifications.one(bank, begun.id).status == "running"
    clock.forward(seconds=6)
    assert verifications.one(bank, begun.id).status == "interrupted"


def test_after_an_interrupted_one_another_one_can_start(bank: Bank, clock: Clock) -> None:
    dead = running(bank)
    clock.forward(seconds=60)
    assert ended(bank, verifications.start(bank, ADA, NEW)).status == "done"
    assert verifications.one(bank, dead.id).status == "interrupted"
    late = Outcome("done", Walked())
    assert not kept.end(bank.database, dead.id, late, bank.now())
    assert verifications.one(bank, dead.id).status == "interrupted"


def test_who_runs_it_tells_how_far_it_is_and_keeps_the_lease(
    bank: Bank, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = books.verify_books
    seen: list[Verification] = []

    def slow(bank: Bank, **more: Any) -> Any:
        more["progress"]("accounts", 500, 1200)
        clock.forward(seconds=20)
        await_until(
            lambda: verifications.latest(bank)[0].walked == Walked(accounts=500, of_accounts=1200),
            "progress",
        )
        seen.append(verifications.latest(bank)[0])
        clock.forward(seconds=20)
        return walk(bank, **more)

    monkeypatch.setattr(books, "verify_books", slow)
    found = ended(bank, verifications.start(bank, ADA, NEW))
    assert found.status == "done"
    assert seen[0].lease_until >= found.started_at + timedelta(seconds=20) + LEASE


def test_one_that_lost_its_lease_stops_and_leaves_no_result(
    bank: Bank, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    def slow(bank: Bank, **more: Any) -> Any:
        lost = verifications.latest(bank)[0]
        interrupted = {"$set": {"status": "interrupted"}}
        bank.database.collection(kept.NAME).update_one({"_id": lost.id}, interrupted)

        def told() -> bool:
            try:
                more["progress"]("accounts", 1, 2)
            except Exception as error:  # it is the runner's own
                stopped.append(type(error).__name__)
                raise
            return False

        return await_until(told, "end")

    monkeypatch.setattr(books, "verify_books", slow)
    begun = verifications.start(bank, ADA, NEW)
    await_until(lambda: bool(stopped), "end")
    assert verifications.one(bank, begun.id).status == "interrupted"


def test_one_that_cannot_go_on_says_so(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(books, "verify_books", broken)
    found = ended(bank, verifications.start(bank, ADA, NEW))
    assert (found.status, found.error) == ("failed", "Unavailable")


def test_one_that_never_was_is_not_found(bank: Bank) -> None:
    with pytest.raises(NotFound):
        verifications.one(bank, "none")


def test_mongodb_itself_lets_no_second_one_run(bank: Bank) -> None:
    begun = running(bank)
    with pytest.raises(Exception, match="status exists"):
        bank.database.atomically(lambda: kept.begin(bank.database, replace(begun, id="another")))
