"""The way in: the home page, logging in with and without a code, and where one lands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.controllers.demo import PASSWORD as DEMO_PASSWORD
from app.controllers.mail import Letter
from app.models import role_grants
from app.models.database import Database
from tests import make
from tests.conftest import Clock
from tests.controllers.test_second_factors import ask, at_log_in, mailed
from tests.pages import ORIGIN, Browser, Page

ELSEWHERE = "http://elsewhere.example"


@pytest.fixture
def guest(app: Flask) -> Browser:
    return Browser(app)


def enter(guest: Browser, username: str, onward: str = "") -> str:
    """Log in from an address with `next`; where that leads."""
    make_path = f"/log-in?next={onward}" if onward else "/log-in"
    answer = guest.send(make_path, username=username, password=make.PASSWORD)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_only_a_demo_names_people_on_its_home_page(make_app: Callable[..., Flask]) -> None:
    demo, plain = (Browser(make_app(demo=on)).page("/") for on in (True, False))
    assert "/log-in?as=alice" in demo.links()
    assert DEMO_PASSWORD in demo.text
    assert "/log-in?as=alice" not in plain.links()
    assert DEMO_PASSWORD not in plain.text


@pytest.mark.parametrize(("username", "filled"), [("alice", True), ("mallory", False)])
def test_a_demo_fills_in_the_password_of_its_people_alone(
    make_app: Callable[..., Flask], username: str, filled: bool
) -> None:
    page = Browser(make_app(demo=True)).page(f"/log-in?as={username}")
    assert page.form().values["username"] == username
    assert (page.form().values["password"] == DEMO_PASSWORD) is filled
    page = Browser(make_app()).page(f"/log-in?as={username}")
    assert page.form().values["password"] == ""


def test_the_home_page_leads_whoever_is_logged_in_to_their_accounts(
    client: FlaskClient, guest: Browser
) -> None:
    make.customer(client)
    make.staff(client, tess="teller")
    assert "/log-in" in guest.page("/").links()
    guest.log_in("dana")
    assert "/my" in guest.page("/").links()
    assert not {"/log-in", "/desk"} & set(guest.page("/").links())
    guest.send("/log-in?site=desk", username="tess", password=make.PASSWORD)
    assert {"/my", "/desk"} <= set(guest.page("/").links())


def test_a_wrong_password_leaves_the_user_name_and_takes_the_password(
    client: FlaskClient, guest: Browser
) -> None:
    make.customer(client)
    answer = guest.send("/log-in", username="dana", password="not-the-password")
    page = Page(answer.text)
    assert answer.status_code == 401
    assert page.form().values["username"] == "dana"
    assert "not-the-password" not in answer.text
    assert "The user name or the password is not right." in page.inside("main")


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example", "https://evil.example/my", "/%5Cevil.example", "%5C%5Cevil.example",
        "/%09/evil.example", "javascript:alert(1)", "evil.example", "/desk", "/desk/accounts",
    ],
)  # fmt: skip
def test_a_customer_goes_on_to_no_foreign_place(
    client: FlaskClient, guest: Browser, onward: str
) -> None:
    make.customer(client)
    assert enter(guest, "dana", onward) == "/my"


@pytest.mark.parametrize("onward", ["//evil.example/desk", "/my", "/my/profile", "/deskside"])
def test_a_banker_goes_on_to_the_desk_alone(
    client: FlaskClient, guest: Browser, onward: str
) -> None:
    make.staff(client, tess="teller")
    assert enter(guest, "tess", onward) == "/desk"


@pytest.mark.parametrize(
    ("username", "onward"), [("dana", "/my/profile?tab=2"), ("tess", "/desk/accounts?status=open")]
)
def test_after_the_log_in_one_is_where_one_wanted_to_go(
    client: FlaskClient, guest: Browser, username: str, onward: str
) -> None:
    make.customer(client)
    make.staff(client, tess="teller")
    assert enter(guest, username, onward) == onward


def test_whoever_is_logged_in_need_not_do_it_again(client: FlaskClient, guest: Browser) -> None:
    make.customer(client)
    guest.log_in("dana")
    assert guest.open("/log-in").location == "/my"
    assert guest.open("/log-in?next=/my/profile").location == "/my/profile"
    assert guest.open("/log-in?next=//evil.example").location == "/my"


@pytest.mark.parametrize("path", ["/log-in?as=bob", "/log-in?site=desk"])
def test_whoever_is_logged_in_can_log_in_as_somebody_else(
    client: FlaskClient, guest: Browser, path: str
) -> None:
    make.customer(client)
    guest.log_in("dana")
    assert "password" in guest.page(path).form().names


def test_a_session_that_has_ended_leads_to_the_log_in_and_not_round_in_circles(
    client: FlaskClient, guest: Browser
) -> None:
    dana = make.customer(client)
    guest.log_in("dana")
    dana.send("DELETE", "/auth/sessions")
    ended = guest.open("/my")
    assert ended.location == "/log-in?next=%2Fmy"
    assert "password" in guest.page(ended.location).form().names


@pytest.fixture
def waiting(client: FlaskClient, bank: Bank, guest: Browser) -> Browser:
    """A browser that waits for the code of a log-in."""
    dana = make.confirmed(client)
    answer = at_log_in(dana, True, code=ask(dana, bank))
    assert answer.status_code == 200, answer.text
    assert enter(guest, "dana", "/my/profile") == "/log-in/code?next=/my/profile"
    return guest


def test_a_wrong_code_may_be_followed_by_the_right_one(waiting: Browser, bank: Bank) -> None:
    code = mailed(bank)
    wrong = waiting.send("/log-in/code?next=/my/profile", code=str((int(code) + 1) % 10**6))
    assert wrong.status_code == 422
    assert "This code is not right, or too old." in wrong.text
    right = waiting.send("/log-in/code?next=/my/profile", code=code)
    assert (right.status_code, right.location) == (303, "/my/profile")
    assert waiting.open("/my").status_code == 200


def test_another_code_can_be_had(waiting: Browser, bank: Bank, clock: Clock) -> None:
    first = mailed(bank)
    clock.forward(seconds=61)
    sent = waiting.send("/log-in/code", form="resend")
    assert sent.location == "/log-in/code"
    assert mailed(bank) != first
    assert waiting.send("/log-in/code", code=mailed(bank)).location == "/my"


def test_a_log_in_that_waited_too_long_begins_anew(waiting: Browser, clock: Clock) -> None:
    clock.forward(minutes=6)
    sent = waiting.send("/log-in/code?next=/my/profile", form="resend")
    assert sent.location == "/log-in?next=/my/profile"
    assert "Please log in again." in waiting.page(sent.location).text


def test_nobody_answers_a_code_that_nobody_asked_for(guest: Browser) -> None:
    assert guest.open("/log-in/code").location == "/log-in"


def test_a_banker_without_an_app_is_told_who_helps(make_app: Callable[..., Flask]) -> None:
    app = make_app(bankers_second_factor=False)
    make.staff(app.test_client(), tess="teller")
    strict = Browser(make_app(bankers_second_factor=True))
    refused = strict.send("/log-in", username="tess", password=make.PASSWORD)
    assert refused.status_code == 403
    assert "ask an admin to invite you anew" in refused.text


def test_a_form_without_cookies_is_told_how_to_get_them(client: FlaskClient, app: Flask) -> None:
    make.customer(client)
    fields = Browser(app).page("/log-in").form().values
    fields |= {"username": "dana", "password": make.PASSWORD}
    refused = app.test_client().post("/log-in", data=fields, headers={"Origin": ORIGIN})
    assert refused.status_code == 403
    assert "reload it, and send the form once more" in refused.text
    assert "https://" in refused.text
    assert "SECURE_COOKIES=false" in refused.text


def test_a_form_that_was_too_old_leads_back_to_its_page(guest: Browser) -> None:
    guest.open("/log-in")
    told = {"Referer": f"{ORIGIN}/log-in?site=desk"}
    refused = guest.post("/log-in", {"csrf_token": "of another day"}, **told)
    assert refused.status_code == 403
    assert "/log-in?site=desk" in Page(refused.text).links()
    assert "SECURE_COOKIES" not in refused.text


def test_the_way_back_never_leads_elsewhere(guest: Browser) -> None:
    guest.open("/log-in")
    refused = guest.post("/log-in", {}, Referer=f"{ELSEWHERE}/log-in?site=desk")
    assert refused.status_code == 403
    assert not [link for link in Page(refused.text).links() if "site=desk" in link]


def test_a_banker_without_a_role_can_log_out(
    client: FlaskClient, guest: Browser, database: Database
) -> None:
    make.staff(client, nora="teller")
    database.collection(role_grants.NAME).delete_many({})
    guest.send("/log-in", username="nora", password=make.PASSWORD)
    refused = guest.open("/desk")
    assert refused.status_code == 403
    form = Page(refused.text).form(holding="site")
    assert guest.post(form.action, form.values).status_code == 303
    assert guest.open("/desk").location.startswith("/log-in")


@pytest.fixture
def demo(make_app: Callable[..., Flask]) -> Flask:
    """A demo that has printed a mail."""
    app = make_app(demo=True)
    post = app.extensions["bank"].post
    text = "Your code <b>to log in</b>: 493021\n\nOr http://127.0.0.1:5000/reset#secret\n"
    post.put(Letter("code", "dana@example.com", "Your code", text))
    post.send_next()
    return app


def test_people_read_the_demo_s_mails_on_a_page(demo: Flask) -> None:
    page = Browser(demo).page("/dev/outbox", headers={"Accept": "text/html"})
    assert "493021" in page.inside("p")
    assert "http://127.0.0.1:5000/reset#secret" in page.links()
    assert "<b>" not in page.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_programs_read_the_demo_s_mails_as_json(demo: Flask, accept: str) -> None:
    answer = demo.test_client().get("/dev/outbox", headers={"Accept": accept} if accept else {})
    assert answer.json["items"][0]["to"] == "dana@example.com"
    assert "Accept" in answer.headers["Vary"]
