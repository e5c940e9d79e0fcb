"""What is taken away is gone on the very next request."""

from __future__ import annotations

from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import role_grants
from tests import make
from tests.views.routes import session_of, settle


def test_a_lost_role_is_lost_on_the_next_request(client: FlaskClient, bank: Bank) -> None:
    town = settle(client)
    assert town.art.get("/banker/accounts").status_code == 200
    art = town.art.get("/me").json["id"]
    role_grants.revoke(bank.database, art, "auditor", bank.now(), "tests")
    assert town.art.get("/banker/accounts").status_code == 403


def test_a_teller_who_becomes_an_auditor_looks_and_no_longer_acts(
    client: FlaskClient, bank: Bank
) -> None:
    town = settle(client)
    tess = town.tess.get("/me").json["id"]
    role_grants.grant(bank.database, tess, ["auditor"], bank.now(), "tests")
    for role in ("teller", "approver"):
        role_grants.revoke(bank.database, tess, role, bank.now(), "tests")
    path = f"/banker/accounts/{town.dana.account}"
    tag = town.tess.get(path).headers["ETag"]
    refused = town.tess.post(f"{path}/freeze", {"reason": "because"}, headers={"If-Match": tag})
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/role-missing")


def test_a_frozen_customer_is_out_on_the_next_request_and_cannot_come_back(
    client: FlaskClient,
) -> None:
    town = settle(client)
    town.freeze(town.eve)
    credentials = {"username": "eve", "password": make.PASSWORD}
    refresh = {"refresh_token": town.eve.tokens["refresh_token"]}
    assert town.eve.get("/me").status_code == 401
    assert client.post("/auth/refresh", json=refresh).status_code == 401
    assert client.post("/auth/login", json=credentials).status_code == 403


def test_a_frozen_customer_is_only_told_so_with_the_right_password(client: FlaskClient) -> None:
    town = settle(client)
    town.freeze(town.eve)
    wrong = {"username": "eve", "password": "not her password"}
    assert client.post("/auth/login", json=wrong).status_code == 401


def test_a_log_out_works_on_the_next_request_and_here_only(client: FlaskClient) -> None:
    dana = make.customer(client)
    elsewhere = make.log_in(client, "dana")
    assert dana.post("/auth/logout").status_code == 204
    assert dana.get("/me").status_code == 401
    assert elsewhere.get("/me").status_code == 200


def test_a_session_that_is_ended_elsewhere_is_over(client: FlaskClient) -> None:
    dana = make.customer(client)
    elsewhere = make.log_in(client, "dana")
    assert dana.send("DELETE", f"/auth/sessions/{session_of(elsewhere)}").status_code == 204
    assert elsewhere.get("/me").status_code == 401
