"""Who may do what: every route of the API for every kind of caller. A new route without a row
fails. Pages have a table of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers import audits, pins
from app.controllers.bank import Bank
from app.controllers.payments import keys, webhooks
from app.models import invitations, users
from app.models.merchants import get_merchant
from app.views import guards
from app.views.scopes import scope_of
from tests import make
from tests.controllers.test_bankers import app_code, enrolled
from tests.controllers.test_second_factors import ask, at_log_in
from tests.make import Person, Till
from tests.telling import given_up, listen, shop_actor
from tests.views.forge import expired
from tests.views.routes import (
    Route,
    Town,
    example,
    pages_of,
    pending,
    routes_of,
    session_of,
    settle,
)

CALLERS = (
    "nobody", "expired", "revoked", "refresh", "halfway", "frozen", "auditor", "admin", "approver",
    "banker", "revoked_key", "paused_shop", "other_shop", "shop", "other", "customer",
)  # fmt: skip
"""`customer` is Dana, whose things the addresses name; `other` is Eve. Dana comes last: what she
may end must still be there after everybody else has tried. `shop` is hers, `other_shop` Eve's."""


@dataclass(frozen=True)
class Row:
    """Who enters, and what those who do are answered; `own` is whose thing the address names, `by`
    the roles of those bankers who may; `tagged` needs an If-Match."""

    guard: str
    good: int = 200
    own: bool = False
    by: tuple[str, ...] = ()
    tagged: bool = False


_MONEY = ("teller", "approver")
_FREEZE = Row("bankers", by=_MONEY, tagged=True)
_UNFREEZE = Row("bankers", 202, by=("teller",), tagged=True)
_PROPOSE = Row("bankers", 202, by=("teller",))
_PEOPLE = Row("bankers", 202, by=("admin",))
HELD = {
    "auditor": {"auditor"}, "admin": {"admin"}, "approver": {"approver"},
    "banker": {"teller", "approver"},
}  # fmt: skip
"""The roles of the callers who are bankers."""


