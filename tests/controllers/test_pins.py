"""PINs: three tries and no more, looked at one by one, kept where nobody can read them."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Secret
from app.controllers import factors, pins
from app.controllers.bank import Bank
from app.controllers.passwords import Passwords
from app.errors import InvalidField, Overloaded, WeakPin
from app.models import audit, users
from app.models import pins as stored
from app.models.accounts import Account
from app.models.schema import SHAPES
from tests import make
from tests.conftest import SECRET
from tests.make import Person
from tests.together import together

NEW = "another-secret-0123456789-abcdefghijklmnopqrstu"
PIN, OTHER, WRONG = "483926", "740583", "605184"
NOBODY = "100000000028"


@pytest.fixture
def account(bank: Bank) -> Account:
    """An account whose PIN is PIN."""
    opened = make.account(bank)
    pins.set_pin(bank, opened.number, PIN)
    return opened


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many hashes were computed: to look at a PIN, for nothing, and to store one."""
    counted: Counter[str] = Counter()
    verify, hash_ = Passwords.verify, Passwords.hash

    def verifying(self: Passwords, password: str, hashed: str | None) -> bool:
        right = verify(self, password, hashed)
        counted["real" if hashed else "dummy"] += 1
        return right

    def hashing(self: Passwords, password: str) -> str:
        counted["new"] += 1
        return hash_(self, password)

    monkeypatch.setattr(Passwords, "verify", verifying)
    monkeypatch.setattr(Passwords, "hash", hashing)
    return counted


