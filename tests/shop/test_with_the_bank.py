"""The shop and the bank as two programs that talk over HTTP: money and orders agree in the end."""

from __future__ import annotations

from app.models.payment_intents import get_intent
from money import Money
from shop.controllers.closing import cancel, ship
from shop.controllers.following import look_next
from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import Shop
from tests.conftest import Clock
from tests.shop import make
from tests.shop.browser import checked_out, with_cart
from tests.shop.town import Town


def look(shop: Shop) -> None:
    while look_next(shop):
        pass


def test_an_order_is_paid_told_of_shipped_and_refunded(town: Town) -> None:
    with town.open():
        order = make.asked(town.shop)
        assert town.pays(order).status == "succeeded"
        assert town.tells() == 1
        order = make.again(town.shop, order)
        assert (order.status, town.earned()) == ("paid", Money(order.total, "USD"))
        after = cancel(town.shop, order, "cancelled by the customer")
        assert after.refund
        assert (after.refund.status, town.earned()) == ("done", Money(0, "USD"))
        assert reconcile(town.shop).differences == []
        town.tells()
        assert make.again(town.shop, order) == after


def test_the_walk_of_a_browser_ends_at_the_bank_s_own_page(town: Town) -> None:
    visitor = with_cart(
        town.at_shop.test_client(), make.cart(town.shop, (make.product(town.shop), 1))
    )
    with town.open():
        page = visitor.get(checked_out(visitor).location).text
    assert f'href="{town.bank.config.address}/pay/pi_' in page


def test_everything_before_the_payment_works_without_the_bank_and_nothing_is_asked_twice(
    town: Town,
) -> None:
    visitor = with_cart(
        town.at_shop.test_client(), make.cart(town.shop, (make.product(town.shop), 1))
    )
    page = visitor.get(checked_out(visitor).location).text
    assert "The bank cannot be reached right now. Nothing was charged." in page


def test_what_the_webhook_did_not_say_the_shop_asks_by_itself(
    town: Town, shop_clock: Clock
) -> None:
    with town.open():
        order = make.asked(town.shop)
        town.pays(order)
        shop_clock.forward(seconds=6)
        look(town.shop)
        assert make.again(town.shop, order).status == "paid"
        assert reconcile(town.shop).differences == []


def test_an_order_that_is_not_paid_in_time_ends_at_both(town: Town, shop_clock: Clock) -> None:
    product = make.product(town.shop, stock=1)
    with town.open():
        order = make.asked(town.shop, product)
        shop_clock.forward(minutes=16)
        look(town.shop)
        assert make.again(town.shop, order).status == "expired"
        assert get_intent(town.bank.database, str(order.intent)).status == "canceled"
        assert make.stocked(town.shop, product).available == 1
        assert reconcile(town.shop).differences == []


def test_a_payment_that_came_while_the_shop_could_not_hear_of_it_goes_back(
    town: Town, shop_clock: Clock
) -> None:
    with town.open():
        order = make.asked(town.shop)
    town.pays(order)
    shop_clock.forward(minutes=21)
    look(town.shop)
    assert make.again(town.shop, order).status == "expired"
    with town.open():
        shop_clock.forward(minutes=2)
        look(town.shop)
        after = make.again(town.shop, order)
        assert (after.refund.status if after.refund else None) == "done"
        assert town.earned() == Money(0, "USD")
        assert reconcile(town.shop).differences == []


def test_a_shipped_order_stays_paid_whatever_is_told_again(town: Town) -> None:
    with town.open():
        order = make.asked(town.shop)
        town.pays(order)
        town.tells()
        shipped = ship(town.shop, make.again(town.shop, order))
        town.hooks.look()
        town.tells()
        assert make.again(town.shop, shipped) == shipped
