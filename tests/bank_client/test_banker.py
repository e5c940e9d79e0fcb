"""A banker's program at a real bank, and one log-in that several programs keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice

import pytest
from flask.testing import FlaskClient

from bank_client import Banker, Conflict, Customer, Forbidden, Patience, Tokens
from tests import make
from tests.bank_client.conftest import Customers
from tests.make import PASSWORD

Pair = tuple[Banker, Banker]


@pytest.fixture
def pair(address: str, client: FlaskClient, patience: Patience) -> Iterator[Pair]:
    """Two bankers, who may propose and approve."""
    people = make.two_bankers(client)
    with ExitStack() as stack:
        one, two = (stack.enter_context(Banker(address, patience=patience)) for _ in range(2))
        one.log_in(people[0].username, PASSWORD)
        two.log_in(people[1].username, PASSWORD)
        yield one, two


@pytest.fixture
def number(dana: Customer) -> str:
    """The number of a customer's account."""
    return dana.accounts()[0].number


def test_a_banker_sees_all_accounts(pair: Pair, number: str) -> None:
    [account] = pair[0].accounts(status="open", words="dana")
    assert account == pair[0].account(number)
    assert (account.owner, account.customer, account.status) == ("dana", "Dana Scott", "open")


def test_a_banker_sees_all_transactions_page_by_page(pair: Pair, dana: Customer) -> None:
    done = [dana.deposit("1.00").id for _ in range(3)]
    found = list(islice(pair[0].transactions(page_size=2), 3))
    assert [each.id for each in found] == done[::-1]
    assert sum(line.amount.minor for line in found[0].lines) == 0


def test_a_frozen_account_is_unfrozen_by_another_banker(pair: Pair, number: str) -> None:
    maker, checker = pair
    frozen = maker.freeze(maker.account(number), "reported stolen")
    assert frozen.status == "frozen"
    proposed = maker.unfreeze(frozen, "found again")
    with pytest.raises(Forbidden):
        maker.approve(proposed)
    [waiting] = checker.approvals(status="pending")
    assert waiting.effect == proposed.effect
    assert checker.approve(checker.approval(waiting.id)).status == "executed"
    assert maker.account(number).status == "open"


def test_a_proposal_may_be_rejected(pair: Pair, number: str) -> None:
    frozen = pair[0].freeze(pair[0].account(number), "reported stolen")
    proposed = pair[0].unfreeze(frozen, "found again")
    assert pair[1].reject(proposed.id, "not found at all").status == "rejected"


def test_an_account_that_changed_meanwhile_is_not_frozen(pair: Pair, number: str) -> None:
    seen = pair[0].account(number)
    pair[1].freeze(seen, "reported stolen")
    with pytest.raises(Conflict):
        pair[0].freeze(seen, "reported stolen")


@pytest.mark.parametrize("full", [True, False])
def test_the_books_are_walked(pair: Pair, dana: Customer, full: bool) -> None:
    dana.deposit("1.00")
    found = pair[0].verify(full=full)
    assert found.ok
    assert found.findings == ()


def test_programs_that_keep_one_log_in_renew_it_once(
    address: str, customer_at: Customers, dana: Customer
) -> None:
    assert dana.tokens
    kept = [replace(dana.tokens, access_token="ended")]

    @contextmanager
    def shared() -> Iterator[Tokens | None]:
        yield kept[0]

    def keep(tokens: Tokens | None) -> None:
        assert tokens
        kept[0] = tokens

    first, second = (
        customer_at(address, tokens=kept[0], shared=shared, on_tokens=keep) for _ in range(2)
    )
    first.profile()
    assert second.profile().username == "dana"
    assert second.tokens == first.tokens == kept[0]
