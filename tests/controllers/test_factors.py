"""Authenticator apps and recovery codes: right once, at the right time, and nowhere to be read."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Secret
from app.controllers import factors
from app.controllers.bank import Bank
from app.errors import InvalidCode, NoAuthenticator
from app.models import factors as stored
from app.models import users
from app.models.database import now
from app.models.schema import SHAPES
from app.models.users import User
from tests import make
from tests.authenticator import AuthenticatorApp
from tests.conftest import SECRET, Clock
from tests.together import together

NEW = "another-secret-0123456789-abcdefghijklmnopqrstu"
# RFC 6238, appendix B, SHA-1; six digits are the last six of its eight.
RFC_SEED = b"12345678901234567890"
RFC_CODES = {
    59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924",
    2000000000: "279037", 20000000000: "353130",
}  # fmt: skip


@pytest.fixture
def dana(client: FlaskClient, bank: Bank, clock: Clock) -> User:
    """A customer, at a time at which no half minute ends during a test."""
    make.customer(client, "dana")
    clock.at(2026, 3, 1)
    user = users.find_by_username(bank.database, "dana")
    assert user
    return user


def begun(bank: Bank, user: User, clock: Clock) -> AuthenticatorApp:
    return AuthenticatorApp(factors.begin_totp(bank, user).secret_base32, clock)


def enrolled(bank: Bank, user: User, clock: Clock) -> tuple[AuthenticatorApp, list[str]]:
    """An app that is the person's, with a fresh code to show, and the recovery codes."""
    app = begun(bank, user, clock)
    codes = factors.confirm_totp(bank, user.id, app.shows())
    clock.forward(seconds=60)
    return app, codes