@pytest.fixture
def roomy(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Bank:
    """The same bank, where many may wait for a hash, and for as long as it takes."""
    monkeypatch.setattr("app.controllers.passwords._WAIT_SECONDS", 60.0)
    found: Bank = make_app(hash_queue=100).extensions["bank"]
    return found


def tried(bank: Bank, account: Account, *typed: str) -> list[bool]:
    return [pins.check_pin(bank, account.number, each) for each in typed]


def asked(person: Person, number: str | None = None) -> str:
    """The code that was mailed for the PIN of an account."""
    body = {"purpose": "set_pin", "account": number or person.account}
    answer = person.post("/auth/codes", body)
    assert answer.status_code < 300, answer.text
    return make.code_in(make.mails(person.client.application.extensions["bank"])[0])


def put(person: Person, pin: str, code: str | None = None) -> TestResponse:
    """A request for a PIN; without a `code` it asks for one."""
    body = {"pin": pin, "code": code or asked(person)}
    return person.send("PUT", f"/accounts/{person.account}/pin", json=body)


def state(person: Person) -> str:
    return str(person.get(f"/accounts/{person.account}/pin").json["state"])


def test_the_right_pin_is_right_and_another_is_not(bank: Bank, account: Account) -> None:
    assert tried(bank, account, PIN, WRONG, PIN) == [True, False, True]


def test_the_same_pin_of_another_account_is_another_pin(bank: Bank, account: Account) -> None:
    second = make.account(bank)
    pins.set_pin(bank, second.number, PIN)
    one, two = (stored.find_pin(bank.database, each.number) for each in (account, second))
    assert one
    assert two
    stored.set_pin(bank.database, second.number, one.hash, one.kid, bank.now())
    assert tried(bank, second, PIN) == [False]


def test_the_third_wrong_pin_in_a_row_locks(bank: Bank, account: Account) -> None:
    assert tried(bank, account, WRONG, WRONG) == [False, False]
    assert pins.pin_state(bank, account.number) == "set"
    assert tried(bank, account, WRONG) == [False]
    assert pins.pin_state(bank, account.number) == "locked"
    assert tried(bank, account, PIN, PIN) == [False, False]


def test_the_owner_hears_of_a_locked_pin_once(client: FlaskClient, bank: Bank) -> None:
    dana = make.confirmed(client)
    pins.set_pin(bank, dana.account, PIN)
    for _ in range(4):
        pins.check_pin(bank, dana.account, WRONG)
    letters = [letter for letter in make.mails(bank) if letter.kind == "PIN locked"]
    assert [letter.to for letter in letters] == ["dana@example.com"]
    assert dana.account[-4:] in letters[0].text
    assert dana.account not in letters[0].text


def test_a_right_pin_begins_the_count_anew(bank: Bank, account: Account) -> None:
    for _ in range(3):
        assert tried(bank, account, WRONG, WRONG, PIN) == [False, False, True]
    assert pins.pin_state(bank, account.number) == "set"


def test_no_time_opens_a_locked_pin_but_a_new_one_does(bank: Bank, account: Account) -> None:
    tried(bank, account, WRONG, WRONG, WRONG)
    pins.set_pin(bank, account.number, OTHER)
    assert pins.pin_state(bank, account.number) == "set"
    assert tried(bank, account, PIN, OTHER) == [False, True]


def guess(number: int) -> str:
    return f"{60_518 + number}4"


def test_of_50_wrong_pins_at_once_three_are_looked_at(
    roomy: Bank, account: Account, looks: Counter[str]
) -> None:
    looks.clear()
    found = together(50, lambda n: pins.check_pin(roomy, account.number, guess(n)))
    assert found == [False] * 50
    assert looks == {"real": 3, "dummy": 47}
    assert pins.pin_state(roomy, account.number) == "locked"


def test_a_bank_that_is_busy_meanwhile_looks_at_no_more_than_three(
    make_app: Callable[..., Flask], account: Account, looks: Counter[str]
) -> None:
    narrow = make_app(hashes_at_once=1, hash_queue=0).extensions["bank"]
    looks.clear()

    def try_it(number: int) -> bool:
        try:
            return pins.check_pin(narrow, account.number, guess(number))
        except Overloaded:
            return False

    assert together(50, try_it) == [False] * 50
    assert looks["real"] <= 3
    assert tried(narrow, account, WRONG, WRONG, WRONG, PIN) == [False] * 4
    assert looks["real"] == 3


def test_right_pins_at_once_do_not_lock(roomy: Bank, account: Account) -> None:
    found = together(50, lambda _: pins.check_pin(roomy, account.number, PIN))
    assert any(found)
    assert tried(roomy, account, PIN) == [True]


@pytest.mark.parametrize(
    ("typed", "cost"), [(PIN, "real"), (WRONG, "real"), ("12", "dummy"), ("\ud800", "dummy")]
)
def test_every_answer_costs_one_hash(
    bank: Bank, account: Account, looks: Counter[str], typed: str, cost: str
) -> None:
    looks.clear()
    tried(bank, account, typed)
    assert looks == {cost: 1}


def test_an_account_without_a_pin_and_a_locked_one_cost_as_much(
    bank: Bank, account: Account, looks: Counter[str]
) -> None:
    tried(bank, account, WRONG, WRONG, WRONG)
    without = make.account(bank)
    looks.clear()
    for number in (NOBODY, without.number, account.number, "", "{'$ne': 1}"):
        assert not pins.check_pin(bank, number, PIN)
    assert looks == {"dummy": 5}


@pytest.mark.parametrize("typed", ["", "48392", "4839260", "４８３９２６", " 483926", "483926\n"])  # noqa: RUF001
def test_what_cannot_be_a_pin_is_no_try(bank: Bank, account: Account, typed: str) -> None:
    assert tried(bank, account, *[typed] * 4, PIN) == [False] * 4 + [True]


def test_a_busy_bank_takes_no_try_away(
    bank: Bank, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        raise Overloaded

    with monkeypatch.context() as patched:
        patched.setattr(bank.passwords, "verify", busy)
        for number in [account.number] * 5 + [NOBODY]:
            with pytest.raises(Overloaded):
                pins.check_pin(bank, number, PIN)
    assert pins.pin_state(bank, account.number) == "set"
    assert tried(bank, account, WRONG, WRONG, PIN) == [False, False, True]


def test_a_busy_bank_does_not_leave_a_lock(
    bank: Bank, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        raise Overloaded

    tried(bank, account, WRONG, WRONG)
    with monkeypatch.context() as patched:
        patched.setattr(bank.passwords, "verify", busy)
        with pytest.raises(Overloaded):
            pins.check_pin(bank, account.number, PIN)
    assert pins.pin_state(bank, account.number) == "set"
    assert tried(bank, account, WRONG, PIN) == [False, False]


def test_a_try_at_the_old_pin_is_not_given_back_to_the_new(
    bank: Bank, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        monkeypatch.undo()
        pins.set_pin(bank, account.number, OTHER)
        assert tried(bank, account, WRONG) == [False]
        raise Overloaded

    monkeypatch.setattr(bank.passwords, "verify", busy)
    with pytest.raises(Overloaded):
        pins.check_pin(bank, account.number, PIN)
    assert tried(bank, account, WRONG, WRONG, OTHER) == [False, False, False]


def test_a_look_at_the_old_pin_says_nothing_of_the_new(
    bank: Bank, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = bank.passwords.verify

    def slow(password: str, hashed: str | None) -> bool:
        right = verify(password, hashed)
        monkeypatch.undo()
        pins.set_pin(bank, account.number, OTHER)
        assert tried(bank, account, WRONG) == [False]
        return right

    monkeypatch.setattr(bank.passwords, "verify", slow)
    assert tried(bank, account, PIN) == [False]
    assert tried(bank, account, WRONG, WRONG, OTHER) == [False, False, False]


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "abcdef", "４８３９２６", "48392\n"])  # noqa: RUF001
def test_a_pin_has_six_digits(bank: Bank, account: Account, pin: str) -> None:
    with pytest.raises(InvalidField):
        pins.set_pin(bank, account.number, pin)
    assert tried(bank, account, PIN) == [True]


def test_a_weak_pin_is_not_set(bank: Bank, account: Account) -> None:
    with pytest.raises(WeakPin):
        pins.set_pin(bank, account.number, "123456")
    assert tried(bank, account, PIN) == [True]


def test_a_thief_of_the_database_reads_no_pin(client: FlaskClient, bank: Bank) -> None:
    dana = make.confirmed(client, "dana")
    assert put(dana, "905173").status_code == 204
    assert pins.check_pin(bank, dana.account, "905173")
    dump = str([list(bank.database.collection(shape.name).find({})) for shape in SHAPES])
    assert "'pin set'" in dump
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in dump
    assert "905173" not in dump


def test_a_pin_under_the_previous_key_is_kept_under_the_present_one_when_it_is_used(
    make_app: Callable[..., Flask], bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Secret(SECRET), Secret(NEW)
    between = make_app(secret_key=new, secret_key_previous=old).extensions["bank"]
    after = make_app(secret_key=new).extensions["bank"]
    used, unused = make.account(bank), make.account(bank)
    for each in (used, unused):
        pins.set_pin(bank, each.number, PIN)
    assert tried(between, used, WRONG, PIN, WRONG, PIN) == [False, True, False, True]
    assert tried(after, used, PIN) == [True]
    assert tried(after, unused, PIN, PIN, PIN, PIN) == [False] * 4
    assert [pins.pin_state(after, each.number) for each in (used, unused)] == ["set", "none"]
    assert tried(between, unused, PIN) == [True]


def test_many_uses_under_the_previous_key_at_once_are_all_right_or_wait(
    make_app: Callable[..., Flask], bank: Bank, account: Account
) -> None:
    between = make_app(secret_key=Secret(NEW), secret_key_previous=Secret(SECRET)).extensions[
        "bank"
    ]
    assert all(together(3, lambda _: pins.check_pin(between, account.number, PIN)))
    assert tried(between, account, PIN) == [True]


def test_a_customer_sets_a_pin_and_sees_that_there_is_one(client: FlaskClient, bank: Bank) -> None:
    dana = make.confirmed(client, "dana")
    assert state(dana) == "none"
    answer = put(dana, PIN)
    assert (answer.status_code, answer.data) == (204, b"")
    assert state(dana) == "set"
    for _ in range(3):
        pins.check_pin(bank, dana.account, WRONG)
    assert state(dana) == "locked"
    put(dana, OTHER)
    assert state(dana) == "set"
    assert pins.check_pin(bank, dana.account, OTHER)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"pin": "123456"}, "weak-pin"), ({"pin": "12345"}, "invalid-fields"),
        ({"pin": 483926}, "invalid-fields"), ({"code": "1"}, "invalid-fields"),
        ({"code": "x' or 1"}, "invalid-fields"),
    ],
)  # fmt: skip
def test_what_is_no_good_pin_is_refused(
    client: FlaskClient, body: dict[str, object], problem: str
) -> None:
    dana = make.customer(client, "dana")
    sent = {"pin": PIN, "code": "123456", **body}
    answer = dana.send("PUT", f"/accounts/{dana.account}/pin", json=sent)
    assert (answer.status_code, answer.json["type"]) == (422, f"/problems/{problem}")
    assert answer.json["errors"][0]["field"] == next(iter(body))
    assert state(dana) == "none"


