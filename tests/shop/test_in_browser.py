"""Every page of the shop in a browser: readable for everybody, on a phone, in the dark, and
without scripts. With PICTURES=yes in the environment, pictures of them are written to `pictures/`,
and one that documents show to `docs/pictures/`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from shop import create_app
from shop.config import Config
from shop.controllers import accounts, catalogue
from shop.controllers.shop import Shop, migrate
from shop.models.database import connect, now
from tests.browser.conftest import DESKTOP, PHONE
from tests.running import ROOT, free_port
from tests.shop import make
from tests.shop.fake_bank import FakeBank

AXE = ROOT / "node_modules/axe-core/axe.min.js"
BOSS, PASSWORD = "boss@example.com", "correct horse 9 battery"
PAGES = {
    "shop-home": "/",
    "shop-category": "/category/monitors",
    "shop-filtered": "/category/laptops?spec.memory=16&in_stock=yes&least=x",
    "shop-search": "/search?q=usb&page=1",
    "shop-nothing": "/search?q=zzzz",
    "shop-product": "/product/pyrelight-arc-49",
    "shop-sold-out": "/product/pyrelight-ember-15",
    "shop-cart": "/cart",
    "shop-profile": "/profile",
    "shop-shelf": "/admin/products",
    "shop-edit": "/admin/products/LT-1001",
    "shop-log-in": "/log-in",
    "shop-register": "/register",
    "shop-error": "/nothing/here",
    "shop-checkout": "/checkout",
    "shop-waiting": "/order/{waiting}",
    "shop-unasked": "/order/{unasked}",
    "shop-to-the-bank": "/order/{waiting}/pay",
    "shop-orders": "/admin/orders",
    "shop-one-order": "/admin/orders/{number}",
    "shop-my-orders": "/my/orders",
}
NO_PAGES = {
    "assets.file",
    "pictures.picture",
    "status.health",
    "ordering.state",
    "ordering.back",
}
FOR_STRANGERS = ("shop-log-in", "shop-register")
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
}
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_RUN = """axe.run(document).then(
    found => found.violations.map(one => `${one.id}: ${one.nodes[0].target}`)
)"""
_SHOWN = "all => all.map(one => [one.naturalWidth, one.currentSrc.split('/')[4]])"


@dataclass(frozen=True)
class OpenShop:
    """A shop that takes visitors: its address, its application, names of what is in it."""

    address: str
    app: Flask
    names: dict[str, str]

    def path(self, page: str) -> str:
        """The address of a page."""
        return PAGES[page].format(**self.names)


@pytest.fixture(scope="module")
def open_shop(shop_config: Callable[..., Config], mongo_uri: str) -> Iterator[OpenShop]:
    """A shop that serves the whole catalogue, and has some orders."""
    port = free_port()
    config = shop_config(database="shop_in_browser", port=port)
    database = connect(mongo_uri, config.database)
    migrate(database)
    app = create_app(config, till=FakeBank(now))
    shop: Shop = app.extensions["shop"]
    catalogue.load(shop)
    accounts.make_admin(shop, BOSS, "Boss", PASSWORD)
    waiting = make.asked(shop, "PE-3001", 2)
    unasked = make.placed(shop, "ST-6005")
    names = {"waiting": waiting.link, "unasked": unasked.link, "number": waiting.number}
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield OpenShop(config.address, app, names)
    server.shutdown()
    thread.join()
    server.server_close()
    shop.database.close()
    database.drop()
    database.close()


@pytest.fixture
def enter(browser: Browser, open_shop: OpenShop) -> Iterator[Callable[..., Page]]:
    """Makes visitors of the shop, each with a browser of their own."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Page:
        contexts.append(browser.new_context(base_url=open_shop.address, locale="en-US", **options))
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


def log_in(page: Page) -> None:
    """Log in as one of the shop's people."""
    page.goto("/log-in")
    page.get_by_label("E-mail").fill(BOSS)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()


