"""The fast way: queries that need no transaction, on a database in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import CustomerNotFound
from app.models import accounts, directory, role_grants, sessions, users
from app.models.accounts import Account, new_account
from app.models.database import Database, Duplicate
from app.models.directory import AccountFilters
from app.models.sessions import Session
from app.models.users import User
from tests.fake_database import FakeDatabase

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN_SHAPES = (users.SHAPE, role_grants.SHAPE, sessions.SHAPE, accounts.SHAPE)


@pytest.fixture
def fake() -> FakeDatabase:
    return FakeDatabase(PLAIN_SHAPES)


def a_user(username: str, name: str = "", hour: int = 0, plane: str = "customer") -> User:
    return User(
        id=f"id of {username}", plane=plane, username=username, name=name, email=None,
        email_confirmed=False, phone=None, status="active", password_hash="x",
        default_account=None, created_at=NOON + timedelta(hours=hour), revision=1,
    )  # fmt: skip


def a_session(id: str, minute: int = 0) -> Session:
    at = NOON + timedelta(minutes=minute)
    return Session(
        id=id, user="dana", plane="customer", created_at=at, last_seen_at=at,
        expires_at=at + timedelta(hours=12), generation=1, rotated_at=at, revoked_at=None,
        reason=None, device="a browser",
    )  # fmt: skip


def an_account(database: Database, customer: str, balance: int = 0, hour: int = 0) -> Account:
    made = new_account(
        owner=customer, username=customer.split(maxsplit=1)[0].lower(), customer=customer,
        name="Current account", currency="USD", now=NOON + timedelta(hours=hour),
    )  # fmt: skip
    accounts.insert_account(database, replace(made, balance_minor=balance))
    return replace(made, balance_minor=balance)


def test_the_seam_keeps_what_ends_well(fake: FakeDatabase) -> None:
    fake.atomically(lambda: users.insert_user(fake, a_user("dana")))
    assert users.find_by_username(fake, "dana") == a_user("dana")


@pytest.mark.parametrize("way", ["attempt", "atomically"])
def test_the_seam_undoes_everything_on_an_error(fake: FakeDatabase, way: str) -> None:
    users.insert_user(fake, a_user("dana"))
    sessions.insert_session(fake, a_session("one"))

    def work() -> None:
        users.insert_user(fake, a_user("mallory"))
        users.change_user(fake, a_user("dana"), {"name": "Changed"})
        sessions.revoke_all(fake, "dana", NOON, "test")
        role_grants.grant(fake, "dana", ["admin"], NOON, "test")
        fake.collection("made inside").insert_one({"_id": 1})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        getattr(fake, way)(work)
    assert users.find_by_username(fake, "mallory") is None
    assert users.find_user(fake, "id of dana") == a_user("dana")
    assert sessions.find_session(fake, "one") == a_session("one")
    assert role_grants.roles_of(fake, "dana") == frozenset()
    assert fake.collection("made inside").count_documents({}) == 0


def test_the_seam_undoes_what_came_before_a_duplicate(fake: FakeDatabase) -> None:
    users.insert_user(fake, a_user("dana"))

    def work() -> None:
        users.insert_user(fake, a_user("carol"))
        users.insert_user(fake, replace(a_user("DANA"), id="another"))

    with pytest.raises(Duplicate):
        fake.atomically(work)
    assert users.find_by_username(fake, "carol") is None


def test_a_database_in_memory_has_no_sessions_so_nothing_can_pass_by_the_seam() -> None:
    with pytest.raises(NotImplementedError):
        Database.attempt(FakeDatabase(PLAIN_SHAPES), lambda: None)


@pytest.mark.parametrize("written", ["dana", "DANA", "Dana", "\uff24\uff21\uff2e\uff21"])
def test_a_user_name_is_found_in_any_case_and_width(fake: FakeDatabase, written: str) -> None:
    users.insert_user(fake, a_user("Dana"))
    assert users.find_by_username(fake, written) == a_user("Dana")


def test_a_banker_is_no_customer(fake: FakeDatabase) -> None:
    users.insert_user(fake, a_user("teller", plane="banker"))
    with pytest.raises(CustomerNotFound):
        users.get_customer(fake, "id of teller")


def test_a_person_changes_only_from_the_revision_that_was_read(fake: FakeDatabase) -> None:
    users.insert_user(fake, a_user("dana"))
    assert users.change_user(fake, a_user("dana"), {"name": "Dana Scott"})
    assert not users.change_user(fake, a_user("dana"), {"name": "Somebody"})
    assert users.get_customer(fake, "id of dana").name == "Dana Scott"


def test_only_an_active_person_can_be_touched(fake: FakeDatabase) -> None:
    users.insert_user(fake, a_user("dana"))
    assert users.touch_if_active(fake, a_user("dana"))
    users.change_user(fake, a_user("dana"), {"status": "frozen"})
    assert not users.touch_if_active(fake, a_user("dana"))


def test_ids_become_user_names(fake: FakeDatabase) -> None:
    users.insert_user(fake, a_user("dana"))
    assert users.usernames(fake, ["id of dana", "nobody"]) == {"id of dana": "dana"}


def test_living_sessions_come_newest_first(fake: FakeDatabase) -> None:
    for number in range(3):
        sessions.insert_session(fake, a_session(str(number), number))
    sessions.revoke(fake, "dana", "1", NOON, "test")
    found = sessions.sessions_of(fake, "dana", NOON + timedelta(hours=1))
    assert [session.id for session in found] == ["2", "0"]


def test_a_session_is_over_when_its_time_is(fake: FakeDatabase) -> None:
    sessions.insert_session(fake, a_session("one"))
    assert sessions.sessions_of(fake, "dana", NOON + timedelta(hours=12)) == []


def test_a_stranger_ends_no_session(fake: FakeDatabase) -> None:
    sessions.insert_session(fake, a_session("one"))
    assert not sessions.revoke(fake, "mallory", "one", NOON, "test")
    assert sessions.find_session(fake, "one") == a_session("one")


def test_a_refresh_token_s_generation_is_used_once(fake: FakeDatabase) -> None:
    session = a_session("one")
    sessions.insert_session(fake, session)
    rotated = sessions.rotate(fake, session, NOON)
    assert rotated is not None
    assert rotated.generation == 2
    assert sessions.rotate(fake, session, NOON) is None


def test_a_session_in_use_is_noted_once_a_minute(fake: FakeDatabase) -> None:
    session = a_session("one")
    sessions.insert_session(fake, session)
    assert sessions.look_up(fake, ["one"], NOON + timedelta(seconds=59)) == {"one": session}
    assert sessions.find_session(fake, "one") == session
    assert sessions.look_up(fake, ["one"], NOON + timedelta(seconds=60)) == {"one": session}
    found = sessions.find_session(fake, "one")
    assert found is not None
    assert found.last_seen_at == NOON + timedelta(seconds=60)


def test_only_sessions_that_live_and_are_asked_for_are_in_use(fake: FakeDatabase) -> None:
    later = NOON + timedelta(minutes=5)
    others = [
        replace(a_session("ended"), revoked_at=NOON, reason="logged out"),
        replace(a_session("over"), expires_at=later),
        a_session("another's"),
    ]
    for session in [a_session("one"), a_session("two"), *others]:
        sessions.insert_session(fake, session)
    sessions.look_up(fake, ["one", "ended", "over", "two", "unknown"], later)
    noted = sessions.find_sessions(fake, ["one", "two"])
    assert {session.last_seen_at for session in noted.values()} == {later}
    for session in others:
        assert sessions.find_session(fake, session.id) == session


def test_the_last_word_on_a_role_counts(fake: FakeDatabase) -> None:
    role_grants.grant(fake, "tess", ["teller", "admin"], NOON, "server")
    role_grants.revoke(fake, "tess", "admin", NOON, "server")
    assert role_grants.roles_of(fake, "tess") == {"teller"}


def test_accounts_are_found_by_the_beginnings_of_several_words(fake: FakeDatabase) -> None:
    grace = an_account(fake, "Grace Hopper")
    an_account(fake, "Grace Kelly")
    found = directory.accounts_page(fake, AccountFilters(words=("hop", "gr")), "newest", None, 10)
    assert found == [grace]


def test_a_pattern_in_a_search_word_is_only_text(fake: FakeDatabase) -> None:
    an_account(fake, "Grace Hopper")
    for word in (".*", "gr.ce", "^grace", "grace|hopper", "("):
        filters = AccountFilters(words=(word,))
        assert directory.accounts_page(fake, filters, "newest", None, 10) == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["Cy", "Bo", "Al"]),
        ("oldest", ["Al", "Bo", "Cy"]),
        ("balance", ["Cy", "Al", "Bo"]),
        ("-balance", ["Bo", "Al", "Cy"]),
        ("name", ["Al", "Bo", "Cy"]),
    ],
)
def test_pages_of_one_follow_the_sort(fake: FakeDatabase, sort: str, expected: list[str]) -> None:
    for hour, (name, balance) in enumerate((("Al", 20), ("Bo", 30), ("Cy", 10))):
        an_account(fake, name, balance, hour)
    seen: list[str] = []
    after = None
    while rows := directory.accounts_page(fake, AccountFilters(), sort, after, 1):
        seen += [row.customer for row in rows]
        after = directory.place_of(rows[-1], sort)
    assert seen == expected


def test_a_range_of_balances_includes_both_ends(fake: FakeDatabase) -> None:
    for balance in (99, 100, 150, 200, 201):
        an_account(fake, "Al", balance)
    filters = AccountFilters(currency="USD", least_minor=100, most_minor=200)
    found = directory.accounts_page(fake, filters, "balance", None, 10)
    assert [account.balance_minor for account in found] == [100, 150, 200]


def test_customers_are_listed_without_bankers(fake: FakeDatabase) -> None:
    for hour, (username, plane) in enumerate(
        (("al", "customer"), ("tess", "banker"), ("bo", "customer"))
    ):
        users.insert_user(fake, a_user(username, hour=hour, plane=plane))
    found = directory.customers_page(fake, (), None, 10)
    assert [user.username for user in found] == ["bo", "al"]
