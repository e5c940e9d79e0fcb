"""Orders follow their payments: whatever is told, the bank is asked, and only it counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from money import Money
from shop.controllers.closing import cancel, give_back, ship
from shop.controllers.following import follow, look_next
from shop.controllers.paying import begin
from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import Shop
from shop.errors import BankRefused, BankUnreachable, WrongState
from shop.models.orders import Order
from tests.conftest import Clock
from tests.shop import make
from tests.shop.fake_bank import FakeBank


def mails(shop: Shop) -> list[str]:
    return [each["kind"] for each in shop.database.collection("outbox").find({})]


def look(shop: Shop) -> None:
    while look_next(shop):
        pass


def paid(shop: Shop, bank: FakeBank, product: str | None = None) -> Order:
    order = make.asked(shop, product)
    bank.pay(str(order.intent))
    return follow(shop, order)


def test_a_payment_makes_the_order_paid_sells_its_goods_and_says_so(
    shop: Shop, fake_bank: FakeBank
) -> None:
    product = make.product(shop, stock=5)
    order = paid(shop, fake_bank, product)
    assert (order.status, order.paid) == ("paid", order.total)
    assert (make.stocked(shop, product).stock, make.stocked(shop, product).reserved) == (4, 0)
    assert mails(shop) == ["paid"]


def test_a_payment_that_many_hear_of_at_once_counts_once(shop: Shop, fake_bank: FakeBank) -> None:
    product = make.product(shop, stock=5)
    order = make.asked(shop, product)
    fake_bank.pay(str(order.intent))
    with ThreadPoolExecutor(8) as many:
        states = {each.status for each in many.map(lambda _: follow(shop, order), range(8))}
    assert states == {"paid"}
    assert make.stocked(shop, product).stock == 4
    assert mails(shop) == ["paid"]


def test_the_background_finds_a_payment_that_nobody_told_of(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    shop_clock.forward(seconds=10)
    look(shop)
    assert make.again(shop, order).status == "paid"


def test_goods_come_back_when_nobody_pays_and_nobody_can_pay_any_more(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    product = make.product(shop, stock=1)
    order = make.asked(shop, product)
    shop_clock.forward(minutes=16)
    look(shop)
    assert make.again(shop, order).status == "expired"
    assert make.stocked(shop, product).available == 1
    assert fake_bank.intent(str(order.intent)).status == "expired"


def test_an_order_whose_bank_was_never_asked_expires_by_itself(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.placed(shop)
    fake_bank.down = True
    shop_clock.forward(minutes=16)
    look(shop)
    assert make.again(shop, order).status == "expired"


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(
    shop: Shop, fake_bank: FakeBank
) -> None:
    order = make.placed(shop)
    fake_bank.deaf = True
    with pytest.raises(BankUnreachable):
        begin(shop, order)
    fake_bank.deaf = False
    assert begin(shop, order).intent in fake_bank.made
    assert len(fake_bank.made) == 1


def test_a_payment_whose_answer_was_lost_for_good_is_found_by_its_order_and_ended(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.placed(shop)
    fake_bank.deaf = True
    with pytest.raises(BankUnreachable):
        begin(shop, order)
    fake_bank.deaf = False
    (intent,) = fake_bank.made
    fake_bank.force(intent, expires_at=shop_clock().replace(year=2100))
    shop_clock.forward(minutes=16)
    look(shop)
    assert make.again(shop, order).status == "expired"
    assert fake_bank.made[intent].status == "canceled"


def test_a_bank_that_forgot_the_key_gives_the_payment_it_has(
    shop: Shop, fake_bank: FakeBank
) -> None:
    order = make.placed(shop)
    fake_bank.deaf = True
    with pytest.raises(BankUnreachable):
        begin(shop, order)
    fake_bank.deaf = False
    fake_bank.keys.clear()
    assert begin(shop, order).intent in fake_bank.made


def test_goods_wait_five_minutes_for_a_bank_that_cannot_be_reached_and_a_late_payment_goes_back(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    product = make.product(shop, stock=1)
    order = make.asked(shop, product)
    fake_bank.pay(str(order.intent))
    fake_bank.down = True
    shop_clock.forward(minutes=17)
    look(shop)
    assert make.again(shop, order).status == "placed"
    shop_clock.forward(minutes=5)
    look(shop)
    assert make.again(shop, order).status == "expired"
    assert make.stocked(shop, product).available == 1
    fake_bank.down = False
    shop_clock.forward(minutes=2)
    look(shop)
    late = make.again(shop, order)
    assert (late.status, late.refund.status if late.refund else None) == ("expired", "done")
    assert fake_bank.intent(str(order.intent)).refunded == Money(order.total, "USD")
    assert mails(shop) == ["refunded"]
    assert reconcile(shop).differences == []


def test_a_customer_who_gives_up_at_the_bank_has_cancelled(shop: Shop, fake_bank: FakeBank) -> None:
    product = make.product(shop, stock=1)
    order = make.asked(shop, product)
    fake_bank.cancel(str(order.intent))
    assert follow(shop, order).status == "cancelled"
    assert make.stocked(shop, product).available == 1


def test_who_cancels_before_paying_can_not_pay_any_more(shop: Shop, fake_bank: FakeBank) -> None:
    order = make.asked(shop)
    assert cancel(shop, order, "cancelled").status == "cancelled"
    assert fake_bank.intent(str(order.intent)).status == "canceled"


def test_who_paid_while_cancelling_gets_the_money_back_once(
    shop: Shop, fake_bank: FakeBank
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    after = cancel(shop, order, "cancelled")
    assert (after.status, after.refund.status if after.refund else None) == ("cancelled", "done")
    assert follow(shop, after) == after
    assert fake_bank.intent(str(order.intent)).refunded == Money(order.total, "USD")


def test_to_cancel_what_is_paid_gives_money_and_goods_back(shop: Shop, fake_bank: FakeBank) -> None:
    product = make.product(shop, stock=1)
    order = cancel(shop, paid(shop, fake_bank, product), "cancelled by the customer")
    assert order.refund
    assert (order.status, order.refund.status) == ("cancelled", "done")
    assert make.stocked(shop, product).available == 1
    assert mails(shop) == ["paid", "refunded"]
    assert reconcile(shop).differences == []


def test_a_refund_waits_for_the_bank_and_is_made_once_though_its_answer_is_lost(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = paid(shop, fake_bank)
    fake_bank.deaf = True
    order = cancel(shop, order, "cancelled")
    assert order.wants_money_back
    fake_bank.deaf = False
    shop_clock.forward(minutes=2)
    look(shop)
    assert not make.again(shop, order).wants_money_back
    assert len(fake_bank.intent(str(order.intent)).refunds) == 1


def test_what_is_shipped_cannot_be_cancelled_but_refunded(shop: Shop, fake_bank: FakeBank) -> None:
    order = ship(shop, paid(shop, fake_bank))
    with pytest.raises(WrongState):
        cancel(shop, order, "cancelled")
    order = give_back(shop, order)
    assert order.refund
    assert (order.status, order.refund.status) == ("shipped", "done")
    with pytest.raises(WrongState):
        give_back(shop, order)
    assert mails(shop) == ["paid", "shipped", "refunded"]


def test_what_is_not_paid_is_not_shipped(shop: Shop) -> None:
    with pytest.raises(WrongState):
        ship(shop, make.asked(shop))


@pytest.mark.parametrize(
    "lie",
    [
        {"amount": Money(1, "USD")},
        {"amount": Money(5390, "EUR")},
        {"order": "AAAA-AAAA"},
        {"captured": Money(1, "USD")},
        {"status": "requires_capture"},
        {"capture": "manual"},
    ],
)
def test_a_payment_of_something_else_pays_nothing(
    shop: Shop, fake_bank: FakeBank, lie: dict[str, object]
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    fake_bank.force(str(order.intent), **lie)
    with pytest.raises(BankRefused):
        follow(shop, order)
    after = make.again(shop, order)
    assert after.status == "placed"
    assert after.trouble


def test_nobody_is_sent_to_a_payment_page_that_is_not_the_bank_s(
    shop: Shop, fake_bank: FakeBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.shop.fake_bank.PAY_PAGES", "http://127.0.0.1:9.evil.example")
    with pytest.raises(BankRefused):
        begin(shop, make.placed(shop))


def test_a_settled_order_is_not_looked_at_any_more(
    shop: Shop, fake_bank: FakeBank, shop_clock: Clock
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    shop_clock.forward(seconds=10)
    look(shop)
    shop_clock.forward(days=1)
    assert not look_next(shop)


def test_reconciliation_names_every_kind_of_difference(shop: Shop, fake_bank: FakeBank) -> None:
    unheard, lost, other = make.asked(shop), make.asked(shop), make.asked(shop)
    fake_bank.pay(str(unheard.intent))
    del fake_bank.made[str(lost.intent)]
    fake_bank.force(str(other.intent), order="AAAA-AAAA")
    product = make.product(shop, stock=2)
    make.promised(shop, product, 2)
    found = "\n".join(reconcile(shop).differences)
    assert f"order {unheard.number} is placed, its payment succeeded" in found
    assert f"order {lost.number} has payment {lost.intent}, which the bank does not know" in found
    assert f"payment {other.intent} is for no order" in found
    assert f"product {product}: 2 reserved, 0 in orders" in found
