"""A bank, a shop and a MongoDB for both, each of which kill -9 can end and which start again on the
same data and ports. What the two say to each other goes through passages."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil
from bson import Int64
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from app.config import Config as BankConfig
from app.config import Secret as BankSecret
from app.controllers import customers, demo_shop, pins
from app.controllers.bank import Bank, Caller, migrate, open_bank
from app.controllers.books import verify_books
from app.models.database import connect, now
from bank_client import Merchant
from embedded_mongo import EmbeddedMongo
from shop.config import Config as ShopConfig
from shop.config import Secret
from shop.controllers.post import Console, Post
from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import Shop
from shop.models.database import connect as connect_shop
from tests import make
from tests.faults.passages import Passage, Trap, opened
from tests.faults.passing_time import BANK, SHOP
from tests.faults.replica_set import await_until, quiet_ports
from tests.running import ROOT, RunningBank

PROGRAMS = ("shop", "bank", "mongodb")
_SLOWLY = {
    "failCommands": ["commitTransaction"], "blockConnection": True, "blockTimeMS": 2000,
}  # fmt: skip
_SECRET = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"
HAD_MINOR = 1_000_000
_GOODS = 10_000
"""What each payer has at first."""


class ShopProgram(RunningBank):
    """`python -m shop`, in processes of its own."""

    def ready(self) -> bool:
        """Whether it answers."""
        with suppress(OSError):
            return self.request("GET", "/healthz").status == 200
        return False


@dataclass(frozen=True)
class Payer:
    """A customer of the bank with a PIN, and the address that codes are mailed to."""

    number: str
    email: str
    pin: str = demo_shop.PIN


class Street:
    """Everything, from `with` on; none of its processes is left after it."""

    bank: RunningBank
    shop: ShopProgram

    def __init__(self, folder: Path, payers: int) -> None:
        self._folder, self._count = folder, payers
        mongo, bank, shop, till, hooks = quiet_ports(5)
        self._mongo = EmbeddedMongo(folder / "mongo", port=mongo, test_commands=True)
        self._ports = {"bank": bank, "shop": shop}
        self._till, self._hooks = Passage("till", till, bank), Passage("hooks", hooks, shop)
        self._owned = ExitStack()
        self.payers: list[Payer] = []
        self.newcomers: list[Payer] = []

    def __enter__(self) -> Self:
        with ExitStack() as owned:
            self._open(owned)
            self._owned = owned.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._owned.close()

    def _open(self, owned: ExitStack) -> None:
        self._mongo.start()
        owned.callback(self._mongo.stop)
        uri = f"{self._mongo.uri}&heartbeatFrequencyMS=500"
        self.client: MongoClient[dict[str, Any]] = owned.enter_context(
            MongoClient(uri, tz_aware=True, timeoutMS=10_000)
        )
        self._books = self._open_bank(uri, owned)
        people = [self._payer(number) for number in range(self._count + len(PROGRAMS))]
        self.payers, self.newcomers = people, people[self._count :]
        back = f"http://127.0.0.1:{self._ports['shop']}/back"
        told_at = f"http://127.0.0.1:{self._hooks.port}/webhooks/strongroom"
        access = demo_shop.open_shop(self._books, back=back, told_at=told_at)
        for passage in (self._till, self._hooks):
            owned.enter_context(opened(passage))
        self.bank = owned.enter_context(self._bank(uri)).start()
        self.shop = ShopProgram(
            self._folder / "shop", "-m", "shop", port=self._ports["shop"], SHOP_MONGO_URI=uri,
            SHOP_PORT=str(self._ports["shop"]), SHOP_DATABASE=SHOP, SHOP_SECRET_KEY=_SECRET[::-1],
            BANK_URL=f"http://127.0.0.1:{self._till.port}", BANK_PAGES_URL=self.bank.address,
            SHOP_BANK_KEY=access.key, SHOP_BANK_SECRET=access.secret,
            SHOP_WEBHOOK_SECRET=access.webhook_secret, SECURE_COOKIES="false", LOG_LEVEL="WARNING",
        )  # fmt: skip
        owned.enter_context(self.shop).start()
        self.till = owned.enter_context(Merchant(self.bank.address, access.key, access.secret))
        self._shelves = self._open_shop(uri, owned)
        # The long form has more buyers than a shop of the demo has goods.
        self.client[SHOP]["products"].update_many({}, {"$set": {"stock": Int64(_GOODS)}})
        self.goods = self._stock()

    def _open_bank(self, uri: str, owned: ExitStack) -> Bank:
        database = connect(uri, BANK)
        owned.callback(database.close)
        migrate(database)
        config = BankConfig(secret_key=BankSecret(_SECRET), mongo_uri=BankSecret(uri))
        bank = open_bank(config, database, now)
        owned.callback(bank.ledger.close)
        return bank

    def _payer(self, number: int) -> Payer:
        email = f"payer-{number}@example.com"
        # Nobody logs in.
        newcomer = customers.Newcomer(f"payer{number}", "", None, "no password", email)
        _, account = customers.admit(self._books, newcomer, Caller())
        self._books.ledger.post(make.interest(account, HAD_MINOR))
        pins.set_pin(self._books, account.number, demo_shop.PIN)
        return Payer(account.number, email)

    def _bank(self, uri: str) -> RunningBank:
        return RunningBank(
            self._folder / "bank", port=self._ports["bank"], MONGO_URI=uri, SECRET_KEY=_SECRET,
            MONGO_DATABASE=BANK, SECURE_COOKIES="false", RATELIMIT_ENABLED="false",
            LOG_LEVEL="WARNING",
        )  # fmt: skip

    def _open_shop(self, uri: str, owned: ExitStack) -> Shop:
        config = ShopConfig(secret_key=Secret(_SECRET[::-1]), mongo_uri=Secret(uri))
        database = connect_shop(uri, SHOP)
        owned.callback(database.close)
        return Shop(config, database, now, self.till, Post(database, now, Console(str)))

    def trap(
        self, passage: str, place: str, heard: bool, email: str, ready: Callable[[], bool]
    ) -> Trap:
        """A trap for what is said about the order of that address, once it is ready."""
        trap = Trap(passage, place, heard, lambda text: ready() and self._is_about(text, email))
        (self._till if passage == "till" else self._hooks).traps.append(trap)
        return trap

    def _is_about(self, text: str, email: str) -> bool:
        with suppress(PyMongoError):
            found = self.client[SHOP]["orders"].find_one({"email": email})
            if found:
                asked = self.client[BANK]["payment_intents"].find_one({"order": found["number"]})
                names = [found["number"], *([asked["_id"]] if asked else [])]
                return any(name in text for name in names)
        return False

    def kill(self, program: str) -> None:
        """kill -9 of the program, and of all its processes in the same moment."""
        if program == "mongodb":
            psutil.Process(self._mongo.pid).kill()
            self._mongo.stop()
            return
        running = self.bank if program == "bank" else self.shop
        for process in running.processes()[::-1]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        await_until(lambda: not running.left_behind(), f"end of the {program}")
        running.exit_code()

    def start(self, program: str) -> None:
        """Start the program again, as it was."""
        if program != "mongodb":
            (self.bank if program == "bank" else self.shop).start()
            return
        self._mongo.start()
        if self.bank.left_behind():
            await_until(self.bank.ready, "bank that is ready")

    @contextmanager
    def commits_blocked(self) -> Iterator[None]:
        """MongoDB takes its time before each commit."""
        point = {"configureFailPoint": "failCommand"}
        self.client.admin.command({**point, "mode": "alwaysOn", "data": _SLOWLY})
        try:
            yield
        finally:
            if self._mongo.alive():  # one that was killed has forgotten it
                self.client.admin.command({**point, "mode": "off"})

    def committing(self) -> set[str]:
        """Which programs wait for a commit right now."""
        active = {"command.commitTransaction": {"$exists": True}}
        stages: list[dict[str, Any]] = [{"$currentOp": {"allUsers": True}}, {"$match": active}]
        return {str(found.get("appName")) for found in self.client.admin.aggregate(stages)}

    def code(self, order: str) -> str:
        """The code that was mailed last to pay for that order; nothing where none was."""
        found = re.findall(rf"order {order}: ([0-9]{{6}})\b", self.bank.complaints)
        return str(found[-1]) if found else ""

    def differences(self) -> list[str]:
        """What the shop's reconciliation finds."""
        return reconcile(self._shelves).differences

    def broken_rules(self) -> list[str]:
        """What the bank's verification of its books finds."""
        return [str(finding) for finding in verify_books(self._books, full=True).findings]

    def command(self) -> str:
        """What `flask --app shop reconcile` says at its end."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "shop", "reconcile"], cwd=ROOT,
            env=self.shop.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return f"{done.stdout}{done.stderr if done.returncode else ''}".strip()

    def state(self) -> tuple[list[object], dict[str, int]]:
        """All orders, but for when they are looked at, and the stock."""
        found = self.client[SHOP]["orders"].find({}, {"look_at": 0, "looks": 0})
        return list(found), self._stock()

    def _stock(self) -> dict[str, int]:
        return {row["_id"]: int(row["stock"]) for row in self.client[SHOP]["products"].find()}
