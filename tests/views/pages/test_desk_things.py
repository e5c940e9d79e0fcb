"""The desk's pages of transactions and customers, and the search for any of them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import approvals
from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.controllers.four_eyes import newest, open_desk
from tests.controllers.test_bankers import code_of, enrol, enrolled
from tests.make import Person
from tests.pages import Browser, Page
from tests.views.pages.test_desk_accounts import acts, events, onward

WHY = "asked on the phone"


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    open_desk(client)
    return make.confirmed(client, "dana", name="Dana Scott", phone="+12025550123").has("100")


@pytest.fixture
def tess(app: Flask, dana: Person) -> Browser:
    return Browser(app).log_in("tess")


@pytest.fixture
def deposit(dana: Person) -> str:
    return f"/desk/transactions/{newest(dana)}"


@pytest.fixture
def danas(dana: Person) -> str:
    return f"/desk/customers/{dana.get('/me').json['id']}"


def test_transactions_keep_their_filters_from_page_to_page(tess: Browser, dana: Person) -> None:
    dana.has("20").has("30")
    dana.post("/withdraw", {"amount": "5"})
    page = tess.page("/desk/transactions?actor=dana&kind=deposit&max=50&limit=1")
    assert "$30.00" in page.inside("main")
    assert "?actor=dana&kind=deposit&max=50&limit=1&cursor=" in onward(page)
    page = tess.page(onward(page))
    assert "$20.00" in page.inside("main")
    link = next(link for link in page.links() if "csv" in link)
    rows = csv.DictReader(io.StringIO(tess.open(link).text, newline=""))
    assert [row["amount"] for row in rows] == ["30.00", "20.00"]


def test_the_last_day_of_a_span_is_part_of_it(
    tess: Browser, bank: Bank, dana: Person, deposit: str
) -> None:
    today = bank.now().date()
    for day, found in ((today, True), (today - timedelta(days=1), False)):
        assert (deposit in tess.page(f"/desk/transactions?to={day}").links()) == found


def test_a_transaction_s_page_shows_both_books_and_the_chain(
    tess: Browser, bank: Bank, dana: Person, deposit: str
) -> None:
    answer = dana.post("/deposit", {"amount": "7", "memo": "found"})
    first = tess.page(deposit)
    second = tess.page(f"/desk/transactions/{answer.json['id']}")
    assert {"found", "dana", "Cash", "+$7.00", "$107.00"} <= set(second.inside("main"))
    hashes = [text for text in second.inside("code") if len(text) == 64]
    assert hashes[1] in first.inside("code")


def test_a_part_is_proposed_to_be_taken_back(
    tess: Browser, bank: Bank, dana: Person, deposit: str
) -> None:
    answer = tess.send(deposit, form="reversal", amount="1,000.00", reason=WHY)
    assert answer.status_code == 422
    assert "More cannot be taken back than was moved." in answer.text
    answer = tess.send(deposit, form="reversal", amount="40", reason=WHY)
    approval = approvals.one(bank, answer.location.rpartition("/")[2])
    assert (answer.status_code, approval.kind) == (303, "reversal")
    (effect,) = approval.plan.effect
    assert (effect.before, effect.after) == ("100.00", "60.00")


def test_what_was_taken_back_stands_on_the_page(
    app: Flask, client: FlaskClient, tess: Browser, dana: Person, deposit: str
) -> None:
    tess.send(deposit, form="reversal", amount="40", reason=WHY)
    bo = make.log_in(client, "bo")
    (shown,) = bo.get("/banker/approvals").json["items"]
    body = {"effect_hash": shown["effect_hash"]}
    assert bo.post(f"/banker/approvals/{shown['id']}/approve", body).status_code == 200
    page = tess.page(deposit)
    assert {"Partly taken back", "$60.00 can still be taken back."} <= set(page.inside("main"))
    reversal = tess.page(f"/desk/transactions/{newest(dana)}")
    assert deposit in reversal.links()
    assert acts(reversal) == set()


@pytest.mark.parametrize("banker", ["art", "abe", "ada"])
def test_who_may_not_propose_a_reversal_is_not_offered_it(
    app: Flask, deposit: str, banker: str
) -> None:
    browser = Browser(app).log_in(banker)
    assert acts(browser.page(deposit)) == set()
    fields = {"form": "reversal", "reason": WHY, "csrf_token": browser.token()}
    assert browser.post(deposit, fields).status_code == 403


@pytest.mark.parametrize("path", ["/desk/transactions/none", "/desk/customers/none"])
def test_what_is_not_there_is_a_page_that_says_so(tess: Browser, path: str) -> None:
    answer = tess.open(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_banker_with_an_app_is_asked_for_a_code(
    tess: Browser, bank: Bank, clock: Clock, deposit: str
) -> None:
    assert tess.page(deposit).form("reversal").names.count("code") == 0
    secret = enrolled(bank, "tess")
    clock.forward(minutes=1)
    answer = tess.send(deposit, form="reversal", reason=WHY)
    assert answer.status_code == 403
    assert "A code is needed for this: type it here." in Page(answer.text).inside("main")
    answer = tess.send(deposit, form="reversal", reason=WHY, code=code_of(bank, secret))
    assert answer.status_code == 303


def test_a_customer_is_masked_until_somebody_says_why(
    tess: Browser, bank: Bank, danas: str
) -> None:
    hidden = ("dana@example.com", "+12025550123")
    page = tess.page(danas)
    assert "d***@e***.com" in page.text
    assert not any(each in page.text for each in hidden)
    answer = tess.send(danas, form="reveal", reason="x")
    assert answer.status_code == 422
    assert not any(each in answer.text for each in hidden)
    answer = tess.send(danas, form="reveal", reason=WHY)
    assert answer.status_code == 200
    assert all(each in answer.text for each in hidden)
    assert answer.headers["Cache-Control"] == "no-store"
    assert events(bank, danas.rpartition("/")[2])["customer revealed"] == WHY
    assert not any(each in tess.page(danas).text for each in hidden)


@pytest.mark.parametrize("banker", ["art", "ada"])
def test_nobody_is_revealed_to_who_only_looks(
    app: Flask, bank: Bank, danas: str, banker: str
) -> None:
    browser = Browser(app).log_in(banker)
    assert acts(browser.page(danas)) == set()
    fields = {"form": "reveal", "reason": WHY, "csrf_token": browser.token()}
    answer = browser.post(danas, fields)
    assert answer.status_code == 403
    assert "dana@example.com" not in answer.text
    assert "customer revealed" not in events(bank, danas.rpartition("/")[2])


def test_a_customer_is_frozen_at_once_and_unfrozen_by_two(
    tess: Browser, bank: Bank, dana: Person, danas: str
) -> None:
    assert tess.send(danas, form="freeze", reason=WHY).location == danas
    assert dana.get("/me").status_code == 401
    answer = tess.send(danas, form="unfreeze_customer", reason="was a mistake")
    approval = approvals.one(bank, answer.location.rpartition("/")[2])
    assert (approval.kind, approval.reason) == ("unfreeze_customer", "was a mistake")


def test_a_lost_app_is_forgotten_by_two(
    tess: Browser, bank: Bank, dana: Person, danas: str
) -> None:
    assert "reset_factor" not in acts(tess.page(danas))
    enrol(bank, "dana")
    answer = tess.send(danas, form="reset_factor", reason="lost the phone")
    assert approvals.one(bank, answer.location.rpartition("/")[2]).kind == "reset_factor"


def test_customers_are_a_file_as_well_masked(tess: Browser, client: FlaskClient) -> None:
    make.customer(client, "erin")
    link = next(link for link in tess.page("/desk/customers?q=dana").links() if "csv" in link)
    (row,) = csv.DictReader(io.StringIO(tess.open(link).text, newline=""))
    assert (row["username"], row["email"], row["phone"]) == (
        "dana", "d***@e***.com", "**********23",
    )  # fmt: skip


def test_the_search_leads_straight_to_the_one_thing(
    tess: Browser, dana: Person, danas: str, deposit: str
) -> None:
    def led_to(q: str) -> str:
        answer = tess.open("/desk/search", query_string={"q": q})
        assert answer.status_code == 303, answer.text
        return answer.location

    number = dana.account
    assert led_to(f"{number[:4]} {number[4:8]}-{number[8:]}") == f"/desk/accounts/{number}"
    assert led_to("scott") == led_to("DANA") == danas
    assert led_to(deposit.rpartition("/")[2]) == deposit


def test_the_search_shows_what_may_be_meant(tess: Browser, client: FlaskClient) -> None:
    erin = make.customer(client, "erin", name="Erin Scott")
    page = tess.page("/desk/search?q=scott")
    assert {"Dana Scott", "Erin Scott"} <= set(page.inside("main"))
    assert f"/desk/accounts/{erin.account}" in page.links()
    assert "dana@example.com" not in page.text


@pytest.mark.parametrize("q", ["", "nobody is called so", "\x00", "<b>", "a" * 101])
def test_a_search_for_nothing_says_what_can_be_found(tess: Browser, q: str) -> None:
    answer = tess.open("/desk/search", query_string={"q": q})
    assert answer.status_code in (200, 422)
    assert "Look for an account number" in answer.text
    assert "<b>" not in answer.text
