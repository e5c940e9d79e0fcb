"""The shop, the bank or the database dies at each step of an order, and comes back: money, orders
and goods agree."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from bank_client import Unreachable
from shop.controllers.checkout import place
from shop.controllers.closing import cancel
from shop.controllers.following import follow, look_next
from shop.controllers.paying import begin
from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import Shop
from shop.errors import ShopError
from shop.models import orders
from tests.conftest import Clock
from tests.shop import make
from tests.shop.fake_bank import FakeBank

MOST_STEPS = 40


class Died(BaseException):
    """The process is no more: no `except` of the shop sees this."""


AT_THE_BANK = ("create_intent", "intent", "cancel", "refund")
IN_THE_DATABASE = ("attach", "asked", "note", "note_refund")
DEATHS: dict[str, Callable[[], BaseException]] = {
    "the shop": Died,
    "the bank": lambda: Unreachable("it was killed"),
    "the database": lambda: AutoReconnect("it was killed"),
}


class Steps:
    """Counts what reaches out of the process, and lets somebody die before or after one of them."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, shop: Shop, bank: FakeBank, who: str
    ) -> None:
        self.number, self.deadly, self.after = 0, 0, False
        self._death = DEATHS[who]
        if who != "the database":
            for call in AT_THE_BANK:
                monkeypatch.setattr(bank, call, self._deadly(getattr(bank, call)))
        if who != "the bank":
            database = shop.database
            monkeypatch.setattr(database, "atomically", self._deadly(database.atomically))
            for write in IN_THE_DATABASE:
                target = f"shop.models.orders.{write}"
                monkeypatch.setattr(target, self._deadly(getattr(orders, write)))

    def _deadly(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            self.number += 1
            here = self.number == self.deadly
            if here and not self.after:
                raise self._death()
            done = work(*given, **named)
            if here:
                raise self._death()
            return done

        return step


def story(shop: Shop, bank: FakeBank, wish: Any, *, until: str) -> None:
    """Somebody orders and pays, and perhaps cancels."""
    order = begin(shop, place(shop, wish))
    if until != "asked":
        bank.pay(str(order.intent))
        order = follow(shop, order)
    if until == "cancelled":
        cancel(shop, order, "cancelled by the customer")


def afterwards(shop: Shop, clock: Clock) -> None:
    """The shop that was started again works in the background for some hours."""
    for _ in range(12):
        clock.forward(minutes=20)
        while look_next(shop):
            pass


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("until", ["asked", "paid", "cancelled"])
@pytest.mark.parametrize("who", list(DEATHS))
def test_whatever_step_somebody_dies_at_all_agree_in_the_end(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock, monkeypatch: pytest.MonkeyPatch,
    who: str, until: str, after: bool,
) -> None:  # fmt: skip
    steps = Steps(monkeypatch, shop, fake_bank, who)
    died = 0
    for deadly in range(1, MOST_STEPS):
        product = make.product(shop, stock=1)
        wish = make.wish(shop, make.cart(shop, (product, 1)))
        steps.number, steps.deadly, steps.after = 0, deadly, after
        with suppress(Died, ShopError, AutoReconnect):
            story(shop, fake_bank, wish, until=until)
        reached, steps.deadly = steps.number, 0
        afterwards(shop, shop_clock)
        assert reconcile(shop).differences == [], f"{who} died at step {deadly}"
        _goods_are_where_they_belong(shop, product)
        if reached < deadly:
            break
        died += 1
    assert died >= 1


def _goods_are_where_they_belong(shop: Shop, product: str) -> None:
    """On the shelf, or with whoever has paid; promised to nobody after all these hours."""
    sold = [
        order
        for order in orders.every(shop.database)
        if order.status == "paid" and order.lines[0].product == product
    ]
    found = make.stocked(shop, product)
    assert (found.stock, found.reserved) == (1 - len(sold), 0)