ROWS: dict[str, Row] = {
    "GET /livez": Row("public"),
    "GET /readyz": Row("public"),
    "GET /openapi.json": Row("public"),
    "GET /docs": Row("public"),
    "GET /docs/static/<path:name>": Row("public"),
    "GET /docs/swagger/<path:name>": Row("public"),
    "GET /problems/<slug>": Row("public"),
    "POST /auth/register": Row("public", 201),
    "POST /auth/register/verify": Row("public", 422),  # a flow that nobody began
    "POST /auth/register/resend": Row("public", 422),
    "POST /auth/login": Row("public"),
    "POST /auth/login/verify": Row("public", 401),  # a token that nobody was given
    "POST /auth/login/resend": Row("public", 401),
    "POST /auth/password/forgot": Row("public", 202),
    "POST /auth/password/reset": Row("public", 422),
    "POST /auth/refresh": Row("public"),
    "POST /auth/logout": Row("signed_in", 204),
    "GET /auth/sessions": Row("signed_in"),
    "DELETE /auth/sessions": Row("signed_in", 204),
    "DELETE /auth/sessions/<id>": Row("signed_in", 204, own=True),
    # Who comes in here has no second factor; what those meet who have one, has tests of its own.
    "POST /auth/codes": Row("signed_in", 403),
    "POST /auth/password": Row("signed_in", 422),
    "GET /auth/second_factor": Row("signed_in"),
    "PUT /auth/second_factor": Row("signed_in", 403),
    "POST /auth/totp": Row("signed_in", 201),
    "POST /auth/totp/confirm": Row("signed_in", 422),
    "DELETE /auth/totp": Row("signed_in", 409),
    "POST /auth/recovery_codes": Row("signed_in", 409),
    "PUT /me/email": Row("customers", 202),
    "POST /me/email/verify": Row("customers", 422),
    "GET /me": Row("signed_in"),
    "PATCH /me": Row("customers"),
    "GET /accounts": Row("customers"),
    "POST /accounts": Row("customers", 201),
    "POST /create_account": Row("customers", 201),
    "GET /accounts/<number>": Row("customers", own=True),
    "GET /accounts/<number>/pin": Row("customers", own=True),
    "PUT /accounts/<number>/pin": Row("customers", 403, own=True),  # Dana has no second factor
    "GET /balance": Row("customers"),
    "POST /deposit": Row("customers", 201),
    "POST /withdraw": Row("customers", 201),
    "POST /transfer": Row("customers", 201),
    "GET /transactions": Row("customers"),
    "GET /transactions/<id>": Row("customers", own=True),
    "GET /merchant": Row("merchants"),
    "GET /webhook_endpoints": Row("merchants"),
    "POST /webhook_endpoints": Row("merchants", 201),
    "DELETE /webhook_endpoints/<id>": Row("merchants", 204, own=True),
    "POST /webhook_endpoints/<id>/rotate": Row("merchants", own=True),
    "GET /webhook_deliveries": Row("merchants"),
    "POST /webhook_deliveries/<id>/send": Row("merchants", 202, own=True),
    "GET /merchants": Row("customers"),
    "GET /merchants/<id>/keys": Row("customers", own=True),
    "POST /merchants/<id>/keys": Row("customers", 403, own=True),  # Dana has no second factor
    "DELETE /merchants/<id>/keys/<key>": Row("customers", 403, own=True),
    "GET /banker/merchants": Row("bankers"),
    "POST /banker/merchants": _PROPOSE,
    "GET /banker/merchants/<id>": Row("bankers"),
    "PATCH /banker/merchants/<id>": _UNFREEZE,
    "POST /banker/merchants/<id>/pause": _FREEZE,
    "POST /banker/merchants/<id>/resume": _UNFREEZE,
    "POST /banker/merchants/<id>/close": _FREEZE,
    "POST /banker/merchants/<id>/keys/<key>/revoke": Row("bankers", by=_MONEY),
    "POST /payment_intents": Row("merchants", 201),
    "GET /payment_intents": Row("merchants"),
    "GET /payment_intents/<id>": Row("merchants", own=True),
    "POST /payment_intents/<id>/cancel": Row("merchants", own=True),
    "POST /payment_intents/<id>/capture": Row("merchants", 409, own=True),  # it is canceled
    "POST /payment_intents/<id>/refunds": Row("merchants", 409, own=True),
    "GET /banker/accounts": Row("bankers"),
    "GET /banker/accounts/<number>": Row("bankers"),
    "POST /banker/accounts/<number>/freeze": _FREEZE,
    "POST /banker/accounts/<number>/unfreeze": _UNFREEZE,
    "POST /banker/accounts/<number>/close": _FREEZE,
    "POST /banker/accounts/<number>/adjust": _PROPOSE,
    "PUT /banker/accounts/<number>/limits": _FREEZE,
    "POST /banker/transactions/<id>/reverse": _PROPOSE,
    "GET /banker/transactions": Row("bankers"),
    "GET /banker/transactions/<id>": Row("bankers"),
    "GET /banker/customers": Row("bankers"),
    "GET /banker/customers/<id>": Row("bankers"),
    "POST /banker/customers/<id>/freeze": _FREEZE,
    "POST /banker/customers/<id>/unfreeze": _UNFREEZE,
    "POST /banker/accounts/<number>/reset_pin": _PROPOSE,
    "POST /banker/customers/<id>/reset_factor": _PROPOSE,
    "GET /banker/approvals": Row("bankers"),
    "GET /banker/approvals/<id>": Row("bankers"),
    "POST /banker/approvals/<id>/approve": Row("bankers", by=("approver",)),
    "POST /banker/approvals/<id>/reject": Row("bankers", by=("approver",)),
    "GET /banker/bankers": Row("bankers"),
    "POST /banker/bankers": _PEOPLE,
    "POST /banker/bankers/<username>/roles": _PEOPLE,
    "POST /banker/bankers/<username>/reset_factor": _PEOPLE,
    "POST /auth/invitations/open": Row("public"),
    "POST /auth/invitations/accept": Row("public", 201),
    "GET /banker/mails": Row("bankers"),
    "GET /banker/webhook_deliveries": Row("bankers"),
    "GET /banker/audit": Row("bankers"),
    "GET /banker/reports/summary": Row("bankers"),
    "GET /banker/reports/series": Row("bankers"),
    "GET /banker/ledger/verify": Row("bankers"),
}

ANY_KEY = {"GET /merchant"}
"""Of the routes of shops, those for every key."""

