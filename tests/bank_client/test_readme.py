"""What the README of the client shows is run here, as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bank_client import webhooks
from tests import running
from tests.bank_client.conftest import Served
from tests.bank_client.servers import Scripted
from tests.bank_client.shop_bank import KEY, SECRET, ShopBank
from tests.bank_client.test_webhooks import BODY, PAYMENT
from tests.running import ROOT, RunningBank

demo_bank = running.demo_bank
SHOP, CUSTOMER = re.findall(
    r"```python\n(.*?)```", Path(ROOT, "bank_client/README.md").read_text("utf-8"), re.DOTALL
)


@pytest.fixture
def bank(serve: Served, monkeypatch: pytest.MonkeyPatch) -> ShopBank:
    """A bank that checks signatures, and the environment of a shop there."""
    made = ShopBank()
    settings = {"BANK_URL": serve(made), "BANK_KEY": KEY, "BANK_SECRET": SECRET}
    for name, value in {**settings, "HOOK_SECRET": PAYMENT["secret"]}.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def shop(bank: ShopBank) -> dict[str, Any]:
    """The names of the README's shop."""
    names: dict[str, Any] = {"__name__": "shop"}
    exec(compile(SHOP, "README.md", "exec"), names)
    return names


def browser_of(shop: dict[str, Any]) -> FlaskClient:
    """Requests to that shop."""
    app: Flask = shop["shop"]
    return app.test_client()


def told(intent: str, signature: str = "") -> dict[str, Any]:
    """A webhook about an intent, sent now."""
    body = BODY.replace(b"pi_0123456789abcdefghijAB", intent.encode())
    made = webhooks.signature(PAYMENT["secret"], "evt_1", int(time.time()), body)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(int(time.time()))}
    return {"data": body, "headers": {**headers, "webhook-signature": signature or made}}


def test_the_shop_has_twenty_lines() -> None:
    written = [line for line in SHOP.splitlines() if line and "import" not in line]
    assert len(written) <= 20


def test_the_shop_sends_its_customers_to_the_bank(shop: dict[str, Any], bank: ShopBank) -> None:
    answer = browser_of(shop).post("/orders/4711/pay")
    assert (answer.status_code, answer.location) == (303, f"{bank.address}/pay/pi_1")
    assert browser_of(shop).post("/orders/4711/pay").location == answer.location


def test_the_shop_believes_a_webhook_when_the_bank_says_so_again(
    shop: dict[str, Any], bank: ShopBank
) -> None:
    browser = browser_of(shop)
    browser.post("/orders/4711/pay")
    assert browser.post("/told-by-the-bank", **told("pi_1")).status_code == 204
    assert shop["paid"] == set()
    bank.intents["pi_1"]["status"] = "succeeded"
    assert browser.post("/told-by-the-bank", **told("pi_1", "v1,AAAA")).status_code == 400
    assert shop["paid"] == set()
    assert browser.post("/told-by-the-bank", **told("pi_1")).status_code == 204
    assert shop["paid"] == {"4711"}


def test_the_customer_s_script_runs_at_the_demo_s_bank(demo_bank: RunningBank) -> None:
    done = _run(CUSTOMER, demo_bank.address)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("posting-limit-exceeded {")
    assert "Money(minor=" in lines[0]
    assert lines[2].endswith("deposit 12.50 USD found in a coat")
    assert len(lines) == 5


def test_the_client_needs_nothing_else_of_the_bank(serve: Served) -> None:
    asked = "import bank_client, sys; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(_run(asked, serve(Scripted())).stdout.split())
    assert {"bank_client", "money", "httpx"} <= loaded
    assert not loaded & {"app", "flask", "marshmallow", "pymongo", "werkzeug", "worker"}


def _run(text: str, address: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, env={**os.environ, "BANK_URL": address},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done
