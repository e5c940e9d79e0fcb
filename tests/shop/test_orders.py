"""Orders and their goods: what is promised to one is not promised to another."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shop.controllers.checkout import MOST_ORDERS, place
from shop.controllers.closing import cancel
from shop.controllers.following import expire
from shop.controllers.shop import Shop
from shop.errors import (
    CartChanged,
    EmptyCart,
    PricesChanged,
    SoldOut,
    TooManyTries,
    WrongState,
)
from shop.models import carts, orders
from shop.models.database import DriverError
from shop.models.orders import STATUSES, STEPS
from tests.shop import make


def test_an_order_reserves_its_goods_and_empties_the_cart(shop: Shop) -> None:
    product = make.product(shop, stock=5, price=1000)
    cart = make.cart(shop, (product, 2))
    order = place(shop, make.wish(shop, cart))
    assert (order.status, order.total) == ("placed", 2490)
    assert make.stocked(shop, product).reserved == 2
    assert carts.lines_of(shop.database, cart) == ()


def test_more_than_there_is_cannot_be_ordered_and_nothing_is_reserved(shop: Shop) -> None:
    plenty, rare = make.product(shop, stock=5), make.product(shop, stock=1, name="Rare router")
    cart = make.cart(shop, (plenty, 1), (rare, 2))
    with pytest.raises(SoldOut, match="Rare router"):
        place(shop, make.wish(shop, cart))
    assert make.stocked(shop, plenty).reserved == 0
    assert len(carts.lines_of(shop.database, cart)) == 2


def test_of_fifty_buyers_at_once_one_gets_the_last_item(shop: Shop) -> None:
    product = make.product(shop, stock=1)
    wishes = [make.wish(shop, make.cart(shop, (product, 1))) for _ in range(50)]

    def buy(number: int) -> str:
        try:
            return place(shop, wishes[number]).status
        except SoldOut:
            return "sold out"

    with ThreadPoolExecutor(50) as buyers:
        outcomes = Counter(buyers.map(buy, range(50)))
    assert outcomes == {"placed": 1, "sold out": 49}
    assert make.stocked(shop, product).reserved == 1


def test_fifty_buyers_at_once_get_exactly_what_there_is(shop: Shop) -> None:
    one, other = make.product(shop, stock=10), make.product(shop, stock=12)
    # Half of them take the two products in the other order.
    carts_of = [((one, 1), (other, 1)), ((other, 1), (one, 1))]
    wishes = [make.wish(shop, make.cart(shop, *carts_of[number % 2])) for number in range(50)]

    def buy(number: int) -> bool:
        try:
            return bool(place(shop, wishes[number]))
        except SoldOut:
            return False

    with ThreadPoolExecutor(50) as buyers:
        outcomes = list(buyers.map(buy, range(50)))
    assert sum(outcomes) == 10
    assert [make.stocked(shop, each).reserved for each in (one, other)] == [10, 10]


def test_a_form_that_is_sent_twice_at_once_is_one_order(shop: Shop) -> None:
    product = make.product(shop, stock=9)
    wish = make.wish(shop, make.cart(shop, (product, 1)))
    with ThreadPoolExecutor(8) as senders:
        numbers = {order.number for order in senders.map(lambda _: place(shop, wish), range(8))}
    assert len(numbers) == 1
    assert make.stocked(shop, product).reserved == 1


def test_two_forms_of_one_cart_at_once_are_one_order(shop: Shop) -> None:
    product = make.product(shop, stock=9)
    cart = make.cart(shop, (product, 1))
    wishes = [make.wish(shop, cart) for _ in range(8)]

    def send(number: int) -> bool:
        try:
            return bool(place(shop, wishes[number]))
        except (EmptyCart, CartChanged):
            return False

    with ThreadPoolExecutor(8) as senders:
        assert sum(senders.map(send, range(8))) == 1
    assert make.stocked(shop, product).reserved == 1


def test_nobody_keeps_goods_from_others_by_orders_without_end(shop: Shop) -> None:
    product = make.product(shop, stock=2 * MOST_ORDERS)

    def order(visitor: str) -> None:
        place(shop, make.wish(shop, make.cart(shop, (product, 1)), visitor=visitor))

    for _ in range(MOST_ORDERS):
        order("192.0.2.1")
    with pytest.raises(TooManyTries):
        order("192.0.2.1")
    order("192.0.2.2")


def test_an_empty_cart_is_no_order(shop: Shop) -> None:
    wish = make.wish(shop, make.cart(shop, (make.product(shop), 1)))
    with pytest.raises(EmptyCart):
        place(shop, replace(wish, cart="0" * 32))


def test_nobody_pays_another_total_than_they_saw(shop: Shop) -> None:
    product = make.product(shop)
    wish = make.wish(shop, make.cart(shop, (product, 1)))
    with pytest.raises(PricesChanged):
        place(shop, replace(wish, shown=wish.shown - 1))
    assert make.stocked(shop, product).reserved == 0


def test_goods_of_an_expired_order_can_be_ordered_again(shop: Shop) -> None:
    product = make.product(shop, stock=1)
    expire(shop, make.placed(shop, product))
    assert make.placed(shop, product).status == "placed"


def test_an_order_that_is_ended_by_many_at_once_frees_its_goods_once(shop: Shop) -> None:
    product = make.product(shop, stock=10)
    make.placed(shop, product, 3)
    order = make.placed(shop, product, 3)

    def end(number: int) -> bool:
        try:
            return bool(expire(shop, order) if number % 2 else cancel(shop, order, "cancelled"))
        except WrongState:
            return False

    with ThreadPoolExecutor(8) as enders:
        assert sum(enders.map(end, range(8))) == 1
    assert make.stocked(shop, product).reserved == 3


@pytest.mark.parametrize("to", STATUSES)
@pytest.mark.parametrize("status", STATUSES)
def test_an_order_takes_the_drawn_steps_and_no_others(shop: Shop, status: str, to: str) -> None:
    order = make.placed(shop)
    paid = {"paid": order.total} if "paid" in (status, to) or "shipped" in (status, to) else {}
    orders.note(shop.database, order, status=status, **paid)
    order = make.again(shop, order)
    if (status, to) in STEPS:
        assert orders.step(shop.database, order, to, shop.now(), "x", **paid).status == to
    else:
        with pytest.raises(WrongState):
            orders.step(shop.database, order, to, shop.now(), "x", **paid)
        assert make.again(shop, order).status == status


def test_a_step_from_a_state_that_is_over_is_refused(shop: Shop) -> None:
    order = make.placed(shop)
    orders.step(shop.database, order, "expired", shop.now(), "x")
    with pytest.raises(WrongState):
        orders.step(shop.database, order, "cancelled", shop.now(), "x")


@pytest.mark.parametrize(
    "facts",
    [{"total": 1}, {"status": "paid"}, {"status": "lost"}, {"number": "abc"}, {"pin": "1234"}],
)
def test_the_database_itself_refuses_an_order_that_cannot_be(
    shop: Shop, facts: dict[str, object]
) -> None:
    with pytest.raises(DriverError):
        orders.note(shop.database, make.placed(shop), **facts)


def test_the_database_itself_refuses_to_promise_more_than_there_is(shop: Shop) -> None:
    product = make.product(shop, stock=1)
    with pytest.raises(DriverError):
        make.promised(shop, product, 2)