def kinds(bank: Bank, user: User, codes: list[str]) -> list[str | None]:
    return [factors.check(bank, user.id, code) for code in codes]


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert factors.totp_code(RFC_SEED, seconds // 30) == code


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_the_codes_of_the_rfc_are_right_at_their_time(
    bank: Bank, dana: User, clock: Clock, monkeypatch: pytest.MonkeyPatch, seconds: int, code: str
) -> None:
    monkeypatch.setattr(factors, "seed_of", lambda *_: RFC_SEED)
    clock.offset = datetime.fromtimestamp(seconds, UTC) - now()
    factors.begin_totp(bank, dana)
    assert len(factors.confirm_totp(bank, dana.id, code)) == 10


def test_an_app_reads_bank_person_and_secret_from_the_uri(bank: Bank, dana: User) -> None:
    begun = factors.begin_totp(bank, dana)
    uri = urlsplit(begun.uri)
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/Strongroom:dana")
    assert parse_qs(uri.query) == {"secret": [begun.secret_base32], "issuer": ["Strongroom"]}
    assert len(base64.b32decode(begun.secret_base32)) == 20


def test_a_bank_of_two_words_has_no_plus_in_its_name(
    make_app: Callable[..., Flask], dana: User
) -> None:
    bank = make_app(bank_name="Bank & Sons: Ltd").extensions["bank"]
    uri = factors.begin_totp(bank, dana).uri
    assert uri.startswith("otpauth://totp/Bank%20%26%20Sons%20%20Ltd:dana?secret=")
    assert uri.endswith("&issuer=Bank%20%26%20Sons%20%20Ltd")


def test_an_enrolment_shows_no_secret_in_a_log(bank: Bank, dana: User) -> None:
    begun = factors.begin_totp(bank, dana)
    assert begun.secret_base32 not in repr(begun)


def test_an_app_that_was_not_confirmed_is_none(bank: Bank, dana: User, clock: Clock) -> None:
    app = begun(bank, dana, clock)
    assert factors.check(bank, dana.id, app.shows()) is None
    assert factors.methods_of(bank, dana) == ()


def test_a_wrong_code_confirms_nothing(bank: Bank, dana: User, clock: Clock) -> None:
    app = begun(bank, dana, clock)
    for code in (app.shows(later=5), "", "12345", "1234567", "\ud800", "１２３４５６"):  # noqa: RUF001
        with pytest.raises(InvalidCode):
            factors.confirm_totp(bank, dana.id, code)
    assert factors.methods_of(bank, dana) == ()
    assert factors.confirm_totp(bank, dana.id, app.shows())


def test_who_has_begun_nothing_confirms_nothing(bank: Bank, dana: User) -> None:
    with pytest.raises(InvalidCode):
        factors.confirm_totp(bank, dana.id, "123456")


def test_an_app_is_to_be_confirmed_within_ten_minutes(bank: Bank, dana: User, clock: Clock) -> None:
    early, late = begun(bank, dana, clock), None
    clock.forward(minutes=9, seconds=50)
    assert factors.confirm_totp(bank, dana.id, early.shows())
    late = begun(bank, dana, clock)
    clock.forward(minutes=10)
    with pytest.raises(InvalidCode):
        factors.confirm_totp(bank, dana.id, late.shows())
    clock.forward(minutes=1)
    assert factors.check(bank, dana.id, early.shows()) == "totp"


def test_an_app_that_waits_is_shown_again_to_whoever_brings_its_secret(
    bank: Bank, dana: User, clock: Clock
) -> None:
    made = factors.begin_totp(bank, dana)
    assert factors.begun_totp(bank, dana, made.secret_base32) == made
    assert factors.begun_totp(bank, dana, "A" * 32) is None
    clock.forward(minutes=10)
    assert factors.begun_totp(bank, dana, made.secret_base32) is None


def test_a_secret_is_that_of_the_app_once_it_was_confirmed(
    bank: Bank, dana: User, clock: Clock
) -> None:
    secret = factors.begin_totp(bank, dana).secret_base32
    assert not factors.has_totp(bank, dana, secret)
    factors.confirm_totp(bank, dana.id, AuthenticatorApp(secret, clock).shows())
    assert factors.has_totp(bank, dana, secret)
    assert not factors.has_totp(bank, dana, "A" * 32)


def test_of_two_that_were_begun_the_last_one_counts(bank: Bank, dana: User, clock: Clock) -> None:
    first, second = begun(bank, dana, clock), begun(bank, dana, clock)
    with pytest.raises(InvalidCode):
        factors.confirm_totp(bank, dana.id, first.shows())
    assert factors.confirm_totp(bank, dana.id, second.shows())


def test_what_was_confirmed_cannot_be_confirmed_again(bank: Bank, dana: User, clock: Clock) -> None:
    app = begun(bank, dana, clock)
    answers = together(20, lambda _: confirmed(bank, dana, app.shows()))
    assert Counter(answers) == {True: 1, False: 19}


def confirmed(bank: Bank, user: User, code: str) -> bool:
    try:
        return bool(factors.confirm_totp(bank, user.id, code))
    except InvalidCode:
        return False


def test_many_who_begin_at_once_leave_one_pending(bank: Bank, dana: User, clock: Clock) -> None:
    apps = together(20, lambda _: begun(bank, dana, clock))
    assert sum(confirmed(bank, dana, app.shows()) for app in apps) == 1


def test_a_new_app_takes_the_place_of_the_old_and_its_codes(
    bank: Bank, dana: User, clock: Clock
) -> None:
    old, old_codes = enrolled(bank, dana, clock)
    new, new_codes = enrolled(bank, dana, clock)
    assert kinds(bank, dana, [old.shows(), old_codes[0]]) == [None, None]
    assert kinds(bank, dana, [new.shows(), new_codes[0]]) == ["totp", "recovery"]


def test_the_code_that_confirmed_is_used_up(bank: Bank, dana: User, clock: Clock) -> None:
    app = begun(bank, dana, clock)
    factors.confirm_totp(bank, dana.id, app.shows())
    assert factors.check(bank, dana.id, app.shows()) is None


@pytest.mark.parametrize(
    ("later", "kind"), [(-3, None), (-2, None), (-1, "totp"), (0, "totp"), (1, "totp"), (2, None)]
)
def test_a_code_is_good_for_its_half_minute_and_one_to_each_side(
    bank: Bank, dana: User, clock: Clock, later: int, kind: str | None
) -> None:
    app, _ = enrolled(bank, dana, clock)
    clock.forward(minutes=5)
    assert factors.check(bank, dana.id, app.shows(later=later)) == kind


def test_a_code_is_good_to_the_last_moment_of_the_window(
    bank: Bank, dana: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "seed_of", lambda *_: RFC_SEED)
    enrolled(bank, dana, clock)
    start = datetime(2026, 3, 1, 13, tzinfo=UTC)
    code = factors.totp_code(RFC_SEED, int(start.timestamp()) // 30)
    for moment, kind in (
        (start - timedelta(milliseconds=30_001), None),
        (start + timedelta(milliseconds=60_000), None),
        (start + timedelta(milliseconds=59_999), "totp"),
    ):
        frozen = stopped(bank, moment)
        assert factors.check(frozen, dana.id, code) == kind


def stopped(bank: Bank, moment: datetime) -> Bank:
    """The same bank with its clock stopped."""
    return Bank(**{**vars(bank), "clock": lambda: moment})


def test_a_code_is_good_once(bank: Bank, dana: User, clock: Clock) -> None:
    app, _ = enrolled(bank, dana, clock)
    assert kinds(bank, dana, [app.shows()] * 3) == ["totp", None, None]


def test_after_a_code_none_before_it_is_good(bank: Bank, dana: User, clock: Clock) -> None:
    app, _ = enrolled(bank, dana, clock)
    clock.forward(minutes=5)
    codes = [app.shows(later=1), app.shows(), app.shows(later=-1)]
    assert kinds(bank, dana, codes) == ["totp", None, None]
    clock.forward(seconds=60)
    assert factors.check(bank, dana.id, app.shows()) == "totp"


def test_a_clock_that_goes_back_makes_no_used_code_good(
    bank: Bank, dana: User, clock: Clock
) -> None:
    app, _ = enrolled(bank, dana, clock)
    used = app.shows()
    assert factors.check(bank, dana.id, used) == "totp"
    clock.forward(minutes=-2)
    assert kinds(bank, dana, [used, app.shows(), app.shows(later=1)]) == [None, None, None]


def test_of_50_who_send_one_code_at_once_one_is_let_in(
    bank: Bank, dana: User, clock: Clock
) -> None:
    app, _ = enrolled(bank, dana, clock)
    code = app.shows()
    found = together(50, lambda _: factors.check(bank, dana.id, code))
    assert Counter(found) == {"totp": 1, None: 49}


def test_of_50_who_send_one_recovery_code_at_once_one_is_let_in(
    bank: Bank, dana: User, clock: Clock
) -> None:
    _, codes = enrolled(bank, dana, clock)
    found = together(50, lambda _: factors.check(bank, dana.id, codes[0]))
    assert Counter(found) == {"recovery": 1, None: 49}


def test_each_of_ten_recovery_codes_is_good_once(bank: Bank, dana: User, clock: Clock) -> None:
    _, codes = enrolled(bank, dana, clock)
    assert kinds(bank, dana, codes) == ["recovery"] * 10
    assert kinds(bank, dana, codes) == [None] * 10
    assert factors.methods_of(bank, dana) == ("totp",)


def test_recovery_codes_have_128_bits_and_differ(bank: Bank, dana: User, clock: Clock) -> None:
    _, codes = enrolled(bank, dana, clock)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([A-Z2-7]{4}-){6}[A-Z2-7]{2}", code) for code in codes)


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:9]}  {code[9:]}"],
)
def test_a_recovery_code_may_be_typed_as_one_likes(
    bank: Bank, dana: User, clock: Clock, typed: Callable[[str], str]
) -> None:
    _, codes = enrolled(bank, dana, clock)
    assert factors.check(bank, dana.id, typed(codes[3])) == "recovery"


