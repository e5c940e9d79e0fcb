"""The hosted payment page, as a browser without scripts has it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers import pins
from app.controllers.bank import Bank
from app.controllers.orders import CancelIntent, Pay
from app.controllers.payments import confirming, intents
from app.errors import PaymentRefused
from app.models.accounts import get_account
from app.models.intent import Intent
from app.models.merchants import NAME as MERCHANTS
from tests import make
from tests.conftest import Clock
from tests.make import Person
from tests.pages import Browser, Page
from tests.tills import HERE, PIN, WRONG, Shop, known, now, pay_with_code, payer, shop


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return payer(client)


@pytest.fixture
def volt(bank: Bank) -> Shop:
    return shop(bank)


@pytest.fixture
def guest(client: FlaskClient) -> Browser:
    return Browser(client.application)


def pay(guest: Browser, intent: Intent, number: str, pin: str = PIN, **more: str) -> TestResponse:
    """Type number and PIN, and press the button."""
    return guest.send(f"/pay/{intent.id}", {"account": number, "pin": pin, **more}, holding="pin")


def back(page: Page) -> list[str]:
    """Where the page leads back to."""
    return [link for link in page.links() if link.startswith("https://shop.test")]


def test_the_page_says_who_is_paid_what_and_for_what(guest: Browser, volt: Shop) -> None:
    intent = volt.asks("20.00", order="A-77")
    page = guest.page(f"/pay/{intent.id}")
    for text in ("Volt &amp; Wire", "$20.00", "A-77", "Two cables"):
        assert text in page.text
    fields = {found["name"]: found for tag, found in page.tags if tag == "input" and "id" in found}
    assert (fields["account"]["inputmode"], fields["account"]["autocomplete"]) == ("numeric", "off")
    assert (fields["pin"]["type"], fields["pin"]["inputmode"]) == ("password", "numeric")


def test_a_payment_with_its_code_ends_with_a_receipt_and_the_way_back(
    bank: Bank, guest: Browser, dana: Person, volt: Shop
) -> None:
    intent = volt.asks("20.00")
    asked = pay(guest, intent, dana.account)
    assert (asked.status_code, asked.location) == (303, f"/pay/{intent.id}/code")
    assert "d***@e***.com" in guest.page(asked.location).text
    code = make.code_in(make.mails(bank)[0])
    done = guest.send(asked.location, {"code": code}, holding="code")
    assert (done.status_code, done.location) == (303, f"/pay/{intent.id}")
    receipt = guest.page(done.location)
    assert "You have paid Volt &amp; Wire" in receipt.text
    (link,) = back(receipt)
    assert urlsplit(link).path == "/back"
    assert parse_qs(urlsplit(link).query) == {"cart": ["1"], "payment_intent": [intent.id]}
    assert volt.earned() == 2000


def test_where_the_pin_is_enough_the_receipt_comes_at_once(
    bank: Bank, guest: Browser, dana: Person, volt: Shop
) -> None:
    known(bank, dana, volt)
    intent = volt.asks("20.00")
    assert pay(guest, intent, f"{dana.account[:4]} {dana.account[4:]}").status_code == 303
    assert "You have paid" in guest.page(f"/pay/{intent.id}").text


def test_a_refusal_says_no_more_than_that_and_forgets_the_pin(
    guest: Browser, dana: Person, volt: Shop
) -> None:
    intent, said = volt.asks(), []
    for number in (dana.account, "100000000093"):
        answer = pay(guest, intent, number, WRONG)
        assert answer.status_code == 422
        assert WRONG not in answer.text
        assert number in answer.text
        said.append(Page(answer.text).inside("main"))
    one, two = ([text for text in texts if "tries left" in text] for texts in said)
    assert one == ["The payment was refused. Check the account number and the PIN; tries left: 4."]
    assert two == ["The payment was refused. Check the account number and the PIN; tries left: 3."]


def test_what_is_no_number_and_no_pin_counts_as_no_try(
    bank: Bank, guest: Browser, volt: Shop
) -> None:
    intent = volt.asks()
    answer = pay(guest, intent, "100000000029", "12")
    assert answer.status_code == 422
    assert "Not an account number" in answer.text
    assert "A PIN has six digits" in answer.text
    assert now(bank, intent).tries == 0


def test_the_payer_is_told_how_much_is_there(guest: Browser, dana: Person, volt: Shop) -> None:
    answer = pay(guest, volt.asks("500.01"), dana.account)
    assert answer.status_code == 422
    assert "$500.00 are available" in answer.text


def test_the_fifth_refusal_ends_it(guest: Browser, bank: Bank, volt: Shop) -> None:
    intent = volt.asks()
    for _ in range(5):
        answer = pay(guest, intent, make.account(bank).number, WRONG)
    assert "This payment has failed" in answer.text
    assert back(Page(answer.text))


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("canceled", "The shop has canceled this payment"),
        ("expired", "The time for this payment is over"),
        ("unavailable", "This shop cannot be paid now"),
    ],
)
def test_what_cannot_be_paid_any_more_says_why_and_leads_back(
    bank: Bank, guest: Browser, volt: Shop, clock: Clock, status: str, says: str
) -> None:
    intent = volt.asks()
    if status == "canceled":
        _cancel(bank, volt, intent)
    elif status == "expired":
        clock.forward(minutes=16)
    else:
        change = {"$set": {"status": "paused"}}
        bank.database.collection(MERCHANTS).update_one({"_id": volt.merchant.id}, change)
    page = guest.page(f"/pay/{intent.id}")
    assert page.inside("h1") == [says]
    assert not [form for form in page.forms if "pin" in form.names]
    assert back(page)


def _cancel(bank: Bank, volt: Shop, intent: Intent) -> None:
    intents.cancel(bank, make.seller(volt.merchant), intent.id, CancelIntent(None))


def test_it_is_paid_in_the_browser_that_began_and_no_other_is_shown_the_receipt(
    bank: Bank, guest: Browser, client: FlaskClient, dana: Person, volt: Shop
) -> None:
    intent, other = volt.asks("20.00"), Browser(client.application)
    page = other.page(f"/pay/{intent.id}")
    pay(guest, intent, dana.account)
    assert "begun in another browser" in other.page(f"/pay/{intent.id}").text
    form = page.form(holding="pin")
    late = other.post(form.action, {**form.values, "account": dana.account, "pin": PIN})
    assert "begun in another browser" in late.text
    code = make.code_in(make.mails(bank)[0])
    guest.send(f"/pay/{intent.id}/code", {"code": code}, holding="code")
    seen = other.page(f"/pay/{intent.id}")
    assert "This payment was made" in seen.text
    assert dana.account[-4:] not in seen.text


def test_the_code_page_is_for_the_browser_that_typed_the_pin(
    guest: Browser, client: FlaskClient, dana: Person, volt: Shop
) -> None:
    intent, other = volt.asks(), Browser(client.application)
    pay(guest, intent, dana.account)
    assert other.open(f"/pay/{intent.id}/code").location == f"/pay/{intent.id}"
    elsewhere = volt.asks()
    assert guest.open(f"/pay/{elsewhere.id}/code").location == f"/pay/{elsewhere.id}"


def test_another_code_can_be_had_after_a_while(
    bank: Bank, guest: Browser, dana: Person, volt: Shop, clock: Clock
) -> None:
    intent = volt.asks()
    pay(guest, intent, dana.account)
    path = f"/pay/{intent.id}/code"
    early = guest.send(path, {"send_code": "1"}, holding="code")
    assert early.status_code == 429
    clock.forward(minutes=1, seconds=1)
    assert guest.send(path, {"send_code": "1"}, holding="code").status_code == 200
    code = make.code_in(make.mails(bank)[0])
    guest.send(path, {"code": code}, holding="code")
    assert now(bank, intent).status == "succeeded"


def test_a_second_click_shows_the_same_receipt(
    bank: Bank, guest: Browser, dana: Person, volt: Shop
) -> None:
    known(bank, dana, volt)
    intent = volt.asks("20.00")
    form = guest.page(f"/pay/{intent.id}").form(holding="pin")
    typed = {**form.values, "account": dana.account, "pin": PIN}
    answers = [guest.post(form.action, typed) for _ in range(2)]
    assert {(each.status_code, each.location) for each in answers} == {(303, f"/pay/{intent.id}")}
    assert get_account(bank.database, volt.merchant.account).balance_minor == 2100


def test_nothing_is_ever_redirected_to_the_shop(
    bank: Bank, guest: Browser, dana: Person, volt: Shop
) -> None:
    known(bank, dana, volt)
    intent = volt.asks()
    answer = pay(guest, intent, dana.account)
    assert urlsplit(answer.location).netloc == ""
    policy = guest.open(f"/pay/{intent.id}").headers["Content-Security-Policy"]
    assert "form-action 'self';" in policy


def test_the_cookie_of_a_payment_is_for_this_host_and_says_nothing(
    guest: Browser, volt: Shop
) -> None:
    intent = volt.asks()
    headers = guest.open(f"/pay/{intent.id}").headers.getlist("Set-Cookie")
    (cookie,) = [each for each in headers if each.startswith("__Host-pay=")]
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    again = guest.open(f"/pay/{intent.id}").headers.getlist("Set-Cookie")
    assert not [each for each in again if each.startswith("__Host-pay=")]


def test_an_address_that_is_no_payment_is_not_found(guest: Browser) -> None:
    assert guest.open("/pay/pi_nothing").status_code == 404
    assert guest.open("/pay/pi_nothing/code").status_code == 404


def test_an_account_in_another_currency_is_named_to_its_owner(
    bank: Bank, guest: Browser, dana: Person, volt: Shop
) -> None:
    euros = dana.post("/accounts", {"currency": "EUR"}).json["account"]
    pins.set_pin(bank, euros, PIN)
    answer = pay(guest, volt.asks(), euros)
    assert "This account keeps EUR; pay from one that keeps USD." in answer.text


def test_who_is_logged_in_may_pick_the_number_and_still_types_the_pin(
    guest: Browser, dana: Person, volt: Shop
) -> None:
    intent = volt.asks()
    assert "own-accounts" not in guest.page(f"/pay/{intent.id}").text
    page = guest.log_in("dana").page(f"/pay/{intent.id}")
    picked = [found["value"] for tag, found in page.tags if tag == "option" and "label" in found]
    assert picked == [dana.account]
    assert page.form(holding="pin").values["account"] == ""


def test_the_history_names_the_shop_and_the_order(
    bank: Bank, guest: Browser, dana: Person, volt: Shop
) -> None:
    pay_with_code(bank, dana, volt.asks("20.00", order="A-77"))
    guest.log_in("dana")
    for path in ("/my", "/my/transactions", f"/my/statements/{dana.account}/{bank.now():%Y-%m}"):
        text = guest.page(path).text
        assert "To Volt &amp; Wire" in text, path
        assert "Payment · Order A-77" in text, path
    id = dana.get("/transactions").json["items"][0]["id"]
    receipt = guest.page(f"/my/transactions/{id}")
    assert "Volt &amp; Wire" in receipt.text
    assert "A-77" in receipt.inside("dd")
    file = guest.open("/my/transactions.csv", buffered=True).text
    assert ",Volt & Wire," in file


def test_while_pins_are_tried_the_page_asks_for_the_code_and_the_pin_again(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(ratelimit_enabled=True)
    client, bank = app.test_client(), app.extensions["bank"]
    dana, volt, guest = payer(client), shop(bank), Browser(app)
    known(bank, dana, volt)
    for _ in range(11):
        with pytest.raises(PaymentRefused):
            confirming.confirm(bank, volt.asks().id, Pay(make.account(bank).number, WRONG), HERE)
    intent = volt.asks("1.00")
    asked = pay(guest, intent, dana.account)
    assert asked.status_code == 403
    page = Page(asked.text, f"/pay/{intent.id}")
    form = page.form(holding="code")
    assert "a PIN alone is too little for now" in asked.text
    assert form.values["pin"] == ""
    code = make.code_in(next(each for each in make.mails(bank) if each.kind == "code"))
    done = guest.post(form.action, {**form.values, "pin": PIN, "code": code})
    assert done.status_code == 303
    assert now(bank, intent).status == "succeeded"


def test_from_one_address_thirty_tries_are_sent_in_five_minutes(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    app = make_app(ratelimit_enabled=True)
    clock.at(2030, 1, 2)
    guest, intent = Browser(app), shop(app.extensions["bank"]).asks()
    form = guest.page(f"/pay/{intent.id}").form(holding="pin")
    told = [guest.post(form.action, form.values).status_code for _ in range(31)]
    assert told == [422] * 30 + [429]


def test_what_was_reserved_and_never_taken_is_free_again_and_says_so(
    bank: Bank, guest: Browser, dana: Person, volt: Shop, clock: Clock
) -> None:
    intent = volt.asks("20.00", capture="manual")
    pay(guest, intent, dana.account)
    code = make.code_in(make.mails(bank)[0])
    guest.send(f"/pay/{intent.id}/code", {"code": code}, holding="code")
    assert "Volt &amp; Wire may take" in guest.page(f"/pay/{intent.id}").text
    clock.forward(days=7, minutes=1)
    assert "The time for this payment is over" in guest.page(f"/pay/{intent.id}").text