def take_pictures(page: Page, name: str, look: str) -> None:
    """Keep how the page looks; the one that documents show, as a window shows it."""
    (ROOT / "pictures").mkdir(exist_ok=True)
    page.screenshot(path=ROOT / "pictures" / f"{name}-{look}.png", full_page=True)
    if (name, look) == ("shop-home", "desktop"):
        page.screenshot(path=ROOT / "docs/pictures/shop.png")


def put(page: Page, product: str) -> None:
    """Put it into the cart."""
    page.goto(f"/product/{product}")
    page.get_by_role("button", name="Add to cart").click()


@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_read_every_page(
    enter: Callable[..., Page], open_shop: OpenShop, look: str
) -> None:
    known, stranger = enter(**LOOKS[look]), enter(**LOOKS[look])
    complaints: list[str] = []
    for page in (known, stranger):
        page.on("console", lambda said: complaints.append(f"{said.type} {said.text}"))
        # The page on the way to the bank goes on at once; no bank answers here, so it stays.
        page.route("**/pay/pi_*", lambda route: route.fulfill(status=204))
    log_in(known)
    put(known, "quillmark-scrivener")
    found = {}
    for name in PAGES:
        page = stranger if name in FOR_STRANGERS else known
        page.goto(open_shop.path(name), wait_until="networkidle")
        if os.environ.get("PICTURES"):
            take_pictures(page, name, look)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        faults = [*page.evaluate(_RUN), *(["too wide"] if page.evaluate(_WIDE) > 0 else [])]
        ours = page.title().endswith("Patchbay") and page.locator("h1").count() == 1
        if faults or not ours:
            found[name] = faults
    assert found == {}
    assert [said for said in complaints if "status of 404" not in said] == []


def test_no_page_is_forgotten(open_shop: OpenShop) -> None:
    rules = open_shop.app.url_map
    found = rules.bind("localhost")
    looked_at = {
        found.match(urlsplit(open_shop.path(name)).path)[0]
        for name in PAGES
        if name != "shop-error"
    }
    there = {rule.endpoint for rule in rules.iter_rules() if "GET" in (rule.methods or ())}
    assert looked_at == there - NO_PAGES


def test_a_customer_finds_chooses_and_fills_a_cart_without_scripts(
    enter: Callable[..., Page],
) -> None:
    page = enter(viewport=PHONE, java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Search for products").fill("velquist 27")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_have_text("2 products")
    page.goto("/category/laptops")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("16 GB").check()
    page.get_by_label("Up to").fill("1000")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_have_text("1 product")
    page.get_by_role("link", name="Ostrane Ledger 14").click()
    page.get_by_label("Quantity").select_option("2")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_text("$1,798.00").first).to_be_visible()
    page.get_by_role("spinbutton", name="Quantity of Ostrane Ledger 14").fill("1")
    page.get_by_role("button", name="Change the quantity").click()
    expect(page.get_by_text("$899.00", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Remove Ostrane Ledger 14").click()
    expect(page.get_by_role("heading", name="There is nothing in it yet.")).to_be_visible()


def test_at_a_desk_nothing_to_choose_by_is_folded(enter: Callable[..., Page]) -> None:
    page = enter(viewport=DESKTOP, java_script_enabled=False)
    page.goto("/category/storage")
    page.get_by_label("NVMe drive").check()
    page.get_by_label("Sort by").select_option("Price: high to low")
    page.get_by_role("button", name="Sort").click()
    expect(page.locator(".good-one h2")).to_have_text(["Bitloom Warp 4 TB", "Bitloom Thread 1 TB"])
    page.get_by_role("link", name="NVMe drive").click()
    expect(page.get_by_role("status")).to_have_text("7 products")


def test_every_picture_of_the_catalogue_is_shown(enter: Callable[..., Page]) -> None:
    page = enter(viewport={"width": 1280, "height": 4000})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for number in range(1, 5):
            page.goto(f"/search?page={number}", wait_until="networkidle")
            shown = page.locator(".goods img").evaluate_all(_SHOWN)
            assert shown
            assert all(each == [400, scheme] for each in shown)


def test_the_keyboard_alone_reaches_the_content_first(enter: Callable[..., Page]) -> None:
    page = enter(viewport=DESKTOP)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
