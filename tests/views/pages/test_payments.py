"""Deposits, withdrawals and transfers as pages: what is refused, and what is done once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from tests import make
from tests.conftest import Clock
from tests.controllers.editing import change
from tests.make import Person
from tests.pages import Browser, Page

RECEIPT = re.compile(r"^/my/transactions/[0-9a-f-]{36}\?new=1$")


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    """A customer with a confirmed address, of whom codes are asked."""
    return make.confirmed(client, "dana", name="Dana Scott").has("500.00")


@pytest.fixture
def eve(client: FlaskClient) -> Person:
    return make.customer(client, "eve", name="Eve Évian")


@pytest.fixture
def hers(app: Flask, dana: Person) -> Browser:
    """Dana's browser, logged in."""
    return Browser(app).log_in("dana")


def said(answer: TestResponse) -> str:
    return " ".join(" ".join(Page(answer.text).inside("main")).split())


def begin(hers: Browser, to: str, amount: str, **more: str) -> str:
    """The first step of a transfer; the address of the second."""
    answer = hers.send("/my/transfer", holding="to", to=to, amount=amount, **more)
    assert answer.status_code == 303, said(answer)
    assert "/my/transfer/confirm?" in answer.location
    return str(answer.location)


def confirm(hers: Browser, address: str, **fields: str) -> TestResponse:
    return hers.send(address, holding="key", **fields)


def mailed(bank: Bank) -> str:
    return make.code_in(make.mails(bank)[0])


def history(person: Person) -> list[str]:
    return [each["amount"]["amount"] for each in person.get("/transactions").json["items"]]


def test_a_deposit_leads_to_its_receipt(hers: Browser, dana: Person) -> None:
    answer = hers.send("/my/deposit", holding="amount", amount="1,250.50", memo="Savings")
    assert answer.status_code == 303
    assert RECEIPT.match(answer.location)
    assert dana.balance() == "1750.50"


def test_an_amount_is_read_as_the_visitor_writes_it(hers: Browser, dana: Person) -> None:
    german = {"Accept-Language": "de-DE"}
    found = hers.page("/my/deposit", headers=german).form(holding="amount")
    hers.post(found.action, {**found.values, "amount": "1.250,50"}, **german)
    assert dana.balance() == "1750.50"


@pytest.mark.parametrize("amount", ["", "0", "-5", "ten", "12.345", "99999999999999999999"])
def test_a_deposit_of_no_amount_comes_back_with_what_was_typed(
    hers: Browser, dana: Person, amount: str
) -> None:
    answer = hers.send("/my/deposit", holding="amount", amount=amount, memo="Savings & more")
    assert answer.status_code == 422
    form = Page(answer.text).form(holding="amount")
    assert (form.values["amount"], form.values["memo"]) == (amount, "Savings & more")
    assert 'aria-invalid="true"' in answer.text
    assert dana.balance() == "500.00"


@pytest.mark.parametrize("path", ["/my/deposit", "/my/withdraw"])
def test_the_same_form_sent_twice_moves_money_once(hers: Browser, dana: Person, path: str) -> None:
    found = hers.page(path).form(holding="amount")
    fields = {**found.values, "amount": "50.00"}
    first, second = hers.post(path, fields), hers.post(path, fields)
    assert first.location == second.location
    assert RECEIPT.match(first.location)
    assert len(history(dana)) == 2


def test_all_money_is_taken_out_once_however_often_the_button_is_pressed(
    app: Flask, client: FlaskClient
) -> None:
    fred = make.customer(client, "fred").has("80.00")
    his = Browser(app).log_in("fred")
    found = his.page("/my/withdraw").form(holding="amount")
    fields = {**found.values, "amount": "80.00"}
    told = [his.post("/my/withdraw", fields).location for _ in range(3)]
    assert len(set(told)) == 1
    assert fred.balance() == "0.00"


def test_money_that_is_not_there_is_not_taken_out(hers: Browser, dana: Person) -> None:
    answer = hers.send("/my/withdraw", holding="amount", amount="600")
    assert answer.status_code == 422
    assert "There is not enough money: $500.00 are available." in said(answer)
    assert dana.balance() == "500.00"


def test_a_withdrawal_above_a_little_is_confirmed_with_a_code(
    hers: Browser, dana: Person, bank: Bank
) -> None:
    asked = hers.send("/my/withdraw", holding="amount", amount="60", memo="Cash")
    assert "/my/withdraw/confirm?" in asked.location
    assert dana.balance() == "500.00"
    answer = hers.send(asked.location, holding="code", code=mailed(bank))
    assert RECEIPT.match(answer.location)
    assert dana.balance() == "440.00"


def test_a_transfer_shows_the_masked_name_and_what_is_left_before_it_is_sent(
    hers: Browser, dana: Person, eve: Person
) -> None:
    page = said(hers.open(begin(hers, eve.account, "60.00", memo="Rent")))
    assert "E•• É••••" in page
    assert "$440.00" in page
    assert "Evian" not in page
    assert dana.balance() == "500.00"


