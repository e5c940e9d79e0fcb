"""A customer buys at the shop and pays at the bank, in a browser; what the shop learns of it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from pymongo import MongoClient

from embedded_mongo import running_uri
from tests.browser.conftest import DESKTOP
from tests.browser.test_pictures import WANTED
from tests.browser.visiting import Visit
from tests.relay import Relay
from tests.running import ROOT, RunningBank, free_port

PIN = "836152"
WRONG_PIN = "836153"
KEYBOARD = "Quillmark Scrivener"


@dataclass(frozen=True)
class Mall:
    """A bank and the shop beside it; everything that the shop hears and says goes over wires."""

    bank: RunningBank
    folder: Path
    to_bank: Relay
    to_shop: Relay

    def shop_log(self) -> str:
        """What the shop logged; the bank's lines and both their mails stand between."""
        lines = (self.bank.output + self.bank.complaints).splitlines()
        return "\n".join(line for line in lines if '"logger": "shop.' in line)


@pytest.fixture(scope="module")
def mall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mall]:
    """One bank and one shop for all these tests."""
    folder = tmp_path_factory.mktemp("mall")
    port = free_port()
    with Relay() as to_bank, Relay() as to_shop:
        settings = {
            "DEMO": "true", "SHOP": "true", "RATELIMIT_ENABLED": "false", "SHOP_PORT": str(port),
            "SHOP_URL": to_shop.address, "BANK_URL": to_bank.address, "LOG_LEVEL": "DEBUG",
        }  # fmt: skip
        with RunningBank(folder, **settings) as bank:
            to_bank.target, to_shop.target = bank.port, port
            bank.start()
            while not _serves(to_shop.address):
                assert bank.process.poll() is None, bank.complaints
            yield Mall(bank, folder, to_bank, to_shop)


def _serves(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.HTTPError:
        return False


@dataclass(frozen=True)
class Buyer:
    """A customer of the bank at a browser."""

    visit: Visit
    username: str
    number: str
    address: str

    @property
    def page(self) -> Page:
        return self.visit.page

    def balance(self) -> str:
        return str(self.visit.bank.log_in(self.username).balance())


@pytest.fixture
def buyer(browser: Browser, mall: Mall) -> Iterator[Buyer]:
    """A customer of the bank with money and a PIN, and a browser of their own."""
    context = browser.new_context(viewport=DESKTOP, locale="en-US")
    visit = Visit(context.new_page(), mall.bank)
    username, number, address = visit.confirmed()
    person = mall.bank.log_in(username)
    assert person.post("/deposit", {"amount": "500"}).status == 201
    asked = person.post("/auth/codes", {"purpose": "set_pin", "account": number})
    assert asked.status == 201, asked.text
    chosen = {"pin": PIN, "code": visit.code_for(address)}
    answer = mall.bank.request("PUT", f"/accounts/{number}/pin", chosen, person.headers)
    assert answer.status == 204, answer.text
    yield Buyer(visit, username, number, address)
    context.close()


def order(buyer: Buyer, mall: Mall) -> None:
    """From the shop's first page to the bank's: one keyboard, to be picked up."""
    page = buyer.page
    page.goto(mall.to_shop.address)
    page.get_by_role("link", name=KEYBOARD).first.click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("E-mail").fill(buyer.address)
    page.get_by_label("Name").first.fill("Dana Dorn")
    page.get_by_label(re.compile("Pick up")).check()
    page.get_by_role("button", name="Order and pay").click()
    expect(page).to_have_url(re.compile(f"^{mall.bank.address}/pay/pi_"))


def pay(buyer: Buyer, pin: str = PIN) -> None:
    """Number and PIN, on the bank's page."""
    page = buyer.page
    page.get_by_label("Account number").fill(buyer.number)
    page.get_by_label("PIN").fill(pin)
    page.get_by_role("button", name="Pay $139.00").click()


def prove(buyer: Buyer) -> None:
    """The code that was mailed, on the bank's page."""
    page = buyer.page
    expect(page.get_by_role("heading", name="Your code, please")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(
        buyer.visit.mail_to(buyer.address, r"Patchbay[^\n]*: (\d{6})$")
    )
    page.get_by_role("button", name="Pay $139.00").click()
    expect(page.get_by_text("You have paid Patchbay")).to_be_visible()


def test_what_is_served_side_by_side_sells_and_neither_number_nor_pin_comes_near_the_shop(
    buyer: Buyer, mall: Mall
) -> None:
    page = buyer.page
    order(buyer, mall)
    if WANTED:
        page.screenshot(path=ROOT / "docs/pictures/pay.png")
    pay(buyer, pin=WRONG_PIN)
    expect(page.get_by_role("alert")).to_be_visible()
    pay(buyer)
    prove(buyer)
    assert buyer.balance() == "361.00"
    page.get_by_role("link", name="Back to Patchbay").click()
    expect(page.get_by_text("Your order is paid.")).to_be_visible()
    places = {
        "its calls of the bank": _plain(mall.to_bank.heard),
        "its pages and webhooks": _plain(mall.to_shop.heard),
        "its log": mall.shop_log(),
        "its database": _kept(mall.folder),
    }
    secrets = (PIN, WRONG_PIN, buyer.number, f"{buyer.number[:4]} {buyer.number[4:8]}")
    assert [(at, each) for at, text in places.items() for each in secrets if each in text] == []
    # What the shop does know is in all of these places: something was looked at.
    known = dict.fromkeys(places, _order_number(page)) | {"its log": "/webhooks/strongroom"}
    assert [at for at, text in places.items() if known[at] not in text] == []


def _order_number(page: Page) -> str:
    found = re.search(r"Order (\S+)", page.get_by_role("heading", level=1).inner_text())
    assert found
    return found[1]


def _plain(wire: bytes) -> str:
    """What went over the wire, compressed answers as well."""
    texts = [wire]
    for start in re.finditer(b"\x1f\x8b\x08", wire):
        try:
            texts.append(zlib.decompressobj(31).decompress(wire[start.start() :]))
        except zlib.error:
            continue
    return b"\n".join(texts).decode("utf-8", "replace")


def _kept(folder: Path) -> str:
    """Everything in the shop's database."""
    uri = running_uri(folder)
    assert uri
    client: MongoClient[dict[str, Any]] = MongoClient(uri)
    with client:
        shop = client["shop"]
        return "\n".join(
            str(row) for name in shop.list_collection_names() for row in shop[name].find()
        )
