"""Webhooks: written with the money, signed, delivered once, tried again for three days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from app.config import Secret
from app.controllers.bank import Bank
from app.controllers.ledger import Told
from app.controllers.payments import events, webhooks
from app.controllers.payments.hooks import FOR_ONE_SHOP, PAUSES, Hooks, pause_seconds
from app.controllers.payments.outward import Outward
from app.controllers.payments.webhooks import NewSecret
from app.errors import AlreadyInState, InsufficientFunds, WebhookDisabled
from app.models import webhook_deliveries, webhook_endpoints
from app.models.accounts import get_account
from app.models.database import DriverError
from app.models.merchants import Merchant
from app.models.webhook_deliveries import TRIES_KEPT, Try
from tests import make
from tests.conftest import Clock
from tests.faults.replica_set import await_until
from tests.running import free_port
from tests.shop_servers import ShopServer, shop_server
from tests.telling import deliveries, listen, only, paid, shop_actor, tell
from tests.together import together

LEASE = timedelta(minutes=2)


@pytest.fixture
def server() -> Iterator[ShopServer]:
    """A shop's server."""
    served = ShopServer()
    with shop_server(served):
        yield served


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    return make.merchant(bank)


@pytest.fixture
def hook(bank: Bank, shop: Merchant, server: ShopServer) -> NewSecret:
    """The shop is told of everything, at its server."""
    return listen(bank, shop, server.url)


@pytest.fixture
def sender(bank: Bank, clock: Clock) -> Hooks:
    """Sends when it is told to."""
    return Hooks(bank.config, bank.database, clock, Outward(public_only=False))


@pytest.mark.usefixtures("hook")
def test_what_is_told_is_written_with_the_money(bank: Bank, shop: Merchant) -> None:
    tell(bank, shop)
    written = only(bank)
    assert (written.type, written.merchant, written.status) == (
        "payment.succeeded", shop.id, "waiting",
    )  # fmt: skip


@pytest.mark.usefixtures("hook")
def test_where_no_money_moves_nothing_is_told(bank: Bank, shop: Merchant) -> None:
    with pytest.raises(InsufficientFunds):
        tell(bank, shop, payer=make.account(bank, 1249))
    assert deliveries(bank) == []


@pytest.mark.usefixtures("hook")
def test_a_transaction_that_is_undone_tells_nothing(bank: Bank, shop: Merchant) -> None:
    told = events.told(bank, paid(bank, shop), "payment.succeeded")
    source, target = make.account(bank, 5000), get_account(bank.database, shop.account)
    refused = Told(webhook_deliveries.NAME, {"nonsense": True})
    with pytest.raises(DriverError):
        bank.ledger.post(make.move(source, target, 1250, tells=(*told, refused)))
    assert deliveries(bank) == []
    assert get_account(bank.database, shop.account).balance_minor == 0


def test_a_shop_without_webhooks_is_told_nothing(bank: Bank, shop: Merchant) -> None:
    assert tell(bank, shop) == ()


def test_each_endpoint_is_told_of_what_it_chose(
    bank: Bank, shop: Merchant, server: ShopServer
) -> None:
    one, two = listen(bank, shop, server.url), listen(bank, shop, server.url, "payment.succeeded")
    listen(bank, shop, server.url, "payment.refunded")
    listen(bank, make.merchant(bank), server.url)
    tell(bank, shop)
    told = deliveries(bank)
    assert {each.endpoint for each in told} == {one.endpoint.id, two.endpoint.id}
    assert len({each.event for each in told}) == 1


def test_nothing_of_an_unknown_type_is_told(bank: Bank, shop: Merchant) -> None:
    with pytest.raises(ValueError, match="lost is nothing that shops are told"):
        events.told(bank, paid(bank, shop), "payment.lost")