_WITHOUT_A_SESSION = dict.fromkeys(
    ("nobody", "expired", "revoked", "refresh", "halfway", "frozen"), 401
)
_SHOPS = ("revoked_key", "paused_shop", "other_shop", "shop")
_NO_PEOPLE = dict.fromkeys((*_WITHOUT_A_SESSION, *_SHOPS), 401)
EXPECTED: dict[str, dict[str, int]] = {
    "public": {},
    "signed_in": _NO_PEOPLE,
    "customers": {**_NO_PEOPLE, **dict.fromkeys(HELD, 403)},
    "bankers": {**_NO_PEOPLE, "customer": 403, "other": 403},
    "merchants": {
        **dict.fromkeys((*_WITHOUT_A_SESSION, *HELD, "other", "customer", "revoked_key"), 401),
        "paused_shop": 403,
    },
}


def _expected(row: Row, caller: str) -> int:
    if caller in EXPECTED[row.guard]:
        return EXPECTED[row.guard][caller]
    if row.own and caller not in ("customer", "shop"):
        return 404
    if row.by and HELD.get(caller, set()).isdisjoint(row.by):
        return 403
    return row.good


def _callers(town: Town) -> dict[str, Person | None]:
    """Somebody of each kind."""
    client, dana = town.client, town.dana
    revoked = make.log_in(client, "dana")
    assert revoked.post("/auth/logout").status_code == 204
    frozen = make.customer(client, "frozen")
    town.freeze(frozen)

    revoked_key = make.till(client, make.merchant(town.bank))
    revoke_key(town.bank, revoked_key)

    def bearing(token: str) -> Person:
        return Person(client, "dana", {"access_token": token})

    return {
        "nobody": None,
        "expired": bearing(expired(dana, town.bank.config)),
        "revoked": revoked,
        "refresh": bearing(dana.tokens["refresh_token"]),
        "halfway": bearing(_half_logged_in(town)),
        "frozen": frozen,
        "auditor": town.art,
        "admin": town.ada,
        "approver": town.abe,
        "banker": town.tess,
        "revoked_key": revoked_key,
        "paused_shop": paused_till(town),
        "other_shop": make.till(client, make.merchant(town.bank, town.eve.account)),
        "shop": make.till(client, town.shop),  # the key of the other till is revoked on the way
        "other": town.eve,
        "customer": dana,
    }


def revoke_key(bank: Bank, till: Till) -> None:
    """Let the till's key open nothing any more."""
    keys.revoke(bank, audits.SERVER, get_merchant(bank.database, till.merchant), till.key)


def paused_till(town: Town) -> Till:
    """The till of a shop that the bank has paused."""
    till = make.till(town.client, make.merchant(town.bank))
    town.bank.database.collection("merchants").update_one(
        {"_id": till.merchant}, {"$set": {"status": "paused"}}
    )
    return till


def _half_logged_in(town: Town) -> str:
    """The token of somebody whose password was right, and who has still to send a code."""
    finn = make.confirmed(town.client, "finn")
    assert at_log_in(finn, True, code=ask(finn, town.bank)).status_code == 200
    body = {"username": "finn", "password": make.PASSWORD}
    return str(town.client.post("/auth/login", json=body).json["mfa_token"])


def _knock(town: Town, route: Route, caller: Person | None, person: str) -> TestResponse:
    """The caller's request, well-formed in everything, about something of Dana's."""
    options: dict[str, Any] = {}
    path = route.path(town.id_for(route))
    if route.operation and route.operation.body:
        options["json"] = _body(town, route, person)
    options["headers"] = _headers(route)
    if ROWS[str(route)].tagged:
        path, tag = _pawn(town, route)
        options["headers"] |= {"If-Match": tag}
    if "/approvals/<id>" in route.rule:
        shown = pending(town, make.account(town.bank).number)
        path = route.path(shown["id"])
        if route.rule.endswith("/approve"):
            options["json"] = {"effect_hash": shown["effect_hash"]}
    if route.rule.startswith("/webhook_") and route.takes_id:
        path = route.path(_webhook(town, route))
    if route.rule.endswith("/reset_pin"):
        pins.set_pin(town.bank, town.dana.account, "739158")
    if route.rule.endswith("/reset_factor"):
        path = route.path(_with_an_app(town, route))
    if route.rule == "/auth/logout" and person in (*HELD, "other", "customer"):
        assert caller
        caller = make.log_in(town.client, caller.username)
    if str(route) == "DELETE /auth/sessions" and person in (*HELD, "other", "customer"):
        caller = make.log_in(town.client, "passer-by")  # those of the others are needed later
    answer = town.knock(caller, route.method, path, **options)
    answer.close()
    return answer