def test_a_weak_pin_is_refused_before_the_code_is_used_up(client: FlaskClient) -> None:
    dana = make.confirmed(client, "dana")
    code = asked(dana)
    assert put(dana, "123456", code).status_code == 422
    assert put(dana, PIN, code).status_code == 204
    assert put(dana, OTHER, code).status_code == 422


def test_the_code_for_one_account_is_not_for_another(client: FlaskClient) -> None:
    dana = make.confirmed(client, "dana")
    second = dana.post("/accounts", {}).json["account"]
    asked(dana)
    answer = put(dana, PIN, asked(dana, second))
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/invalid-code")
    assert state(dana) == "none"


def test_without_a_code_is_told_how_to_get_one(client: FlaskClient) -> None:
    dana = make.confirmed(client, "dana")
    answer = dana.send("PUT", f"/accounts/{dana.account}/pin", json={"pin": PIN})
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/second-factor-needed")
    assert answer.json["purpose"] == "set_pin"


def test_without_a_second_factor_there_is_no_pin(client: FlaskClient) -> None:
    dana = make.customer(client, "dana")
    answer = put(dana, PIN, "123456")
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/no-second-factor")
    assert state(dana) == "none"


def test_an_authenticator_app_gives_the_code_as_well(client: FlaskClient, bank: Bank) -> None:
    dana = make.customer(client, "dana")
    user = users.find_by_username(bank.database, "dana")
    assert user
    seed = base64.b32decode(factors.begin_totp(bank, user).secret_base32)
    counter = int(bank.now().timestamp()) // 30
    recovery, *_ = factors.confirm_totp(bank, user.id, factors.totp_code(seed, counter))
    assert put(dana, PIN, factors.totp_code(seed, counter + 1)).status_code == 204
    assert put(dana, OTHER, recovery).status_code == 204
    assert put(dana, PIN, recovery).status_code == 422
    assert pins.check_pin(bank, dana.account, OTHER)