def test_a_code_may_have_a_blank_in_its_middle(bank: Bank, dana: User, clock: Clock) -> None:
    app, _ = enrolled(bank, dana, clock)
    code = app.shows()
    assert factors.check(bank, dana.id, f"{code[:3]} {code[3:]}") == "totp"


@pytest.mark.parametrize("code", ["", "12345", "1" * 7, "\ud800", "A" * 26, "A" * 5000, "$ne"])
def test_what_is_no_code_is_wrong(bank: Bank, dana: User, clock: Clock, code: str) -> None:
    enrolled(bank, dana, clock)
    assert factors.check(bank, dana.id, code) is None


def test_the_code_of_another_person_is_wrong(
    client: FlaskClient, bank: Bank, dana: User, clock: Clock
) -> None:
    app, codes = enrolled(bank, dana, clock)
    make.customer(client, "erin")
    erin = users.find_by_username(bank.database, "erin")
    assert erin
    enrolled(bank, erin, clock)
    assert kinds(bank, erin, [app.shows(), codes[0]]) == [None, None]
    assert kinds(bank, dana, [app.shows(), codes[0]]) == ["totp", "recovery"]


def test_new_recovery_codes_kill_the_old(bank: Bank, dana: User, clock: Clock) -> None:
    _, old = enrolled(bank, dana, clock)
    new = factors.new_recovery_codes(bank, dana.id)
    assert kinds(bank, dana, old) == [None] * 10
    assert kinds(bank, dana, new) == ["recovery"] * 10


