"""What a batch writes, and what it keeps under a key: every field, every word."""

from __future__ import annotations

from dataclasses import asdict

from app.controllers.bank import Bank
from app.controllers.ledger import Claim, Key, Receipt, opposite
from app.controllers.ledger.batch import settle
from app.controllers.ledger.rules import Books, moved_accounts
from app.errors import AlreadyClaimed, AlreadyReversed, InsufficientFunds, KeyReused
from app.models import accounts, transactions
from tests import make
from tests.atomicity.test_ledger_edges import refusal, said


def test_a_key_for_another_request_is_told_to_make_a_new_one(bank: Bank) -> None:
    account = make.account(bank)
    bank.ledger.post(make.interest(account, 1, key=Key("owner:key", "one")))
    other = make.interest(account, 2, key=Key("owner:key", "two"))
    assert said(refusal(bank, other)) == (KeyReused, "make a new key for a new request", {})
    # The key still answers the request that it was made for.
    assert bank.ledger.post(make.interest(account, 1, key=Key("owner:key", "one"))).replayed


def test_a_transaction_keeps_everything_that_was_asked(bank: Bank) -> None:
    payer, payee = make.account(bank, balance=100), make.account(bank)
    asked = make.move(payer, payee, 40, memo="rent", reference="May", key=Key("owner:key", "one"))
    sent = bank.ledger.post(asked).transaction
    kept = transactions.get_transaction(bank.database, sent.id)
    assert kept == sent
    assert {**asdict(kept), "entries": (), "id": "", "at": None, "hash": ""} == {
        "id": "", "kind": "transfer", "at": None, "actor": payer.owner, "currency": "USD",
        "entries": (), "contra": (), "memo": "rent", "reference": "May", "key": "owner:key",
        "reverses": None, "hash": "",
    }  # fmt: skip
    assert [(line.account, line.amount_minor, line.balance_minor) for line in kept.entries] == [
        (payer.number, -40, 60),
        (payee.number, 40, 40),
    ]


def test_accounts_are_written_in_order_of_number_and_only_those_that_moved(bank: Bank) -> None:
    numbers = sorted((make.account(bank, balance=10).number for _ in range(4)), reverse=True)
    read = accounts.find_accounts(bank.database, numbers)
    some = [read[number] for number in reversed(numbers)]
    books = Books(dict(read), {}, {}, {}, bank.now())
    books.apply(make.move(some[3], some[0], 1))
    books.apply(make.move(some[3], some[1], 1))
    moved = [account.number for account in moved_accounts(books, read)]
    assert moved == [some[n].number for n in (0, 1, 3)]


def test_a_claim_counts_once_in_one_batch(bank: Bank) -> None:
    vouchers = bank.database.collection("test_vouchers")
    vouchers.replace_one({"_id": "v1"}, {"_id": "v1", "status": "good"}, upsert=True)
    claim = Claim("test_vouchers", "v1", when="good", then="used")
    posting = make.interest(make.account(bank), 10, claims=(claim,))
    first, second = settle(bank.database, [posting, posting], limits={}, now=bank.now())
    assert isinstance(first, Receipt)
    assert isinstance(second, AlreadyClaimed)


def test_a_claim_may_follow_another_in_one_batch(bank: Bank) -> None:
    vouchers = bank.database.collection("test_vouchers")
    vouchers.replace_one({"_id": "v1"}, {"_id": "v1", "status": "good"}, upsert=True)
    account = make.account(bank)
    steps = (("good", "held"), ("held", "used"), ("held", "used"))
    postings = [
        make.interest(account, 10, claims=(Claim("test_vouchers", "v1", when, then),))
        for when, then in steps
    ]
    outcomes = settle(bank.database, postings, limits={}, now=bank.now())
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt, AlreadyClaimed]
    assert vouchers.find_one({"_id": "v1"}) == {"_id": "v1", "status": "used"}


def test_a_transaction_is_reversed_once_in_one_batch(bank: Bank) -> None:
    sent = bank.ledger.post(make.interest(make.account(bank), 40)).transaction
    back = opposite(sent, actor="tests", memo="a mistake")
    first, second = settle(bank.database, [back, back], limits={}, now=bank.now())
    assert isinstance(first, Receipt)
    assert isinstance(second, AlreadyReversed)


def test_a_batch_of_refusals_alone_keeps_them_under_their_keys(bank: Bank) -> None:
    account = make.account(bank)
    posting = make.withdrawal(account, 5, key=Key("owner:key", "five"))
    first, again = settle(bank.database, [posting, posting], limits={}, now=bank.now())
    later = refusal(bank, posting)
    assert isinstance(first, InsufficientFunds)
    assert isinstance(again, InsufficientFunds)
    assert (first.replayed, again.replayed, later.replayed) == (False, True, True)
    assert said(first) == said(again) == said(later)
