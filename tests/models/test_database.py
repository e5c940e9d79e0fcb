"""The database itself: migration, transactions that happen whole or not at all, named errors."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure, PyMongoError

from app.controllers.bank import migrate
from app.errors import Refused, Unavailable
from app.models.database import Contention, Database, Duplicate, Shape, connect
from app.models.schema import SHAPES
from tests.together import together

VALIDATION_FAILED = 121
PLAIN = Shape(
    "plain",
    validator={"$jsonSchema": {"properties": {"size": {"bsonType": "long"}}}},
    indexes=[IndexModel([("name", ASCENDING)], name="name", unique=True)],
)


@pytest.fixture
def empty(mongo_uri: str) -> Iterator[Database]:
    """A database of its own, forgotten afterwards."""
    made = connect(mongo_uri, "strongroom_tests_models", pool=20)
    made.drop()
    yield made
    made.drop()
    made.close()


@pytest.fixture
def plain(empty: Database) -> Database:
    """A database with one small collection."""
    empty.migrate([PLAIN])
    return empty


def names(database: Database) -> list[str]:
    return sorted(str(row["name"]) for row in database.collection("plain").find())


def test_an_empty_database_lacks_every_collection(empty: Database) -> None:
    assert empty.missing(SHAPES) == [shape.name for shape in SHAPES]


def test_after_the_migration_nothing_is_missing(empty: Database) -> None:
    migrate(empty)
    assert empty.missing(SHAPES) == []


def test_a_migration_can_be_repeated_and_keeps_what_is_there(plain: Database) -> None:
    plain.collection("plain").insert_one({"name": "kept"})
    plain.migrate([PLAIN])
    plain.migrate([PLAIN])
    assert plain.missing([PLAIN]) == []
    assert names(plain) == ["kept"]


def test_a_dropped_index_is_missed_by_name(empty: Database) -> None:
    migrate(empty)
    empty.collection("transactions").drop_index("account_seq")
    assert empty.missing(SHAPES) == ["transactions.account_seq"]


def test_an_index_that_no_longer_keeps_documents_apart_is_missed(empty: Database) -> None:
    migrate(empty)
    users = empty.collection("users")
    users.drop_index("username")
    users.create_index([("username_key", ASCENDING)], name="username")
    assert empty.missing(SHAPES) == ["users.username"]


@pytest.mark.parametrize(
    "change", [{"validator": {}}, {"validationAction": "warn"}, {"validationLevel": "off"}]
)
def test_a_weakened_validator_is_missed(empty: Database, change: dict[str, object]) -> None:
    migrate(empty)
    empty.collection("accounts").database.command("collMod", "accounts", **change)
    assert empty.missing(SHAPES) == ["accounts"]
    migrate(empty)
    assert empty.missing(SHAPES) == []


def test_a_validator_refuses_what_does_not_fit(plain: Database) -> None:
    with pytest.raises(OperationFailure) as refused:
        plain.collection("plain").insert_one({"name": "one", "size": 1.5})
    assert refused.value.code == VALIDATION_FAILED


def test_work_that_ends_well_is_kept_with_its_answer(plain: Database) -> None:
    def work() -> str:
        plain.collection("plain").insert_one({"name": "one"})
        plain.collection("plain").insert_one({"name": "two"})
        return "done"

    assert plain.atomically(work) == "done"
    assert names(plain) == ["one", "two"]


@pytest.mark.parametrize("error", [Refused("no"), ValueError("a mistake"), KeyboardInterrupt()])
def test_an_error_undoes_everything(plain: Database, error: BaseException) -> None:
    plain.collection("plain").insert_one({"name": "before"})

    def work() -> None:
        plain.collection("plain").insert_one({"name": "one"})
        plain.collection("plain").update_one({"name": "before"}, {"$set": {"name": "after"}})
        plain.collection("plain").delete_many({"name": "after"})
        raise error

    with pytest.raises(type(error)):
        plain.atomically(work)
    assert names(plain) == ["before"]


def test_after_an_error_the_next_work_starts_clean(plain: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        plain.attempt(lambda: 1 // 0)
    plain.atomically(lambda: plain.collection("plain").insert_one({"name": "one"}))
    plain.collection("plain").insert_one({"name": "outside"})
    assert names(plain) == ["one", "outside"]


def test_nobody_sees_work_that_is_not_finished(plain: Database) -> None:
    seen: list[list[str]] = []

    def work() -> None:
        plain.collection("plain").insert_one({"name": "one"})
        other = Thread(target=lambda: seen.append(names(plain)))
        other.start()
        other.join()

    plain.atomically(work)
    assert (seen, names(plain)) == ([[]], ["one"])


def test_a_second_equal_document_is_a_duplicate_of_its_field(plain: Database) -> None:
    plain.collection("plain").insert_one({"name": "one"})
    with pytest.raises(Duplicate) as duplicate:
        plain.atomically(lambda: plain.collection("plain").insert_one({"name": "one"}))
    assert duplicate.value.field == "name"


def test_a_duplicate_undoes_what_came_before_it(plain: Database) -> None:
    def work() -> None:
        plain.collection("plain").insert_one({"name": "one"})
        plain.collection("plain").insert_one({"name": "one"})

    with pytest.raises(Duplicate):
        plain.attempt(work)
    assert names(plain) == []


def test_what_a_validator_refuses_undoes_what_came_before_it(plain: Database) -> None:
    def work() -> None:
        plain.collection("plain").insert_one({"name": "one"})
        plain.collection("plain").insert_one({"name": "two", "size": "large"})

    with pytest.raises(PyMongoError):
        plain.attempt(work)
    assert names(plain) == []


def test_many_documents_go_in_with_one_command_and_many_change_with_one(plain: Database) -> None:
    def change() -> int:
        return plain.update(
            "plain",
            [
                ({"name": "one"}, {"$set": {"name": "first"}}),
                ({"name": "nobody"}, {"$set": {"name": "third"}}),
                ({"name": "two"}, {"$set": {"name": "second"}}),
            ],
        )

    plain.attempt(lambda: plain.insert("plain", [{"name": "one"}, {"name": "two"}]))
    assert names(plain) == ["one", "two"]
    assert plain.attempt(change) == 2
    assert names(plain) == ["first", "second"]


@pytest.mark.parametrize(
    ("refused", "expected"),
    [({"name": "one"}, Duplicate), ({"name": "three", "size": "large"}, PyMongoError)],
)
def test_one_refused_among_many_undoes_them_all(
    plain: Database, refused: dict[str, object], expected: type[Exception]
) -> None:
    plain.collection("plain").insert_one({"name": "one"})
    many = [{"name": "two"}, refused, {"name": "four"}]
    with pytest.raises(expected):
        plain.attempt(lambda: plain.insert("plain", many))
    assert names(plain) == ["one"]


def test_one_refused_change_undoes_them_all(plain: Database) -> None:
    plain.collection("plain").insert_many([{"name": "one"}, {"name": "two"}])
    changes = [
        ({"name": "one"}, {"$set": {"name": "three"}}),
        ({"name": "two"}, {"$set": {"name": "three"}}),
    ]
    with pytest.raises(Duplicate):
        plain.attempt(lambda: plain.update("plain", changes))
    assert names(plain) == ["one", "two"]


def test_an_attempt_that_meets_another_one_is_contention(plain: Database) -> None:
    plain.collection("plain").insert_one({"_id": 1, "name": "hot"})
    change = {"$inc": {"count": 1}}

    def work() -> None:
        plain.collection("plain").find_one({"_id": 1})
        other = Thread(target=lambda: plain.collection("plain").update_one({"_id": 1}, change))
        other.start()
        other.join()
        plain.collection("plain").update_one({"_id": 1}, change)

    with pytest.raises(Contention):
        plain.attempt(work)
    assert plain.collection("plain").find_one({"_id": 1}) == {"_id": 1, "name": "hot", "count": 1}


def test_contention_is_tried_again_until_every_change_is_in(plain: Database) -> None:
    plain.collection("plain").insert_one({"_id": 1, "name": "hot", "count": 0})
    runs: list[int] = []

    def add(number: int) -> None:
        def work() -> None:
            runs.append(number)
            row = plain.collection("plain").find_one({"_id": 1}) or {}
            plain.collection("plain").update_one({"_id": 1}, {"$set": {"count": row["count"] + 1}})

        plain.atomically(work)

    together(8, add)
    assert plain.collection("plain").find_one({"_id": 1}, {"count": 1}) == {"_id": 1, "count": 8}
    assert len(runs) > 8


def test_a_document_that_somebody_holds_for_long_is_unavailable_and_nothing_is_done(
    plain: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.collection("plain").insert_one({"_id": 1, "name": "held"})
    held, free = Event(), Event()

    def hold() -> None:
        plain.collection("plain").update_one({"_id": 1}, {"$set": {"name": "first"}})
        held.set()
        free.wait()

    holder = Thread(target=lambda: plain.attempt(hold))
    holder.start()
    held.wait()
    monkeypatch.setattr("app.models.database._BUDGET_SECONDS", 0.2)
    with pytest.raises(Unavailable) as busy:
        plain.atomically(
            lambda: plain.collection("plain").update_one({"_id": 1}, {"$set": {"name": "second"}})
        )
    free.set()
    holder.join()
    assert busy.value.facts == {"outcome": "not_applied"}
    assert names(plain) == ["first"]


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(Unavailable) as refused:
        connect("mongodb://dana:secret@[", "bank")
    assert "secret" not in str(refused.value)


def test_a_replica_set_can_take_writes_and_transactions(empty: Database) -> None:
    assert empty.writable(seconds=2)
    assert empty.transactional()


def test_a_server_that_is_not_there_takes_no_writes() -> None:
    nowhere = connect("mongodb://127.0.0.1:9/?replicaSet=strongroom", "bank")
    assert not nowhere.writable(seconds=0.1)
    nowhere.close()
