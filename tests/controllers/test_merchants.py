"""Shops: made and changed under four eyes, paused by one banker, their keys under a second factor
of whose shop it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models.database import Database
from tests import make
from tests.controllers.test_second_factors import ask
from tests.make import Person, Till

URL = "https://kabel.example/paid"
REASON = {"reason": "for the test"}


@pytest.fixture
def maker(client: FlaskClient) -> Person:
    return make.staff(client, tess="teller approver", abe="approver", tom="teller")["tess"]


@pytest.fixture
def other(client: FlaskClient, maker: Person) -> Person:
    return make.log_in(client, "abe")


def asked(account: str, **more: Any) -> dict[str, Any]:
    return {"name": "Kabel & Co", "account": account, "return_urls": [URL], **REASON, **more}


def decide(banker: Person, proposal: Any) -> Any:
    """The answer to an approval of what was shown."""
    body = {"effect_hash": proposal.json["effect_hash"]}
    return banker.post(f"/banker/approvals/{proposal.json['id']}/approve", body)


def tag(banker: Person, shop: str) -> dict[str, str]:
    return {"If-Match": banker.get(f"/banker/merchants/{shop}").headers["ETag"]}


def test_a_shop_is_proposed_by_one_banker_and_made_by_another(
    bank: Bank, maker: Person, other: Person
) -> None:
    account = make.account(bank, username="karl")
    proposal = maker.post("/banker/merchants", asked(account.number, direct_pin=True))
    assert proposal.status_code == 202, proposal.text
    assert [(each["what"], each["after"]) for each in proposal.json["effect"]] == [
        ("account", account.number),
        ("return address", URL),
        ("PINs on its own pages", "yes"),
    ]
    assert maker.get("/banker/merchants").json["items"] == []
    done = decide(other, proposal)
    assert done.json["status"] == "executed", done.text
    shop = other.get(f"/banker/merchants/{done.json['result']}").json
    assert shop["name"] == "Kabel & Co"
    assert (shop["account"], shop["owner"], shop["status"]) == (account.number, "karl", "active")
    assert (shop["return_urls"], shop["direct_pin"], shop["keys"]) == ([URL], True, [])


def test_nobody_approves_a_shop_of_their_own_making(bank: Bank, maker: Person) -> None:
    proposal = maker.post("/banker/merchants", asked(make.account(bank).number))
    refused = decide(maker, proposal)
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/own-proposal")
    assert maker.get("/banker/merchants").json["items"] == []


def test_only_a_teller_proposes_a_shop(bank: Bank, other: Person) -> None:
    assert other.post("/banker/merchants", asked(make.account(bank).number)).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://kabel.example/paid", "https://kabel.example/paid#top", "https://a@kabel.example/",
        "javascript:alert(1)", "https://", "//kabel.example", "https://kabel.example/a b",
        "https://kabel.example\\@evil.example/", "HTTPS://KABEL.EXAMPLE/", "ftp://kabel.example/",
        "http://localhost.evil.example/", "https://kabel.example/%0d%0aX:1\r\n", "",
        "http://127.0.0.1.evil.example/",
    ],
)  # fmt: skip
def test_an_odd_return_address_is_refused(bank: Bank, maker: Person, url: str) -> None:
    account = make.account(bank)
    answer = maker.post("/banker/merchants", asked(account.number, return_urls=[url]))
    assert answer.status_code == 422
    assert "return_urls" in answer.json["errors"][0]["field"]


@pytest.mark.parametrize("url", ["http://localhost:5001/paid", "http://127.0.0.1:5001/paid?a=b"])
def test_an_address_on_this_computer_is_for_development(
    bank: Bank, maker: Person, url: str
) -> None:
    account = make.account(bank)
    answer = maker.post("/banker/merchants", asked(account.number, return_urls=[url]))
    assert answer.status_code == 202


@pytest.mark.parametrize("status", ["closed", "frozen"])
def test_only_an_open_account_is_credited(
    bank: Bank, database: Database, maker: Person, status: str
) -> None:
    account = make.account(bank)
    database.collection("accounts").update_one(
        {"_id": account.number}, {"$set": {"status": status}}
    )
    assert maker.post("/banker/merchants", asked(account.number)).status_code == 409
    assert maker.post("/banker/merchants", asked("100000000093")).status_code == 404


def test_a_shop_whose_account_was_frozen_meanwhile_is_not_made(
    bank: Bank, maker: Person, other: Person
) -> None:
    account = make.account(bank)
    proposal = maker.post("/banker/merchants", asked(account.number))
    path = f"/banker/accounts/{account.number}"
    headers = {"If-Match": maker.get(path).headers["ETag"]}
    assert maker.post(f"{path}/freeze", REASON, headers=headers).status_code == 200
    refused = decide(other, proposal)
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/state-drifted")
    assert other.get("/banker/merchants").json["items"] == []


def test_a_shop_is_changed_under_four_eyes(bank: Bank, maker: Person, other: Person) -> None:
    shop = make.merchant(bank)
    body = {**REASON, "return_urls": ["https://kabel.example/thanks"], "direct_pin": True}
    path = f"/banker/merchants/{shop.id}"
    proposal = maker.send("PATCH", path, json=body, headers=tag(maker, shop.id))
    assert proposal.status_code == 202, proposal.text
    assert maker.get(path).json["return_urls"] == [URL]
    assert decide(maker, proposal).status_code == 403
    assert decide(other, proposal).status_code == 200
    changed = maker.get(path).json
    assert changed["return_urls"] == ["https://kabel.example/thanks"]
    assert (changed["direct_pin"], changed["account"]) == (True, shop.account)


def test_the_money_of_a_shop_goes_to_no_other_customer(bank: Bank, maker: Person) -> None:
    shop, stranger = make.merchant(bank), make.account(bank)
    answer = maker.send(
        "PATCH", f"/banker/merchants/{shop.id}", json={**REASON, "account": stranger.number},
        headers=tag(maker, shop.id),
    )  # fmt: skip
    assert (answer.status_code, answer.json["field"]) == (422, "account")


def test_one_banker_pauses_a_shop_and_two_let_it_go_on(
    bank: Bank, client: FlaskClient, maker: Person, other: Person
) -> None:
    shop = make.merchant(bank)
    till, path = make.till(client, shop), f"/banker/merchants/{shop.id}"
    paused = maker.post(f"{path}/pause", REASON, headers=tag(maker, shop.id))
    assert (paused.status_code, paused.json["status"]) == (200, "paused")
    assert till.get("/merchant").json["type"] == "/problems/shop-not-active"
    proposal = maker.post(f"{path}/resume", REASON, headers=tag(maker, shop.id))
    assert proposal.status_code == 202
    assert decide(maker, proposal).status_code == 403
    assert till.get("/merchant").status_code == 403
    assert decide(other, proposal).status_code == 200
    assert till.get("/merchant").status_code == 200


def test_a_closed_shop_stays_closed(bank: Bank, client: FlaskClient, maker: Person) -> None:
    shop = make.merchant(bank)
    till, path = make.till(client, shop), f"/banker/merchants/{shop.id}"
    assert maker.post(f"{path}/close", REASON, headers=tag(maker, shop.id)).status_code == 200
    assert till.get("/merchant").status_code == 403
    for act in ("pause", "close", "resume"):
        answer = maker.post(f"{path}/{act}", REASON, headers=tag(maker, shop.id))
        assert (answer.status_code, answer.json["type"]) == (409, "/problems/already-in-state")


def test_an_edit_of_what_was_changed_meanwhile_is_refused(bank: Bank, maker: Person) -> None:
    shop = make.merchant(bank)
    old, path = tag(maker, shop.id), f"/banker/merchants/{shop.id}"
    assert maker.post(f"{path}/pause", REASON, headers=old).status_code == 200
    assert maker.post(f"{path}/close", REASON, headers=old).status_code == 412
    assert maker.post(f"{path}/resume", REASON, headers=old).status_code == 412


def test_a_banker_revokes_a_key_at_once(bank: Bank, client: FlaskClient, maker: Person) -> None:
    shop = make.merchant(bank)
    till = make.till(client, shop)
    answer = maker.post(f"/banker/merchants/{shop.id}/keys/{till.key}/revoke", REASON)
    assert [key["status"] for key in answer.json["keys"]] == ["revoked"]
    assert till.get("/merchant").status_code == 401
    stranger = make.merchant(bank)
    path = f"/banker/merchants/{stranger.id}/keys/{till.key}/revoke"
    assert maker.post(path, REASON).status_code == 404


def test_what_bankers_do_to_a_shop_is_audited(
    bank: Bank, client: FlaskClient, maker: Person, database: Database
) -> None:
    shop = make.merchant(bank)
    till, path = make.till(client, shop), f"/banker/merchants/{shop.id}"
    maker.post(f"{path}/keys/{till.key}/revoke", REASON)
    maker.post(f"{path}/pause", REASON, headers=tag(maker, shop.id))
    maker.post(f"{path}/resume", REASON, headers=tag(maker, shop.id))
    rows = maker.get("/banker/audit?actor=tess").json["items"]
    assert [(row["action"], row["object"]) for row in rows] == [
        ("merchant_resume proposed", shop.id),
        ("merchant paused", shop.id),
        ("revoke merchant key", till.key),
    ]


def test_the_list_of_shops_goes_on_page_by_page(bank: Bank, maker: Person) -> None:
    made = [make.merchant(bank).id for _ in range(5)]
    seen, path = [], "/banker/merchants?limit=2"
    while path:
        answer = maker.get(path)
        seen += [each["id"] for each in answer.json["items"]]
        cursor = answer.json["next"]
        path = f"/banker/merchants?limit=2&cursor={cursor}" if cursor else ""
    assert sorted(seen) == sorted(made)
    assert maker.get("/banker/merchants?status=paused").json["items"] == []


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    """A customer with a confirmed address, for codes by mail."""
    return make.confirmed(client)


def code(person: Person, bank: Bank, shop: str) -> str:
    """The code for a key of the shop."""
    return ask(person, bank, "merchant_key", merchant=shop)


def test_the_owner_makes_a_key_under_a_second_factor(
    bank: Bank, client: FlaskClient, dana: Person
) -> None:
    shop = make.merchant(bank, dana.account)
    assert [each["id"] for each in dana.get("/merchants").json["items"]] == [shop.id]
    path, wanted = f"/merchants/{shop.id}/keys", {"scopes": ["webhooks", "payments:read"]}
    refused = dana.post(path, wanted)
    assert (refused.status_code, refused.json["purpose"]) == (403, "merchant_key")
    assert dana.post(path, {**wanted, "code": "000000"}).status_code == 422
    issued = dana.post(path, {**wanted, "code": code(dana, bank, shop.id)})
    assert issued.status_code == 201, issued.text
    key = issued.json["key"]
    assert key["scopes"] == ["payments:read", "webhooks"]
    till = Till(client, "", {}, key=key["id"], secret=issued.json["secret"])
    assert till.get("/merchant").json["id"] == shop.id
    assert dana.get(path).json["items"] == [key]
    assert "secret" not in dana.get(path).text


def test_a_code_for_the_keys_of_one_shop_is_none_for_another(bank: Bank, dana: Person) -> None:
    one, two = make.merchant(bank, dana.account), make.merchant(bank, dana.account)
    body = {"scopes": ["webhooks"], "code": code(dana, bank, one.id)}
    assert dana.post(f"/merchants/{two.id}/keys", body).status_code == 422
    assert dana.post(f"/merchants/{one.id}/keys", body).status_code == 201


def test_the_owner_revokes_a_key_under_a_second_factor(
    bank: Bank, client: FlaskClient, dana: Person
) -> None:
    shop = make.merchant(bank, dana.account)
    till = make.till(client, shop)
    path = f"/merchants/{shop.id}/keys/{till.key}"
    assert dana.send("DELETE", path, json={}).status_code == 403
    assert till.get("/merchant").status_code == 200
    body = {"code": code(dana, bank, shop.id)}
    assert dana.send("DELETE", path, json=body).status_code == 204
    assert till.get("/merchant").status_code == 401


def test_a_code_is_not_used_up_where_there_is_no_room_for_a_key(
    bank: Bank, client: FlaskClient, dana: Person
) -> None:
    shop = make.merchant(bank, dana.account)
    tills = [make.till(client, shop) for _ in range(2)]
    body = {"scopes": ["webhooks"], "code": code(dana, bank, shop.id)}
    assert dana.post(f"/merchants/{shop.id}/keys", body).json["type"] == "/problems/too-many-keys"
    used = {"code": body["code"]}
    path = f"/merchants/{shop.id}/keys/{tills[0].key}"
    assert dana.send("DELETE", path, json=used).status_code == 204


def test_without_a_second_factor_there_is_no_key(bank: Bank, client: FlaskClient) -> None:
    eve = make.customer(client, "eve")
    shop = make.merchant(bank, eve.account)
    answer = eve.post(f"/merchants/{shop.id}/keys", {"scopes": ["webhooks"]})
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/no-second-factor")


def test_the_shop_of_somebody_else_is_not_found(
    bank: Bank, client: FlaskClient, dana: Person
) -> None:
    shop = make.merchant(bank)
    till = make.till(client, shop)
    path = f"/merchants/{shop.id}/keys"
    assert dana.get(path).status_code == 404
    assert dana.post(path, {"scopes": ["webhooks"], "code": "123456"}).status_code == 404
    removal = dana.send("DELETE", f"{path}/{till.key}", json={"code": "123456"})
    assert removal.status_code == 404
    asking = dana.post("/auth/codes", {"purpose": "merchant_key", "merchant": shop.id})
    assert asking.status_code == 404


def test_in_production_customers_are_sent_back_by_https_alone(
    make_app: Callable[..., Flask], bank: Bank, maker: Person
) -> None:
    account = make.account(bank)
    app = make_app()
    object.__setattr__(app.extensions["bank"].config, "environment", "production")
    maker.client = app.test_client()
    body = asked(account.number, return_urls=["http://localhost:5001/paid"])
    answer = maker.post("/banker/merchants", body)
    assert (answer.status_code, answer.json["field"]) == (422, "return_urls")
