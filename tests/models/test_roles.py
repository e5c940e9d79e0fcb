"""The role the bank runs as: it serves the whole bank, and cannot rewrite history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo import MongoClient
from pymongo.database import Database as RawDatabase
from pymongo.errors import OperationFailure

from app import create_app
from app.config import Config, Secret, UnsafeConfig
from app.controllers.bank import install_least_privilege, migrate
from app.models.database import Database, connect
from app.models.roles import MIGRATE, excess, install_user
from app.models.schema import SHAPES
from embedded_mongo import EmbeddedMongo
from tests import make

Raw = RawDatabase[dict[str, Any]]
NAME = "strongroom_roles"
UNAUTHORIZED = 13


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A MongoDB with users; the address for one of them."""
    with EmbeddedMongo(tmp_path_factory.mktemp("mongo"), users=True) as mongo:
        administrator = connect(mongo.uri, NAME)
        migrate(administrator)
        install_least_privilege(administrator, "bank", "bank-password")
        install_user(administrator, "migration", "migration-password", MIGRATE)
        administrator.close()
        host = mongo.uri.partition("@")[2].partition("/")[0]
        yield lambda user: f"mongodb://{user}:{user}-password@{host}/{NAME}?replicaSet=strongroom"


@pytest.fixture
def raw(address: Callable[[str], str]) -> Iterator[Raw]:
    """The bank's own user, without the bank."""
    client: MongoClient[dict[str, Any]] = MongoClient(address("bank"))
    yield client[NAME]
    client.close()


@pytest.fixture
def limited(address: Callable[[str], str], make_config: Callable[..., Config]) -> Iterator[Any]:
    """The application, running as the bank's own user."""
    config = make_config(mongo_uri=Secret(address("bank")), mongo_database=NAME)
    app = create_app(config)
    yield app
    app.extensions["bank"].ledger.close()
    app.extensions["bank"].database.close()


def test_the_whole_bank_works_with_it(limited: Any) -> None:
    client: FlaskClient = limited.test_client()
    alice, bob = (make.customer(client, name).has("50.00") for name in ("alice", "bob"))
    sent = alice.post("/transfer", {"to": bob.account, "amount": "5"})
    renamed = alice.send("PATCH", "/me", json={"name": "Alice Adler"})
    opened = alice.post("/accounts", {"currency": "EUR"})
    refreshed = client.post("/auth/refresh", json={"refresh_token": alice.tokens["refresh_token"]})
    banker = make.banker(client)
    tag = banker.get(f"/banker/accounts/{bob.account}").headers["ETag"]
    frozen = banker.post(
        f"/banker/accounts/{bob.account}/freeze", {"reason": "a test"}, headers={"If-Match": tag}
    )
    verified = banker.get("/banker/ledger/verify?full=true")
    statuses = [a.status_code for a in (sent, renamed, opened, refreshed, frozen, verified)]
    assert statuses == [201, 200, 201, 200, 200, 200]
    assert verified.json["ok"]


