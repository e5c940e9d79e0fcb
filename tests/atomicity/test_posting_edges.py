"""A posting by itself: each rule broken alone, and what two postings cannot use at once."""

from __future__ import annotations

from typing import Any

import pytest

from app.controllers.bank import Bank
from app.controllers.ledger import Claim, Key, Line, Posting, opposite
from tests import make

SOUND: dict[str, Any] = {
    "kind": "interest", "currency": "USD", "entries": (Line("1", 5),),
    "contra": (Line("interest", -5),), "actor": "tests",
}  # fmt: skip
KEY = Key("owner:key", "print")
ONLY_HOLDS = "what only holds has no contra lines, no key, and takes nothing back"
ONE_EACH = "a posting has entries, one for each account, or holds"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"kind": "gift"}, "gift is not a kind of transaction"),
        ({"entries": (), "contra": ()}, ONE_EACH),
        ({"entries": (Line("1", 5), Line("1", -5)), "contra": ()}, ONE_EACH),
        ({"holds": (Line("1", 5), Line("1", 5))}, ONE_EACH),
        ({"holds": (Line("1", 0),)}, "an entry moves something"),
        ({"entries": (), "holds": (Line("1", 5),)}, ONLY_HOLDS),
        ({"entries": (), "contra": (), "holds": (Line("1", 5),), "reverses": "t1"}, ONLY_HOLDS),
        ({"entries": (), "contra": (), "holds": (Line("1", 5),), "key": KEY}, ONLY_HOLDS),
        ({"contra": (Line("pocket", -5),)}, "contra lines are on the bank's own accounts"),
        ({"entries": (Line("1", 5), Line("2", 0))}, "an entry moves something"),
        ({"contra": (Line("interest", -4),)}, "the lines of a posting sum to zero"),
        ({"contra": (Line("interest", 5),)}, "the lines of a posting sum to zero"),
    ],
)
def test_a_mistake_of_the_program_is_named(broken: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=rf"\A{said}\Z"):
        Posting(**{**SOUND, **broken})


def test_entries_and_contra_lines_may_be_one_unit(bank: Bank) -> None:
    account = make.account(bank)
    receipt = bank.ledger.post(make.interest(account, 1))
    assert receipt.replayed is False
    assert (receipt.transaction.memo, receipt.transaction.reference) == ("", "")


def test_two_postings_cannot_share_accounts_claims_keys_and_what_they_reverse() -> None:
    posting = Posting(
        kind="reversal", currency="USD", entries=(Line("1", 5), Line("2", -5)), actor="tests",
        key=Key("owner:key", "print"), reverses="t1",
        claims=(Claim("vouchers", "v1", when="good", then="used"),),
    )  # fmt: skip
    assert posting.resources == {"1", "2", "claim:vouchers:v1", "key:owner:key", "reverses:t1"}
    assert Posting(**SOUND).resources == {"1"}
    assert Posting(**SOUND, holds=(Line("2", -5),)).resources == {"1", "2"}


def test_the_opposite_of_a_transaction_takes_back_each_line_and_says_why(bank: Bank) -> None:
    made = bank.ledger.post(make.interest(make.account(bank), 7)).transaction
    back = opposite(made, actor="ann", memo="a mistake", reference="case 12")
    [entry], [contra] = back.entries, back.contra
    assert (entry.account, entry.minor) == (made.entries[0].account, -7)
    assert (contra.account, contra.minor) == ("interest", 7)
    assert (back.kind, back.currency, back.reverses) == ("reversal", "USD", made.id)
    assert (back.actor, back.memo, back.reference) == ("ann", "a mistake", "case 12")
