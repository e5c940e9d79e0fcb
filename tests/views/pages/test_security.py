"""The pages of security: what they refuse, what they show once, and what comes back to be typed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.views.pages.security.devices import device_name
from tests import make
from tests.authenticator import AuthenticatorApp
from tests.conftest import Clock
from tests.make import PASSWORD, Person
from tests.pages import Browser, Page

NEW = "amber-lantern-19"
PIN = "483926"
MY = "/my/security"


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    """A customer with a confirmed address."""
    return make.confirmed(client, "dana")


@pytest.fixture
def web(app: Flask, dana: Person) -> Browser:
    """Dana's web, logged in."""
    return Browser(app).log_in("dana")


def mailed(web: Browser, bank: Bank, path: str) -> str:
    """The code that the button of a page has mailed."""
    assert "We have mailed six digits" in web.send(path, send_code="1").text
    return make.code_in(make.mails(bank)[0])


def shown_codes(text: str) -> list[str]:
    return re.findall(r"<code>([A-Z2-7-]{32})</code>", text)


def secret_of(page: Page) -> str:
    return page.form("confirm").values["secret"]


def scanned(web: Browser, path: str = f"{MY}/app", **proof: str) -> Page:
    """The page with the picture for the app."""
    answer = web.send(path, {"password": PASSWORD, **proof}, holding="password")
    assert answer.status_code == 200, answer.text
    return Page(answer.text, path)


def enrolled(web: Browser, clock: Clock, **proof: str) -> tuple[AuthenticatorApp, list[str]]:
    """An app that was set up in the web, and the recovery codes; its code is used up."""
    page = scanned(web, **proof)
    app = AuthenticatorApp(secret_of(page), clock)
    form = page.form("confirm")
    answer = web.post(form.action, {**form.values, "code": app.shows()})
    clock.forward(seconds=30)
    return app, shown_codes(answer.text)


def test_a_password_is_changed_with_a_code_and_ends_other_sessions(
    app: Flask, web: Browser, bank: Bank
) -> None:
    other = Browser(app).log_in("dana")
    code = mailed(web, bank, f"{MY}/password")
    answer = web.send(f"{MY}/password", current_password=PASSWORD, new_password=NEW, code=code)
    assert (answer.status_code, answer.location) == (303, MY)
    assert "Your password was changed." in web.open(MY).text
    assert "/log-in" in other.open(MY).location
    Browser(app).log_in("dana", NEW)


def test_a_wrong_code_keeps_the_page_and_no_password(web: Browser, bank: Bank) -> None:
    mailed(web, bank, f"{MY}/password")
    answer = web.send(f"{MY}/password", current_password=PASSWORD, new_password=NEW, code="000000")
    assert answer.status_code == 422
    assert "The password or the code is not right." in answer.text
    assert PASSWORD not in answer.text
    assert NEW not in answer.text


def test_a_password_without_its_code_is_told_beside_the_field(web: Browser) -> None:
    answer = web.send(f"{MY}/password", current_password=PASSWORD, new_password=NEW)
    assert answer.status_code == 403
    assert Page(answer.text).inside("div").count("A code is needed for this: type it here.") == 1


def test_a_weak_password_is_told_beside_the_field_and_the_code_stays(
    web: Browser, bank: Bank
) -> None:
    code = mailed(web, bank, f"{MY}/password")
    answer = web.send(f"{MY}/password", current_password=PASSWORD, new_password="short", code=code)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.form(holding="new_password").values["code"] == code
    tag = next(found for _, found in page.tags if found.get("name") == "new_password")
    assert tag["aria-invalid"] == "true"


def test_without_a_second_factor_it_is_the_password_that_was_wrong(
    app: Flask, client: FlaskClient
) -> None:
    make.customer(client, "eve")
    eve = Browser(app).log_in("eve")
    answer = eve.send(f"{MY}/password", current_password="wrong", new_password=NEW)
    assert "This is not your password." in answer.text


def test_a_second_code_within_a_minute_is_not_sent(web: Browser, bank: Bank) -> None:
    mailed(web, bank, f"{MY}/password")
    before = len(make.mails(bank))
    answer = web.send(f"{MY}/password", send_code="1")
    assert answer.status_code == 429
    assert re.search(r"Another one can be sent in \d+ seconds", answer.text)
    assert len(make.mails(bank)) == before


