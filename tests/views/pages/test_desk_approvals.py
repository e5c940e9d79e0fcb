"""Approvals and bankers at the desk: what is shown, offered, done and refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from tests import make
from tests.authenticator import AuthenticatorApp
from tests.conftest import Clock
from tests.controllers.four_eyes import REASON, Desk, adjust, newest, open_desk, reverse, statuses
from tests.controllers.test_second_factors import enrol
from tests.make import Person
from tests.pages import Browser


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return open_desk(client)


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.customer(client, "dana").has("100.00")


@pytest.fixture
def at(app: Flask) -> Callable[[str], Browser]:
    """Somebody at the desk's pages."""
    return lambda username: Browser(app).log_in(username)


def path(shown: Any) -> str:
    return f"/desk/approvals/{shown.json['id']}"


def words(text: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_what_waits_comes_first_with_who_what_and_why(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    old = adjust(desk.tess, dana, "-1.00")
    desk.abe.post(f"/banker/approvals/{old.json['id']}/reject", REASON)
    adjust(desk.tess, dana, "-2.50")
    said = words(at("abe").open("/desk/approvals").text)
    waiting, _, decided = said.partition("Decided")
    assert "Correct an account" in waiting
    assert "tess: booked twice" in waiting
    assert "Rejected" in decided.partition("Status")[0]


def test_the_list_follows_its_filters(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    adjust(desk.tess, dana, "-2.50")
    abe = at("abe")
    assert "booked twice" in abe.open("/desk/approvals?status=pending&kind=adjustment").text
    assert "booked twice" not in abe.open("/desk/approvals?status=executed").text
    assert "booked twice" not in abe.open("/desk/approvals?kind=reversal").text
    assert abe.open("/desk/approvals?status=nonsense").status_code == 422


def test_the_list_goes_on_where_the_page_ended(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    for _ in range(3):
        adjust(desk.tess, dana, "-1.00")
    abe = at("abe")
    first = abe.page("/desk/approvals?status=pending&limit=2")
    [onward] = [link for link in first.links() if "cursor=" in link]
    second = abe.page(onward)

    def rows(page: Any) -> list[str]:
        return [link for link in page.links() if re.search("/desk/approvals/.", link)]

    assert (len(rows(first)), len(rows(second))) == (2, 1)
    assert not set(rows(first)) & set(rows(second))


def test_the_effect_is_shown_in_money_before_and_after(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    said = words(at("abe").open(path(adjust(desk.tess, dana, "-2.50"))).text)
    assert "Balance $100.00 $97.50" in said
    assert "Amount \u2212$2.50" in said


def test_the_api_tells_amounts_in_major_units_as_well(desk: Desk, dana: Person) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    assert shown.json["asked"]["amount"] == {"amount": "-2.50", "currency": "USD"}
    whole = reverse(desk.tess, newest(dana))
    assert whole.json["asked"] == {"transaction": newest(dana), "amount": None}


def test_who_approves_it_has_it_done(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    abe = at("abe")
    answer = abe.send(path(shown), form="approve")
    assert (answer.status_code, answer.location) == (303, path(shown))
    assert dana.balance() == "97.50"
    said = words(abe.open(path(shown)).text)
    assert "Approved abe," in said
    assert "Approve and do it" not in said


def test_the_same_approval_sent_twice_is_done_once(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    abe = at("abe")
    fields = abe.page(path(shown)).form("approve").values
    assert [abe.post(path(shown), fields).status_code for _ in range(2)] == [303, 303]
    assert dana.balance() == "97.50"


def test_nobody_is_offered_to_approve_their_own_and_a_forged_form_is_refused_and_audited(
    desk: Desk, dana: Person, at: Callable[[str], Browser], bank: Bank
) -> None:
    shown = adjust(desk.bo, dana, "-2.50")
    bo = at("bo")
    page = bo.page(path(shown))
    assert [form.name for form in page.forms if "main" in form.where] == ["reject"]
    assert "Withdraw it" in page.text
    fields = {**page.form("reject").values, "form": "approve"}
    answer = bo.post(
        path(shown), {**fields, "reason": "", "effect_hash": shown.json["effect_hash"]}
    )
    assert answer.status_code == 403
    assert (dana.balance(), statuses(bank)) == ("100.00", ["pending"])
    [denied] = desk.art.get("/banker/audit?outcome=denied&actor=bo").json["items"]
    assert denied["facts"]["problem"] == "own-proposal"


def test_whoever_lacks_the_role_is_offered_nothing(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    page = at("art").page(path(adjust(desk.tess, dana, "-2.50")))
    assert [form for form in page.forms if "main" in form.where] == []


def test_where_the_state_has_drifted_it_is_void_and_says_why(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    abe = at("abe")
    fields = abe.page(path(shown)).form("approve").values
    dana.has("1.00")
    answer = abe.post(path(shown), fields)
    assert answer.status_code == 409
    said = words(answer.text)
    assert "Void" in said
    assert "has changed since it was proposed" in said
    assert "Approve and do it" not in said
    assert dana.balance() == "101.00"


def test_an_effect_that_was_not_shown_is_not_approved(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    answer = at("abe").send(path(shown), form="approve", effect_hash="0" * 64)
    assert answer.status_code == 412
    assert dana.balance() == "100.00"


@pytest.mark.parametrize(("who", "tag"), [("abe", "Rejected abe,"), ("tess", "Withdrawn tess,")])
def test_it_is_rejected_or_withdrawn_with_a_reason(
    desk: Desk, dana: Person, at: Callable[[str], Browser], who: str, tag: str
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    visitor = at(who)
    assert visitor.send(path(shown), form="reject", reason="").status_code == 422
    assert visitor.send(path(shown), form="reject", reason="a mistake").status_code == 303
    said = words(visitor.open(path(shown)).text)
    assert tag in said
    assert "a mistake" in said


def test_an_approver_with_an_app_is_asked_for_its_code(
    desk: Desk, dana: Person, at: Callable[[str], Browser], clock: Clock
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    app, _ = enrol(desk.abe, clock)
    abe = at_once(Browser(dana.client.application), app, clock)
    without = abe.send(path(shown), form="approve")
    assert without.status_code == 403
    assert "A code is needed for this" in without.text
    assert abe.send(path(shown), form="approve", code="000000").status_code == 422
    assert dana.balance() == "100.00"
    assert abe.send(path(shown), form="approve", code=app.shows()).status_code == 303
    assert dana.balance() == "97.50"


def at_once(abe: Browser, app: AuthenticatorApp, clock: Clock) -> Browser:
    """Abe logged in with the code of his app, which shows another one now."""
    abe.send("/log-in", username="abe", password=make.PASSWORD)
    assert abe.send("/log-in/code", code=app.shows()).status_code == 303
    clock.forward(seconds=30)
    return abe


def test_the_link_of_an_invitation_is_shown_once(desk: Desk, at: Callable[[str], Browser]) -> None:
    ada = at("ada")
    fields = ada.page("/desk/bankers").form("invite").values
    asked = {**fields, "username": "tim", "roles": "teller", "reason": "joins us"}
    made = ada.post("/desk/bankers", asked)
    assert made.status_code == 303
    ann = at("ann")
    answer = ann.send(made.location, form="approve")
    assert answer.status_code == 200
    assert "/invitation#" in answer.text
    assert "/invitation#" not in ann.open(made.location).text


def test_an_invitation_may_have_several_roles(
    desk: Desk, app: Flask, at: Callable[[str], Browser]
) -> None:
    ada = at("ada")
    fields = ada.page("/desk/bankers").form("invite").values
    asked = {**fields, "username": "tim", "roles": ["approver", "teller"], "reason": "joins us"}
    made = ada.post("/desk/bankers", asked)  # type: ignore[arg-type]
    assert "approver, teller" in ada.open(made.location).text


def test_what_was_typed_into_an_invitation_comes_back(
    desk: Desk, at: Callable[[str], Browser]
) -> None:
    answer = at("ada").send("/desk/bankers", form="invite", username="t", roles="teller")
    assert answer.status_code == 422
    assert 'value="teller" checked' in answer.text
    assert "3 to 32 letters" in answer.text


def test_a_role_is_proposed_by_one_admin_and_given_by_another(
    desk: Desk, at: Callable[[str], Browser]
) -> None:
    made = at("ada").send(
        "/desk/bankers/tess", form="role", action="grant", role="approver", reason="more to do"
    )
    assert made.status_code == 303
    ann = at("ann")
    assert "Roles teller approver, teller" in words(ann.open(made.location).text)
    ann.send(made.location, form="approve")
    assert "Approver" in words(ann.open("/desk/bankers/tess").text)


@pytest.mark.parametrize("form", ["invite", "role", "factor"])
def test_only_admins_are_offered_the_forms_and_forged_ones_are_refused(
    desk: Desk, at: Callable[[str], Browser], form: str, bank: Bank
) -> None:
    tess = at("tess")
    target = "/desk/bankers" if form == "invite" else "/desk/bankers/abe"
    assert [made for made in tess.page(target).forms if "main" in made.where] == []
    fields = {
        "csrf_token": tess.token(), "form": form, "username": "tim",
        "roles": "teller", "role": "teller", "action": "grant", "reason": "let me",
    }  # fmt: skip
    assert tess.post(target, fields).status_code in (403, 409)
    assert statuses(bank) == []


def test_nobody_is_offered_to_change_their_own_roles(
    desk: Desk, at: Callable[[str], Browser]
) -> None:
    assert [
        form for form in at("ada").page("/desk/bankers/ada").forms if "main" in form.where
    ] == []