def test_the_pin_of_somebody_else_s_account_is_not_found(client: FlaskClient) -> None:
    dana, eve = make.confirmed(client, "dana"), make.confirmed(client, "eve")
    body = {"purpose": "set_pin", "account": dana.account}
    assert eve.post("/auth/codes", body).status_code == 404
    path = f"/accounts/{dana.account}/pin"
    assert eve.send("PUT", path, json={"pin": PIN, "code": "123456"}).status_code == 404
    assert eve.get(path).status_code == 404
    assert state(dana) == "none"


def test_a_closed_account_gets_no_pin(client: FlaskClient) -> None:
    dana, banker = make.confirmed(client, "dana"), make.banker(client)
    number = dana.post("/accounts", {}).json["account"]
    path = f"/banker/accounts/{number}"
    banker.post(f"{path}/close", {"reason": "not needed"}, headers={"If-Match": '"r1"'})
    answer = dana.send("PUT", f"/accounts/{number}/pin", json={"pin": PIN})
    assert answer.json["type"] == "/problems/account-closed"


def test_who_set_a_pin_is_written_down_and_told(client: FlaskClient, bank: Bank) -> None:
    dana = make.confirmed(client, "dana")
    put(dana, PIN)
    letter = make.mails(bank)[0]
    assert (letter.kind, letter.to) == ("PIN set", "dana@example.com")
    assert dana.account[-4:] in letter.text
    assert not {PIN, dana.account} & set(letter.text.replace(".", " ").split())
    acts = [each["action"] for each in audit.events_about(bank.database, dana.account)]
    assert acts == ["pin set"]