def test_a_transfer_to_somebody_new_is_sent_with_the_mailed_code(
    hers: Browser, dana: Person, eve: Person, bank: Bank
) -> None:
    address = begin(hers, f"{eve.account[:4]} {eve.account[4:8]}\u00a0{eve.account[8:]}", "10")
    answer = confirm(hers, address, code=mailed(bank))
    assert RECEIPT.match(answer.location)
    assert (dana.balance(), eve.balance()) == ("490.00", "10.00")


def test_a_little_to_somebody_known_needs_no_code(hers: Browser, eve: Person, bank: Bank) -> None:
    confirm(hers, begin(hers, eve.account, "10"), code=mailed(bank))
    address = begin(hers, eve.account, "20")
    assert "code" not in hers.page(address).form(holding="key").names
    assert RECEIPT.match(confirm(hers, address).location)
    assert eve.balance() == "30.00"


def test_who_was_paid_before_can_be_chosen(hers: Browser, eve: Person, bank: Bank) -> None:
    confirm(hers, begin(hers, eve.account, "10"), code=mailed(bank))
    link = f"/my/transfer?to={eve.account}"
    assert link in hers.page("/my/transfer").links()
    assert hers.page(link).form(holding="to").values["to"] == eve.account


def test_the_code_is_mailed_once_however_often_the_page_is_looked_at(
    hers: Browser, eve: Person, bank: Bank
) -> None:
    before = len(make.mails(bank))
    address = begin(hers, eve.account, "10")
    hers.open(address)
    hers.open(address)
    begin(hers, eve.account, "10")
    assert len(make.mails(bank)) == before + 1


def test_another_code_can_be_asked_for_after_a_minute(
    hers: Browser, eve: Person, bank: Bank, clock: Clock
) -> None:
    address = begin(hers, eve.account, "10")
    early = confirm(hers, address, send_code="1")
    assert "Another one can be sent in" in said(early)
    old = mailed(bank)
    clock.forward(seconds=61)
    assert "We have mailed six digits" in said(confirm(hers, address, send_code="1"))
    assert eve.balance() == "0.00"
    if mailed(bank) != old:
        assert confirm(hers, address, code=old).status_code == 422
    assert confirm(hers, address, code=mailed(bank)).status_code == 303


@pytest.mark.parametrize("code", ["", "000000", "not a code"])
def test_without_the_right_code_nothing_is_sent(
    hers: Browser, dana: Person, eve: Person, bank: Bank, code: str
) -> None:
    address = begin(hers, eve.account, "10")
    if code == mailed(bank):
        code = "000001"
    answer = confirm(hers, address, code=code)
    assert answer.status_code in (403, 422)
    form = Page(answer.text).form(holding="code")
    assert form.values["code"] == ""
    assert dana.balance() == "500.00"
    assert confirm(hers, address, code=mailed(bank)).status_code == 303


def test_a_changed_amount_under_an_old_code_is_refused(
    hers: Browser, dana: Person, eve: Person, bank: Bank
) -> None:
    begin(hers, eve.account, "10")
    code = mailed(bank)
    more = begin(hers, eve.account, "100")
    assert confirm(hers, more, code=code).status_code == 422
    assert (dana.balance(), eve.balance()) == ("500.00", "0.00")


def test_fields_that_the_confirmation_does_not_have_change_nothing(
    hers: Browser, client: FlaskClient, eve: Person, bank: Bank
) -> None:
    frank = make.customer(client, "frank")
    address = begin(hers, eve.account, "10")
    forged = {"to": frank.account, "amount": "400", "account": frank.account}
    confirm(hers, address, code=mailed(bank), **forged)
    assert (eve.balance(), frank.balance()) == ("10.00", "0.00")


def test_change_leads_back_to_what_was_typed(hers: Browser, eve: Person) -> None:
    address = begin(hers, eve.account, "100.5", memo="For <b>you</b>")
    back = next(link for link in hers.page(address).links() if "/my/transfer?payment=" in link)
    values = hers.page(back).form(holding="to").values
    assert (values["to"], values["amount"], values["memo"]) == (
        eve.account,
        "100.50",
        "For <b>you</b>",
    )


def test_a_payment_that_was_made_leads_to_its_receipt_and_is_not_made_again(
    hers: Browser, eve: Person, bank: Bank
) -> None:
    address = begin(hers, eve.account, "10")
    form = hers.page(address).form(holding="code")
    first = hers.post(address, {**form.values, "code": mailed(bank)})
    back, once_more = hers.open(address), hers.post(address, form.values)
    assert RECEIPT.match(first.location)
    assert first.location.startswith(back.location)
    assert once_more.location == first.location
    assert eve.balance() == "10.00"