def test_the_shop_can_prove_what_it_hears(
    bank: Bank, shop: Merchant, hook: NewSecret, server: ShopServer, sender: Hooks
) -> None:
    tell(bank, shop, "A-1 ü")
    assert sender.send_next()
    (heard,) = server.heard
    written = only(bank)
    assert heard.body.decode() == written.body
    money = {"amount": "12.50", "currency": "USD"}
    assert heard.proven(hook.secret) == {
        "id": heard.event,
        "type": "payment.succeeded",
        "created_at": written.created_at.isoformat(timespec="milliseconds")[:-6] + "Z",
        "data": {
            "intent": written.intent, "order": "A-1 ü", "status": "succeeded", "amount": money,
            "captured": money, "refunded": {"amount": "0.00", "currency": "USD"},
        },
    }  # fmt: skip
    assert heard.event == written.event
    assert heard.headers["content-type"] == "application/json"


@pytest.mark.usefixtures("hook")
def test_what_is_delivered_is_marked_and_not_sent_again(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks
) -> None:
    tell(bank, shop)
    assert sender.send_next()
    done = only(bank)
    assert (done.status, done.due_at) == ("delivered", None)
    assert done.tries == (Try(done.delivered_at or datetime.now(UTC), 204, None),)
    assert not sender.send_next()
    assert len(server.heard) == 1


@pytest.mark.parametrize("part", ["id", "timestamp", "body", "signature"])
def test_nothing_that_was_changed_on_the_way_is_proven(
    bank: Bank, shop: Merchant, hook: NewSecret, server: ShopServer, sender: Hooks, part: str
) -> None:
    tell(bank, shop)
    sender.send_next()
    (heard,) = server.heard
    changed = {
        "id": {"webhook-id": "evt_another"},
        "timestamp": {"webhook-timestamp": str(int(heard.headers["webhook-timestamp"]) + 1)},
        "signature": {"webhook-signature": "v1," + "A" * 43 + "="},
        "body": {},
    }[part]
    body = heard.body.replace(b"12.50", b"12.51") if part == "body" else heard.body
    forged = replace(heard, body=body, headers={**heard.headers, **changed})
    with pytest.raises(WebhookVerificationError):
        forged.proven(hook.secret)


def test_no_two_endpoints_share_a_secret(bank: Bank, shop: Merchant, server: ShopServer) -> None:
    secrets = {listen(bank, shop, server.url).secret for _ in range(3)}
    assert len(secrets) == 3
    stored = str(list(bank.database.collection(webhook_endpoints.NAME).find({})))
    assert not [secret for secret in secrets if secret.removeprefix("whsec_") in stored]


def test_while_a_secret_is_rotated_both_sign_for_a_day(
    bank: Bank, shop: Merchant, hook: NewSecret, server: ShopServer, sender: Hooks, clock: Clock
) -> None:
    newer = webhooks.rotate(bank, shop_actor(shop), hook.endpoint.id)
    assert newer.secret != hook.secret
    tell(bank, shop)
    sender.send_next()
    assert server.heard[0].proven(hook.secret) == server.heard[0].proven(newer.secret)
    clock.forward(hours=24, seconds=1)
    tell(bank, shop, "A-2")
    sender.send_next()
    assert [len(heard.headers["webhook-signature"].split()) for heard in server.heard] == [2, 1]


def test_the_secret_that_a_shop_uses_outlives_hasty_rotations(
    bank: Bank, shop: Merchant, hook: NewSecret, server: ShopServer, sender: Hooks
) -> None:
    newest = [webhooks.rotate(bank, shop_actor(shop), hook.endpoint.id) for _ in range(3)][-1]
    tell(bank, shop)
    sender.send_next()
    (heard,) = server.heard
    assert heard.proven(hook.secret) == heard.proven(newest.secret)


def test_a_secret_lives_on_while_the_bank_changes_its_own(
    bank: Bank, shop: Merchant, hook: NewSecret, server: ShopServer, clock: Clock
) -> None:
    other = Secret("another-secret-0123456789-abcdefghijkl")
    way = Outward(public_only=False)
    between = replace(bank.config, secret_key=other, secret_key_previous=bank.config.secret_key)
    after = replace(bank.config, secret_key=other)
    for config in (between, after):
        tell(bank, shop)
        Hooks(config, bank.database, clock, way).send_next()
    (heard,) = server.heard
    assert heard.proven(hook.secret)
    assert deliveries(bank)[0].status == "given_up"
    assert "rotate it" in str(deliveries(bank)[0].tries[-1].error)


