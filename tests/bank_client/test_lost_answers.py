"""The bank did it, and the answer was lost: asked again, the money has moved once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bank_client import Customer, Transaction, Unreachable
from tests.bank_client.conftest import Customers, Served
from tests.bank_client.servers import Forgetful

Act = Callable[[Customer, str | None], Transaction]
ACTS: dict[str, Act] = {
    "/deposit": lambda dana, key: dana.deposit("5.00", key=key),
    "/withdraw": lambda dana, key: dana.withdraw("5.00", key=key),
    "/transfer": lambda dana, key: dana.transfer(dana.accounts()[1].number, "5.00", key=key),
}


@pytest.fixture
def rich(dana: Customer) -> Customer:
    """A customer with money and two accounts."""
    dana.deposit("50.00")
    dana.open_account("Holidays")
    return dana


@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("path", ACTS)
def test_money_moves_once(
    address: str, customer_at: Customers, serve: Served, rich: Customer, path: str, lost: int
) -> None:
    between = Forgetful(address, path, lost)
    away = customer_at(serve(between), tokens=rich.tokens)
    moved = ACTS[path](away, None)
    assert len(between.passed) == lost + 1
    assert [each.id for each in rich.transactions()].count(moved.id) == 1
    assert len(list(rich.transactions())) == 2


@pytest.mark.parametrize("path", ACTS)
def test_who_gave_up_asks_again_with_the_key(
    address: str, customer_at: Customers, serve: Served, rich: Customer, path: str
) -> None:
    between = Forgetful(address, path, lost=3)
    away = customer_at(serve(between), tokens=rich.tokens)
    with pytest.raises(Unreachable) as lost:
        ACTS[path](away, None)
    assert lost.value.outcome == "unknown"
    ACTS[path](rich, lost.value.key)
    assert between.passed == [201, 201, 201]
    assert len(list(rich.transactions())) == 2
