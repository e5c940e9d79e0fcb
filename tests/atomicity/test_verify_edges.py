"""Verification to the letter: which rule, which account, which place, in which words."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bson import Int64

from app.controllers.bank import Bank
from app.controllers.ledger import balances
from app.controllers.ledger import verify as walking
from app.controllers.ledger.batch import settle
from app.controllers.ledger.verify import Finding, verify
from app.models import accounts, checkpoints, transactions
from app.models.accounts import Account
from app.models.canonical import hash_of
from tests import make

pytestmark = pytest.mark.tampers
Document = dict[str, Any]


@pytest.fixture
def account(bank: Bank) -> Account:
    """An account with five transactions of 100."""
    opened = make.account(bank)
    for _ in range(5):
        bank.ledger.post(make.interest(opened, 100))
    return accounts.get_account(bank.database, opened.number)


def found(bank: Bank, *, full: bool = True) -> list[Finding]:
    """What a verification finds, in its order."""
    return verify(bank.database, bank.now(), full=full).findings


Change = Callable[[Document], object]


def rewrite(raw: Any, account: Account, seq: int, change: Change, *, seal: bool = True) -> None:
    """Change a stored transaction and, unless told otherwise, its hash to match."""
    place = {"entries": {"$elemMatch": {"account": account.number, "seq": seq}}}
    document = raw.transactions.find_one(place)
    change(document)
    if seal:
        document["hash"] = hash_of(document)
    raw.transactions.replace_one(
        {"_id": document["_id"]}, document, bypass_document_validation=True
    )


def line(**values: Any) -> Change:
    """Change the first line of a transaction."""
    return lambda document: document["entries"][0].update(values)


HEAD = ("head", 5, "the account's head is not its last transaction")
BALANCE = ("account-balance", 5, "the account's balance is not its history's")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda document: document.update(memo="a gift"), [HEAD]),
        (line(prev="0" * 64), [("prev", 5, "does not follow the transaction before it"), HEAD]),
        (
            line(balance=Int64(501)),
            [("balance", 5, "the running balance does not add up"), HEAD, BALANCE],
        ),
        (
            lambda d: d.update(currency="EUR"),
            [("currency", 5, "not in the account's currency"), HEAD],
        ),
        (
            lambda d: d["contra"][0].update(amount=Int64(-99)),
            [("zero-sum", 5, "its lines do not sum to zero"), HEAD],
        ),
        (
            lambda d: d["entries"].append({**d["entries"][0], "seq": Int64(9), "amount": Int64(0)}),
            [("entries", 5, "more than one line of the account"), HEAD],
        ),
        (line(seq=Int64(6)), [("beyond-head", 6, "the account ends before it"),
                              ("seq", 5, "missing; the account counts 5"),
                              ("account-balance", 5, BALANCE[2])]),
    ],
)  # fmt: skip
def test_a_change_of_the_last_transaction_breaks_exactly_these_rules(
    bank: Bank,
    account: Account,
    stranger: Any,
    change: Change,
    expected: list[tuple[str, int, str]],
) -> None:
    rewrite(stranger, account, 5, change)
    assert found(bank) == [Finding(rule, account.number, *rest) for rule, *rest in expected]


def test_a_field_changed_without_its_hash_breaks_the_hash_alone(
    bank: Bank, account: Account, stranger: Any
) -> None:
    rewrite(stranger, account, 3, lambda document: document.update(memo="a gift"), seal=False)
    assert found(bank) == [Finding("hash", account.number, 3, "a field was changed")]


def test_a_changed_hash_breaks_the_chain_at_the_next_transaction_too(
    bank: Bank, account: Account, stranger: Any
) -> None:
    rewrite(stranger, account, 3, lambda document: document.update(memo="a gift"))
    assert found(bank) == [
        Finding("prev", account.number, 4, "does not follow the transaction before it")
    ]


def test_a_gap_is_named_once_with_what_comes_after_it(
    bank: Bank, account: Account, stranger: Any
) -> None:
    stranger.transactions.delete_many({"entries.seq": {"$in": [2, 3]}})
    assert found(bank) == [Finding("seq", account.number, 2, "missing; the next is 4")]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    ("values", "rule", "detail"),
    [
        ({"head": "0" * 64}, "head", HEAD[2]),
        ({"balance": Int64(501)}, "account-balance", BALANCE[2]),
        ({"held": Int64(501)}, "floor", "less is available than nothing"),
    ],
)
def test_a_changed_account_is_named_with_its_last_place(
    bank: Bank,
    account: Account,
    stranger: Any,
    values: Document,
    rule: str,
    detail: str,
    full: bool,
) -> None:
    verify(bank.database, bank.now(), full=False)
    stranger.accounts.update_one(
        {"_id": account.number}, {"$set": values}, bypass_document_validation=True
    )
    assert found(bank, full=full) == [Finding(rule, account.number, 5, detail)]


def test_all_that_is_there_may_be_held(bank: Bank, account: Account, stranger: Any) -> None:
    stranger.accounts.update_one({"_id": account.number}, {"$set": {"held": Int64(500)}})
    assert found(bank) == []


@pytest.mark.parametrize("full", [True, False])
def test_a_history_that_was_longer_is_named_at_its_first_missing_place(
    bank: Bank, account: Account, stranger: Any, full: bool
) -> None:
    bank.ledger.post(make.interest(account, 1))
    verify(bank.database, bank.now(), full=False)
    stranger.transactions.delete_one({"entries.seq": 6})
    values = {"seq": Int64(5), "head": account.head, "balance": Int64(500)}
    stranger.accounts.update_one({"_id": account.number}, {"$set": values})
    assert found(bank, full=full) == [
        Finding("truncated", account.number, 6, "the history was longer")
    ]


def test_a_history_without_its_account_is_an_orphan_from_its_first_place(
    bank: Bank, account: Account, stranger: Any
) -> None:
    stranger.accounts.delete_one({"_id": account.number})
    detail = "history of an account that does not exist"
    assert found(bank) == [Finding("orphan", account.number, 1, detail)]
    assert found(bank, full=False) == []


def test_a_misshapen_account_is_named_and_its_history_is_no_orphan(
    bank: Bank, account: Account, stranger: Any
) -> None:
    stranger.accounts.update_one(
        {"_id": account.number}, {"$set": {"held": "x"}}, bypass_document_validation=True
    )
    expected = Finding("shape", account.number, 0, "the account is not what the validator allows")
    assert (found(bank), found(bank, full=False)) == ([expected], [expected])


def test_a_misshapen_transaction_is_named_by_the_full_walk(
    bank: Bank, account: Account, stranger: Any
) -> None:
    rewrite(stranger, account, 5, lambda document: document.update(note="unheard of"))
    document = stranger.transactions.find_one({"entries.seq": 5})
    detail = f"transaction {document['_id']} is not what the validator allows"
    assert found(bank)[0] == Finding("shape", "", 0, detail)
    assert found(bank, full=False) == [Finding(HEAD[0], account.number, *HEAD[1:])]


def test_what_cannot_be_walked_is_named_with_the_place_before_which_all_is_well(
    bank: Bank, account: Account, stranger: Any
) -> None:
    rewrite(stranger, account, 4, line(amount="100"), seal=False)
    unreadable = [finding for finding in found(bank) if finding.rule == "unreadable"]
    assert unreadable == [Finding("unreadable", account.number, 4, "TypeError")]


def test_no_more_is_told_than_can_be_read(
    bank: Bank, account: Account, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_FINDINGS", 3)
    stranger.transactions.update_many({}, {"$set": {"memo": "a gift"}})
    assert [finding.seq for finding in found(bank)] == [1, 2, 3]


def test_what_was_found_wrong_is_found_again_by_the_next_quick_walk(
    bank: Bank, account: Account, stranger: Any
) -> None:
    rewrite(stranger, account, 5, lambda document: document.update(memo="a gift"), seal=False)
    expected = [Finding("hash", account.number, 5, "a field was changed")]
    assert (found(bank, full=False), found(bank, full=False)) == (expected, expected)


def test_a_report_says_what_was_walked_and_when(bank: Bank, account: Account) -> None:
    moment = bank.now()
    report = verify(bank.database, moment, full=True)
    assert (report.checked_at, report.full, report.ok) == (moment, True, True)
    assert (report.accounts, report.transactions, report.lines) == (1, 5, 5)
    quick = verify(bank.database, moment, full=False)
    assert (quick.full, quick.accounts, quick.transactions, quick.lines) == (False, 1, 5, 0)


def test_a_walk_takes_the_accounts_a_few_at_a_time_and_forgets_none(
    bank: Bank, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "_CHUNK", 2)
    for _ in range(4):
        make.account(bank, balance=1)
    report = verify(bank.database, bank.now(), full=False)
    assert (report.accounts, report.lines) == (5, 9)
    numbers = [each.number for each in accounts.all_accounts(bank.database)]
    kept = checkpoints.find_checkpoints(bank.database, numbers)
    assert [(kept[number].seq, kept[number].balance_minor) for number in numbers] == [
        (5, 500) if number == account.number else (1, 1) for number in numbers
    ]


def test_a_long_walk_tells_how_far_it_is(bank: Bank) -> None:
    account = make.account(bank)
    for _ in range(8):
        settle(bank.database, [make.interest(account, 1)] * 251, limits={}, now=bank.now())
    told: list[tuple[str, int, int]] = []
    verify(bank.database, bank.now(), progress=lambda *place: told.append(place))
    assert told == [("lines", 1000, 2008), ("lines", 2000, 2008), ("accounts", 1, 1)]


def test_an_end_that_was_rewritten_with_its_account_is_found_once_it_was_verified(
    bank: Bank, account: Account, stranger: Any
) -> None:
    assert found(bank) == []
    rewrite(stranger, account, 5, lambda document: document.update(memo="a gift"))
    [forged] = stranger.transactions.find({"memo": "a gift"})
    stranger.accounts.update_one({"_id": account.number}, {"$set": {"head": forged["hash"]}})
    told = [Finding("rewritten", account.number, 5, "once it was another one")]
    assert found(bank) == told
    assert found(bank, full=False) == [Finding(HEAD[0], account.number, *HEAD[1:])]


def test_a_history_as_long_as_its_checkpoint_was_not_cut(bank: Bank, account: Account) -> None:
    assert (found(bank), found(bank), found(bank, full=False)) == ([], [], [])


def test_the_whole_is_walked_unless_only_the_new_is_asked_for(bank: Bank, account: Account) -> None:
    assert verify(bank.database, bank.now()).full
    assert verify(bank.database, bank.now()).lines == 5


def test_a_full_walk_adds_up_afresh_what_was_remembered_of_the_banks_own_accounts(
    bank: Bank, account: Account, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_SETTLED_AFTER", timedelta())
    time.sleep(0.005)  # so that all of it is older than this millisecond
    assert found(bank) == []
    sums = checkpoints.system_balances(bank.database)
    assert sums["interest", "USD"] == -500
    stranger.system_balances.update_one({}, {"$set": {"lines.0.minor": Int64(7)}})
    assert checkpoints.system_balances(bank.database) != sums
    assert found(bank, full=False) == []
    assert checkpoints.system_balances(bank.database) != sums
    assert found(bank) == []
    assert checkpoints.system_balances(bank.database) == sums


def test_a_line_without_its_amount_does_not_sum_to_zero(
    bank: Bank, account: Account, stranger: Any
) -> None:
    rewrite(stranger, account, 5, lambda document: document["contra"][0].pop("amount"))
    [shape, *others] = found(bank)
    assert shape.rule == "shape"
    assert Finding("zero-sum", account.number, 5, "its lines do not sum to zero") in others


def test_an_account_that_was_opened_during_the_walk_is_no_orphan(
    bank: Bank, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = transactions.entry_accounts

    def opened_meanwhile(database: Any) -> Any:
        make.account(bank, balance=5)
        return listed(database)

    monkeypatch.setattr(transactions, "entry_accounts", opened_meanwhile)
    assert found(bank) == []


def test_the_trial_balance_is_said_in_its_currency(bank: Bank) -> None:
    make.account(bank, balance=7)
    totals = balances.trial_balance(bank.database, bank.now())
    said = {name: str(money) for name, money in totals["USD"].items()}
    assert (said["customers"], said["interest"]) == ("0.07 USD", "-0.07 USD")
    assert said["total"] == "0.00 USD"
