"""A customer's history as pages: lists, files, receipts."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models.accounts import get_account
from app.views.rates import EXPORTS, quota_of
from tests import make
from tests.conftest import Clock
from tests.controllers.four_eyes import decide, open_desk, reverse
from tests.make import Person
from tests.pages import Browser, Page


@pytest.fixture
def dana(client: FlaskClient) -> Person:
    return make.customer(client, "dana", name="Dana Scott")


@pytest.fixture
def site(app: Flask, dana: Person) -> Browser:
    """Dana's."""
    return Browser(app).log_in("dana")


def done(person: Person, path: str, **body: str) -> str:
    answer = person.post(path, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def rows(page: Page) -> list[str]:
    """What the list says of each transaction, without the time of day."""
    found = re.findall(r"<li>\s*<a href=\"/my/transactions/.*?</li>", page.text, re.DOTALL)
    texts = (" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in found)
    return [re.sub(r" ?·? \d\d:\d\d", "", text) for text in texts]


def older(page: Page) -> str:
    return next(link for link in page.links() if "cursor=" in link and "rel" not in link)


def test_the_list_is_newest_first_with_the_balance_after_each(
    client: FlaskClient, dana: Person, site: Browser
) -> None:
    eve = make.customer(client, "eve", name="Eve Miller")
    done(dana, "/deposit", amount="100", memo="Wages")
    done(dana, "/transfer", to=eve.account, amount="40", memo="rent")
    page = site.page("/my/transactions")
    assert rows(page) == [
        "To E•• M••••• rent \u2212$40.00 Balance after it: $60.00",
        "Wages Deposit +$100.00 Balance after it: $100.00",
    ]
    assert {"Dana Scott · Current account", "$60.00"} <= set(page.inside("main"))


def test_filters_stand_in_the_address_and_in_their_fields(dana: Person, site: Browser) -> None:
    done(dana, "/deposit", amount="100", memo="Wages")
    done(dana, "/withdraw", amount="30", memo="Books")
    done(dana, "/withdraw", amount="5", memo="Tea")
    page = site.page("/my/transactions?kind=withdrawal&min=10&q=boo")
    assert [row.split()[0] for row in rows(page)] == ["Books"]
    shown = next(form for form in page.forms if "min" in form.names).values
    assert (shown["kind"], shown["min"], shown["q"]) == ("withdrawal", "10", "boo")


def test_the_last_day_of_a_span_is_part_of_it(
    client: FlaskClient, app: Flask, dana: Person, clock: Clock
) -> None:
    for day in (1, 2, 3):
        clock.at(2031, 5, day)
        done(make.log_in(client, "dana"), "/deposit", amount="1", memo=f"day {day}")
    page = Browser(app).log_in("dana").page("/my/transactions?from=2031-05-01&to=2031-05-02")
    assert [row[:5] for row in rows(page)] == ["day 2", "day 1"]


def test_pages_follow_one_another_with_all_filters(bank: Bank, dana: Person, site: Browser) -> None:
    account = get_account(bank.database, dana.account)
    for minor in range(1, 46):
        bank.ledger.post(make.interest(account, minor))
    path, seen = "/my/transactions?kind=interest&min=0.03", []
    while path:
        page = site.page(path)
        seen += rows(page)
        path = next((link for link in page.links() if "cursor=" in link), "")
    assert len(seen) == len(set(seen)) == 43


def test_a_cursor_of_another_account_is_refused(
    client: FlaskClient, bank: Bank, dana: Person, site: Browser
) -> None:
    account = get_account(bank.database, dana.account)
    for _ in range(21):
        bank.ledger.post(make.interest(account, 1))
    link = older(site.page("/my/transactions"))
    other = dana.post("/accounts", {"name": "Holidays"}).json["account"]
    assert site.open(link.replace(dana.account, other)).status_code == 422


def test_a_wrong_filter_is_told_beside_its_field_and_the_others_count(
    dana: Person, site: Browser
) -> None:
    done(dana, "/deposit", amount="1", memo="Tea")
    done(dana, "/deposit", amount="1", memo="Books")
    answer = site.open("/my/transactions?min=abc&q=tea")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert [row[:3] for row in rows(page)] == ["Tea"]
    assert any("An amount is digits" in text for text in page.inside("main"))


def test_an_amount_that_the_currency_does_not_have_is_told_beside_its_field(
    dana: Person, site: Browser
) -> None:
    done(dana, "/deposit", amount="1")
    answer = site.open("/my/transactions?min=0.001")
    assert answer.status_code == 422
    assert "USD has 2 decimals" in answer.text


def test_an_empty_history_says_how_it_begins(site: Browser) -> None:
    page = site.page("/my/transactions")
    assert "Nothing has happened here yet" in page.inside("h2")
    assert "/my/deposit" in page.links()


def test_a_search_that_finds_nothing_says_what_to_do(dana: Person, site: Browser) -> None:
    done(dana, "/deposit", amount="1")
    page = site.page("/my/transactions?q=nowhere")
    assert "No transaction is like that" in page.inside("h2")
    assert f"/my/transactions?account={dana.account}" in page.links()


def test_strangers_find_nothing_of_an_account(
    app: Flask, client: FlaskClient, dana: Person
) -> None:
    id = done(dana, "/deposit", amount="1")
    make.customer(client, "eve")
    eve = Browser(app).log_in("eve")
    for path in (
        f"/my/transactions?account={dana.account}",
        f"/my/transactions.csv?account={dana.account}",
        f"/my/transactions/{id}",
    ):
        answer = eve.open(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "$1.00" not in answer.text


def downloaded(site: Browser, **query: str) -> list[dict[str, str]]:
    answer = site.open("/my/transactions.csv", query_string=query)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_the_file_has_everything_that_matches_exactly(
    client: FlaskClient, bank: Bank, dana: Person, site: Browser
) -> None:
    account = get_account(bank.database, dana.account)
    for minor in range(1, 251):
        bank.ledger.post(make.interest(account, minor))
    eve = make.customer(client, "eve", name="Eve Miller")
    id = done(dana, "/transfer", to=eve.account, amount="40.00", memo="rent")
    assert len(downloaded(site, min="0.02", max="2.00")) == 199
    newest = downloaded(site)[0]
    newest.pop("at")
    assert newest == {
        "kind": "transfer", "amount": "-40.00", "balance": "273.75", "currency": "USD",
        "counterparty_name": "E•• M•••••", "counterparty": eve.account, "memo": "rent",
        "reference": "", "account": dana.account, "seq": "251", "id": id, "reverses": "",
    }  # fmt: skip


@pytest.mark.parametrize("memo", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\uff1d1"])
def test_no_cell_of_the_file_is_a_formula(dana: Person, site: Browser, memo: str) -> None:
    done(dana, "/deposit", amount="1", memo=memo)
    assert [row["memo"] for row in downloaded(site)] == [f"'{memo}"]


def test_a_file_of_wrong_filters_is_refused(site: Browser) -> None:
    answer = site.open("/my/transactions.csv?kind=gift")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")


def test_files_are_counted_as_exports() -> None:
    assert quota_of("my_history.download", "customer_pages", "GET") == EXPORTS


def facts(page: Page) -> dict[str, str]:
    """What the receipt says, by its terms."""
    found = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page.text, re.DOTALL)
    return {term: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for term, text in found}


def grouped(number: str) -> str:
    return f"{number[:4]} {number[4:8]} {number[8:]}"


def test_the_receipt_says_who_paid_whom_and_what_is_left(
    client: FlaskClient, dana: Person, site: Browser
) -> None:
    dana.has("100")
    eve = make.customer(client, "eve", name="Eve Miller")
    id = done(dana, "/transfer", to=eve.account, amount="40", memo="rent & <b>more</b>")
    page = site.page(f"/my/transactions/{id}")
    told = facts(page)
    assert told.pop("When").endswith("UTC")
    assert told == {
        "From": f"Dana Scott, Current account {grouped(dana.account)}",
        "To": f"E•• M••••• {grouped(eve.account)}",
        "Memo": "rent &amp; &lt;b&gt;more&lt;/b&gt;",
        "Balance after it": "$60.00",
        "Number": id,
    }
    assert "\u2212$40.00" in page.inside("article")


def test_a_transfer_can_be_repeated_from_its_receipt(
    client: FlaskClient, dana: Person, site: Browser
) -> None:
    dana.has("2000")
    eve = make.customer(client, "eve")
    id = done(dana, "/transfer", to=eve.account, amount="1250.50", memo="rent & more")
    links = site.page(f"/my/transactions/{id}").links()
    (link,) = [link for link in links if link.startswith("/my/transfer?")]
    assert {name: text for name, (text,) in parse_qs(urlsplit(link).query).items()} == {
        "account": dana.account, "to": eve.account, "amount": "1250.50", "memo": "rent & more",
    }  # fmt: skip


def test_a_new_receipt_says_that_it_is_done(
    client: FlaskClient, dana: Person, site: Browser
) -> None:
    dana.has("100")
    eve = make.customer(client, "eve", name="Eve Miller")
    id = done(dana, "/transfer", to=eve.account, amount="40")
    said = "Done: $40.00 went to E•• M•••••."
    assert said in site.page(f"/my/transactions/{id}?new=1").inside("main")
    assert said not in site.page(f"/my/transactions/{id}").inside("main")


def test_what_was_taken_back_and_what_took_it_back_are_linked(
    client: FlaskClient, dana: Person, site: Browser
) -> None:
    first = done(dana, "/deposit", amount="100")
    desk = open_desk(client)
    second = decide(desk.abe, reverse(desk.tess, first)).json["result"]
    assert f"/my/transactions/{second}" in site.page(f"/my/transactions/{first}").links()
    assert f"/my/transactions/{first}" in site.page(f"/my/transactions/{second}").links()
