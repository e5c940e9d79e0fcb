"""Keys of shops: two live at most, made and revoked while the shop is open."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import audits
from app.controllers.bank import Bank
from app.controllers.payments import keys
from app.errors import BankError, MerchantKeyNotFound, TooManyKeys
from app.models.database import Database
from tests import make
from tests.together import together


def test_a_secret_is_derived_and_kept_nowhere(bank: Bank, database: Database) -> None:
    issued = keys.issue(bank, audits.SERVER, make.merchant(bank), ["webhooks"])
    assert issued.secret.startswith("sks_")
    assert len(issued.secret) == 47
    for name in database._database.list_collection_names():
        assert issued.secret not in str(list(database.collection(name).find({})))


def test_a_shop_has_two_live_keys_at_most(bank: Bank) -> None:
    shop = make.merchant(bank)
    first = keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
    keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
    with pytest.raises(TooManyKeys):
        keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
    keys.revoke(bank, audits.SERVER, shop, first.key.id)
    keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
    assert [key.status for key in keys.keys_of(bank, shop)] == ["revoked", "live", "live"]


def test_of_many_at_once_two_get_a_key(bank: Bank) -> None:
    shop = make.merchant(bank)

    def issue(_: int) -> bool:
        try:
            keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
        except BankError:
            return False
        return True

    assert sum(together(8, issue)) == 2
    assert len(keys.keys_of(bank, shop)) == 2


def test_a_key_that_is_revoked_twice_at_once_makes_room_for_one(bank: Bank) -> None:
    shop = make.merchant(bank)
    one = keys.issue(bank, audits.SERVER, shop, keys.SCOPES).key
    keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
    together(6, lambda _: keys.revoke(bank, audits.SERVER, shop, one.id))
    keys.issue(bank, audits.SERVER, shop, keys.SCOPES)
    with pytest.raises(TooManyKeys):
        keys.issue(bank, audits.SERVER, shop, keys.SCOPES)


def test_the_key_of_another_shop_is_not_found(bank: Bank) -> None:
    one, two = make.merchant(bank), make.merchant(bank)
    key = keys.issue(bank, audits.SERVER, one, keys.SCOPES).key
    with pytest.raises(MerchantKeyNotFound):
        keys.revoke(bank, audits.SERVER, two, key.id)


def test_one_key_follows_another_while_the_shop_is_open(
    bank: Bank, app: Flask, client: FlaskClient
) -> None:
    shop = make.merchant(bank)
    old = make.till(client, shop)
    old.client = app.test_client()

    def shopping() -> list[int]:
        till = make.Till(app.test_client(), "", {}, secret=old.secret, key=old.key)
        return [till.get("/merchant").status_code for _ in range(20)]

    def rotation() -> list[int]:
        new = make.till(app.test_client(), shop)
        return [new.get("/merchant").status_code for _ in range(20)]

    acts = (shopping, rotation, shopping)
    assert together(3, lambda number: acts[number]()) == [[200] * 20] * 3
    keys.revoke(bank, audits.SERVER, shop, old.key)
    assert old.get("/merchant").status_code == 401


def test_what_happens_to_keys_is_audited(bank: Bank, database: Database) -> None:
    shop = make.merchant(bank)
    key = keys.issue(bank, audits.SERVER, shop, ["webhooks"]).key
    keys.revoke(bank, audits.SERVER, shop, key.id)
    keys.revoke(bank, audits.SERVER, shop, key.id)
    events = database.collection("audit").find({"object": key.id}).sort("_id", 1)
    assert [event["action"] for event in events] == ["issue merchant key", "revoke merchant key"]