def _headers(route: Route) -> dict[str, str]:
    keyed = route.operation and route.operation.needs_key
    return {"Idempotency-Key": uuid4().hex} if keyed else {}


def _body(town: Town, route: Route, person: str) -> dict[str, Any]:
    if "/banker/" in route.rule:
        return _banker_body(town, route, person)
    if "/invitations/" in route.rule:
        return _invitation(town, route, person)
    if route.rule == "/auth/refresh":
        return {"refresh_token": make.log_in(town.client, "passer-by").tokens["refresh_token"]}
    body = _BODIES.get(route.rule) or example(route, town)
    if "to" in body and person == "other":
        body["to"] = town.dana.account
    # Without an account it is the caller's own; about accounts of others there is a test below.
    body = {k: v for k, v in body.items() if k not in ("account", "default_account")}
    return {k: v.format(person) if isinstance(v, str) else v for k, v in body.items()}


_BODIES: dict[str, dict[str, Any]] = {
    "/auth/register": {"username": "born-{}", "password": make.PASSWORD},
    "/auth/login": {"username": "passer-by", "password": make.PASSWORD},
    "/auth/codes": {"purpose": "change_password"},
    "/auth/password": {"current_password": "not-the-password", "new_password": "amber-lantern-19"},
    "/payment_intents": {"amount": "1", "order": "of {}", "return_url": make.SHOP_URL},
    "/me/email": {"email": "{}@example.com", "password": make.PASSWORD},
}


def _banker_body(town: Town, route: Route, person: str) -> dict[str, Any]:
    body = example(route, town)
    if "roles" in body:
        return {**body, "username": f"newcomer-{person}"}
    if route.rule.endswith("/limits"):
        return {**body, "daily_spending": "5"}
    if route.rule == "/banker/merchants":
        return {**body, "account": town.dana.account}
    return body


def _with_an_app(town: Town, route: Route) -> str:
    """Somebody with an authenticator app, as the route names them."""
    who = "art" if "<username>" in route.rule else "frozen"
    user = users.find_by_username(town.bank.database, who)
    assert user
    enrolled(town.bank, who)
    return who if who == "art" else user.id


def _invitation(town: Town, route: Route, person: str) -> dict[str, Any]:
    """An invitation of somebody new, with the code of the app where it is accepted."""
    database, name = town.bank.database, f"invited-{person}"
    token = invitations.invite(database, name, ["auditor"], town.bank.now(), "the test")
    if route.rule.endswith("/open"):
        return {"token": token}
    return {
        "token": token,
        "password": make.PASSWORD,
        "code": app_code(town.bank, town.client, token),
    }


def _webhook(town: Town, route: Route) -> str:
    """A webhook of Dana's shop, or something that it was told and did not take."""
    bank, shop = town.bank, town.shop
    for each in webhooks.endpoints_of(bank, shop.id):
        webhooks.remove(bank, shop_actor(shop), each.id)
    endpoint = listen(bank, shop, "https://shop.example/webhooks").endpoint
    if "endpoints" in route.rule:
        return endpoint.id
    return given_up(bank, shop).id


def _pawn(town: Town, route: Route) -> tuple[str, str]:
    """A new customer or shop in the state that the edit needs: the address and its tag."""
    if "/merchants/" in route.rule:
        return _pawn_shop(town, route)
    pawn = make.account(town.bank)
    thing = pawn.number if "/accounts/" in route.rule else pawn.owner
    read = route.path(thing).rpartition("/")[0]
    if route.rule.endswith("/unfreeze"):
        headers = {"If-Match": town.tess.get(read).headers["ETag"]}
        town.tess.post(f"{read}/freeze", {"reason": "for the test"}, headers=headers)
    return route.path(thing), town.tess.get(read).headers["ETag"]