def test_the_secret_is_text_and_picture_and_obeys_the_policy(web: Browser, bank: Bank) -> None:
    page = scanned(web, code=mailed(web, bank, f"{MY}/app"))
    assert secret_of(page) == page.inside("code")[0].replace(" ", "")
    assert "svg" in {tag for tag, _ in page.tags}
    assert not [found for _, found in page.tags if "style" in found]


def test_recovery_codes_are_shown_once(web: Browser, bank: Bank, clock: Clock) -> None:
    _, codes = enrolled(web, clock, code=mailed(web, bank, f"{MY}/app"))
    assert len(set(codes)) == 10
    for path in (MY, f"{MY}/app", f"{MY}/recovery-codes"):
        assert shown_codes(web.open(path).text) == []


def test_confirming_twice_changes_nothing(web: Browser, bank: Bank, clock: Clock) -> None:
    page = scanned(web, code=mailed(web, bank, f"{MY}/app"))
    form = page.form("confirm")
    sent = {**form.values, "code": AuthenticatorApp(secret_of(page), clock).shows()}
    codes = shown_codes(web.post(form.action, sent).text)
    again = web.post(form.action, sent)
    assert (again.status_code, again.location) == (303, MY)
    clock.forward(seconds=30)
    answer = web.send(f"{MY}/app", password=PASSWORD, code=codes[0])
    assert Page(answer.text).form("confirm")


def test_a_wrong_code_of_the_app_keeps_its_picture(web: Browser, bank: Bank) -> None:
    page = scanned(web, code=mailed(web, bank, f"{MY}/app"))
    form = page.form("confirm")
    answer = web.post(form.action, {**form.values, "code": "000000"})
    assert answer.status_code == 422
    assert secret_of(Page(answer.text)) == secret_of(page)
    assert "The app shows another code." in answer.text


def test_of_two_apps_that_were_begun_only_the_last_can_be_confirmed(
    web: Browser, bank: Bank, clock: Clock
) -> None:
    page = scanned(web, code=mailed(web, bank, f"{MY}/app"))
    form = page.form("confirm")
    shown = AuthenticatorApp(secret_of(page), clock).shows()
    clock.forward(seconds=61)
    scanned(web, code=mailed(web, bank, f"{MY}/app"))
    answer = web.post(form.action, {**form.values, "code": shown})
    assert (answer.status_code, answer.location) == (303, f"{MY}/app")


def test_nobody_makes_the_bank_draw_a_secret_of_theirs(web: Browser, bank: Bank) -> None:
    page = scanned(web, code=mailed(web, bank, f"{MY}/app"))
    form = page.form("confirm")
    answer = web.post(form.action, {**form.values, "secret": "A" * 32, "code": "000000"})
    assert answer.status_code == 303


def test_an_app_is_removed_and_codes_come_by_mail_again(
    web: Browser, bank: Bank, clock: Clock
) -> None:
    app, _ = enrolled(web, clock, code=mailed(web, bank, f"{MY}/app"))
    answer = web.send(f"{MY}/app/remove", password=PASSWORD, code=app.shows())
    assert answer.status_code == 303
    assert "Codes by mail" in web.open(MY).text


def test_new_recovery_codes_end_the_old_ones(web: Browser, bank: Bank, clock: Clock) -> None:
    app, old = enrolled(web, clock, code=mailed(web, bank, f"{MY}/app"))
    answer = web.send(f"{MY}/recovery-codes", password=PASSWORD, code=app.shows())
    new = shown_codes(answer.text)
    assert len(set(new) - set(old)) == 10
    assert web.send(f"{MY}/app", password=PASSWORD, code=old[0]).status_code == 422
    assert web.send(f"{MY}/app", password=PASSWORD, code=new[0]).status_code == 200


def test_a_code_is_asked_for_at_log_in_once_it_is_switched_on(
    app: Flask, web: Browser, bank: Bank
) -> None:
    code = mailed(web, bank, f"{MY}/log-in")
    assert web.send(f"{MY}/log-in", password=PASSWORD, code=code).status_code == 303
    answer = Browser(app).send("/log-in", username="dana", password=PASSWORD)
    assert answer.location.startswith("/log-in/code")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"pin": "123456", "again": "123456"}, "pin", "It is a pattern"),
        ({"pin": "12", "again": "12"}, "pin", "A PIN has six digits."),
        ({"pin": PIN, "again": "740583"}, "again", "Type the same PIN twice."),
    ],
)
def test_a_bad_pin_is_told_beside_its_field(
    web: Browser, dana: Person, typed: dict[str, str], field: str, said: str
) -> None:
    answer = web.send(f"{MY}/pin/{dana.account}", {**typed, "code": "000000"})
    assert answer.status_code == 422
    page = Page(answer.text)
    tag = next(found for _, found in page.tags if found.get("name") == field)
    assert tag["aria-invalid"] == "true"
    assert any(text.startswith(said) for text in page.inside("div"))


