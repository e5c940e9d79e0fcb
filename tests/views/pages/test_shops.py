"""Shops on pages: bankers propose, pause and change them; whose they are makes keys, shown once."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models.merchants import Merchant, get_merchant
from tests import make
from tests.make import Till
from tests.pages import Browser

URL = "https://kabel.example/paid"
REASON = {"reason": "for the test"}


@pytest.fixture
def tess(app: Flask, client: FlaskClient) -> Browser:
    make.staff(client, tess="teller", abe="approver", art="auditor")
    return Browser(app).log_in("tess")


@pytest.fixture
def shop(bank: Bank) -> Merchant:
    return make.merchant(bank)


def words(text: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_a_shop_comes_to_be_on_pages(app: Flask, bank: Bank, tess: Browser) -> None:
    number = make.account(bank, username="karl").number
    asked = {"name": "Kabel", "account": number, "return_urls": f"{URL}\r\n{URL}2", **REASON}
    sent = tess.send("/desk/merchants/new", asked)
    assert sent.status_code == 303, sent.text
    abe = Browser(app).log_in("abe")
    said = words(abe.open(sent.location).text)
    assert "A new merchant" in said
    assert f"{URL}2" in said
    approved = abe.send(sent.location, form="approve")
    assert approved.status_code == 303
    listed = abe.page("/desk/merchants")
    (one,) = [each for each in listed.links() if each.startswith("/desk/merchants/m_")]
    assert "karl" in words(abe.open(one).text)
    assert one in abe.page(sent.location).links()


def test_a_form_with_something_wrong_comes_back_as_it_was(bank: Bank, tess: Browser) -> None:
    asked = {"name": "Kabel", "account": "123", "return_urls": "http://x", **REASON}
    sent = tess.send("/desk/merchants/new", asked, direct_pin="true")
    assert sent.status_code == 422
    said = words(sent.text)
    assert "Write an address like https://shop.example/paid" in said
    assert "Not an account number" in said
    assert 'value="Kabel"' in sent.text
    assert "http://x</textarea>" in sent.text
    assert re.search(r'name="direct_pin" value="true" checked', sent.text)


def test_a_banker_pauses_a_shop_and_revokes_its_key(
    app: Flask, bank: Bank, client: FlaskClient, tess: Browser, shop: Merchant
) -> None:
    till, path = make.till(client, shop), f"/desk/merchants/{shop.id}"
    revoked = tess.send(path, REASON, form="revoke")
    assert revoked.status_code == 303, revoked.text
    assert till.get("/merchant").status_code == 401
    assert tess.send(path, REASON, form="pause").status_code == 303
    assert get_merchant(bank.database, shop.id).status == "paused"
    resumed = tess.send(path, REASON, form="resume")
    assert "/desk/approvals/" in resumed.location
    assert get_merchant(bank.database, shop.id).status == "paused"
    abe = Browser(app).log_in("abe")
    assert abe.send(resumed.location, form="approve").status_code == 303
    assert get_merchant(bank.database, shop.id).status == "active"


def test_a_change_of_a_shop_waits_for_another_banker(
    bank: Bank, tess: Browser, shop: Merchant
) -> None:
    path = f"/desk/merchants/{shop.id}"
    sent = tess.send(path, REASON, form="change", direct_pin="true", return_urls=f"{URL}/new")
    assert "/desk/approvals/" in sent.location
    said = words(tess.open(sent.location).text)
    assert "Return address https://kabel.example/paid none" in said
    assert "PINs on its own pages no yes" in said
    assert get_merchant(bank.database, shop.id) == shop


def test_an_auditor_looks_and_is_offered_nothing(
    app: Flask, tess: Browser, client: FlaskClient, shop: Merchant
) -> None:
    make.till(client, shop)
    art = Browser(app).log_in("art")
    page = art.page(f"/desk/merchants/{shop.id}")
    assert [each for each in page.forms if "main" in each.where] == []
    assert "/desk/merchants/new" not in art.page("/desk/merchants").links()


def test_what_was_changed_meanwhile_is_not_changed_on_an_old_page(
    bank: Bank, tess: Browser, shop: Merchant
) -> None:
    path = f"/desk/merchants/{shop.id}"
    old = tess.page(path).form("close").values
    tess.send(path, REASON, form="pause")
    assert tess.post(path, {**old, **REASON}).status_code == 412
    assert get_merchant(bank.database, shop.id).status == "paused"


def code_of(bank: Bank) -> str:
    return make.code_in(make.mails(bank)[0])


def test_an_owner_makes_a_key_and_sees_its_secret_once(
    app: Flask, bank: Bank, client: FlaskClient
) -> None:
    shop = make.merchant(bank, make.confirmed(client).account)
    dana, path = Browser(app).log_in("dana"), f"/my/shops/{shop.id}/keys"
    asked = dana.send(path, scopes="webhooks", send_code="1")
    assert asked.status_code == 200
    assert re.findall(r'value="([a-z:]+)" checked', asked.text) == ["webhooks"]
    made = dana.post(path, {**dana.page(path).form().values, "scopes": "webhooks",
                            "code": code_of(bank)})  # fmt: skip
    assert made.status_code == 200, made.text
    key, secret = re.findall(r'<code id="(?:key|secret)">([^<]+)</code>', made.text)
    till = Till(client, "", {}, key=key, secret=secret)
    assert till.get("/merchant").json["scopes"] == ["webhooks"]
    later = dana.open("/my/shops").text
    assert key in later
    assert secret not in later


def test_an_owner_revokes_a_key_with_a_code(app: Flask, bank: Bank, client: FlaskClient) -> None:
    shop = make.merchant(bank, make.confirmed(client).account)
    till, dana = make.till(client, shop), Browser(app).log_in("dana")
    (path,) = [each for each in dana.page("/my/shops").links() if each.endswith("/revoke")]
    assert dana.send(path, code="123456").status_code == 422
    assert till.get("/merchant").status_code == 200
    assert dana.send(path, send_code="1").status_code == 200
    assert dana.send(path, code=code_of(bank)).status_code == 303
    assert till.get("/merchant").status_code == 401


def test_the_shop_of_somebody_else_is_not_found_on_pages(
    app: Flask, client: FlaskClient, shop: Merchant
) -> None:
    make.customer(client, "eve")
    eve, till = Browser(app).log_in("eve"), make.till(client, shop)
    assert shop.name not in eve.open("/my/shops").text
    for path in (f"/my/shops/{shop.id}/keys", f"/my/shops/{shop.id}/keys/{till.key}/revoke"):
        assert eve.open(path).status_code == 404


def test_without_a_second_factor_the_page_says_what_is_needed(
    app: Flask, bank: Bank, client: FlaskClient
) -> None:
    shop = make.merchant(bank, make.customer(client, "eve").account)
    page = Browser(app).log_in("eve").page(f"/my/shops/{shop.id}/keys")
    assert "confirm your e-mail address" in page.text
    assert [each for each in page.forms if "main" in each.where] == []
