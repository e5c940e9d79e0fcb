"""The shop as real processes that are killed with -9, and a bank that is not there: all agree when
they are back.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self

import httpx
import psutil
import pytest

from app.models.payment_intents import get_intent
from shop.controllers.shop import Shop
from shop.models import orders
from shop.models.orders import Order
from tests import tills
from tests.faults.replica_set import await_until
from tests.running import ROOT, free_port
from tests.shop import make
from tests.shop.browser import DATA, hidden
from tests.shop.town import Town
from tests.telling import deliveries


class RunningShop:
    """One `python -m shop`; use it with `with`, so that its processes end whatever happens."""

    def __init__(self, town: Town) -> None:
        config = town.shop.config
        self.address = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            **os.environ, "SHOP_PORT": self.address.rpartition(":")[2], "SHOP_URL": config.address,
            "SHOP_MONGO_URI": config.mongo_uri.reveal(), "SHOP_DATABASE": config.database,
            "SHOP_SECRET_KEY": config.secret_key.reveal(), "SECURE_COOKIES": "false",
            "BANK_URL": config.bank_url, "BANK_PAGES_URL": "", "SHOP_BANK_KEY": config.bank_key,
            "SHOP_BANK_SECRET": config.bank_secret.reveal(), "SHOP_MAIL_URL": "console:",
            "SHOP_WEBHOOK_SECRET": config.webhook_secret.reveal(), "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        self.process: psutil.Popen | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> Self:
        """Start it and wait until it takes requests."""
        self.process = psutil.Popen(
            [sys.executable, "-m", "shop"], cwd=ROOT, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        await_until(self.ready, "shop")
        return self

    def ready(self) -> bool:
        """Whether it answers."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.address}/healthz").is_success
        return False

    def kill(self) -> None:
        """kill -9, all of it."""
        if self.process:
            ended = [self.process, *self.process.children(recursive=True)]
            for each in ended:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            psutil.wait_procs(ended, timeout=10)
            self.process = None

    def says(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What a command of the shop answers."""
        command = [sys.executable, "-m", "flask", "--app", "shop", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def running(town: Town) -> Iterator[RunningShop]:
    """A shop of real processes, at the same bank and on the same database as the town's."""
    with RunningShop(town) as shop:
        yield shop


class Visitor:
    """Somebody's browser."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def sends(self, page: str, action: str, **typed: Any) -> httpx.Response:
        """A form of that page."""
        found = self.client.get(page).text
        return self.client.post(action, data={**hidden(found, action), **typed})

    def orders(self, product: str) -> str:
        """A product, to the end of the checkout; the answer's address."""
        page = self.client.get(f"/product/{product}").text
        data = {**hidden(page, "/cart/add"), "quantity": "1"}
        assert self.client.post("/cart/add", data=data).status_code == 303
        return self.sends("/checkout", "/checkout", **DATA).headers["Location"]


@pytest.fixture
def visitor(running: RunningShop) -> Iterator[Visitor]:
    """Somebody who looks at the running shop."""
    origin = {"Origin": running.address}
    with httpx.Client(base_url=running.address, headers=origin, timeout=20) as client:
        yield Visitor(client)


def only(shop: Shop) -> Order:
    (order,) = orders.every(shop.database)
    return order


def due_now(shop: Shop) -> None:
    """What the killed one had claimed is claimed for a minute more; let it pass."""
    change = {"$set": {"look_at": shop.now()}}
    shop.database.collection("orders").update_many({"look_at": {"$ne": None}}, change)


def status(shop: Shop) -> tuple[str, str]:
    order = only(shop)
    return order.status, order.refund.status if order.refund else "none"


def test_a_shop_that_is_killed_while_it_is_paid_and_while_it_refunds_finds_out_by_itself(
    town: Town, running: RunningShop, visitor: Visitor
) -> None:
    shop = town.shop
    product = make.product(shop, stock=1)
    dana = tills.payer(town.at_bank.test_client(), has="500.00")
    with town.open():
        running.start()
        assert re.fullmatch(r"/order/\w{32}/pay", visitor.orders(product))
        running.kill()
        intent = get_intent(town.bank.database, str(only(shop).intent))
        tills.pay_with_code(town.bank, dana, intent)
        running.start()
        due_now(shop)
        await_until(lambda: status(shop) == ("paid", "none"), "paid order")
    link = only(shop).link
    visitor.sends(f"/order/{link}", f"/order/{link}/cancel")
    assert status(shop) == ("cancelled", "due")
    running.kill()
    with town.open():
        running.start()
        due_now(shop)
        await_until(lambda: status(shop) == ("cancelled", "done"), "refund")
        assert dana.balance() == "500.00"
        said = running.says("reconcile")
        assert (said.returncode, said.stdout.strip()) == (0, "1 orders, 1 payments, 0 differences")
    assert make.stocked(shop, product).available == 1
    assert len(deliveries(town.bank)) == 2
