"""Sessions to the millisecond, tokens to the letter: what opens, for whom, and until when."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from app.controllers import access, accounts, bankers, customers, log_ins
from app.controllers.access import Entered
from app.controllers.bank import Bank, Caller
from app.controllers.bankers import NewBanker
from app.controllers.orders import EditProfile, LogIn, OpenAccount, Register
from app.errors import (
    BankError,
    CustomerFrozen,
    InvalidRefreshToken,
    InvalidToken,
    SessionNotFound,
    WrongCredentials,
)
from app.models import sessions, users
from app.models.sessions import Session
from tests import make
from tests.conftest import Clock
from tests.faults.replica_set import await_until

MILLISECOND = timedelta(milliseconds=1)
Act = Callable[[], object]


def at(bank: Bank, moment: datetime) -> Bank:
    """The same bank at one moment."""
    return replace(bank, clock=lambda: moment)


def enter(bank: Bank, username: str = "dana", device: str = "tests") -> Entered:
    """Log in, registered before or just now."""
    if users.find_by_username(bank.database, username) is None:
        customers.register(bank, Register(username, make.PASSWORD, "", None, None))
    return log_ins.log_in(bank, LogIn(username, make.PASSWORD), Caller(device=device))


def enter_as_banker(bank: Bank) -> Entered:
    """Log in as a banker who was made on the command line."""
    name = f"banker-{uuid4().hex[:8]}"
    bankers.bootstrap(bank, [NewBanker(name, make.PASSWORD, frozenset({"teller"}))])
    return log_ins.log_in(bank, LogIn(name, make.PASSWORD), Caller())


def stored(bank: Bank, session: Session) -> Session:
    """The session as it is kept now."""
    found = sessions.find_session(bank.database, session.id)
    assert found
    return found


def refused(kind: type[BankError], act: Act) -> str:
    """The detail of the refusal that the act meets."""
    with pytest.raises(kind) as error:
        act()
    return error.value.detail


def test_a_session_begins_as_it_says(bank: Bank) -> None:
    moment = bank.now()
    entered = enter(at(bank, moment), device="Lynx " + "x" * 300)
    session = entered.session
    assert stored(bank, session).device == "Lynx " + "x" * 195
    assert (session.created_at, session.last_seen_at, session.rotated_at) == (moment,) * 3
    assert (session.generation, session.revoked_at, session.reason) == (1, None, None)
    assert (session.plane, session.user) == ("customer", stored(bank, session).user)


@pytest.mark.parametrize(
    ("enters", "hours", "seconds"), [(enter, 12, 600), (enter_as_banker, 8, 300)]
)
def test_how_long_a_session_and_its_access_tokens_live(
    bank: Bank, enters: Callable[[Bank], Entered], hours: int, seconds: int
) -> None:
    entered = enters(bank)
    lives = entered.session.expires_at - entered.session.created_at
    assert (lives, entered.access_seconds) == (timedelta(hours=hours), seconds)


def test_a_session_is_over_at_the_very_moment_it_says(bank: Bank) -> None:
    entered = enter(bank)
    session = entered.session
    claims = (session.user, session.id, session.plane)
    over = at(bank, session.expires_at)
    access.authenticate(at(bank, session.expires_at - MILLISECOND), *claims)
    refused(InvalidToken, lambda: access.authenticate(over, *claims))
    refused(InvalidRefreshToken, lambda: access.refresh(over, entered.refresh_token))
    late = at(bank, session.expires_at - MILLISECOND)
    assert access.refresh(late, entered.refresh_token).session.expires_at == session.expires_at


def test_a_lost_answer_comes_again_for_exactly_ten_seconds(bank: Bank) -> None:
    first = enter(bank)
    moment = bank.now()
    second = access.refresh(at(bank, moment), first.refresh_token)
    last = at(bank, moment + timedelta(seconds=10))
    assert access.refresh(last, first.refresh_token).refresh_token == second.refresh_token
    assert stored(bank, first.session).generation == 2


def test_a_millisecond_later_it_is_a_theft_and_ends_the_session(bank: Bank) -> None:
    first = enter(bank)
    moment = bank.now()
    second = access.refresh(at(bank, moment), first.refresh_token)
    late = moment + timedelta(seconds=10) + MILLISECOND
    for token in (first.refresh_token, second.refresh_token):
        refused(InvalidRefreshToken, lambda token=token: access.refresh(at(bank, late), token))
    ended = stored(bank, first.session)
    assert (ended.revoked_at, ended.reason) == (late, "refresh token used twice")


def test_two_generations_back_is_a_theft_even_at_the_same_moment(bank: Bank) -> None:
    first, moment = enter(bank), bank.now()
    second = access.refresh(at(bank, moment), first.refresh_token)
    access.refresh(at(bank, moment), second.refresh_token)
    refused(InvalidRefreshToken, lambda: access.refresh(at(bank, moment), first.refresh_token))
    assert stored(bank, first.session).reason == "refresh token used twice"


def test_a_refresh_keeps_the_session_and_moves_its_generation_on(bank: Bank) -> None:
    first, moment = enter(bank), bank.now() + timedelta(minutes=3)
    before = stored(bank, first.session)
    second = access.refresh(at(bank, moment), first.refresh_token)
    assert second.session == stored(bank, first.session)
    assert second.session == replace(before, generation=2, rotated_at=moment, last_seen_at=moment)
    assert second.access_seconds == first.access_seconds


def token(bank: Bank, session: str, generation: str) -> str:
    """A refresh token as only the bank itself can make it."""
    text = f"{session}.{generation}"
    key = bank.config.key("refresh token")
    return f"{text}.{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def test_a_refresh_token_is_the_session_its_generation_and_their_proof(bank: Bank) -> None:
    entered = enter(bank)
    assert entered.refresh_token == token(bank, entered.session.id, "1")


@pytest.mark.parametrize("generation", ["1000000000", "01", "+1", "1 ", "\u0661", ""])
def test_a_generation_is_a_plain_short_number_whoever_signed_it(
    bank: Bank, generation: str
) -> None:
    entered = enter(bank)
    forged = token(bank, entered.session.id, generation)
    refused(InvalidRefreshToken, lambda: access.refresh(bank, forged))
    assert stored(bank, entered.session).revoked_at is None


def test_a_token_for_a_session_that_never_was_opens_nothing(bank: Bank) -> None:
    refused(InvalidRefreshToken, lambda: access.refresh(bank, token(bank, "nowhere", "1")))
    refused(InvalidToken, lambda: access.authenticate(bank, "nobody", "nowhere", "customer"))


def test_a_session_is_good_for_its_person_and_its_plane_alone(bank: Bank) -> None:
    dana, eve = enter(bank).session, enter(bank, "eve").session
    for claims in ((eve.user, dana.id, "customer"), (dana.user, dana.id, "banker")):
        refused(InvalidToken, lambda claims=claims: access.authenticate(bank, *claims))
    actor = access.authenticate(bank, dana.user, dana.id, "customer")
    assert (actor.user, actor.session, actor.plane) == (dana.user, dana.id, "customer")


def test_only_a_banker_has_roles(bank: Bank) -> None:
    for session, roles in (
        (enter(bank).session, set()),
        (enter_as_banker(bank).session, {"teller"}),
    ):
        actor = access.authenticate(bank, session.user, session.id, session.plane)
        assert actor.roles == roles


def test_a_session_that_is_used_says_when(bank: Bank, clock: Clock) -> None:
    session = enter(bank).session
    clock.forward(minutes=5)
    before = bank.now()
    access.authenticate(bank, session.user, session.id, session.plane)
    # Nobody waits for this write, so a reader may be a moment ahead of it.
    await_until(lambda: before <= stored(bank, session).last_seen_at <= bank.now(), "a note of it")


def test_a_session_ends_once_and_says_when_and_why(bank: Bank) -> None:
    mine, other = enter(bank).session, enter(bank).session
    actor = access.authenticate(bank, mine.user, mine.id, "customer")
    moment = bank.now()
    access.end_session(at(bank, moment), actor, other.id)
    refused(SessionNotFound, lambda: access.end_session(bank, actor, other.id))
    access.log_out(at(bank, moment), actor)
    ends = [(stored(bank, s).revoked_at, stored(bank, s).reason) for s in (other, mine)]
    assert ends == [(moment, "ended by the owner"), (moment, "logged out")]
    assert access.living_sessions(bank, actor) == []


def test_the_oldest_sessions_make_room_and_say_why(bank: Bank) -> None:
    start = bank.now()
    opened = [enter(at(bank, start + n * MILLISECOND)).session for n in range(7)]
    ends = [(stored(bank, s).revoked_at, stored(bank, s).reason) for s in opened]
    assert ends[:2] == [(start + n * MILLISECOND, "too many") for n in (5, 6)]
    assert ends[2:] == [(None, None)] * 5
    actor = access.authenticate(bank, opened[6].user, opened[6].id, "customer")
    assert [each.id for each in access.living_sessions(bank, actor)] == [
        session.id for session in reversed(opened[2:])
    ]


def test_what_a_refused_log_in_says(bank: Bank) -> None:
    dana = enter(bank).session
    wrong = LogIn("dana", "not the password")
    assert refused(WrongCredentials, lambda: log_ins.log_in(bank, wrong, Caller())) == (
        "check all of it and try again"
    )
    bank.database.collection(users.NAME).update_one(
        {"_id": dana.user}, {"$set": {"status": "frozen"}}
    )
    assert refused(CustomerFrozen, lambda: enter(bank)) == "ask the bank why"


def test_a_session_knows_the_default_account_and_what_it_is_kept_in(bank: Bank) -> None:
    session = stored(bank, enter(bank).session)
    owner = users.find_user(bank.database, session.user)
    assert owner
    assert (session.default_account, session.default_currency) == (owner.default_account, "USD")
    actor = access.authenticate(bank, session.user, session.id, "customer")
    assert (actor.default_account, actor.default_currency) == (owner.default_account, "USD")


def test_a_banker_has_no_default_account(bank: Bank) -> None:
    session = stored(bank, enter_as_banker(bank).session)
    assert (session.default_account, session.default_currency) == (None, None)


def test_another_default_account_in_another_currency_counts_in_living_sessions(
    bank: Bank,
) -> None:
    session = stored(bank, enter(bank).session)
    actor = access.authenticate(bank, session.user, session.id, "customer")
    other = accounts.open_account(bank, actor, OpenAccount("Travel", "JPY"))
    customers.edit_profile(bank, actor, EditProfile({"default_account": other.number}))
    actor = access.authenticate(bank, session.user, session.id, "customer")
    assert (actor.default_account, actor.default_currency) == (other.number, "JPY")
    title = accounts.own_title(bank, actor, None)
    assert (title.number, title.owner, title.currency) == (other.number, session.user, "JPY")
