"""The dashboard: its figures and charts, and the feed of what happens now."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers import reports
from app.controllers.bank import Bank
from app.controllers.feed import PLACES
from app.errors import Unavailable
from app.models import sessions
from app.views import gate
from app.views.pages.desk import live
from tests import make
from tests.conftest import Clock
from tests.pages import Browser, Page

Told = dict[str, Any]


@pytest.fixture
def desk(client: FlaskClient) -> Browser:
    """Art, an auditor, at the desk."""
    make.staff(client, art="auditor")
    return Browser(client.application).log_in("art")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed looks at its session more often, so that nobody waits for it."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.1)


def rows(page: Page) -> list[str]:
    """The ids of the transactions that the page shows."""
    return [id for tag, found in page.tags if tag == "li" and (id := found.get("data-id"))]


class Stream:
    """A feed that is open: what it says, part by part."""

    def __init__(self, answer: TestResponse) -> None:
        assert answer.status_code == 200, answer.text
        self.answer = answer
        self._parts: Iterator[bytes] = iter(answer.iter_encoded())

    def part(self) -> str:
        """The next part, also one that only says that all is well."""
        return next(self._parts, b"").decode()

    def told(self) -> Told:
        """The next transaction."""
        while True:
            part = self.part()
            assert part
            if found := re.search("^data: (.+)$", part, re.MULTILINE):
                return dict(json.loads(found[1]))

    def ended(self) -> str:
        """What the last part says, once nothing comes any more."""
        last = ""
        while part := self.part():
            last = part
        return last


@pytest.fixture
def listen(desk: Browser) -> Iterator[Callable[..., Stream]]:
    """Opens feeds, and closes them afterwards."""
    opened: list[TestResponse] = []

    def stream(path: str = "/desk/feed", browser: Browser = desk, **options: Any) -> Stream:
        opened.append(browser.open(path, **options))
        return Stream(opened[-1])

    yield stream
    for answer in opened:
        answer.close()


def test_it_shows_what_customers_hold_and_what_moved_today(
    client: FlaskClient, desk: Browser
) -> None:
    dana = make.customer(client, "dana").has("1200.50")
    dana.post("/withdraw", {"amount": "20"})
    shown = " ".join(desk.page("/desk").inside("main"))
    for text in ("$1,180.50", "+$1,200.50", "\u2212$20.00", "1 new today", "0 frozen, 0 closed"):
        assert text in shown


def test_charts_come_as_pictures_and_as_tables(client: FlaskClient, desk: Browser) -> None:
    make.customer(client, "dana").has("1200.50")
    answer = desk.open("/desk?days=7")
    assert answer.text.count('role="img"') == 4
    page = Page(answer.text)
    assert page.inside("table").count("$1,200.50") == 2  # what came in, and what is held
    assert not re.search(r"<style|<script(?! nonce)| style=| on\w+=", answer.text)


@pytest.mark.parametrize(("days", "places"), [(7, 7), (30, 30), (90, 14), (365, 13)])
def test_the_longer_the_time_the_longer_the_periods(desk: Browser, days: int, places: int) -> None:
    page = desk.page(f"/desk?days={days}")
    rows = [1 for tag, found in page.tags if tag == "th" and found.get("scope") == "row"]
    assert abs(len(rows) / 4 - places) <= 1
    current = [
        found for tag, found in page.tags if tag == "a" and found.get("aria-current") == "true"
    ]
    assert f"days={days}&" in (current[0]["href"] or "")


def test_another_currency_has_its_own_figures(client: FlaskClient, desk: Browser) -> None:
    dana = make.customer(client, "dana").has("5")
    yen = dana.post("/accounts", {"currency": "JPY"}).json["account"]
    dana.post("/deposit", {"amount": "777", "account": yen})
    assert "¥777" in desk.page("/desk?currency=JPY").inside("table")
    assert "¥777" not in desk.page("/desk").inside("table")


@pytest.mark.parametrize("query", ["days=0", "days=x", "days=9999", "currency=$"])
def test_a_period_that_is_none_shows_the_usual_one(desk: Browser, query: str) -> None:
    assert desk.open(f"/desk?{query}").status_code == 200


def test_a_currency_that_the_bank_does_not_keep_is_said_so(desk: Browser) -> None:
    assert desk.open("/desk?currency=CHF").status_code == 422


def test_where_many_days_must_be_summed_first_the_page_says_so(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unready(*_: object) -> None:
        raise Unavailable("many days are summed for the first time; ask again")

    monkeypatch.setattr(reports, "dashboard", unready)
    answer = desk.open("/desk")
    assert answer.status_code == 503
    assert "ask again" in answer.text


def test_the_latest_ten_stand_on_the_page_newest_first(client: FlaskClient, desk: Browser) -> None:
    dana = make.customer(client, "dana")
    made = [dana.post("/deposit", {"amount": "1"}).json["id"] for _ in range(12)]
    assert rows(desk.page("/desk")) == made[:1:-1]


def test_names_of_customers_come_out_escaped(client: FlaskClient, desk: Browser) -> None:
    make.customer(client, "dana", name="<img src=x onerror=alert(1)>").has("1")
    answer = desk.open("/desk")
    assert "<img src=x" not in answer.text
    assert "&lt;img src=x" in answer.text


def test_who_asks_for_the_latest_gets_rows_in_the_own_language(
    client: FlaskClient, desk: Browser
) -> None:
    dana = make.customer(client, "dana", name="Dana Scott").has("1200.50")
    eve = make.customer(client, "eve", name="Eve")
    sent = dana.post("/transfer", {"to": eve.account, "amount": "2"}).json
    items = desk.open("/desk/feed/latest", headers={"Accept-Language": "de"}).json["items"]
    assert [(each["who"], each["came"]) for each in items] == [
        ("Dana Scott → Eve", False), ("Dana Scott", True)
    ]  # fmt: skip
    assert items[0]["id"] == sent["id"]
    assert items[1]["amount"] == "+1.200,50\u00a0$"
    later = desk.open(f"/desk/feed/latest?after={sent['id']}").json["items"]
    assert later[0]["id"] == sent["id"]


def test_the_feed_tells_what_another_process_does(
    listen: Callable[..., Stream], make_app: Callable[..., Flask]
) -> None:
    stream = listen()
    assert stream.part().startswith("retry:")
    dana = make.customer(make_app().test_client(), "dana", name="Dana")
    made = dana.post("/deposit", {"amount": "3"}).json
    told = stream.told()
    assert (told["id"], told["who"], told["amount"]) == (made["id"], "Dana", "+$3.00")
    assert told["page"] == f"/desk/transactions/{made['id']}"


@pytest.mark.parametrize("how", ["header", "query"])
def test_who_comes_back_is_told_what_happened_meanwhile(
    client: FlaskClient, listen: Callable[..., Stream], how: str
) -> None:
    dana = make.customer(client, "dana")
    known, *missed = (dana.post("/deposit", {"amount": "3"}).json["id"] for _ in range(3))
    if how == "header":
        stream = listen(headers={"Last-Event-ID": known})
    else:
        stream = listen(f"/desk/feed?after={known}")
    told = [stream.told()["id"] for _ in range(3)]
    assert told == [known, *missed]


def test_the_feed_says_now_and_then_that_it_is_there(listen: Callable[..., Stream]) -> None:
    stream = listen()
    stream.part()
    assert [stream.part() for _ in range(3)] == [":\n\n"] * 3


def test_the_feed_ends_with_the_log_in(desk: Browser, listen: Callable[..., Stream]) -> None:
    stream = listen()
    stream.part()
    button = next(form for form in desk.page("/desk").forms if form.action == "/log-out")
    desk.post("/log-out", button.values)
    assert stream.ended().startswith("event: end")


def test_the_feed_ends_with_the_last_role(
    client: FlaskClient, bank: Bank, listen: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = listen()
    stream.part()
    monkeypatch.setattr("app.models.role_grants.roles_of", lambda *_: frozenset())
    assert stream.ended().startswith("event: end")


def test_the_ninth_listener_asks_for_the_latest_instead(
    desk: Browser, listen: Callable[..., Stream]
) -> None:
    streams = [listen() for _ in range(PLACES)]
    answer = desk.open("/desk/feed")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert desk.open("/desk/feed/latest").status_code == 200
    streams[0].answer.close()
    listen()


def test_who_only_asks_for_the_head_of_the_feed_takes_no_place(
    desk: Browser, listen: Callable[..., Stream]
) -> None:
    for _ in range(PLACES + 1):
        with desk.client.head("/desk/feed") as answer:
            assert answer.status_code == 200
    listen()


def test_who_listens_takes_nobody_s_place(
    make_app: Callable[..., Flask], client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_PATIENCE_SECONDS", 0.2)
    make.staff(client, art="auditor")
    browser = Browser(make_app(threads=1)).log_in("art")
    answer = browser.open("/desk/feed")
    assert answer.status_code == 200
    assert browser.open("/desk/feed/latest").status_code == 200
    answer.close()
    assert browser.open("/desk/feed/latest").status_code == 200


def test_what_a_page_asks_by_itself_keeps_nobody_logged_in(
    desk: Browser, bank: Bank, clock: Clock, listen: Callable[..., Stream]
) -> None:
    stream = listen()
    stream.part()
    idle = 3 * bank.config.idle_minutes
    for _ in range(0, idle, 4):
        clock.forward(minutes=4)
        answer = desk.open("/desk/feed/latest")
    clock.forward(minutes=4)
    assert stream.ended().startswith("event: end")
    answer = desk.open("/desk/feed/latest")
    assert answer.status_code == 303
    assert "/log-in" in answer.location
    rows = bank.database.collection(sessions.NAME).find({"plane": "banker"})
    assert "left alone" in {row["reason"] for row in rows}


@pytest.mark.parametrize("path", ["/desk", "/desk/feed", "/desk/feed/latest"])
def test_customers_and_strangers_see_nothing_of_it(client: FlaskClient, path: str) -> None:
    make.customer(client, "dana").has("5")
    for browser in (Browser(client.application), Browser(client.application).log_in("dana")):
        answer = browser.open(path)
        assert (answer.status_code, "/log-in" in answer.location) == (303, True)
