"""Four eyes: proposed by one, shown frozen, decided by another one, done once or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import approvals as controller
from app.controllers import pins
from app.controllers.bank import Bank
from app.models import approvals, audit, role_grants
from tests import make
from tests.conftest import Clock
from tests.controllers.editing import change, path_of
from tests.controllers.four_eyes import (
    REASON,
    Desk,
    adjust,
    decide,
    many,
    newest,
    open_desk,
    reverse,
    statuses,
)
from tests.make import Person
from tests.reading import everything, told
from tests.together import together


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return open_desk(client)


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.customer(client, "dana").has("100.00")


def put_limits(person: Person, customer: Person, **limits: str) -> Any:
    path = f"{path_of(customer)}/limits"
    headers = {"If-Match": person.get(path_of(customer)).headers["ETag"]}
    return person.send("PUT", path, json={**REASON, **limits}, headers=headers)


def change_role(person: Person, username: str, role: str, action: str = "grant") -> Any:
    body = {**REASON, "role": role, "action": action}
    return person.post(f"/banker/bankers/{username}/roles", body)


def roles(desk: Desk, username: str) -> list[str]:
    rows = desk.art.get("/banker/bankers").json["items"]
    return next(list(row["roles"]) for row in rows if row["username"] == username)


def test_an_adjustment_shows_its_effect_and_is_done_when_another_one_approves(
    desk: Desk, dana: Person
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    assert shown.status_code == 202
    assert [(c["what"], c["before"], c["after"]) for c in shown.json["effect"]] == [
        ("balance", "100.00", "97.50")
    ]
    assert dana.balance() == "100.00"
    done = decide(desk.abe, shown)
    assert (done.status_code, done.json["status"], done.json["decided_by"]) == (
        200, "executed", "abe",
    )  # fmt: skip
    assert dana.balance() == "97.50"
    assert newest(dana) == done.json["result"]


def test_an_adjustment_that_the_ledger_would_refuse_is_not_even_proposed(
    desk: Desk, dana: Person
) -> None:
    refused = adjust(desk.tess, dana, "-100.01")
    assert told(refused) == (422, "insufficient-funds")
    assert refused.json["available"]["amount"] == "100.00"


@pytest.mark.parametrize("amount", ["0", "0.00", "-0"])
def test_an_adjustment_of_nothing_is_refused(desk: Desk, dana: Person, amount: str) -> None:
    assert told(adjust(desk.tess, dana, amount)) == (422, "invalid-field")


def test_the_maker_is_told_that_another_one_must_decide(desk: Desk, dana: Person) -> None:
    shown = adjust(desk.bo, dana, "1")
    assert told(decide(desk.bo, shown)) == (403, "own-proposal")
    assert decide(desk.abe, shown).status_code == 200


def money_matter(desk: Desk, dana: Person) -> tuple[Person, Any]:
    return desk.bo, adjust(desk.bo, dana, "1")


def account_matter(desk: Desk, dana: Person) -> tuple[Person, Any]:
    return desk.bo, put_limits(desk.bo, dana, overdraft="5")


def people_matter(desk: Desk, _: Person) -> tuple[Person, Any]:
    return desk.ada, change_role(desk.ada, "art", "teller")


MATTERS = pytest.mark.parametrize("matter", [money_matter, account_matter, people_matter])


@MATTERS
def test_mongodb_itself_refuses_the_maker_whatever_the_program_looks_at(
    desk: Desk, dana: Person, bank: Bank, monkeypatch: pytest.MonkeyPatch, matter: Any
) -> None:
    maker, shown = matter(desk, dana)
    monkeypatch.setattr(controller, "check_decider", lambda *_: None)
    monkeypatch.setattr(controller, "check_role", lambda *_: None)
    answer = decide(maker, shown)
    assert answer.status_code == 409
    assert answer.json["type"] in ("/problems/already-claimed", "/problems/already-decided")
    assert statuses(bank) == ["pending"]
    assert dana.balance() == "100.00"
    assert roles(desk, "art") == ["auditor"]


def test_mongodb_itself_refuses_whom_a_role_is_for(
    desk: Desk, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = change_role(desk.ada, "ann", "approver")
    assert told(decide(desk.ann, shown)) == (403, "own-proposal")
    monkeypatch.setattr(controller, "check_decider", lambda *_: None)
    assert told(decide(desk.ann, shown)) == (409, "already-decided")
    assert roles(desk, "ann") == ["admin"]
    assert statuses(bank) == ["pending"]


@pytest.mark.tampers
def test_an_executed_proposal_of_one_person_cannot_even_be_stored(
    desk: Desk, dana: Person, bank: Bank
) -> None:
    shown = adjust(desk.tess, dana, "1")
    approval = approvals.get_approval(bank.database, shown.json["id"], bank.now())
    facts = {"status": "executed", "decided_by": approval.maker, "decided_at": bank.now()}
    with pytest.raises(Exception, match="failed validation"):
        bank.database.collection(approvals.NAME).update_one({"_id": approval.id}, {"$set": facts})


@MATTERS
def test_of_50_approvals_at_once_one_is_executed(
    app: Flask, desk: Desk, dana: Person, bank: Bank, matter: Any
) -> None:
    _, shown = matter(desk, dana)
    approver = desk.ann if shown.json["kind"] == "grant_role" else desk.abe
    windows = many(app, approver, 50)
    answers = together(50, lambda number: decide(windows[number], shown))
    # Who asks once more after it is done is told that it is done.
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert any(answer.status_code == 200 for answer in answers)
    assert statuses(bank) == ["executed"]
    assert len(dana.get("/transactions").json["items"]) == (2 if matter is money_matter else 1)
    grants = bank.database.collection(role_grants.NAME).count_documents({"by": shown.json["id"]})
    assert grants == (1 if matter is people_matter else 0)
    events = [e for e in audit.events_about(bank.database, shown.json["subject"])
              if e["approval"] == shown.json["id"]]  # fmt: skip
    assert sorted(event["action"].rpartition(" ")[2] for event in events) == [
        "approved", "proposed",
    ]  # fmt: skip


def test_money_that_moved_since_makes_a_proposal_void(desk: Desk, dana: Person, bank: Bank) -> None:
    shown = adjust(desk.tess, dana, "5")
    dana.has("1")
    drifted = decide(desk.abe, shown)
    assert told(drifted) == (409, "state-drifted")
    assert drifted.json["balance"]["amount"] == "101.00"
    assert dana.balance() == "101.00"
    assert statuses(bank) == ["void"]
    assert told(decide(desk.abe, shown)) == (409, "already-decided")


def test_an_account_that_was_changed_since_makes_a_proposal_void(
    desk: Desk, dana: Person, bank: Bank
) -> None:
    shown = put_limits(desk.bo, dana, overdraft="5")
    change(desk.tess, path_of(dana), "freeze")
    assert told(decide(desk.abe, shown)) == (409, "state-drifted")
    assert desk.tess.get(path_of(dana)).json["overdraft"]["amount"] == "0.00"
    assert statuses(bank) == ["void"]


def test_roles_that_were_changed_since_make_a_proposal_void(desk: Desk) -> None:
    one, two = (change_role(desk.ada, "art", role) for role in ("teller", "approver"))
    assert decide(desk.ann, one).status_code == 200
    assert told(decide(desk.ann, two)) == (409, "state-drifted")
    assert roles(desk, "art") == ["auditor", "teller"]


@MATTERS
def test_after_a_day_nobody_can_approve_any_more(
    client: FlaskClient, desk: Desk, dana: Person, bank: Bank, clock: Clock, matter: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, shown = matter(desk, dana)
    name = "ann" if matter is people_matter else "abe"
    clock.forward(hours=24)
    late = make.log_in(client, name)
    assert told(decide(late, shown)) == (409, "already-decided")
    monkeypatch.setattr(controller, "check_decider", lambda *_: None)
    assert decide(late, shown).status_code == 409
    assert statuses(bank) == ["pending"]
    assert late.get(f"/banker/approvals/{shown.json['id']}").json["status"] == "expired"
    assert [len(everything(late, "/banker/approvals", status=s)) for s in ("pending", "expired")] \
        == [0, 1]  # fmt: skip


def test_just_before_a_day_is_over_one_can(
    client: FlaskClient, desk: Desk, dana: Person, clock: Clock
) -> None:
    shown = adjust(desk.tess, dana, "1")
    clock.forward(hours=23, minutes=59)
    assert decide(make.log_in(client, "abe"), shown).status_code == 200


def test_only_what_was_shown_can_be_approved(desk: Desk, dana: Person, bank: Bank) -> None:
    shown = adjust(desk.tess, dana, "1")
    assert told(decide(desk.abe, shown, effect_hash="0" * 64)) == (412, "outdated")
    assert told(decide(desk.abe, shown, effect_hash="x")) == (422, "invalid-fields")
    assert statuses(bank) == ["pending"]


def test_an_approver_rejects_with_a_reason(desk: Desk, dana: Person, bank: Bank) -> None:
    shown = adjust(desk.tess, dana, "1")
    rejected = decide(desk.abe, shown, "reject", reason="no such case")
    assert (rejected.json["status"], rejected.json["decision_reason"]) == (
        "rejected", "no such case",
    )  # fmt: skip
    assert told(decide(desk.bo, shown)) == (409, "already-decided")
    event = audit.events_about(bank.database, dana.account)[0]
    assert (event["action"], event["reason"], event["approval"]) == (
        "adjustment rejected", "no such case", shown.json["id"],
    )  # fmt: skip


def test_the_maker_withdraws(desk: Desk, dana: Person, bank: Bank) -> None:
    shown = adjust(desk.tess, dana, "1")
    assert decide(desk.tess, shown, "reject").status_code == 200
    assert statuses(bank) == ["rejected"]


@pytest.mark.parametrize("who", ["ada", "art"])
def test_who_is_no_approver_decides_nothing(desk: Desk, dana: Person, who: str) -> None:
    shown = adjust(desk.tess, dana, "1")
    person = getattr(desk, who)
    for verb in ("approve", "reject"):
        assert told(decide(person, shown, verb)) == (403, "role-missing")


def test_an_approval_is_written_down_with_reason_and_its_number(
    desk: Desk, dana: Person, bank: Bank
) -> None:
    shown = adjust(desk.tess, dana, "1")
    done = decide(desk.abe, shown)
    approved, proposed = audit.events_about(bank.database, dana.account)[:2]
    assert (proposed["action"], proposed["reason"]) == ("adjustment proposed", REASON["reason"])
    assert (approved["action"], approved["reason"]) == ("adjustment approved", "looked at it")
    assert approved["approval"] == proposed["approval"] == done.json["id"]


def test_a_role_that_was_lost_works_at_once(desk: Desk, dana: Person) -> None:
    shown = adjust(desk.tess, dana, "1")
    assert decide(desk.ann, change_role(desk.ada, "bo", "approver", "revoke")).status_code == 200
    assert told(decide(desk.bo, shown)) == (403, "role-missing")


def test_raising_a_limit_needs_two(desk: Desk, dana: Person) -> None:
    shown = put_limits(desk.bo, dana, daily_spending="12000", overdraft="50")
    assert shown.status_code == 202
    assert [(c["what"], c["before"], c["after"]) for c in shown.json["effect"]] == [
        ("daily spending", "10000.00", "12000.00"), ("overdraft", "0.00", "50.00"),
    ]  # fmt: skip
    assert decide(desk.abe, shown).status_code == 200
    assert dana.post("/withdraw", {"amount": "120"}).status_code == 201
    assert dana.balance() == "-20.00"


def test_lowering_a_limit_needs_one(desk: Desk, dana: Person, bank: Bank) -> None:
    lowered = put_limits(desk.bo, dana, daily_spending="30")
    assert (lowered.status_code, lowered.json["daily_spending"]["amount"]) == (200, "30.00")
    assert told(dana.post("/withdraw", {"amount": "31"})) == (422, "daily-limit-exceeded")
    assert statuses(bank) == []
    assert audit.events_about(bank.database, dana.account)[0]["action"] == "limits lowered"


def test_lifting_one_limit_beside_lowering_another_needs_two(desk: Desk, dana: Person) -> None:
    put_limits(desk.bo, dana, daily_spending="30")
    both = put_limits(desk.bo, dana, daily_spending="20", daily_deposits="20001")
    assert both.status_code == 202
    assert desk.bo.get(path_of(dana)).json["daily_spending"]["amount"] == "30.00"


def test_an_overdraft_that_is_used_cannot_be_taken_away(desk: Desk, dana: Person) -> None:
    decide(desk.abe, put_limits(desk.bo, dana, overdraft="50"))
    dana.post("/withdraw", {"amount": "120"})
    assert told(put_limits(desk.bo, dana, overdraft="19.99")) == (422, "invalid-field")
    assert put_limits(desk.bo, dana, overdraft="20").status_code == 200


def test_limits_need_the_tag_of_what_was_read(desk: Desk, dana: Person) -> None:
    path = f"{path_of(dana)}/limits"
    for body in ({"overdraft": "5"}, {"daily_spending": "5"}):
        old = desk.bo.send("PUT", path, json={**REASON, **body}, headers={"If-Match": '"r9"'})
        assert told(old) == (412, "outdated")
    same = put_limits(desk.bo, dana, overdraft="0")
    assert told(same) == (409, "already-in-state")


@pytest.mark.parametrize("who", ["art", "ada"])
def test_limits_are_the_business_of_tellers_and_approvers(
    desk: Desk, dana: Person, who: str
) -> None:
    answer = put_limits(getattr(desk, who), dana, daily_spending="5")
    assert told(answer) == (403, "role-missing")


def test_pages_and_filters_of_proposals(desk: Desk, dana: Person) -> None:
    made = [adjust(desk.tess, dana, str(number)).json["id"] for number in range(1, 6)]
    change_role(desk.ada, "art", "teller")
    assert [
        row["id"] for row in everything(desk.art, "/banker/approvals", kind="adjustment", limit=2)
    ] == made[::-1]
    assert len(everything(desk.art, "/banker/approvals", status="executed")) == 0
    assert told(desk.art.get("/banker/approvals?status=odd")) == (422, "invalid-fields")


def test_a_proposal_that_is_none_is_not_found(desk: Desk) -> None:
    assert told(desk.art.get("/banker/approvals/none")) == (404, "approval-not-found")


def test_a_reason_is_required(desk: Desk, dana: Person) -> None:
    answer = desk.tess.post(f"/banker/transactions/{newest(dana)}/reverse", {})
    assert told(answer) == (422, "invalid-fields")


def test_a_proposal_in_vain_changes_nothing(desk: Desk, dana: Person) -> None:
    assert told(reverse(desk.abe, newest(dana))) == (403, "role-missing")
    assert told(adjust(desk.ada, dana, "1")) == (403, "role-missing")
    assert desk.art.get("/banker/approvals").json["items"] == []


def test_a_pin_is_reset_by_two_and_set_anew_by_its_owner_alone(
    client: FlaskClient, desk: Desk, bank: Bank
) -> None:
    dana = make.confirmed(client, "finn")
    pins.set_pin(bank, dana.account, "739158")
    path = f"/banker/accounts/{dana.account}/reset_pin"
    shown = desk.tess.post(path, REASON)
    assert [(c["what"], c["before"], c["after"]) for c in shown.json["effect"]] == [
        ("PIN", "set", "none")
    ]
    assert pins.check_pin(bank, dana.account, "739158")
    assert decide(desk.abe, shown).json["status"] == "executed"
    assert dana.get(f"/accounts/{dana.account}/pin").json == {"state": "none"}
    assert not pins.check_pin(bank, dana.account, "739158")
    assert told(desk.tess.post(path, REASON)) == (409, "no-pin")
