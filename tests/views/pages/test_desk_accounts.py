"""The desk's pages of accounts: the list in its address, one account, and what is done there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import approvals, dossiers, pins
from app.controllers.audits import SERVER
from app.controllers.bank import Bank
from app.models import audit
from tests import make
from tests.controllers.four_eyes import open_desk
from tests.make import Person
from tests.pages import Browser, Page

WHY = "reported stolen"


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    open_desk(client)
    return make.customer(client, "dana", name="Dana Scott").has("100")


@pytest.fixture
def tess(app: Flask, dana: Person) -> Browser:
    return Browser(app).log_in("tess")


@pytest.fixture
def here(dana: Person) -> str:
    return f"/desk/accounts/{dana.account}"


def acts(page: Page) -> set[str]:
    """What the page lets a banker do."""
    return {form.name for form in page.forms if form.name}


def onward(page: Page) -> str:
    """The address of the next page of a list."""
    return next(
        str(found["href"]) for tag, found in page.tags if tag == "a" and found.get("rel") == "next"
    )


def numbers(page: Page) -> list[str]:
    """The accounts of a list, in its order."""
    found = [re.fullmatch(r"/desk/accounts/(\d{12})", link) for link in page.links()]
    return [match[1] for match in found if match]


def events(bank: Bank, object: str) -> Mapping[str, str]:
    """What was done to something, with the reasons."""
    found = audit.events_about(bank.database, object)
    return {event["action"]: event["reason"] for event in found if event["outcome"] == "done"}


def test_filters_stay_in_the_address_from_page_to_page(client: FlaskClient, tess: Browser) -> None:
    held = [make.customer(client, f"erin{n}").has(f"{n}0").account for n in range(1, 4)]
    page = tess.page("/desk/accounts?q=erin&min=15&sort=balance&limit=1")
    assert numbers(page) == [held[1]]
    assert onward(page).startswith("/desk/accounts?q=erin&min=15&sort=balance&limit=1&cursor=")
    second = tess.page(onward(page))
    assert numbers(second) == [held[2]]
    assert "/desk/accounts?q=erin&min=15&sort=balance" in second.links()
    shown = {found["name"]: found.get("value") for tag, found in second.tags if found.get("name")}
    assert (shown["min"], shown["max"]) == ("15", "")


def test_a_list_is_a_file_as_well_with_the_same_filters(tess: Browser, client: FlaskClient) -> None:
    erin = make.customer(client, "erin")
    link = next(link for link in tess.page("/desk/accounts?q=erin").links() if "csv" in link)
    answer = tess.open(link)
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert [row["account"] for row in rows] == [erin.account]


@pytest.mark.parametrize("more", ["", "&csv=true"])
def test_a_filter_that_is_wrong_is_told_beside_it(tess: Browser, more: str) -> None:
    answer = tess.open(f"/desk/accounts?min=much{more}")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "An amount is digits with a point" in answer.text


def test_a_bound_that_the_currency_cannot_have_finds_nothing(tess: Browser) -> None:
    answer = tess.open("/desk/accounts?min=0.001")
    assert answer.status_code == 422
    assert numbers(Page(answer.text)) == []


def test_a_place_that_is_not_known_begins_anew(tess: Browser, dana: Person) -> None:
    page = tess.page("/desk/accounts?q=dana&cursor=made-up")
    assert numbers(page) == [dana.account]
    assert any("not known any more" in text for text in page.inside("main"))


def test_an_account_s_page_shows_its_history_page_by_page(
    tess: Browser, dana: Person, here: str
) -> None:
    for _ in range(20):
        dana.has("1")
    first = tess.page(here)
    second = tess.page(onward(first))
    found = [
        [link for link in page.links() if re.fullmatch(r"/desk/transactions/[0-9a-f-]{36}", link)]
        for page in (first, second)
    ]
    assert [len(each) for each in found] == [20, 1]
    assert here in second.links()


def test_nobody_s_account_is_a_page_that_says_so(tess: Browser) -> None:
    answer = tess.open("/desk/accounts/100000000093")
    assert answer.status_code == 404
    assert "There is no such account." in answer.text


@pytest.mark.parametrize(
    ("banker", "offered"),
    [
        ("art", set()),
        ("ada", set()),
        ("abe", {"freeze", "limits"}),
        ("tess", {"freeze", "limits", "adjustment"}),
    ],
)
def test_only_what_the_roles_allow_is_offered(
    app: Flask, here: str, banker: str, offered: set[str]
) -> None:
    assert acts(Browser(app).log_in(banker).page(here)) == offered


@pytest.mark.parametrize("act", ["freeze", "limits", "adjustment"])
def test_a_form_that_was_not_offered_is_forbidden_and_audited(
    app: Flask, bank: Bank, dana: Person, here: str, act: str
) -> None:
    art = Browser(app).log_in("art")
    fields = {"form": act, "reason": WHY, "revision": "1", "amount": "5", "overdraft": "0"}
    answer = art.post(here, {"csrf_token": art.token(), **fields})
    assert answer.status_code == 403
    denied = audit.events_about(bank.database, dana.account)[-1]
    assert (denied["outcome"], denied["facts"]) == ("denied", {"problem": "role-missing"})
    assert dossiers.of_account(bank, SERVER, dana.account).account.revision == 1


def test_who_freezes_an_account_stands_in_the_audit_with_the_reason(
    tess: Browser, bank: Bank, dana: Person, here: str
) -> None:
    answer = tess.send(here, form="freeze", reason=WHY)
    assert (answer.status_code, answer.location) == (303, here)
    page = tess.page(here)
    assert {"Frozen", "The account is frozen: no money leaves it."} <= set(page.inside("main"))
    assert events(bank, dana.account)["account frozen"] == WHY
    assert dana.post("/withdraw", {"amount": "1"}).status_code == 409


def test_what_was_changed_meanwhile_is_shown_anew_and_not_done(
    app: Flask, tess: Browser, bank: Bank, dana: Person, here: str
) -> None:
    seen = tess.page(here).form("freeze").values
    bo = Browser(app).log_in("bo")
    assert bo.send(here, form="limits", reason=WHY, daily_spending="5").status_code == 303
    answer = tess.post(here, {**seen, "reason": "heard of it"})
    assert answer.status_code == 412
    page = Page(answer.text, here)
    assert any(text.startswith("Somebody changed this meanwhile.") for text in page.inside("main"))
    assert "$5.00" in page.inside("main")
    assert page.form("freeze").values["reason"] == "heard of it"
    assert "account frozen" not in events(bank, dana.account)
    assert tess.post(here, page.form("freeze").values).status_code == 303


@pytest.mark.parametrize("revision", ["", "two", "-1", "\u0661", "9" * 30])
def test_a_form_that_says_not_what_was_seen_does_nothing(
    tess: Browser, bank: Bank, dana: Person, here: str, revision: str
) -> None:
    answer = tess.send(here, form="freeze", reason=WHY, revision=revision)
    assert answer.status_code == 412
    assert "account frozen" not in events(bank, dana.account)


def test_a_form_without_a_reason_comes_back_with_what_was_typed(tess: Browser, here: str) -> None:
    answer = tess.send(here, form="adjustment", amount="-2.50", memo="booked twice")
    page = Page(answer.text, here)
    assert answer.status_code == 422
    assert "This field is needed." in page.inside("main")
    values = page.form("adjustment").values
    assert (values["amount"], values["memo"]) == ("-2.50", "booked twice")


def proposed(bank: Bank, location: str) -> approvals.Approval:
    assert location.startswith("/desk/approvals/")
    return approvals.one(bank, location.rpartition("/")[2])


PROPOSALS = [
    ("adjustment", {"amount": "-2.50", "memo": "a fee"}),
    ("limits", {"daily_spending": "12000"}),
    ("reset_pin", {}),
    ("unfreeze", {}),
]


@pytest.mark.parametrize(("act", "fields"), PROPOSALS)
def test_what_needs_four_eyes_leads_to_the_proposal(
    tess: Browser, bank: Bank, dana: Person, here: str, act: str, fields: dict[str, str]
) -> None:
    if act == "reset_pin":
        pins.set_pin(bank, dana.account, "739158")
    if act == "unfreeze":
        tess.send(here, form="freeze", reason="first")
    answer = tess.send(here, fields, form=act, reason=WHY)
    assert answer.status_code == 303, answer.text
    approval = proposed(bank, answer.location)
    assert (approval.kind, approval.plan.subject, approval.reason) == (act, dana.account, WHY)


def test_lower_limits_hold_at_once(tess: Browser, dana: Person, here: str) -> None:
    assert tess.send(here, form="limits", reason=WHY, daily_spending="5").location == here
    assert "The limits are lowered." in tess.page(here).inside("main")
    assert dana.post("/withdraw", {"amount": "6"}).status_code == 422


def test_an_empty_account_can_be_closed(tess: Browser, client: FlaskClient) -> None:
    address = f"/desk/accounts/{make.customer(client, 'erin').account}"
    assert tess.send(address, form="close", reason="she moved").status_code == 303
    page = tess.page(address)
    assert "Closed" in page.inside("main")
    assert acts(page) == set()