def test_a_pin_is_set_with_a_code_for_this_account(web: Browser, dana: Person, bank: Bank) -> None:
    path = f"{MY}/pin/{dana.account}"
    code = mailed(web, bank, path)
    assert dana.account in make.mails(bank)[0].text
    assert web.send(path, pin=PIN, again=PIN, code=code).status_code == 303
    assert dana.get(f"/accounts/{dana.account}/pin").json == {"state": "set"}


def test_the_pin_of_somebody_else_is_nowhere(web: Browser, client: FlaskClient) -> None:
    other = make.customer(client, "eve")
    assert web.open(f"{MY}/pin/{other.account}").status_code == 404


def test_who_has_no_second_factor_is_told_before_choosing_a_pin(
    app: Flask, client: FlaskClient
) -> None:
    eve = make.customer(client, "eve")
    page = Browser(app).log_in("eve").page(f"{MY}/pin/{eve.account}")
    assert not [form for form in page.forms if "pin" in form.names]
    assert f"{MY}/app" in page.links()


def test_one_other_session_is_ended(app: Flask, web: Browser) -> None:
    other = Browser(app).log_in("dana")
    rows = web.page(f"{MY}/sessions")
    ending = [form for form in rows.forms if "id" in form.names]
    # make.confirmed has logged in, too.
    assert len(ending) == 2
    for form in ending:
        assert web.post(form.action, form.values).location == f"{MY}/sessions"
    assert "/log-in" in other.open(MY).location
    assert web.open(MY).status_code == 200


def test_all_other_sessions_are_ended(app: Flask, web: Browser) -> None:
    other = Browser(app).log_in("dana")
    form = web.page(f"{MY}/sessions").forms[-2]
    assert form.action == f"{MY}/sessions/end-others"
    web.post(form.action, form.values)
    assert "/log-in" in other.open(MY).location
    assert "Log out everywhere else" not in web.open(f"{MY}/sessions").text


def test_the_session_of_somebody_else_is_not_ended(
    app: Flask, web: Browser, client: FlaskClient
) -> None:
    eve = make.customer(client, "eve")
    session = eve.get("/auth/sessions").json["items"][0]["id"]
    Browser(app).log_in("dana")
    form = next(f for f in web.page(f"{MY}/sessions").forms if "id" in f.names)
    web.post(form.action, {**form.values, "id": session})
    assert eve.get("/auth/sessions").status_code == 200


def test_a_banker_has_the_same_pages_without_pins(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    banker = make.banker(client)
    web = Browser(app).log_in(banker.username)
    assert "PINs of your accounts" not in web.open("/desk/security").text
    page = scanned(web, "/desk/security/app")
    shown = AuthenticatorApp(secret_of(page), clock).shows()
    form = page.form("confirm")
    assert len(shown_codes(web.post(form.action, {**form.values, "code": shown}).text)) == 10
    assert web.open("/desk/security/log-in").status_code == 404


def test_a_banker_who_needs_an_app_is_not_offered_to_remove_it(
    make_app: Callable[..., Flask], app: Flask, client: FlaskClient, clock: Clock
) -> None:
    banker = make.banker(client)
    web = Browser(app).log_in(banker.username)
    page = scanned(web, "/desk/security/app")
    authenticator = AuthenticatorApp(secret_of(page), clock)
    form = page.form("confirm")
    web.post(form.action, {**form.values, "code": authenticator.shows()})
    clock.forward(seconds=30)
    assert "/desk/security/app/remove" in web.page("/desk/security").links()
    web.client.application = make_app(bankers_second_factor=True)
    assert "/desk/security/app/remove" not in web.page("/desk/security").links()
    sent = {"password": PASSWORD, "code": authenticator.shows()}
    assert web.send("/desk/security/app/remove", sent).status_code == 403


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/128.0",
         "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Linux"),
        ("python-requests/2.32", "python-requests/2.32"),
        ("", "Unknown device"),
    ],
)  # fmt: skip
def test_a_device_has_the_name_that_people_give_it(app: Flask, said: str, name: str) -> None:
    with app.test_request_context():
        assert device_name(said) == name