@pytest.mark.usefixtures("hook")
def test_what_is_not_taken_is_tried_for_three_days_then_given_up(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks, clock: Clock
) -> None:
    server.status = 500
    tell(bank, shop)
    start, tries = clock(), []
    while only(bank).status == "waiting":
        clock.offset += max(only(bank).next_at - clock(), timedelta())
        tries.append(clock() - start)
        assert sender.send_next()
    pauses = [(after - before).total_seconds() for before, after in pairwise(tries)]
    assert len(pauses) == len(PAUSES) == 9
    for pause, planned in zip(pauses, PAUSES, strict=True):
        assert planned * 0.9 <= pause <= planned * 1.1 + 2
    given_up = only(bank)
    assert (given_up.status, given_up.failed, len(given_up.tries)) == ("given_up", 10, 10)
    assert (given_up.tries[-1].status, given_up.tries[-1].error) == (500, "the server answered 500")
    assert len({heard.event for heard in server.heard}) == 1
    assert len({heard.headers["webhook-timestamp"] for heard in server.heard}) == 10
    assert not sender.send_next()


def test_pauses_differ() -> None:
    assert len({pause_seconds(3, None) for _ in range(50)}) > 1


@pytest.mark.usefixtures("hook")
def test_who_asks_to_wait_is_given_the_time(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks, clock: Clock
) -> None:
    server.status, server.headers = 503, {"Retry-After": "3600"}
    tell(bank, shop)
    asked = clock()
    sender.send_next()
    assert only(bank).next_at - asked >= timedelta(hours=1)


def test_a_server_that_wants_no_more_is_told_no_more(
    bank: Bank, shop: Merchant, hook: NewSecret, server: ShopServer, sender: Hooks
) -> None:
    server.status = 410
    tell(bank, shop)
    tell(bank, shop, "A-2")
    while sender.send_next():
        pass
    (endpoint,) = webhooks.endpoints_of(bank, shop.id)
    assert (endpoint.id, endpoint.status) == (hook.endpoint.id, "disabled")
    assert [each.status for each in deliveries(bank)] == ["given_up", "given_up"]
    assert len(server.heard) == 1
    assert tell(bank, shop, "A-3") == ()
    with pytest.raises(WebhookDisabled):
        webhooks.send_again(bank, shop_actor(shop), deliveries(bank)[0].id)


def test_at_an_endpoint_that_was_removed_nothing_arrives(
    bank: Bank, shop: Merchant, hook: NewSecret, server: ShopServer, sender: Hooks
) -> None:
    tell(bank, shop)
    webhooks.remove(bank, shop_actor(shop), hook.endpoint.id)
    assert sender.send_next()
    assert (only(bank).status, server.heard) == ("given_up", [])
    assert tell(bank, shop, "A-2") == ()


@pytest.mark.usefixtures("hook")
def test_many_senders_send_each_once(
    bank: Bank, shop: Merchant, server: ShopServer, clock: Clock
) -> None:
    payer = make.account(bank, 50_000)
    for number in range(24):
        tell(bank, shop, f"A-{number}", payer=payer)
    way = Outward(public_only=False)
    senders = [Hooks(bank.config, bank.database, clock, way) for _ in range(6)]

    def empty(number: int) -> None:
        while senders[number].send_next():
            pass

    together(6, empty)
    assert sorted(heard.event for heard in server.heard) == sorted(
        each.event for each in deliveries(bank)
    )


