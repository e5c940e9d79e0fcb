"""Work in the background goes on whatever one piece of it does, and ends when it is told to."""

from __future__ import annotations

from threading import Event

import pytest

from shop import start
from shop.controllers.rounds import Round
from shop.controllers.shop import Shop
from shop.errors import Unavailable
from tests.faults.replica_set import await_until
from tests.shop import make
from tests.shop.fake_bank import FakeBank


@pytest.mark.parametrize("error", [Unavailable, RuntimeError])
def test_a_round_that_fails_once_goes_on(error: type[Exception]) -> None:
    went_on = Event()
    tries: list[int] = []

    def step() -> bool:
        tries.append(1)
        if len(tries) == 1:
            raise error
        went_on.set()
        return False

    rounds = Round("test", step)
    rounds.start()
    assert went_on.wait(5)
    rounds.close()


def test_a_round_that_is_closed_does_nothing_more() -> None:
    tries: list[int] = []
    rounds = Round("test", lambda: bool(tries.append(1)))
    rounds.start()
    rounds.close()
    done = len(tries)
    rounds.look()
    assert len(tries) == done


def test_a_shop_that_runs_finds_payments_and_sends_mails_by_itself(
    shop: Shop, fake_bank: FakeBank, capsys: pytest.CaptureFixture[str]
) -> None:
    order = make.asked(shop)
    fake_bank.pay(str(order.intent))
    shop.database.collection("orders").update_one({}, {"$set": {"look_at": shop.now()}})
    rounds = start(shop)
    try:
        await_until(lambda: make.again(shop, order).status == "paid", "payment")
        sent = {"status": "sent"}
        outbox = shop.database.collection("outbox")
        await_until(lambda: outbox.find_one(sent) is not None, "mail")
    finally:
        for each in rounds:
            each.close()
    assert f"Subject: Your order {order.number} is paid" in capsys.readouterr().out
