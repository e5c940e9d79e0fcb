"""Webhooks over the API: a shop's own alone, five at most, their secrets shown once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.config import Config
from app.controllers.bank import Bank, open_bank
from app.controllers.payments.hooks import Hooks
from app.controllers.payments.outward import Outward
from app.models import webhook_endpoints
from app.models.merchants import Merchant, get_merchant
from tests import make
from tests.conftest import Clock
from tests.make import Till
from tests.shop_servers import ShopServer, shop_server
from tests.telling import tell
from tests.test_config import GOOD
from tests.together import together

URL = "https://shop.example/webhooks"


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    return make.merchant(bank)


@pytest.fixture
def till(client: FlaskClient, shop: Merchant) -> Till:
    return make.till(client, shop)


@pytest.fixture
def other(client: FlaskClient, bank: Bank) -> Till:
    """The till of another shop."""
    return make.till(client, make.merchant(bank))


@pytest.fixture
def server() -> Iterator[ShopServer]:
    served = ShopServer()
    with shop_server(served):
        yield served


@pytest.fixture
def sender(bank: Bank, clock: Clock) -> Hooks:
    return Hooks(bank.config, bank.database, clock, Outward(public_only=False))


def test_a_secret_is_shown_once(till: Till) -> None:
    added = till.post("/webhook_endpoints", {"url": URL})
    assert added.status_code == 201
    assert added.json["secret"].startswith("whsec_")
    listed = till.get("/webhook_endpoints")
    assert listed.json["items"] == [{k: v for k, v in added.json.items() if k != "secret"}]
    assert added.json["secret"] not in listed.text


def test_without_a_choice_all_types_are_told(till: Till) -> None:
    added = till.post("/webhook_endpoints", {"url": URL})
    assert added.json["events"] == list(webhook_endpoints.TYPES)


def test_what_was_chosen_is_told_in_one_order_and_once(till: Till) -> None:
    chosen = ["payment.refunded", "payment.succeeded", "payment.refunded"]
    added = till.post("/webhook_endpoints", {"url": URL, "events": chosen})
    assert added.json["events"] == ["payment.succeeded", "payment.refunded"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"url": ""}, {"url": "shop.example"}, {"url": "ftp://shop.example/"}, {"url": 7},
        {"url": "https://"}, {"url": "https://shop.example:0/"}, {"url": "https://a:70000/"},
        {"url": "https://user@shop.example/"}, {"url": "https://user:pw@shop.example/"},
        {"url": "https://shop.example/#part"}, {"url": "https://shop.example/a b"},
        {"url": "https://shop.example\\@evil.example/"}, {"url": "https://shop.example/\r\nX: 1"},
        {"url": "https://shöp.example/"}, {"url": "https://shop.example/" + "a" * 500},
        {"url": "https://shop.example/\u202e"}, {"url": " https://shop.example/"},
        {"url": "javascript:alert(1)"}, {"url": "file:///etc/passwd"}, {"url": "//shop.example/"},
        {"url": URL, "events": []}, {"url": URL, "events": ["payment.lost"]},
        {"url": URL, "events": "payment.succeeded"}, {"url": URL, "secret": "whsec_mine"},
    ],
)  # fmt: skip
def test_what_is_no_address_or_no_choice_is_refused(till: Till, body: dict[str, object]) -> None:
    answer = till.post("/webhook_endpoints", body)
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"]
    assert till.get("/webhook_endpoints").json["items"] == []


@pytest.mark.parametrize(
    "url",
    ["http://shop.example/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.7:8443/"],
)
def test_in_production_an_address_is_encrypted_and_public(
    till: Till, bank: Bank, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(bank.hooks, "way", Outward(public_only=True))
    answer = till.post("/webhook_endpoints", {"url": url})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "url"
    assert till.post("/webhook_endpoints", {"url": URL}).status_code == 201


def test_a_bank_in_production_calls_nobody_inside(bank: Bank, clock: Clock) -> None:
    served = open_bank(Config.from_environment(GOOD), bank.database, clock)
    assert served.hooks.way.refusal("http://127.0.0.1/")
    assert bank.hooks.way.refusal("http://127.0.0.1/") is None
    served.ledger.close()


def test_a_shop_has_five_however_many_it_asks_for_at_one_moment(client: FlaskClient) -> None:
    bank: Bank = client.application.extensions["bank"]
    shop = make.merchant(bank)

    first = make.till(client, shop)

    def add(_: int) -> int:
        till = replace(first, client=client.application.test_client())
        return till.post("/webhook_endpoints", {"url": URL}).status_code

    statuses = together(8, add)
    assert statuses.count(201) == 5
    assert set(statuses) <= {201, 409}
    refused = first.post("/webhook_endpoints", {"url": URL})
    assert (refused.json["type"], refused.json["limit"]) == ("/problems/too-many-webhooks", 5)
    gone = first.get("/webhook_endpoints").json["items"][0]["id"]
    assert first.delete(f"/webhook_endpoints/{gone}").status_code == 204
    assert first.post("/webhook_endpoints", {"url": URL}).status_code == 201


def test_what_is_removed_is_gone(till: Till) -> None:
    id = till.post("/webhook_endpoints", {"url": URL}).json["id"]
    assert till.delete(f"/webhook_endpoints/{id}").status_code == 204
    assert till.get("/webhook_endpoints").json["items"] == []
    assert till.delete(f"/webhook_endpoints/{id}").status_code == 404
    assert till.post(f"/webhook_endpoints/{id}/rotate").status_code == 404


def test_a_new_secret_says_until_when_the_old_one_signs(till: Till, bank: Bank) -> None:
    added = till.post("/webhook_endpoints", {"url": URL}).json
    assert added["old_secrets_until"] is None
    rotated = till.post(f"/webhook_endpoints/{added['id']}/rotate").json
    assert rotated["secret"] != added["secret"]
    assert rotated["old_secrets_until"] > bank.now().isoformat()


def test_no_secret_that_still_signs_is_pushed_out(till: Till, clock: Clock) -> None:
    id = till.post("/webhook_endpoints", {"url": URL}).json["id"]
    statuses = [till.post(f"/webhook_endpoints/{id}/rotate").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 409]
    refused = till.post(f"/webhook_endpoints/{id}/rotate").json
    assert (refused["limit"], "ends_at" in refused) == (5, True)
    clock.forward(hours=24, seconds=1)
    assert till.post(f"/webhook_endpoints/{id}/rotate").status_code == 200


def test_another_shops_webhooks_are_not_there(
    till: Till, other: Till, bank: Bank, shop: Merchant
) -> None:
    id = till.post("/webhook_endpoints", {"url": URL}).json["id"]
    tell(bank, shop)
    delivery = till.get("/webhook_deliveries").json["items"][0]["id"]
    assert other.get("/webhook_endpoints").json["items"] == []
    assert other.get("/webhook_deliveries").json["items"] == []
    for method, path in [
        ("DELETE", f"/webhook_endpoints/{id}"), ("POST", f"/webhook_endpoints/{id}/rotate"),
        ("POST", f"/webhook_deliveries/{delivery}/send"),
    ]:  # fmt: skip
        assert other.send(method, path).status_code == 404


def test_a_shop_sees_what_it_was_told_and_has_it_sent_again(
    till: Till, bank: Bank, shop: Merchant, server: ShopServer, sender: Hooks
) -> None:
    till.post("/webhook_endpoints", {"url": server.url})
    server.status = 500
    tell(bank, shop)
    sender.send_next()
    (seen,) = till.get("/webhook_deliveries?status=waiting").json["items"]
    assert (seen["type"], seen["status"]) == ("payment.succeeded", "waiting")
    assert [(each["status"], each["error"]) for each in seen["tries"]] == [
        (500, "the server answered 500")
    ]
    server.status = 204
    assert till.post(f"/webhook_deliveries/{seen['id']}/send").status_code == 409  # in 5 seconds
    bank.database.collection("webhook_deliveries").update_one({}, {"$set": {"status": "given_up"}})
    sent = till.post(f"/webhook_deliveries/{seen['id']}/send")
    assert (sent.status_code, sent.json["status"]) == (202, "waiting")
    sender.send_next()
    (done,) = till.get("/webhook_deliveries").json["items"]
    assert (done["status"], done["next_at"]) == ("delivered", None)
    assert done["delivered_at"]


def test_deliveries_are_read_page_by_page(till: Till, bank: Bank, shop: Merchant) -> None:
    till.post("/webhook_endpoints", {"url": URL})
    payer = make.account(bank, 50_000)
    for number in range(5):
        tell(bank, shop, f"A-{number}", payer=payer)
    first = till.get("/webhook_deliveries?limit=3").json
    second = till.get(f"/webhook_deliveries?limit=3&cursor={first['next']}").json
    ids = [row["id"] for row in [*first["items"], *second["items"]]]
    assert (len(ids), ids) == (5, sorted(ids, reverse=True))
    assert second["next"] is None


def test_bankers_see_the_deliveries_of_all_shops(
    client: FlaskClient, till: Till, other: Till, bank: Bank, shop: Merchant
) -> None:
    for each in (till, other):
        each.post("/webhook_endpoints", {"url": URL})
    tell(bank, shop)
    tell(bank, get_merchant(bank.database, other.merchant))
    tess = make.banker(client)
    rows = tess.get("/banker/webhook_deliveries").json["items"]
    assert {row["merchant"] for row in rows} == {shop.id, other.merchant}
    (row,) = tess.get(f"/banker/webhook_deliveries?merchant={shop.id}&status=waiting").json["items"]
    assert row["merchant"] == shop.id
    assert tess.get("/banker/webhook_deliveries?status=lost").status_code == 422


def test_what_shops_change_stands_in_the_audit(client: FlaskClient, till: Till) -> None:
    id = till.post("/webhook_endpoints", {"url": URL}).json["id"]
    till.post(f"/webhook_endpoints/{id}/rotate")
    till.delete(f"/webhook_endpoints/{id}")
    tess = make.banker(client)
    events = tess.get(f"/banker/audit?object={id}").json["items"]
    assert [event["action"] for event in events] == [
        "remove webhook", "rotate webhook secret", "add webhook",
    ]  # fmt: skip
    assert {event["session"] for event in events} == {till.key}
