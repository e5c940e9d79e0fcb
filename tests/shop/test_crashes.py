"""The shop dies at each step of an order, and starts again: money, orders and goods agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shop.controllers.checkout import place
from shop.controllers.closing import cancel
from shop.controllers.following import follow, look_next
from shop.controllers.paying import begin
from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import Shop
from shop.models import orders
from tests.conftest import Clock
from tests.shop import make
from tests.shop.fake_bank import FakeBank

MOST_STEPS = 40


class Died(BaseException):
    """The process is no more: no `except` of the shop sees this."""


class Steps:
    """Counts what reaches out of the process, and dies before or after one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, shop: Shop, bank: FakeBank) -> None:
        self.number, self.deadly, self.after = 0, 0, False
        for call in ("create_intent", "intent", "cancel", "refund"):
            monkeypatch.setattr(bank, call, self._deadly(getattr(bank, call)))
        monkeypatch.setattr(shop.database, "atomically", self._deadly(shop.database.atomically))
        for write in ("attach", "asked", "note"):
            target = f"shop.models.orders.{write}"
            monkeypatch.setattr(target, self._deadly(getattr(orders, write)))

    def _deadly(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            self.number += 1
            here = self.number == self.deadly
            if here and not self.after:
                raise Died
            done = work(*given, **named)
            if here:
                raise Died
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
def test_whatever_step_the_shop_dies_at_all_agree_in_the_end(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock, monkeypatch: pytest.MonkeyPatch,
    until: str, after: bool,
) -> None:  # fmt: skip
    steps = Steps(monkeypatch, shop, fake_bank)
    died = 0
    for deadly in range(1, MOST_STEPS):
        product = make.product(shop, stock=1)
        wish = make.wish(shop, make.cart(shop, (product, 1)))
        steps.number, steps.deadly, steps.after = 0, deadly, after
        try:
            story(shop, fake_bank, wish, until=until)
        except Died:
            died += 1
        reached, steps.deadly = steps.number, 0
        afterwards(shop, shop_clock)
        assert reconcile(shop).differences == [], f"died at step {deadly}"
        _goods_are_where_they_belong(shop, product)
        if reached < deadly:
            break
    assert died >= 4


def _goods_are_where_they_belong(shop: Shop, product: str) -> None:
    """On the shelf, or with whoever has paid; promised to nobody after all these hours."""
    sold = [
        order
        for order in orders.every(shop.database)
        if order.status == "paid" and order.lines[0].product == product
    ]
    found = make.stocked(shop, product)
    assert (found.stock, found.reserved) == (1 - len(sold), 0)