def test_an_app_that_was_dropped_is_gone_with_its_codes(
    bank: Bank, dana: User, clock: Clock
) -> None:
    app, codes = enrolled(bank, dana, clock)
    factors.drop_totp(bank, dana.id)
    assert kinds(bank, dana, [app.shows(), codes[0]]) == [None, None]
    with pytest.raises(NoAuthenticator):
        factors.drop_totp(bank, dana.id)
    with pytest.raises(NoAuthenticator):
        factors.new_recovery_codes(bank, dana.id)


def test_the_ways_are_the_app_or_else_the_mail(bank: Bank, dana: User, clock: Clock) -> None:
    assert factors.methods_of(bank, dana) == ()
    users.change_user(bank.database, dana, {"email": "d@example.com"})
    unconfirmed = users.find_user(bank.database, dana.id)
    assert unconfirmed
    assert factors.methods_of(bank, unconfirmed) == ()
    users.change_user(bank.database, unconfirmed, {"email_confirmed": True})
    confirmed = users.find_user(bank.database, dana.id)
    assert confirmed
    assert factors.methods_of(bank, confirmed) == ("mail",)
    enrolled(bank, confirmed, clock)
    assert factors.methods_of(bank, confirmed) == ("totp", "recovery")


def test_a_code_of_the_app_before_uses_up_none_of_the_new(
    bank: Bank, dana: User, clock: Clock
) -> None:
    enrolled(bank, dana, clock)
    old = stored.find_factors(bank.database, dana.id).totp
    new, _ = enrolled(bank, dana, clock)
    assert old
    # As by somebody who has read the old one, and looked at its code, before it was replaced.
    assert not stored.use_counter(bank.database, dana.id, old.nonce, 10**9)
    assert factors.check(bank, dana.id, new.shows()) == "totp"


def test_being_asked_at_each_log_in_is_a_wish_of_its_own(
    bank: Bank, dana: User, clock: Clock
) -> None:
    factors.set_at_log_in(bank, dana.id, True)
    app, _ = enrolled(bank, dana, clock)
    assert stored.find_factors(bank.database, dana.id).at_log_in
    factors.set_at_log_in(bank, dana.id, False)
    assert not stored.find_factors(bank.database, dana.id).at_log_in
    assert factors.check(bank, dana.id, app.shows()) == "totp"


def test_a_thief_of_the_database_has_neither_secret_nor_recovery_code(
    bank: Bank, dana: User, clock: Clock
) -> None:
    secret = factors.begin_totp(bank, dana).secret_base32
    app = AuthenticatorApp(secret, clock)
    codes = factors.confirm_totp(bank, dana.id, app.shows())
    seed = base64.b32decode(secret)
    rows = [list(bank.database.collection(shape.name).find({})) for shape in SHAPES]
    dump = str(rows).casefold()
    assert dana.id in dump
    plain = [code.replace("-", "") for code in codes]
    searched = [secret, seed.hex(), str(seed)[2:-1], base64.b64encode(seed).decode()]
    assert [text for text in [*searched, *codes, *plain] if text.casefold() in dump] == []


def test_an_app_of_the_previous_key_works_while_the_bank_has_it(
    make_app: Callable[..., Flask], dana: User, clock: Clock
) -> None:
    old, new = Secret(SECRET), Secret(NEW)
    before, between, after = (
        make_app(**settings).extensions["bank"]
        for settings in (
            {"secret_key": old},
            {"secret_key": new, "secret_key_previous": old},
            {"secret_key": new},
        )
    )
    app, codes = enrolled(before, dana, clock)
    assert factors.check(between, dana.id, app.shows()) == "totp"
    clock.forward(seconds=60)
    assert factors.check(after, dana.id, app.shows()) is None
    assert factors.check(after, dana.id, codes[0]) == "recovery"
    again, _ = enrolled(between, dana, clock)
    assert factors.check(after, dana.id, again.shows()) == "totp"
