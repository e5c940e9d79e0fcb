"""A call is sent again when that is safe and worthwhile, with the same key, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bank_client import (
    Customer,
    Patience,
    Problem,
    Refused,
    Tokens,
    TooMany,
    Transaction,
    Unavailable,
    Unreachable,
)
from tests.bank_client.conftest import Customers, Served
from tests.bank_client.servers import DRIPS, LOST, SILENT, Says, Scripted, problem
from tests.running import free_port

ALICE = Tokens("access", "refresh")
USD = {"amount": "12.50", "currency": "USD"}
DONE = Says(201, {
    "id": "t1", "kind": "deposit", "account": "100000000093", "amount": USD, "balance": USD,
    "seq": 1, "at": "2026-01-01T00:00:00.000Z", "memo": "", "reference": "", "counterparty": None,
})  # fmt: skip
ACCOUNTS = Says(200, {"items": [], "next": None})
BUSY = problem(503, "overloaded", {"Retry-After": "1"}, outcome="not_applied")
UNKNOWN = problem(503, "unavailable", {"Retry-After": "1"}, outcome="unknown")
OFTEN = problem(429, "too-many-requests", {"Retry-After": "7"})
GATEWAY = Says(502, b"<html>Bad gateway</html>")

Asking = Callable[..., tuple[Customer, Scripted]]


@pytest.fixture
def asking(serve: Served, customer_at: Customers) -> Asking:
    """A customer of a bank that answers by a script."""

    def make(*script: Says, **more: object) -> tuple[Customer, Scripted]:
        bank = Scripted(*script)
        return customer_at(serve(bank), tokens=ALICE, **more), bank

    return make


@pytest.mark.parametrize("trouble", [LOST, BUSY, UNKNOWN, OFTEN, GATEWAY], ids=repr)
def test_what_is_only_read_is_asked_for_again(asking: Asking, trouble: Says) -> None:
    alice, bank = asking(trouble, trouble, ACCOUNTS)
    assert alice.accounts() == []
    assert len(bank.asked) == 3


@pytest.mark.parametrize("trouble", [LOST, BUSY, UNKNOWN, OFTEN, GATEWAY], ids=repr)
@pytest.mark.parametrize(
    "act",
    [lambda c: c.deposit("12.50"), lambda c: c.withdraw("12.50"),
     lambda c: c.transfer("100000000093", "12.50")],
    ids=["deposit", "withdraw", "transfer"],
)  # fmt: skip
def test_money_is_moved_again_under_the_same_key(
    asking: Asking, trouble: Says, act: Callable[[Customer], Transaction]
) -> None:
    alice, bank = asking(trouble, trouble, DONE)
    assert act(alice).id == "t1"
    assert len({asked.key for asked in bank.asked}) == 1
    assert len(bank.asked[0].key) >= 16
    assert len({asked.body for asked in bank.asked}) == 1


def test_two_calls_have_two_keys(asking: Asking) -> None:
    alice, bank = asking(DONE)
    alice.deposit("12.50")
    alice.deposit("12.50")
    assert len({asked.key for asked in bank.asked}) == 2


def test_a_key_of_one_s_own_is_sent(asking: Asking) -> None:
    alice, bank = asking(DONE)
    alice.deposit("12.50", key="rent-of-january-2026")
    assert [asked.key for asked in bank.asked] == ["rent-of-january-2026"]


@pytest.mark.parametrize("trouble", [LOST, BUSY, OFTEN], ids=repr)
def test_what_has_no_key_is_sent_once(asking: Asking, trouble: Says) -> None:
    alice, bank = asking(trouble)
    with pytest.raises((Unavailable, TooMany)):
        alice.open_account("Holidays")
    assert len(bank.asked) == 1


def test_three_tries_are_enough(asking: Asking) -> None:
    alice, bank = asking(BUSY)
    with pytest.raises(Unavailable):
        alice.accounts()
    assert len(bank.asked) == 3


@pytest.mark.parametrize(
    "trouble", [problem(500, "internal-server-error"), problem(422, "insufficient-funds")], ids=repr
)
def test_what_would_not_change_is_not_asked_again(asking: Asking, trouble: Says) -> None:
    alice, bank = asking(trouble)
    with pytest.raises((Unavailable, Refused)):
        alice.deposit("12.50")
    assert len(bank.asked) == 1


def test_pauses_are_drawn_at_random(asking: Asking, pauses: list[float]) -> None:
    alice, _ = asking(LOST)
    for _ in range(10):
        with pytest.raises(Unreachable):
            alice.accounts()
    assert len(set(pauses)) == len(pauses) == 20
    assert 0.2 <= min(pauses) <= max(pauses) <= 2.0


@pytest.mark.parametrize("trouble", [OFTEN, problem(503, "busy", {"Retry-After": "7"})], ids=repr)
def test_the_bank_says_how_long_to_wait(asking: Asking, pauses: list[float], trouble: Says) -> None:
    alice, _ = asking(trouble, ACCOUNTS)
    alice.accounts()
    assert pauses == [7.0]


def test_the_bank_may_say_it_as_a_date(asking: Asking, pauses: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    alice, _ = asking(problem(503, "busy", {"Retry-After": date}), ACCOUNTS)
    alice.accounts()
    assert 2.0 < pauses[0] <= 20.0


def test_what_is_no_time_is_passed_over(asking: Asking, pauses: list[float]) -> None:
    alice, _ = asking(problem(503, "busy", {"Retry-After": "soon"}), ACCOUNTS)
    alice.accounts()
    assert pauses[0] <= 2.0


def test_nobody_waits_beyond_the_deadline(asking: Asking, pauses: list[float]) -> None:
    alice, bank = asking(problem(429, "too-many-requests", {"Retry-After": "31"}))
    with pytest.raises(TooMany) as refused:
        alice.accounts()
    assert (refused.value.retry_after, pauses, len(bank.asked)) == (31.0, [], 1)


def test_a_bank_that_says_nothing_is_not_waited_for(asking: Asking, patience: Patience) -> None:
    alice, bank = asking(SILENT, patience=replace(patience, tries=1, answer_seconds=0.05))
    with pytest.raises(Unreachable, match="Timeout") as silence:
        alice.deposit("12.50")
    assert silence.value.outcome == "unknown"
    assert len(bank.asked) == 1


@pytest.mark.parametrize("answer", [DRIPS, Says(200, b" " * 9_000_000)], ids=["slow", "large"])
def test_an_answer_that_does_not_end_is_given_up(
    asking: Asking, patience: Patience, answer: Says
) -> None:
    alice, _ = asking(answer, patience=replace(patience, tries=1, deadline_seconds=1.0))
    with pytest.raises(Unreachable, match="does not end") as endless:
        alice.deposit("12.50")
    assert endless.value.outcome == "unknown"


def test_a_bank_that_does_not_listen_did_nothing(customer_at: Customers) -> None:
    alice = customer_at(f"http://127.0.0.1:{free_port()}", tokens=ALICE)
    with pytest.raises(Unreachable, match="ConnectError") as nobody:
        alice.deposit("12.50")
    assert nobody.value.outcome == "not_applied"


@pytest.mark.parametrize("answer", [b"<html>", b"", b"[]", b"{}", b'"yes"', b"\xff"], ids=repr)
def test_an_answer_that_is_not_the_bank_s_is_none(asking: Asking, answer: bytes) -> None:
    alice, _ = asking(Says(201, answer))
    with pytest.raises(Unreachable, match="is this the bank") as odd:
        alice.deposit("12.50")
    assert odd.value.outcome == "unknown"


def test_who_asked_in_vain_learns_the_key_to_ask_again(asking: Asking) -> None:
    alice, bank = asking(LOST, LOST, LOST, DONE)
    with pytest.raises(Unreachable) as lost:
        alice.deposit("12.50")
    alice.deposit("12.50", key=lost.value.key)
    assert len({asked.key for asked in bank.asked}) == 1


@pytest.mark.parametrize("last", [BUSY, OFTEN, problem(401, "invalid-token")], ids=repr)
def test_a_refusal_to_look_does_not_undo_what_may_have_been_done(
    asking: Asking, last: Says
) -> None:
    alice, _ = asking(LOST, last)
    with pytest.raises(Problem) as problem:
        alice.deposit("12.50")
    assert problem.value.outcome == "unknown"


def test_a_decision_is_one_also_after_a_lost_answer(asking: Asking) -> None:
    alice, _ = asking(LOST, problem(422, "insufficient-funds"))
    with pytest.raises(Refused) as refused:
        alice.deposit("12.50")
    assert refused.value.outcome == "not_applied"
