"""Signed calls of shops: who may call, and that nothing about a call can be changed or repeated."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Secret
from app.controllers import audits
from app.controllers.bank import Bank
from app.controllers.payments import keys, signing
from app.controllers.payments.signing import Call
from app.errors import InvalidSignature
from app.models.database import Database
from app.models.merchants import get_merchant
from app.views.signatures import signed_call
from tests import make
from tests.conftest import SECRET, Clock
from tests.make import Till
from tests.together import together


def signed(till: Till, path: str = "/merchant", method: str = "GET") -> dict[str, str]:
    """The headers of a call that is right."""
    return {"Authorization": till.signature(method, path)}


def changed(header: str, name: str, becomes: str) -> str:
    """The header with another value of one of its fields."""
    return re.sub(rf"\b{name}=[^,]+", f"{name}={becomes}", header)


def test_a_shop_sees_itself_and_what_its_key_is_for(bank: Bank, client: FlaskClient) -> None:
    shop = make.merchant(bank, name="Kabel & Co")
    answer = make.till(client, shop, scopes=["webhooks", "payments:read"]).get("/merchant")
    assert answer.json == {
        "id": shop.id,
        "name": "Kabel & Co",
        "account": shop.account,
        "currency": "USD",
        "status": "active",
        "return_urls": ["https://kabel.example/paid"],
        "direct_pin": False,
        "scopes": ["payments:read", "webhooks"],
    }


def test_the_signature_is_the_one_of_the_decision() -> None:
    call = Call("POST", "/payment_intents?limit=5", "key-key-key-key-1", b'{"a":1}', "")
    message = signing.message(call, "1760000000", "nonce-nonce-nonce")
    digest = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert message.decode().split("\n") == [
        "v1", "POST", "/payment_intents?limit=5", "1760000000", "nonce-nonce-nonce", digest,
        "key-key-key-key-1",
    ]  # fmt: skip


def test_every_byte_of_a_header_that_is_changed_is_refused(bank: Bank, client: FlaskClient) -> None:
    till = make.till(client, make.merchant(bank))
    header = till.signature("GET", "/merchant")
    accepted = []
    for place, letter in enumerate(header):
        other = "B" if letter == "A" else "A"
        altered = header[:place] + other + header[place + 1 :]
        answer = client.open("/merchant", method="GET", headers={"Authorization": altered})
        if answer.status_code != 401:
            accepted.append((place, altered))
    assert accepted == []
    assert client.get("/merchant", headers={"Authorization": header}).status_code == 200


def test_every_byte_of_the_rest_of_a_call_that_is_changed_is_refused(bank: Bank) -> None:
    shop = make.merchant(bank)
    issued = keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
    body, key = b'{"amount":"12.50","order":"A-1"}', "0123456789abcdef"
    whole = {"method": "POST", "target": "/payment_intents?a=1", "idempotency_key": key}
    call = Call(**whole, body=body, authorization="")
    now, nonce = str(int(bank.now().timestamp())), "nonce-nonce-nonce"
    mac = hmac.new(issued.secret.encode(), signing.message(call, now, nonce), hashlib.sha256)
    header = (
        f"{signing.SCHEME} key={issued.key.id}, timestamp={now}, nonce={nonce}, "
        f"signature={mac.hexdigest()}"
    )
    others = [{**whole, "body": body[:at] + b"~" + body[at + 1 :]} for at in range(len(body))] + [
        {**whole, "body": body + b" "},
        {**whole, "body": b""},
    ]
    for name, text in whole.items():
        texts = [text[:at] + "~" + text[at + 1 :] for at in range(len(text))] + [text + "~", ""]
        others += [{**whole, "body": body, name: each} for each in texts]
    for each in others:
        with pytest.raises(InvalidSignature):
            signing.authenticate(bank, Call(**each, authorization=header))  # type: ignore[arg-type]
    actor = signing.authenticate(bank, Call(**whole, body=body, authorization=header))
    assert (actor.user, actor.session, actor.plane) == (shop.id, issued.key.id, "merchant")


@pytest.mark.parametrize(
    "target",
    ["/merchant", "/merchant?a=1&b=2", "/merchant?q=%20%C3%A9+%2F", "/merchant/pi_A-b_9?limit=5"],
)
def test_what_is_signed_is_the_path_as_it_was_sent(app: Flask, target: str) -> None:
    with app.test_request_context(target, headers={"Idempotency-Key": "k"}):
        call = signed_call()
    assert (call.method, call.target, call.idempotency_key) == ("GET", target, "k")


def test_a_call_is_good_once(bank: Bank, client: FlaskClient) -> None:
    till = make.till(client, make.merchant(bank))
    headers = signed(till)
    first, second = (client.get("/merchant", headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 401)


def test_of_the_same_call_twice_at_once_one_is_good(bank: Bank, app: Flask) -> None:
    till = make.till(app.test_client(), make.merchant(bank))
    for _ in range(5):
        headers = signed(till)

        def call(_: int, headers: dict[str, str] = headers) -> int:
            return app.test_client().get("/merchant", headers=headers).status_code

        statuses = together(8, call)
        assert sorted(statuses) == [200] + [401] * 7


def test_two_shops_may_use_the_same_nonce(bank: Bank, client: FlaskClient) -> None:
    tills = [make.till(client, make.merchant(bank)) for _ in range(2)]
    now, nonce = str(int(bank.now().timestamp())), "n" * 16
    for till in tills:
        call = Call("GET", "/merchant", "", b"", "")
        mac = hmac.new(till.secret.encode(), signing.message(call, now, nonce), hashlib.sha256)
        header = (
            f"{signing.SCHEME} key={till.key}, timestamp={now}, nonce={nonce}, "
            f"signature={mac.hexdigest()}"
        )
        assert client.get("/merchant", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(295, 200), (-295, 200), (310, 401), (-310, 401)])
def test_a_call_is_good_for_five_minutes_either_way(
    bank: Bank, client: FlaskClient, clock: Clock, seconds: int, status: int
) -> None:
    headers = signed(make.till(client, make.merchant(bank)))
    clock.forward(seconds=seconds)
    assert client.get("/merchant", headers=headers).status_code == status


def test_whatever_is_wrong_the_answer_is_the_same(
    bank: Bank, client: FlaskClient, clock: Clock
) -> None:
    till = make.till(client, make.merchant(bank))
    other = make.till(client, make.merchant(bank))
    gone = make.till(client, make.merchant(bank))
    keys.revoke(bank, audits.SERVER, get_merchant(bank.database, gone.merchant), gone.key)
    late, used = signed(till), signed(till)
    assert client.get("/merchant", headers=used).status_code == 200
    clock.forward(seconds=301)
    right = till.signature("GET", "/merchant")
    wrong = {
        "stale": late["Authorization"],
        "unknown key": changed(right, "key", "mk_" + "x" * 22),
        "another shop's key": changed(right, "key", other.key),
        "revoked key": gone.signature("GET", "/merchant"),
        "forged": changed(right, "signature", "0" * 64),
        "nothing": "",
        "no signature": "Strongroom-HMAC-SHA256 key=1",
        "a token": "Bearer x",
        "twice": f"{right}, {right}",
    }
    told = set()
    for header in wrong.values():
        answer = client.get("/merchant", headers={"Authorization": header})
        shown = {**answer.json, "request_id": "", "server_time": 0}
        told.add((answer.status_code, answer.headers["WWW-Authenticate"], str(shown)))
    assert len(told) == 1
    assert "401" in str(told)
    assert client.get("/merchant", headers={"Authorization": right}).status_code == 200


def test_a_refusal_tells_the_time_of_the_bank(bank: Bank, client: FlaskClient) -> None:
    answer = client.get("/merchant")
    assert abs(answer.json["server_time"] - bank.now().timestamp()) < 60
    assert answer.headers["WWW-Authenticate"] == 'Strongroom-HMAC-SHA256 realm="strongroom"'


def test_a_call_that_is_refused_keeps_no_nonce(
    bank: Bank, client: FlaskClient, database: Database
) -> None:
    till = make.till(client, make.merchant(bank))
    forged = changed(till.signature("GET", "/merchant"), "signature", "0" * 64)
    assert client.get("/merchant", headers={"Authorization": forged}).status_code == 401
    assert database.collection("merchant_nonces").count_documents({}) == 0


def test_a_paused_shop_may_not_call(bank: Bank, client: FlaskClient, database: Database) -> None:
    till = make.till(client, make.merchant(bank))
    database.collection("merchants").update_one({}, {"$set": {"status": "paused"}})
    answer = till.get("/merchant")
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/shop-not-active")


def test_keys_outlive_a_change_of_the_secret_key(
    make_app: Callable[..., Flask], bank: Bank, client: FlaskClient
) -> None:
    till = make.till(client, make.merchant(bank))
    changes: dict[str, Any] = {"secret_key": Secret("another-" + SECRET)}
    between = make_app(**changes, secret_key_previous=Secret(SECRET)).test_client()
    after = make_app(**changes).test_client()
    assert between.get("/merchant", headers=signed(till)).status_code == 200
    assert after.get("/merchant", headers=signed(till)).status_code == 401


def test_each_key_has_its_own_share(make_app: Callable[..., Flask], bank: Bank) -> None:
    client = make_app(ratelimit_enabled=True).test_client()
    shop = make.merchant(bank)
    one, two = make.till(client, shop), make.till(client, shop)
    assert one.get("/merchant").headers["RateLimit"].startswith('"merchant-reads";r=599;')
    assert one.get("/merchant").headers["RateLimit"].startswith('"merchant-reads";r=598;')
    assert two.get("/merchant").headers["RateLimit"].startswith('"merchant-reads";r=599;')
