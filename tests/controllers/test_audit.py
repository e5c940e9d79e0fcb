"""The audit as bankers see it: who did what, from where, and who was not let."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.errors import InsufficientFunds
from app.models import audit, users
from app.models.database import Database, DriverError
from tests import make
from tests.controllers.editing import change, path_of
from tests.controllers.four_eyes import decide
from tests.reading import told
from tests.views.routes import Town, session_of, settle


@pytest.fixture
def town(client: FlaskClient) -> Town:
    return settle(client)


def listed(person: make.Person, **filters: object) -> list[dict[str, Any]]:
    answer = person.get("/banker/audit", query_string=filters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def freeze(town: Town, **headers: str) -> None:
    path = path_of(town.dana)
    tag = town.tess.get(path).headers["ETag"]
    headers = {"If-Match": tag, **headers}
    answer = town.tess.post(f"{path}/freeze", {"reason": "reported stolen"}, headers=headers)
    assert answer.status_code == 200, answer.text


def test_an_event_tells_who_did_what_why_and_where_from(town: Town) -> None:
    freeze(town, **{"X-Request-Id": "freeze-request-1"})
    (event,) = listed(town.art, object=town.dana.account)
    assert {name: event[name] for name in ("actor", "session", "action", "reason", "outcome")} == {
        "actor": "tess",
        "session": session_of(town.tess),
        "action": "account frozen",
        "reason": "reported stolen",
        "outcome": "done",
    }
    assert event["request_id"] == "freeze-request-1"
    assert event["facts"] == {"before": "open", "after": "frozen"}
    assert len(event["address"]) == 32
    assert "127.0.0.1" not in str(event)


def test_the_state_after_one_act_is_the_state_before_the_next(town: Town) -> None:
    freeze(town)
    path = path_of(town.dana)
    tag = {"If-Match": town.tess.get(path).headers["ETag"]}
    lower = {"reason": "as the customer asked", "daily_spending": "5.00"}
    assert town.tess.send("PUT", f"{path}/limits", json=lower, headers=tag).status_code == 200
    later, earlier = listed(town.tess, object=town.dana.account)
    assert later["before"] == earlier["after"] != earlier["before"]


def test_an_approved_proposal_is_written_down_with_what_it_changed(town: Town) -> None:
    freeze(town)
    shown = change(town.tess, path_of(town.dana), "unfreeze")
    assert decide(town.abe, shown).status_code == 200
    approved, proposed, _ = listed(town.tess, object=town.dana.account)
    assert (approved["actor"], approved["approval"]) == ("abe", shown.json["id"])
    assert len({approved["before"], approved["after"], ""}) == 3
    assert (proposed["action"], proposed["before"]) == ("unfreeze proposed", "")


def test_a_new_customer_comes_from_nothing(town: Town, client: FlaskClient, bank: Bank) -> None:
    make.customer(client, "newcomer")
    user = users.find_by_username(bank.database, "newcomer")
    (event,) = listed(town.tess, actor="newcomer")
    assert (event["action"], event["before"]) == ("customer registered", "")
    assert len(event["after"]) == 64
    assert len(event["request_id"]) == 32
    assert user is not None
    assert event["object"] == user.id


def test_what_customers_change_of_themselves_is_written_down_without_the_values(
    town: Town,
) -> None:
    assert town.dana.send("PATCH", "/me", json={"name": "Dana Scully"}).status_code == 200
    opened = town.dana.post("/accounts", {"currency": "EUR"}).json["account"]
    events = listed(town.tess, actor="dana", limit=2)
    assert [event["action"] for event in events] == ["account opened", "profile changed"]
    assert (events[0]["object"], events[0]["before"]) == (opened, "")
    assert events[1]["facts"] == {"fields": ["name"]}
    assert "Scully" not in str(events)


def test_who_looks_at_a_customer_is_written_down_and_who_lists_them_is_not(town: Town) -> None:
    id = town.dana.get("/me").json["id"]
    before = listed(town.tess, object=id)
    assert town.art.get("/banker/customers").status_code == 200
    assert listed(town.tess, object=id) == before
    assert town.art.get(f"/banker/customers/{id}").status_code == 200
    (event,) = [each for each in listed(town.tess, object=id) if each not in before]
    assert (event["action"], event["actor"]) == ("customer seen", "art")


def test_nobody_sees_a_customer_unless_it_is_written_down(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/banker/customers/{town.dana.get('/me').json['id']}"
    monkeypatch.setattr(audit, "record", failing)
    answer = town.art.get(path)
    assert answer.status_code == 500
    assert "dana" not in answer.text


def failing(*_: object) -> None:
    raise DriverError("the audit is full")


DENIED: list[tuple[str, Callable[[Town], Any], str, str, str]] = [
    (
        "a customer at the desk",
        lambda town: town.eve.get(path_of(town.dana)),
        "eve",
        "GET /banker/accounts/<number>",
        "not-a-banker",
    ),
    (
        "a banker with a customer's call",
        lambda town: town.tess.post("/deposit", {"amount": "1"}),
        "tess",
        "POST /deposit",
        "not-a-customer",
    ),
    (
        "an auditor who acts",
        lambda town: change(town.art, path_of(town.dana), "freeze"),
        "art",
        "POST /banker/accounts/<number>/freeze",
        "role-missing",
    ),
]


@pytest.mark.parametrize(
    ("knock", "who", "action", "problem"),
    [each[1:] for each in DENIED],
    ids=[each[0] for each in DENIED],
)
def test_who_is_not_let_is_written_down(
    town: Town, knock: Callable[[Town], Any], who: str, action: str, problem: str
) -> None:
    answer = knock(town)
    assert told(answer) == (403, problem)
    (event,) = listed(town.tess, outcome="denied")
    assert (event["actor"], event["action"]) == (who, action)
    assert event["facts"] == {"problem": problem}
    assert event["request_id"] == answer.json["request_id"]
    assert event["session"]
    if "<number>" in action:
        assert event["object"] == town.dana.account


def test_a_frozen_customer_who_logs_in_is_written_down(town: Town, client: FlaskClient) -> None:
    town.freeze(town.dana)
    log_in = {"username": "dana", "password": make.PASSWORD}
    assert told(client.post("/auth/login", json=log_in)) == (403, "customer-frozen")
    (event,) = listed(town.tess, outcome="denied")
    assert (event["actor"], event["action"], event["session"]) == ("dana", "log in", "")


def test_a_refused_request_leaves_no_event_where_nobody_was_known(town: Town) -> None:
    assert town.client.get("/banker/accounts").status_code == 401
    assert listed(town.tess, outcome="denied") == []


def test_nobody_fills_the_audit_with_refusals(town: Town) -> None:
    for _ in range(audits.DENIED_KEPT + 5):
        assert town.eve.get("/banker/accounts").status_code == 403
    town.dana.get("/banker/accounts")
    assert len(listed(town.tess, actor="eve", outcome="denied")) == audits.DENIED_KEPT
    assert len(listed(town.tess, actor="dana", outcome="denied")) == 1


def test_a_refusal_stays_one_when_it_cannot_be_written_down(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "record", failing)
    assert told(town.eve.get("/banker/accounts")) == (403, "not-a-banker")


def test_the_audit_is_for_every_banker_and_for_nobody_else(town: Town) -> None:
    assert [p.get("/banker/audit").status_code for p in (town.tess, town.art)] == [200, 200]
    assert town.dana.get("/banker/audit").status_code == 403


def test_pages_follow_each_other_newest_first(town: Town, bank: Bank) -> None:
    for number in range(25):
        made = audits.event(bank, audits.SERVER, "counted", f"thing {number}")
        audits.keep(bank, made)
    first = town.art.get("/banker/audit?action=counted&limit=10").json
    second = town.art.get(f"/banker/audit?action=counted&limit=10&cursor={first['next']}").json
    third = town.art.get(f"/banker/audit?action=counted&limit=10&cursor={second['next']}").json
    found = [event["object"] for page in (first, second, third) for event in page["items"]]
    assert found == [f"thing {number}" for number in reversed(range(25))]
    assert third["next"] is None
    assert {event["actor"] for event in first["items"]} == {"server"}


def test_filters_combine(town: Town, bank: Bank, clock: Any) -> None:
    freeze(town)
    since = bank.now()
    clock.forward(hours=1)
    town.freeze(town.eve)
    found = [
        [(event["actor"], event["action"]) for event in listed(town.art, **filters)]
        for filters in (
            {"actor": "tess", "from": since.isoformat(), "action": "customer frozen"},
            {"actor": "tess", "to": since.isoformat(), "action": "account frozen"},
            {"actor": "tess", "to": since.isoformat(), "action": "customer frozen"},
            {"actor": "nobody"},
            {"actor": "server", "action": "banker made", "limit": 1},
        )
    ]
    frozen = [("tess", "customer frozen")], [("tess", "account frozen")]
    assert found == [*frozen, [], [], [("server", "banker made")]]


@pytest.mark.parametrize("query", ["outcome=perhaps", "limit=0", "from=yesterday", "action="])
def test_what_cannot_be_filtered_by_is_refused(town: Town, query: str) -> None:
    assert told(town.tess.get(f"/banker/audit?{query}")) == (422, "invalid-fields")


def test_the_events_of_a_posting_are_in_with_the_money(bank: Bank, database: Database) -> None:
    account = make.account(bank, balance=100)
    actor = Actor("tess", "a session", "banker", request_id="request-0001")
    event = audits.event(bank, actor, "paid", account.number, on_behalf="dana", approval="yes")
    bank.ledger.post(make.withdrawal(account, 60, events=(event,)))
    with pytest.raises(InsufficientFunds):
        bank.ledger.post(make.withdrawal(account, 60, events=(event,)))
    (row,) = audit.events_about(database, account.number)
    assert (row["on_behalf"], row["approval"], row["session"]) == ("dana", "yes", "a session")


def test_many_postings_with_events_at_once_all_arrive(app: Flask, bank: Bank) -> None:
    accounts = [make.account(bank, balance=100) for _ in range(40)]

    def event_of(number: int) -> audits.Event:
        return audits.event(bank, audits.SERVER, "paid", f"thing {number % 4}")

    postings = [
        make.withdrawal(account, 10, events=(event_of(n),)) for n, account in enumerate(accounts)
    ]
    outcomes = bank.ledger.post_all(postings)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    for number in range(4):
        assert len(audit.events_about(bank.database, f"thing {number}")) == 10