@pytest.mark.usefixtures("hook")
def test_a_sender_that_comes_back_late_marks_nothing(
    bank: Bank, shop: Merchant, clock: Clock
) -> None:
    tell(bank, shop)
    late = webhook_deliveries.claim(bank.database, clock(), LEASE)
    assert late
    assert webhook_deliveries.claim(bank.database, clock(), LEASE) is None
    clock.forward(minutes=3)
    present = webhook_deliveries.claim(bank.database, clock(), LEASE)
    tried = Try(clock(), 500, "late")
    assert not webhook_deliveries.mark_delivered(bank.database, late, tried)
    assert not webhook_deliveries.try_later(bank.database, late, tried, clock())
    assert not webhook_deliveries.give_up(bank.database, late, tried)
    assert only(bank) == present


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize("status", [204, 500])
def test_what_went_out_or_waits_for_long_is_sent_again_at_once(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks, clock: Clock, status: int
) -> None:
    server.status = status
    tell(bank, shop)
    sender.send_next()
    while only(bank).status == "waiting" and only(bank).next_at < clock() + 2 * LEASE:
        clock.offset += max(only(bank).next_at - clock(), timedelta())
        sender.send_next()
    server.status = 200
    before = len(server.heard)
    webhooks.send_again(bank, shop_actor(shop), only(bank).id)
    assert sender.send_next()
    again = only(bank)
    assert (again.status, again.failed, again.tries[-1].status) == ("delivered", 0, 200)
    assert len(server.heard) == before + 1
    assert len({heard.body for heard in server.heard}) == 1


@pytest.mark.usefixtures("hook")
def test_what_is_on_its_way_is_not_sent_again_beside_it(bank: Bank, shop: Merchant) -> None:
    tell(bank, shop)
    claimed = webhook_deliveries.claim(bank.database, bank.now(), LEASE)
    with pytest.raises(AlreadyInState):
        webhooks.send_again(bank, shop_actor(shop), only(bank).id)
    assert only(bank) == claimed


@pytest.mark.usefixtures("hook")
def test_of_many_who_ask_at_one_moment_one_sends_again(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks
) -> None:
    tell(bank, shop)
    sender.send_next()

    def ask(_: int) -> bool:
        try:
            webhooks.send_again(bank, shop_actor(shop), only(bank).id)
        except AlreadyInState:
            return False
        return True

    assert sum(together(6, ask)) == 1
    while sender.send_next():
        pass
    assert len(server.heard) == 2


@pytest.mark.usefixtures("hook")
def test_of_many_tries_the_last_are_kept(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks
) -> None:
    tell(bank, shop)
    for status in range(200, 200 + TRIES_KEPT + 5):
        server.status = status
        sender.send_next()
        if only(bank).status != "waiting":
            webhooks.send_again(bank, shop_actor(shop), only(bank).id)
    kept = [each.status for each in only(bank).tries]
    assert kept == list(range(205, 205 + TRIES_KEPT))


@pytest.mark.usefixtures("hook")
def test_a_slow_shop_keeps_no_other_waiting(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks
) -> None:
    go_on, quick = Event(), ShopServer()
    server.before = lambda _: go_on.wait(10)
    payer = make.account(bank, 50_000)
    other = make.merchant(bank)
    for number in range(10):
        tell(bank, shop, f"A-{number}", payer=payer)
    with shop_server(quick) as url:
        listen(bank, other, url)
        tell(bank, other, payer=payer)
        sender.start()
        await_until(lambda: len(quick.heard) == 1, "word to the other shop")
        await_until(lambda: len(server.heard) >= FOR_ONE_SHOP, "word to the slow shop")
        assert len(server.heard) == FOR_ONE_SHOP
        go_on.set()
        await_until(
            lambda: Counter(each.status for each in deliveries(bank)) == {"delivered": 11},
            "word to everybody",
        )
        sender.end()
        sender.join(5.0)
    assert len(server.heard) == 10


def test_who_does_not_answer_is_left_alone_for_a_minute(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks, clock: Clock
) -> None:
    listen(bank, shop, f"http://localhost:{free_port()}/")
    for number in range(3):
        tell(bank, shop, f"A-{number}")
    listen(bank, shop, server.url)
    tell(bank, shop, "A-3")
    while sender.send_next():
        pass
    assert [len(each.tries) for each in deliveries(bank)].count(1) == 2
    assert len(server.heard) == 1
    clock.forward(seconds=61)
    assert sender.send_next()


@pytest.mark.usefixtures("hook")
def test_the_threads_send_until_they_are_ended(
    bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks
) -> None:
    sender.start()
    tell(bank, shop)
    sender.look()
    await_until(lambda: only(bank).status == "delivered", "delivery")
    sender.end()
    sender.join(5.0)
    tell(bank, shop, "A-2")
    sender.look()
    assert not Event().wait(0.3)
    assert len(server.heard) == 1
