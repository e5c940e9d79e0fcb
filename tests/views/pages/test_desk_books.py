"""Audit, books and outbox at the desk: what they show, and what they let one do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import verifications
from app.controllers.bank import Bank
from app.controllers.mail import Letter, Post
from app.controllers.sending import NotSent
from app.models import outbox
from tests import make
from tests.conftest import Clock
from tests.controllers.four_eyes import REASON, Desk, adjust, open_desk
from tests.controllers.test_mail import Mailman
from tests.controllers.test_verifications import ended, running
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


def test_the_audit_links_to_what_it_is_about(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    shown = adjust(desk.tess, dana, "-2.50")
    art = at("art")
    number = dana.account
    page = art.page(f"/desk/audit?object={number[:4]}+{number[4:8]}+{number[8:]}")
    assert f"/desk/accounts/{number}" in page.links()
    assert path(shown) in page.links()
    about = art.page("/desk/audit?object=dana")
    assert any(link.startswith("/desk/customers/") for link in about.links())


def test_the_audit_marks_what_was_denied(desk: Desk, at: Callable[[str], Browser]) -> None:
    desk.art.post("/banker/bankers/tess/roles", {**REASON, "role": "admin", "action": "grant"})
    art = at("art")
    assert (
        "Denied"
        in words(art.open("/desk/audit?outcome=denied&actor=art").text).partition("When")[2]
    )
    assert "Nothing was written down" in art.open("/desk/audit?outcome=denied&actor=tess").text


def test_the_audit_is_read_page_by_page_with_its_filters(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    for _ in range(3):
        adjust(desk.tess, dana, "-1.00")
    art = at("art")
    first = art.page("/desk/audit?actor=tess&action=adjustment+proposed&limit=2")
    [onward] = [link for link in first.links() if "cursor=" in link]
    assert "actor=tess" in onward
    assert art.page(onward).text.count("adjustment proposed</span>") == 1


def test_the_last_day_of_a_span_is_part_of_the_audit(
    desk: Desk, dana: Person, at: Callable[[str], Browser], bank: Bank
) -> None:
    adjust(desk.tess, dana, "-1.00")
    art, today = at("art"), bank.now().date()
    for day, found in ((today, True), (today - timedelta(days=1), False)):
        shown = art.page(f"/desk/audit?actor=tess&to={day}")
        assert (f"/desk/accounts/{dana.account}" in shown.links()) == found


@pytest.mark.parametrize("query", ["from=yesterday", "outcome=perhaps", "limit=0"])
def test_a_wrong_filter_says_what_would_be_right(
    desk: Desk, at: Callable[[str], Browser], query: str
) -> None:
    assert at("art").open(f"/desk/audit?{query}").status_code == 422


def test_the_books_show_what_everybody_holds_and_that_it_adds_up_to_nothing(
    desk: Desk, dana: Person, at: Callable[[str], Browser]
) -> None:
    said = words(at("art").open("/desk/books").text)
    assert "Customers $100.00 Cash \u2212$100.00" in said
    assert "Total $0.00 \u2713 zero" in said


def test_a_verification_runs_by_itself_and_its_result_is_kept(
    desk: Desk, dana: Person, at: Callable[[str], Browser], bank: Bank
) -> None:
    art = at("art")
    answer = art.send("/desk/books", full="true")
    assert answer.status_code == 303
    ended(bank, verifications.latest(bank)[0])
    said = words(art.open(answer.location).text)
    assert "Everything All right" in said
    assert "Accounts 1 Transactions 1" in said
    assert "All right" in words(art.open("/desk/books").text)


def test_while_it_runs_there_is_a_bar_and_the_page_looks_again(
    desk: Desk, at: Callable[[str], Browser], bank: Bank
) -> None:
    begun = running(bank)
    bank.database.collection("verifications").update_one(
        {"_id": begun.id}, {"$set": {"walked.accounts": 500, "walked.of_accounts": 1200}}
    )
    art = at("art")
    page = art.page(f"/desk/books/checks/{begun.id}")
    assert 'value="500" max="1200"' in page.text
    assert "500 of about 1,200 accounts" in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text
    again = art.send("/desk/books", full="false")
    assert again.location.endswith(begun.id)


def test_one_whose_process_ended_is_shown_as_interrupted(
    desk: Desk, at: Callable[[str], Browser], bank: Bank, clock: Clock
) -> None:
    begun = running(bank)
    clock.forward(seconds=31)
    page = at("art").page(f"/desk/books/checks/{begun.id}")
    assert "Interrupted" in page.text
    assert "refresh" not in page.text


@pytest.mark.tampers
def test_a_fault_is_shown_with_its_account_and_rule(
    desk: Desk, dana: Person, at: Callable[[str], Browser], bank: Bank, migrated: Any
) -> None:
    migrated.collection("transactions").update_one({}, {"$set": {"memo": "a gift"}})
    art = at("art")
    answer = art.send("/desk/books", full="true")
    ended(bank, verifications.latest(bank)[0])
    page = art.page(answer.location)
    assert "1 fault" in page.text
    assert f"/desk/accounts/{dana.account}" in page.links()
    assert "a field was changed" in page.text


NEWS = Letter("PIN locked", "dana@example.com", "Your PIN is locked", "It was wrong.")
SECRET = Letter("code", "dana@example.com", "Your code", "The code is 493021.")


@pytest.fixture
def mailman() -> Mailman:
    return Mailman(refuses=lambda: NotSent("the server refused the reader (550)", final=True))


@pytest.fixture
def post(bank: Bank, clock: Clock, mailman: Mailman) -> Post:
    return Post(bank.config, bank.database, clock, mailman)


def test_the_outbox_says_why_a_mail_was_given_up_and_never_what_it_said(
    desk: Desk, at: Callable[[str], Browser], post: Post
) -> None:
    post.put(SECRET)
    post.send_next()
    tess = at("tess")
    page = tess.page("/desk/outbox?status=given_up")
    assert "the server refused the reader (550)" in page.text
    assert "d***@e***.com" in page.text
    assert "493021" not in page.text
    assert [form for form in page.forms if "/send-again" in form.action] == []
    assert "550" not in tess.open("/desk/outbox?status=sent").text


def test_news_that_was_given_up_is_sent_again_once(
    desk: Desk, at: Callable[[str], Browser], post: Post, mailman: Mailman, bank: Bank
) -> None:
    post.put(NEWS)
    post.send_next()
    mailman.refuses = lambda: None
    tess = at("tess")
    [form] = [made for made in tess.page("/desk/outbox").forms if "/send-again" in made.action]
    assert [tess.post(form.action, form.values).status_code for _ in range(2)] == [303, 303]
    assert "It waits to be sent, or was sent." in tess.open("/desk/outbox").text
    while post.send_next():
        pass
    assert [letter for _, letter in mailman.sent] == [NEWS]
    [event] = desk.art.get("/banker/audit?action=mail+sent+again").json["items"]
    assert event["actor"] == "tess"


def test_an_auditor_sends_no_mail(
    desk: Desk, at: Callable[[str], Browser], post: Post, bank: Bank
) -> None:
    post.put(NEWS)
    post.send_next()
    art = at("art")
    page = art.page("/desk/outbox")
    assert [form for form in page.forms if "/send-again" in form.action] == []
    [mail] = outbox.page(bank.database, None, None, 5)
    token = art.token()
    answer = art.post(f"/desk/outbox/{mail.id}/send-again", {"csrf_token": token})
    assert answer.status_code == 403
    assert outbox.get_mail(bank.database, mail.id).status == "given_up"