def test_two_clicks_at_once_send_the_money_once_and_both_show_the_receipt(
    app: Flask, hers: Browser, eve: Person, bank: Bank
) -> None:
    address = begin(hers, eve.account, "60")
    form = hers.page(address).form(holding="code")
    fields = {**form.values, "code": mailed(bank)}
    cookies = [f"{each.key}={each.value}" for each in hers.client._cookies.values()]
    headers = {"Origin": "http://localhost", "Cookie": "; ".join(cookies)}

    def click(_: int) -> tuple[int, str]:
        plain = app.test_client(use_cookies=False)
        answer = plain.post(address, data=fields, headers=headers)
        return answer.status_code, answer.location or ""

    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(click, range(4)))
    assert len(told) == 1
    assert RECEIPT.match(told.pop()[1])
    assert eve.balance() == "60.00"


def test_a_draft_of_somebody_else_is_none(app: Flask, hers: Browser, eve: Person) -> None:
    address = begin(hers, eve.account, "10")
    others = Browser(app).log_in("eve").open(address)
    assert (others.status_code, others.location) == (303, "/my/transfer")


@pytest.mark.parametrize("payment", ["", "x", "eyJraW5kIjoidHJhbnNmZXIifQ.x"])
def test_a_draft_that_nobody_signed_is_none(hers: Browser, payment: str) -> None:
    for path in ("/my/transfer/confirm", "/my/withdraw/confirm"):
        answer = hers.open(f"{path}?payment={payment}")
        assert (answer.status_code, answer.location) == (303, path.removesuffix("/confirm"))


def test_a_draft_of_a_withdrawal_is_none_of_a_transfer(hers: Browser, dana: Person) -> None:
    asked = hers.send("/my/withdraw", holding="amount", amount="60").location
    answer = hers.open(asked.replace("/my/withdraw/", "/my/transfer/"))
    assert answer.location == "/my/transfer"


def test_an_account_that_nobody_has_is_told_beside_its_field(hers: Browser) -> None:
    answer = hers.send("/my/transfer", holding="to", to="100000000093", amount="5")
    assert answer.status_code == 404
    assert "There is no such account; check its number." in said(answer)
    assert Page(answer.text).form(holding="to").values["to"] == "100000000093"


def test_a_number_that_was_mistyped_is_told_beside_its_field(hers: Browser, eve: Person) -> None:
    wrong = eve.account[:-1] + str((int(eve.account[-1]) + 1) % 10)
    answer = hers.send("/my/transfer", holding="to", to=wrong, amount="5")
    assert answer.status_code == 422
    assert "Not an account number" in said(answer)


def test_money_cannot_be_sent_to_the_account_it_comes_from(hers: Browser, dana: Person) -> None:
    answer = hers.send("/my/transfer", holding="to", to=dana.account, amount="5")
    assert answer.status_code == 422
    assert "This is the account that the money comes from" in said(answer)


def test_another_own_account_shows_its_name_and_needs_no_code(hers: Browser, dana: Person) -> None:
    savings = dana.post("/accounts", {"name": "Holidays"}).json["account"]
    address = begin(hers, savings, "400")
    page = said(hers.open(address))
    assert "Holidays" in page
    assert "your own account" in page
    assert RECEIPT.match(confirm(hers, address).location)
    assert dana.balance() == "100.00"


def test_an_account_in_another_currency_is_refused_with_what_would_do(
    hers: Browser, dana: Person
) -> None:
    euros = dana.post("/accounts", {"name": "Euros", "currency": "EUR"}).json["account"]
    answer = hers.send("/my/transfer", holding="to", to=euros, amount="5")
    assert answer.status_code == 422
    assert "This account keeps EUR." in said(answer)


def test_what_left_the_account_meanwhile_is_missing_at_the_last_moment(
    hers: Browser, dana: Person, eve: Person, bank: Bank
) -> None:
    address = begin(hers, eve.account, "480")
    form = hers.page(address).form(holding="code")
    dana.post("/withdraw", {"amount": "50.00"})
    answer = hers.post(address, {**form.values, "code": mailed(bank)})
    assert answer.status_code == 422
    assert "There is not enough money: $450.00 are available." in said(answer)
    assert eve.balance() == "0.00"


def test_what_was_missing_can_be_deposited_and_the_same_payment_sent(
    hers: Browser, dana: Person, eve: Person, bank: Bank
) -> None:
    address = begin(hers, eve.account, "480")
    form = hers.page(address).form(holding="code")
    dana.post("/withdraw", {"amount": "50.00"})
    hers.post(address, {**form.values, "code": mailed(bank)})
    dana.has("50.00")
    assert RECEIPT.match(confirm(hers, address, code=mailed(bank)).location)
    assert eve.balance() == "480.00"


def test_a_frozen_account_sends_nothing(
    hers: Browser, client: FlaskClient, dana: Person, eve: Person
) -> None:
    address = begin(hers, eve.account, "10")
    teller = make.banker(client)
    frozen = change(teller, f"/banker/accounts/{dana.account}", "freeze")
    assert frozen.status_code == 200
    answer = hers.open(address)
    assert "This account is frozen. Please ask the bank." in said(answer)
    assert [form for form in Page(answer.text).forms if "key" in form.names] == []
