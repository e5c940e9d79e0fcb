"""The bank did what a shop asked for, and the answer was lost: asked again, it was done once."""

from __future__ import annotations

import pytest

from bank_client import Unreachable
from tests.bank_client.conftest import Merchants, Served
from tests.bank_client.servers import LOST, Asked, Says
from tests.bank_client.shop_bank import ShopBank
from tests.bank_client.test_merchant import asked_for


class LosesAnswers(ShopBank):
    """Does what it is asked for, and the first answers are lost."""

    lost = 2

    def answer(self, asked: Asked) -> Says:
        """The answer, unless it is lost."""
        said = super().answer(asked)
        return LOST if len(self.asked) <= self.lost else said


@pytest.mark.parametrize("make", ["create", "capture", "refund"])
def test_what_was_done_unheard_is_not_done_again(
    serve: Served, merchant_at: Merchants, make: str
) -> None:
    bank = LosesAnswers()
    shop = merchant_at(serve(bank))
    first = asked_for(shop)
    if make != "create":
        bank.asked.clear()
        getattr(shop, make)(first.id, "1.00")
    assert [said.status for said in bank.answers.values()] == [201] * len(bank.answers)
    assert len(bank.asked) == 3
    assert len({asked.key for asked in bank.asked}) == 1
    assert len({asked.headers["Authorization"] for asked in bank.asked}) == 3
    assert list(bank.intents) == [first.id]


def test_a_cancellation_that_was_not_heard_is_sent_again(
    serve: Served, merchant_at: Merchants
) -> None:
    bank = LosesAnswers()
    shop = merchant_at(serve(bank))
    intent = asked_for(shop)
    bank.asked.clear()
    assert shop.cancel(intent.id).status == "canceled"
    assert len(bank.asked) == 3


def test_a_key_kept_beside_the_order_survives_a_crash(
    serve: Served, merchant_at: Merchants
) -> None:
    bank = LosesAnswers()
    bank.lost = 3
    shop = merchant_at(serve(bank))
    with pytest.raises(Unreachable) as lost:
        asked_for(shop, key="order-4711-attempt-1")
    assert (lost.value.key, lost.value.outcome) == ("order-4711-attempt-1", "unknown")
    assert asked_for(shop, key="order-4711-attempt-1").id == "pi_1"


def test_webhook_endpoints_are_not_made_twice(serve: Served, merchant_at: Merchants) -> None:
    bank = LosesAnswers()
    with pytest.raises(Unreachable):
        merchant_at(serve(bank)).add_webhook_endpoint("https://shop.example/hooks")
    assert len(bank.asked) == len(bank.endpoints) == 1
