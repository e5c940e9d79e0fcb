"""The desk's pages of accounts: the list in its address, one account, and what is done there."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import audit
from tests import make
from tests.controllers.four_eyes import open_desk
from tests.pages import Browser, Page

WHY = "reported stolen"


@pytest.fixture
def dana(client: FlaskClient) -> make.Person:
    open_desk(client)
    return make.customer(client, "dana", name="Dana Scott").has("100")


@pytest.fixture
def tess(app: Flask, dana: make.Person) -> Browser:
    return Browser(app).log_in("tess")


def at(account: str) -> str:
    return f"/desk/accounts/{account}"


def acts(page: Page) -> set[str]:
    """What the page lets a banker do."""
    return {form.name for form in page.forms if form.name}


def next_page(page: Page) -> str:
    return next(
        str(found["href"]) for tag, found in page.tags if tag == "a" and found.get("rel") == "next"
    )


def numbers(page: Page) -> list[str]:
    """The accounts of a list, in its order."""
    found = [re.fullmatch(r"/desk/accounts/(\d{12})", link) for link in page.links()]
    return [match[1] for match in found if match]


def events(bank: Bank, object: str) -> dict[str, str]:
    """What was done to something, with the reasons."""
    found = audit.events_about(bank.database, object)
    return {event["action"]: event["reason"] for event in found}


def test_filters_stay_in_the_address_from_page_to_page(
    client: FlaskClient, tess: Browser, dana: make.Person
) -> None:
    held = {make.customer(client, f"erin{n}").has(f"{n}0").account for n in range(1, 4)}
    page = tess.page("/desk/accounts?q=erin&min=15&sort=balance&limit=1")
    first = numbers(page)
    assert "q=erin&min=15&sort=balance&limit=1&cursor=" in next_page(page)
    page = tess.page(next_page(page))
    assert len({*first, *numbers(page)} & held) == 2
    assert {"/desk/accounts?q=erin&min=15&sort=balance"} <= set(page.links())


def test_a_list_is_a_file_as_well(tess: Browser, dana: make.Person) -> None:
    page = tess.page("/desk/accounts?q=dana")
    link = next(link for link in page.links() if "csv" in link)
    answer = tess.open(link)
    assert answer.content_type == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["account"], row["balance"]) == (dana.account, "100.00")