def _pawn_shop(town: Town, route: Route) -> tuple[str, str]:
    """A new shop in the state that the edit needs: the address and its tag."""
    read = f"/banker/merchants/{make.merchant(town.bank).id}"
    if route.rule.endswith("/resume"):
        headers = {"If-Match": town.tess.get(read).headers["ETag"]}
        town.tess.post(f"{read}/pause", {"reason": "for the test"}, headers=headers)
    return route.path(read.rpartition("/")[2]), town.tess.get(read).headers["ETag"]


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    assert {str(route): route.guard for route in routes_of(app)} == {
        name: row.guard for name, row in ROWS.items()
    }


def test_every_route_answers_every_caller_as_the_table_says(client: FlaskClient) -> None:
    town = settle(client)
    callers = _callers(town)
    elsewhere = make.log_in(client, "dana")
    town.ids = {**town.ids, "/auth/sessions/": session_of(elsewhere)}
    found = []
    make.customer(client, "passer-by")
    for route in routes_of(client.application):
        row = ROWS[str(route)]
        for name in CALLERS:
            answer = _knock(town, route, callers[name], name)
            if answer.status_code != _expected(row, name):
                expected = _expected(row, name)
                found.append(f"{route} as {name}: {answer.status_code}, expected {expected}")
    assert found == []


def test_every_route_of_shops_names_its_scope_and_refuses_keys_without_it(
    client: FlaskClient,
) -> None:
    town = settle(client)
    without = {
        each: make.till(client, make.merchant(town.bank), scopes=set(keys.SCOPES) - {each})
        for each in keys.SCOPES
    }
    for route in (each for each in routes_of(client.application) if each.guard == "merchants"):
        view = client.application.view_functions[
            client.application.url_map.bind("").match(route.path("x"), route.method)[0]
        ]
        scope = scope_of(view)
        assert scope or str(route) in ANY_KEY, route
        if scope:
            answer = without[scope].send(route.method, route.path("x"))
            assert answer.status_code == 403, route
            assert answer.json["scope"] == scope


def test_no_method_beside_those_of_the_table_is_answered(client: FlaskClient) -> None:
    town = settle(client)
    known: dict[str, set[str]] = {}
    for route in [*routes_of(client.application), *pages_of(client.application)]:
        known.setdefault(route.path("100000000028"), set()).add(route.method)
    found = []
    for path, methods in known.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - methods:
            answer = town.tess.send(method, path)
            allowed = set(answer.headers.get("Allow", "").split(", ")) - {"HEAD", "OPTIONS"}
            if (answer.status_code, allowed) != (405, methods):
                found.append(f"{method} {path}: {answer.status} {allowed}")
    assert found == []


def test_an_account_of_somebody_else_is_not_found_wherever_it_is_named(
    client: FlaskClient,
) -> None:
    town = settle(client)
    number, eve = town.dana.account, town.eve
    answers = {
        "balance": eve.get(f"/balance?account={number}"),
        "balance before": eve.get(f"/balance?account={number}&at=2026-01-01T00:00:00Z"),
        "history": eve.get(f"/transactions?account={number}"),
        "deposit": eve.post("/deposit", {"amount": "1.00", "account": number}),
        "withdraw": eve.post("/withdraw", {"amount": "1.00", "account": number}),
        "transfer": eve.post("/transfer", {"amount": "1.00", "account": number, "to": eve.account}),
        "default": eve.send("PATCH", "/me", json={"default_account": number}),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 404
    )
    assert town.dana.balance() == "100.00"


def test_what_is_not_yours_and_what_is_not_there_look_the_same(client: FlaskClient) -> None:
    town = settle(client)
    absent = "100000000028"
    foreign = town.eve.get(f"/accounts/{town.dana.account}")
    nothing = town.eve.get(f"/accounts/{absent}")

    def told(answer: TestResponse) -> str:
        text = answer.text.replace(answer.json["request_id"], "")
        return text.replace(town.dana.account, absent)

    assert told(foreign) == told(nothing)


@pytest.mark.parametrize(
    ("path", "bankers"),
    [("/banker/accounts", True), ("/balance", False), ("/livez", False), ("/nowhere", False)],
)
def test_only_what_is_for_bankers_alone_counts_as_such(
    client: FlaskClient, path: str, bankers: bool
) -> None:
    with client.application.test_request_context(path):
        assert guards.bankers_only() is bankers
