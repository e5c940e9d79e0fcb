"""The feed of a running bank: over HTTP, across processes, and when the server is to end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest
from flask.testing import FlaskClient

from app.controllers.feed import PLACES
from tests import make
from tests.conftest import DATABASE, SECRET
from tests.pages import Page
from tests.running import RunningBank

PATIENCE = 20.0
KILLED_AFTER_SECONDS = 10.0


@pytest.fixture
def served(bank_uri: str, client: FlaskClient, tmp_path: Path) -> Iterator[RunningBank]:
    """The bank of the tests in a process of its own; Art, an auditor, works there."""
    make.staff(client, art="auditor")
    settings = {"MONGO_URI": bank_uri, "MONGO_DATABASE": DATABASE, "SECRET_KEY": SECRET}
    settings |= {"SECURE_COOKIES": "false", "BANKERS_SECOND_FACTOR": "false", "THREADS": "4"}
    with RunningBank(tmp_path, **settings) as bank:
        yield bank.start()


class Desk:
    """Art's browser, which runs no scripts."""

    def __init__(self, bank: RunningBank) -> None:
        self._bank = bank
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))
        self.answers = ExitStack()
        self.send("/log-in", username="art", password=make.PASSWORD)

    def send(self, path: str, at: str = "", **fields: str) -> None:
        """Open a page and send the form that goes to `path`."""
        forms = Page(self.open(at or path).read().decode(), path).forms
        form = next(each for each in forms if each.method == "POST" and each.action == path)
        self.open(path, urlencode({**form.values, **fields}).encode(), Origin=self._bank.address)

    def open(self, path: str, data: bytes | None = None, **headers: str) -> Any:
        """The answer, which may go on and on."""
        asked = Request(f"{self._bank.address}{path}", data, headers)
        try:
            return self.answers.enter_context(self._opener.open(asked, timeout=PATIENCE))
        except HTTPError as refused:
            return self.answers.enter_context(refused)

    def listen(self) -> Any:
        """An open feed."""
        feed = self.open("/desk/feed")
        assert feed.status == 200
        assert feed.readline() == b"retry: 2000\n"
        return feed


@pytest.fixture
def desk(served: RunningBank) -> Iterator[Desk]:
    """Art at the desk; every answer is closed in the end."""
    found = Desk(served)
    with found.answers:
        yield found


def told(feed: Any) -> dict[str, Any]:
    """The next transaction of a feed."""
    for line in feed:
        if line.startswith(b"data: {"):
            return dict(json.loads(line[6:]))
    raise AssertionError("the feed has ended")


def test_what_another_process_does_is_told(desk: Desk, client: FlaskClient) -> None:
    feeds = [desk.listen() for _ in range(2)]
    dana = make.customer(client, "dana")
    made = dana.post("/deposit", {"amount": "3"}).json
    assert [told(feed)["id"] for feed in feeds] == [made["id"]] * 2


def test_it_ends_with_the_log_in(desk: Desk) -> None:
    feed = desk.listen()
    desk.send("/log-out", at="/desk")
    assert b"event: end\n" in feed.read()


def test_listeners_do_not_keep_others_from_their_turn(
    served: RunningBank, desk: Desk, client: FlaskClient
) -> None:
    feeds = [desk.listen() for _ in range(PLACES)]  # twice as many as are served at once
    make.customer(client, "dana")
    dana = served.log_in("dana", make.PASSWORD)
    assert dana.post("/deposit", {"amount": "3"}).status == 201
    assert [told(feed)["amount"] for feed in feeds] == ["+$3.00"] * PLACES


def test_a_browser_that_has_left_frees_its_place(desk: Desk) -> None:
    feeds = [desk.listen() for _ in range(PLACES)]
    assert desk.open("/desk/feed").status == 503
    feeds.pop().close()
    until = time.monotonic() + PATIENCE
    while desk.open("/desk/feed").status == 503:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_server_does_not_wait_for_who_listens(served: RunningBank, desk: Desk) -> None:
    feeds = [desk.listen() for _ in range(2)]
    began = time.monotonic()
    assert served.terminate() == 0
    assert time.monotonic() - began < KILLED_AFTER_SECONDS
    for feed in feeds:
        feed.read()  # ends as an answer does that is whole