APPEND_ONLY = [shape.name for shape in SHAPES if shape.append_only]
FORBIDDEN: list[tuple[str, Callable[[Raw], object]]] = [
    *[
        (f"{what} {name}", call)
        for name in APPEND_ONLY
        for what, call in (
            ("update", lambda db, name=name: db[name].update_many({}, {"$set": {"memo": "x"}})),
            ("replace", lambda db, name=name: db[name].replace_one({}, {"a": 1})),
            ("delete from", lambda db, name=name: db[name].delete_many({})),
            ("drop", lambda db, name=name: db[name].drop()),
            ("rename", lambda db, name=name: db[name].rename("elsewhere")),
            ("collMod", lambda db, name=name: db.command("collMod", name, validator={})),
            ("drop the indexes of", lambda db, name=name: db[name].drop_indexes()),
        )
    ],
    ("$out", lambda db: list(db.users.aggregate([{"$out": "transactions"}]))),
    ("$merge", lambda db: list(db.users.aggregate([{"$merge": {"into": "transactions"}}]))),
    ("make a head of the audit", lambda db: db.audit_heads.insert_one({"_id": "07"})),
    ("delete a head of the audit", lambda db: db.audit_heads.delete_one({})),
    ("delete users", lambda db: db.users.delete_many({})),
    ("delete accounts", lambda db: db.accounts.delete_many({})),
    (
        "go around a validator",
        lambda db: db.accounts.update_one({}, {"$set": {"balance": 1}}, True, True),
    ),
    ("drop the database", lambda db: db.client.drop_database(NAME)),
    ("create a collection", lambda db: db.create_collection("pocket")),
    ("create an index", lambda db: db.accounts.create_index("name")),
    ("create a user", lambda db: db.command("createUser", "m", pwd="p", roles=[])),
    ("grant itself a role", lambda db: db.command("grantRolesToUser", "bank", roles=["dbOwner"])),
    ("watch users", lambda db: db.users.watch().close()),
    ("watch the database", lambda db: db.watch().close()),
    ("read another database", lambda db: db.client["admin"].system.users.find_one()),
    ("shut the server down", lambda db: db.client.admin.command("shutdown")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "call"), FORBIDDEN, ids=[what for what, _ in FORBIDDEN])
def test_it_cannot(raw: Raw, what: str, call: Callable[[Raw], object]) -> None:
    with pytest.raises(OperationFailure) as refused:
        call(raw)
    assert refused.value.code == UNAUTHORIZED


def test_it_is_told_of_new_transactions(limited: Any) -> None:
    bank = limited.extensions["bank"]
    listener = bank.feed.listen()
    make.customer(limited.test_client(), "wanda").has("5.00")
    assert [each.kind for each in listener.take(20.0)] == ["deposit"]
    limited.extensions["background"].close()


def test_the_role_of_the_migration_is_enough_for_it(address: Callable[[str], str]) -> None:
    database = connect(address("migration"), NAME)
    migrate(database)
    assert database.missing(SHAPES) == []
    database.close()


def test_the_role_of_the_migration_reads_no_history(address: Callable[[str], str]) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(address("migration"))
    with client:
        for history in ("transactions", "audit"):
            with pytest.raises(OperationFailure) as refused:
                client[NAME][history].find_one()
            assert refused.value.code == UNAUTHORIZED


def test_the_role_of_the_migration_changes_no_head_of_the_audit(
    address: Callable[[str], str],
) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(address("migration"))
    with client, pytest.raises(OperationFailure) as refused:
        client[NAME].audit_heads.update_one({}, {"$set": {"seq": 0}})
    assert refused.value.code == UNAUTHORIZED


@pytest.mark.parametrize(("user", "beyond"), [("bank", []), ("migration", ["collMod on accounts"])])
def test_the_bank_sees_whether_its_user_may_do_more_than_it_needs(
    address: Callable[[str], str], user: str, beyond: list[str]
) -> None:
    database = connect(address(user), NAME)
    assert excess(database, SHAPES)[: len(beyond) or None] == beyond
    database.close()


def test_an_administrator_may_do_far_more_than_the_bank_needs(mongo_uri: str) -> None:
    database = connect(mongo_uri, NAME)
    assert "remove on transactions" in excess(database, SHAPES)
    database.close()


def test_a_bank_in_production_does_not_serve_as_an_administrator(
    mongo_uri: str,
    migrated: object,
    make_config: Callable[..., Config],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The tests' MongoDB has no TLS, which production demands; so only this is as in production.
    config = make_config(mongo_uri=Secret(mongo_uri))
    monkeypatch.setattr(Config, "production", True)
    with pytest.raises(UnsafeConfig, match="strongroomApp"):
        create_app(config)


def test_a_server_without_transactions_is_refused(
    make_config: Callable[..., Config], migrated: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "transactional", lambda _: False)
    with pytest.raises(UnsafeConfig, match="MONGO_URI must name a replica set"):
        create_app(make_config())
