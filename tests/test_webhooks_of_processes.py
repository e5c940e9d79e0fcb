"""Webhooks of real processes to a real server: each delivered, whoever sends, whoever is killed."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.config import Config
from app.controllers.bank import Bank
from app.models import webhook_deliveries
from app.models.database import now
from tests import make
from tests.faults.replica_set import await_until
from tests.running import RunningBank
from tests.shop_servers import ShopServer, shop_server
from tests.telling import deliveries, listen, tell

EVENTS = 40


def statuses(bank: Bank) -> Counter[str]:
    return Counter(each.status for each in deliveries(bank))


@pytest.mark.usefixtures("database")
def test_two_processes_deliver_each_event_once_and_a_killed_one_loses_none(
    bank: Bank, bank_uri: str, make_config: Any, tmp_path: Path
) -> None:
    config: Config = make_config()
    settings = {
        "MONGO_URI": bank_uri, "MONGO_DATABASE": config.mongo_database,
        "SECRET_KEY": config.secret_key.reveal(), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    server = ShopServer(before=lambda _: time.sleep(0.02))  # as a busy one
    shops = [make.merchant(bank) for _ in range(4)]
    with (
        shop_server(server) as url,
        RunningBank(tmp_path / "one", **settings) as one,
        RunningBank(tmp_path / "two", **settings) as two,
    ):
        secrets = {shop.id: listen(bank, shop, url).secret for shop in shops}
        one.start()
        two.start()
        payer = make.account(bank, EVENTS * 1250)
        for number in range(EVENTS):
            tell(bank, shops[number % len(shops)], f"A-{number}", payer=payer)
        await_until(lambda: len(server.heard) > EVENTS // 4, "quarter of the webhooks")
        one.kill()
        # What the killed one was sending is claimed for two minutes more; let them pass.
        await_until(lambda: statuses(bank)["delivered"] >= EVENTS - 6, "all webhooks but six")
        bank.database.collection(webhook_deliveries.NAME).update_many(
            {"status": "waiting"}, {"$set": {"next_at": now() - timedelta(seconds=1)}}
        )
        await_until(lambda: statuses(bank) == {"delivered": EVENTS}, "word from the other one")
    times = Counter(heard.event for heard in server.heard)
    assert set(times) == {each.event for each in deliveries(bank)}
    # The killed process may have been told "204" for each of its threads, and not have noted it.
    assert sum(times.values()) <= EVENTS + 6
    assert max(times.values()) <= 2
    by_event = {each.event: each.merchant for each in deliveries(bank)}
    assert all(heard.proven(secrets[by_event[heard.event]]) for heard in server.heard)
