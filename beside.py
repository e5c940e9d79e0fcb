"""The demo shop beside a demo bank: known to it as a merchant, with a database and a process of its
own. It is a program like any shop's, and speaks to the bank over HTTP alone."""

from __future__ import annotations

import hmac
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from app.config import Config, UnsafeConfig
from app.controllers import demo_shop
from app.controllers.bank import open_bank
from app.models.database import connect, now
from app.models.roles import install_user

BACK = "/back"
TOLD_AT = "/webhooks/strongroom"
_DATABASE = _USER = "shop"
_STOP_SECONDS = 10


class DemoShop:
    """One shop beside one bank."""

    def __init__(self, config: Config, administrator_uri: str | None) -> None:
        """`administrator_uri` is that of the bank's own MongoDB; else the shop uses MONGO_URI."""
        self.address = os.environ.get("SHOP_URL") or f"http://{config.host}:{port()}"
        self._config = config
        self._administrator_uri = administrator_uri
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make it known to the bank, then start it; it serves a moment later."""
        settings = {**os.environ, **self._known(), **self._database(), "SHOP_URL": self.address}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shop", "--beside"],
            cwd=Path(__file__).parent,
            env=settings,
            stdin=subprocess.PIPE,
        )

    def stop(self) -> None:
        """End it; without its standard input it ends by itself, too."""
        if self._process and self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def _known(self) -> dict[str, str]:
        config = self._config
        database = connect(config.mongo_uri.reveal(), config.mongo_database)
        bank = open_bank(config, database, now)
        try:
            told_at, back = f"{self.address}{TOLD_AT}", f"{self.address}{BACK}"
            access = demo_shop.open_shop(bank, back=back, told_at=told_at)
            demo_shop.give_pins(bank)
        finally:
            bank.ledger.close()
            database.close()
        return {
            "BANK_URL": os.environ.get("BANK_URL") or f"http://{config.host}:{config.port}",
            "BANK_PAGES_URL": config.address,
            "SHOP_BANK_KEY": access.key,
            "SHOP_BANK_SECRET": access.secret,
            "SHOP_WEBHOOK_SECRET": access.webhook_secret,
            "SHOP_SECRET_KEY": self._derived("cookies"),
        }

    def _database(self) -> dict[str, str]:
        """A user who may use the shop's database and no other one."""
        if self._administrator_uri is None:
            uri = os.environ.get("SHOP_MONGO_URI") or self._config.mongo_uri.reveal()
            return {"SHOP_MONGO_URI": uri}
        password = self._derived("database")
        name = os.environ.get("SHOP_DATABASE") or _DATABASE
        database = connect(self._administrator_uri, name)
        try:
            install_user(database, _USER, password, "readWrite", "dbAdmin")
        finally:
            database.close()
        host = self._administrator_uri.partition("@")[2].partition("/")[0]
        uri = f"mongodb://{_USER}:{password}@{host}/{name}?replicaSet=strongroom"
        return {"SHOP_MONGO_URI": uri, "SHOP_DATABASE": name}

    def _derived(self, purpose: str) -> str:
        key = self._config.secret_key.reveal().encode()
        return hmac.digest(key, f"demo shop {purpose}".encode(), "sha256").hex()


def started(config: Config, administrator_uri: str | None) -> DemoShop | None:
    """The shop of a demo that is to have one, started."""
    if not config.shop:
        return None
    shop = DemoShop(config, administrator_uri)
    shop.start()
    return shop


def port() -> int:
    """SHOP_PORT. Raises UnsafeConfig."""
    text = os.environ.get("SHOP_PORT") or "5001"
    if not text.isascii() or not text.isdigit():
        raise UnsafeConfig("SHOP_PORT is a whole number, for example 5001.")
    return int(text)
