"""Bankers change things: freeze, close, two of them unfreeze; with a reason, and written down."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import audit, users
from tests import make
from tests.controllers.editing import change, lift, path_of
from tests.reading import told
from tests.together import together


@pytest.fixture
def both(client: FlaskClient) -> tuple[make.Person, make.Person]:
    return make.two_bankers(client)


@pytest.fixture
def banker(both: tuple[make.Person, make.Person]) -> make.Person:
    return both[0]


@pytest.fixture
def dana(client: FlaskClient) -> make.Person:
    return make.customer(client, name="Dana Scott")


def test_a_freeze_shows_the_account_as_it_is_now(banker: make.Person, dana: make.Person) -> None:
    answer = change(banker, path_of(dana), "freeze")
    assert (answer.status_code, answer.json["status"]) == (200, "frozen")
    assert answer.headers["ETag"] == '"r2"'
    assert banker.get(path_of(dana)).json == answer.json


def test_a_freeze_holds_until_two_have_lifted_it(
    both: tuple[make.Person, make.Person], dana: make.Person
) -> None:
    dana.has("20")
    change(both[0], path_of(dana), "freeze")
    assert told(dana.post("/withdraw", {"amount": "1"})) == (409, "account-frozen")
    proposed = change(both[0], path_of(dana), "unfreeze")
    assert (proposed.status_code, proposed.json["kind"]) == (202, "unfreeze")
    assert told(dana.post("/withdraw", {"amount": "1"})) == (409, "account-frozen")
    assert lift(*both, path_of(dana)).json["status"] == "open"
    assert dana.post("/withdraw", {"amount": "1"}).status_code == 201


def test_an_empty_account_can_be_closed_for_good(banker: make.Person, dana: make.Person) -> None:
    assert change(banker, path_of(dana), "close").json["status"] == "closed"
    assert told(dana.post("/deposit", {"amount": "1"})) == (409, "account-closed")
    for act in ("unfreeze", "freeze", "close"):
        assert told(change(banker, path_of(dana), act)) == (409, "account-closed")


def test_a_closed_account_keeps_its_history(banker: make.Person, dana: make.Person) -> None:
    dana.has("5").post("/withdraw", {"amount": "5"})
    change(banker, path_of(dana), "close")
    assert len(dana.get("/transactions").json["items"]) == 2


@pytest.mark.parametrize("frozen", [False, True])
def test_an_account_with_money_is_not_closed(
    banker: make.Person, dana: make.Person, frozen: bool
) -> None:
    dana.has("0.01")
    if frozen:
        change(banker, path_of(dana), "freeze")
    answer = change(banker, path_of(dana), "close")
    assert told(answer) == (409, "account-not-empty")
    assert answer.json["balance"] == {"amount": "0.01", "currency": "USD"}


@pytest.mark.parametrize(("before", "again"), [("freeze", "freeze"), (None, "unfreeze")])
def test_what_is_so_already_is_a_conflict(
    banker: make.Person, dana: make.Person, before: str | None, again: str
) -> None:
    if before:
        change(banker, path_of(dana), before)
    assert told(change(banker, path_of(dana), again)) == (409, "already-in-state")


@pytest.mark.parametrize("act", ["freeze", "unfreeze", "close"])
def test_an_edit_needs_the_tag_of_what_was_read(
    banker: make.Person, dana: make.Person, act: str
) -> None:
    answer = banker.post(f"{path_of(dana)}/{act}", {"reason": "no tag"})
    assert told(answer) == (428, "precondition-required")


@pytest.mark.parametrize("tag", ["*", "r1", '"x"', '"r1", "r2"', ""])
def test_what_is_not_one_tag_of_ours_is_refused_by_name(
    banker: make.Person, dana: make.Person, tag: str
) -> None:
    answer = change(banker, path_of(dana), "freeze", tag)
    assert told(answer) == (422, "invalid-fields")
    assert answer.json["errors"][0]["field"] == "If-Match"
    assert banker.get(path_of(dana)).json["status"] == "open"


def test_a_tag_that_a_proxy_made_weak_names_its_revision_still(
    banker: make.Person, dana: make.Person
) -> None:
    assert change(banker, path_of(dana), "freeze", 'W/"r1"').json["status"] == "frozen"


@pytest.mark.parametrize("tag", ['"r0"', '"r99"'])
def test_a_tag_that_is_not_the_present_one_is_outdated(
    banker: make.Person, dana: make.Person, tag: str
) -> None:
    assert told(change(banker, path_of(dana), "freeze", tag)) == (412, "outdated")
    assert banker.get(path_of(dana)).json["status"] == "open"


def test_of_two_bankers_who_read_the_same_one_comes_late(
    banker: make.Person, dana: make.Person
) -> None:
    tag = banker.get(path_of(dana)).headers["ETag"]
    assert change(banker, path_of(dana), "freeze", tag).status_code == 200
    assert told(change(banker, path_of(dana), "unfreeze", tag)) == (412, "outdated")


def test_of_many_freezes_at_once_one_succeeds(
    app: Flask, banker: make.Person, dana: make.Person, bank: Bank
) -> None:
    def try_it(_: int) -> int:
        person = make.Person(app.test_client(), banker.username, banker.tokens)
        return int(change(person, path_of(dana), "freeze", '"r1"').status_code)

    assert sorted(together(8, try_it)) == [200] + [412] * 7
    assert len(audit.events_about(bank.database, dana.account)) == 1


def test_money_that_moves_makes_no_tag_outdated(banker: make.Person, dana: make.Person) -> None:
    tag = banker.get(path_of(dana)).headers["ETag"]
    dana.has("5")
    assert change(banker, path_of(dana), "freeze", tag).status_code == 200


@pytest.mark.parametrize("reason", ["", "no", "x" * 501, None, 5, "a\nb"])
def test_an_edit_needs_a_reason(banker: make.Person, dana: make.Person, reason: object) -> None:
    answer = change(banker, path_of(dana), "freeze", body={"reason": reason})
    assert told(answer) == (422, "invalid-fields")
    assert answer.json["errors"][0]["field"] == "reason"


def test_an_edit_is_written_into_the_audit(
    banker: make.Person, dana: make.Person, bank: Bank
) -> None:
    for act in ("freeze", "close"):
        change(banker, path_of(dana), act, body={"reason": f"because of {act}"})
    events = audit.events_about(bank.database, dana.account)
    who = users.find_by_username(bank.database, banker.username)
    assert who is not None
    assert [(e["action"], e["reason"], e["facts"]) for e in events] == [
        ("account closed", "because of close", {"before": "frozen", "after": "closed"}),
        ("account frozen", "because of freeze", {"before": "open", "after": "frozen"}),
    ]
    assert {event["actor"] for event in events} == {who.id}


def test_a_refused_edit_is_not_written_into_the_audit(
    banker: make.Person, dana: make.Person, bank: Bank
) -> None:
    dana.has("5")
    change(banker, path_of(dana), "close")
    change(banker, path_of(dana), "freeze", '"r9"')
    assert audit.events_about(bank.database, dana.account) == []


def test_an_edit_that_cannot_be_written_down_does_not_happen(
    banker: make.Person, dana: make.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the audit is full")

    tag = banker.get(path_of(dana)).headers["ETag"]
    with monkeypatch.context() as broken:
        broken.setattr(audit, "record", fail)
        assert change(banker, path_of(dana), "freeze", tag).status_code == 500
    assert banker.get(path_of(dana)).json["status"] == "open"


@pytest.mark.parametrize("act", ["freeze", "close"])
def test_an_auditor_looks_but_does_not_act(
    client: FlaskClient, dana: make.Person, act: str
) -> None:
    auditor = make.banker(client, roles=("auditor",))
    answer = change(auditor, path_of(dana), act)
    assert told(answer) == (403, "role-missing")
    assert answer.json["needs"] == ["approver", "teller"]


def test_an_account_that_does_not_exist_is_not_found(banker: make.Person) -> None:
    path = "/banker/accounts/100000000093"
    assert told(change(banker, path, "freeze", '"r1"')) == (404, "account-not-found")


def test_a_closed_default_account_gives_way_to_the_oldest_other_one(
    banker: make.Person, dana: make.Person
) -> None:
    other = dana.post("/accounts", {"name": "Savings"}).json["account"]
    assert change(banker, path_of(dana), "close").json["status"] == "closed"
    assert dana.get("/me").json["default_account"] == other
    assert dana.post("/deposit", {"amount": "5"}).json["account"] == other


def test_nothing_is_available_on_a_frozen_account(banker: make.Person, dana: make.Person) -> None:
    dana.has("5.00")
    change(banker, path_of(dana), "freeze")
    shown = dana.get("/balance").json
    assert (shown["balance"]["amount"], shown["available"]["amount"]) == ("5.00", "0.00")
