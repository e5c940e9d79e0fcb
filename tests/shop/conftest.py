"""What tests of the shop are given: a shop on a database of its own, on the tests' MongoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import audits
from app.controllers.bank import Bank
from app.controllers.payments import keys
from app.controllers.payments.hooks import Hooks
from app.controllers.payments.outward import Outward
from app.models import merchants
from app.models.merchants import new_merchant
from shop import create_app
from shop.config import Config, Secret
from shop.controllers.shop import Shop, migrate
from shop.models.database import Database, connect
from shop.models.schema import SHAPES
from tests import make as at_bank
from tests.conftest import Clock
from tests.running import free_port
from tests.shop.fake_bank import PAY_PAGES, FakeBank
from tests.shop.town import SCOPES, Town, serving
from tests.telling import listen

DATABASE = "shop_tests"
WEBHOOK_SECRET = "whsec_" + "c2hvcC10ZXN0cy1vbmx5LTAxMjM0NTY3ODlhYmNkZWY="
ORIGIN = {"Origin": "http://localhost"}


@pytest.fixture(scope="session")
def shop_config(mongo_uri: str) -> Callable[..., Config]:
    """Settings for a shop on the tests' MongoDB, with changes."""

    def make(**changes: object) -> Config:
        settings: dict[str, object] = {
            "secret_key": Secret("tests-only-shop-0123456789-abcdefghijklmnop"),
            "mongo_uri": Secret(mongo_uri),
            "database": DATABASE,
            "log_level": "ERROR",
            "bank_url": PAY_PAGES,
            "secure_cookies": False,
            "webhook_secret": Secret(WEBHOOK_SECRET),
        }
        return Config(**{**settings, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def shop_migrated(mongo_uri: str) -> Iterator[Database]:
    """The shop's database with everything the migration makes."""
    database = connect(mongo_uri, DATABASE)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def shop_database(shop_migrated: Database) -> Database:
    """The same, empty."""
    for shape in SHAPES:
        shop_migrated.collection(shape.name).delete_many({})
    return shop_migrated


@pytest.fixture
def shop_clock() -> Clock:
    """The shop's clock, which tests may move."""
    return Clock()


@pytest.fixture
def fake_bank(shop_clock: Clock) -> FakeBank:
    """The bank at which the shop has its till."""
    return FakeBank(shop_clock)


@pytest.fixture
def shop_app(
    shop_config: Callable[..., Config],
    shop_database: Database,
    shop_clock: Clock,
    fake_bank: FakeBank,
) -> Iterator[Flask]:
    """The shop as an application, on an empty database."""
    app = create_app(shop_config(), clock=shop_clock, till=fake_bank)
    yield app
    app.extensions["shop"].database.close()


@pytest.fixture
def shop(shop_app: Flask) -> Shop:
    """The shop that the application serves."""
    found: Shop = shop_app.extensions["shop"]
    return found


@pytest.fixture
def visitor(shop_app: Flask) -> FlaskClient:
    """A browser without a network."""
    return shop_app.test_client()


@pytest.fixture
def town(
    make_app: Callable[..., Flask],
    shop_config: Callable[..., Config],
    shop_database: Database,
    clock: Clock,
    shop_clock: Clock,
) -> Iterator[Town]:
    """Bank and shop, each with a server of its own."""
    bank_port, shop_port = free_port(), free_port()
    addresses = [f"http://127.0.0.1:{port}" for port in (bank_port, shop_port)]
    bank_app = make_app(public_url=addresses[0])
    bank: Bank = bank_app.extensions["bank"]
    account = at_bank.account(bank)
    merchant = new_merchant(
        name="Patchbay", account=account.number, owner=account.owner, currency=account.currency,
        return_urls=[f"{addresses[1]}/back"], now=bank.now(),
    )  # fmt: skip
    merchants.insert_merchant(bank.database, merchant)
    issued = keys.issue(bank, audits.SERVER, merchant, SCOPES)
    hook = listen(bank, merchant, f"{addresses[1]}/webhooks/strongroom")
    config = shop_config(
        bank_url=addresses[0], url=addresses[1], bank_key=issued.key.id,
        bank_secret=Secret(issued.secret), webhook_secret=Secret(hook.secret),
    )  # fmt: skip
    app = create_app(config, clock=shop_clock)
    hooks = Hooks(bank.config, bank.database, clock, Outward(public_only=False))
    with serving(app, shop_port):
        yield Town(bank_app, app, merchant, hooks, bank_port)
    app.extensions["shop"].till.close()
    app.extensions["shop"].database.close()
