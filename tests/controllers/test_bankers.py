"""How one becomes a banker: two on the server's console, then by invitation and four eyes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.controllers import factors, invitations
from app.controllers.bank import Bank
from app.errors import AlreadyBootstrapped, InvalidField, UsernameTaken
from app.models import audit, role_grants, users
from app.models.database import Database
from tests import make
from tests.conftest import Clock
from tests.controllers.four_eyes import REASON, Desk, adjust, decide, open_desk
from tests.make import Person
from tests.reading import told
from tests.together import together


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return open_desk(client)


def invite(desk: Desk, username: str = "newt", roles: tuple[str, ...] = ("teller",)) -> Any:
    return desk.ada.post("/banker/bankers", {**REASON, "username": username, "roles": roles})


def invited(desk: Desk) -> str:
    """The token of an invitation that was proposed and approved."""
    return token_of(decide(desk.ann, invite(desk)).json["link"])


def token_of(link: str) -> str:
    return link.partition("#")[2]


def app_code(bank: Bank, client: FlaskClient, token: str) -> str:
    """What the app of somebody who opens the invitation shows."""
    opened = client.post("/auth/invitations/open", json={"token": token})
    assert opened.status_code == 200, opened.text
    return code_of(bank, opened.json["totp"]["secret"])


def code_of(bank: Bank, secret: str) -> str:
    seed = base64.b32decode(secret)
    return factors.totp_code(seed, int(bank.now().timestamp()) // 30)


def accept(client: FlaskClient, token: str, **more: object) -> Any:
    body = {"token": token, "password": make.PASSWORD, **more}
    return client.post("/auth/invitations/accept", json=body)


def log_in(client: FlaskClient, username: str, code: str) -> Person:
    """Somebody with an app, logged in by a code of it or a recovery code."""
    body = {"username": username, "password": make.PASSWORD}
    waiting = client.post("/auth/login", json=body).json
    answer = {"mfa_token": waiting["mfa_token"], "code": code}
    entered = client.post("/auth/login/verify", json=answer)
    assert entered.status_code == 200, entered.text
    return Person(client, username, entered.json)


@pytest.fixture
def strict(make_app: Callable[..., Flask]) -> FlaskClient:
    """A bank where bankers need an app."""
    return make_app(bankers_second_factor=True).test_client()


def test_an_invitation_that_two_agreed_on_makes_a_banker(
    strict: FlaskClient, desk: Desk, bank: Bank
) -> None:
    client, token = strict, invited(desk)
    opened = client.post("/auth/invitations/open", json={"token": token}).json
    assert (opened["username"], opened["roles"], opened["code_needed"]) == (
        "newt", ["teller"], True,
    )  # fmt: skip
    accepted = accept(client, token, code=code_of(bank, opened["totp"]["secret"]))
    assert (accepted.status_code, accepted.json["roles"]) == (201, ["teller"])
    assert len(set(accepted.json["recovery_codes"])) == factors.RECOVERY_CODES
    newt = log_in(client, "newt", accepted.json["recovery_codes"][0])
    assert newt.get("/banker/accounts").status_code == 200
    user = users.find_by_username(bank.database, "newt")
    assert user is not None
    assert factors.methods_of(bank, user) == ("totp", "recovery")
    [event] = audit.events_about(bank.database, user.id)
    assert (event["action"], event["actor"], bool(event["approval"])) == (
        "banker made", user.id, True,
    )  # fmt: skip


@pytest.mark.parametrize("code", [None, "000000", "x"])
def test_without_the_app_s_code_nobody_becomes_a_banker(
    strict: FlaskClient, desk: Desk, bank: Bank, code: str | None
) -> None:
    client, token = strict, invited(desk)
    right = app_code(bank, client, token)
    assert code != right
    assert told(accept(client, token, code=code) if code else accept(client, token)) == (
        422, "invalid-code",
    )  # fmt: skip
    assert users.find_by_username(bank.database, "newt") is None
    assert accept(client, token, code=right).status_code == 201


def test_in_a_demo_the_code_may_be_left_out(
    make_app: Callable[..., Flask], desk: Desk, bank: Bank
) -> None:
    client = make_app(demo=True).test_client()
    accepted = accept(client, invited(desk))
    assert (accepted.status_code, accepted.json["recovery_codes"]) == (201, [])


def test_an_invitation_is_good_for_half_an_hour(
    client: FlaskClient, desk: Desk, clock: Clock
) -> None:
    token = invited(desk)
    clock.forward(minutes=30)
    for verb, body in (("open", {}), ("accept", {"password": make.PASSWORD, "code": "1"})):
        answer = client.post(f"/auth/invitations/{verb}", json={"token": token, **body})
        assert told(answer) == (404, "invitation-not-found")


@pytest.mark.parametrize("token", ["x", "0" * 43, "$ne", "\u00e9"])
def test_a_token_that_is_none_opens_nothing(client: FlaskClient, desk: Desk, token: str) -> None:
    invited(desk)
    assert told(accept(client, token, code="1")) == (404, "invitation-not-found")


def test_of_50_who_accept_one_invitation_at_once_one_becomes_a_banker(
    app: Flask, client: FlaskClient, desk: Desk, bank: Bank, make_app: Callable[..., Flask]
) -> None:
    token = invited(desk)
    shop = make_app(demo=True, hash_queue=60, hashes_at_once=2)
    answers = together(50, lambda _: accept(shop.test_client(), token).status_code)
    assert answers.count(201) == 1
    assert set(answers) <= {201, 404, 503}
    made = [user for user in users.bankers(bank.database) if user.username == "newt"]
    assert len(made) == 1
    assert role_grants.roles_of(bank.database, made[0].id) == {"teller"}


def test_the_link_is_shown_once_and_only_its_hash_is_kept(desk: Desk, database: Database) -> None:
    done = decide(desk.ann, invite(desk))
    token = token_of(done.json["link"])
    assert desk.ann.get(f"/banker/approvals/{done.json['id']}").json["link"] is None
    assert decide(desk.ann, done).json["link"] is None
    for name in ("invitations", "approvals", "audit"):
        assert token not in str(list(database.collection(name).find({})))


def test_a_weak_password_is_refused_and_the_invitation_stays_open(
    client: FlaskClient, desk: Desk, bank: Bank
) -> None:
    token = invited(desk)
    code = app_code(bank, client, token)
    assert told(accept(client, token, code=code, password="password")) == (422, "weak-password")
    assert accept(client, token, code=code).status_code == 201


def test_who_has_a_name_already_is_not_invited(client: FlaskClient, desk: Desk) -> None:
    make.customer(client, "newt")
    assert told(invite(desk)) == (409, "username-taken")


def test_a_name_that_was_taken_meanwhile_makes_no_banker(
    client: FlaskClient, desk: Desk, bank: Bank
) -> None:
    token = invited(desk)
    code = app_code(bank, client, token)
    make.customer(client, "newt")
    assert told(accept(client, token, code=code)) == (409, "username-taken")
    assert role_grants.everyone(bank.database).keys() == {
        user.id for user in users.bankers(bank.database)
    }


@pytest.mark.parametrize("who", ["tess", "abe", "bo", "art"])
def test_only_admins_invite(desk: Desk, who: str) -> None:
    body = {**REASON, "username": "newt", "roles": ["admin"]}
    assert told(getattr(desk, who).post("/banker/bankers", body)) == (403, "role-missing")


@pytest.mark.parametrize("path", ["accounts/100000000028/freeze", "accounts/100000000028/adjust"])
def test_admins_have_no_business_with_money(desk: Desk, path: str) -> None:
    body = {**REASON, "amount": "1"} if path.endswith("adjust") else REASON
    answer = desk.ada.post(f"/banker/{path}", body, headers={"If-Match": '"r1"'})
    assert answer.status_code in (403, 404)
    assert desk.ada.post("/deposit", {"amount": "1"}).status_code == 403


def change_role(person: Person, username: str, role: str, action: str) -> Any:
    body = {**REASON, "role": role, "action": action}
    return person.post(f"/banker/bankers/{username}/roles", body)


def test_a_role_is_granted_by_two_and_works_at_once(desk: Desk) -> None:
    shown = change_role(desk.ada, "art", "teller", "grant")
    assert shown.json["effect"] == [{
        "object": "art", "what": "roles", "before": "auditor", "after": "auditor, teller",
        "currency": None,
    }]  # fmt: skip
    freeze = ("/banker/accounts/100000000028/freeze", REASON)
    assert desk.art.post(*freeze, headers={"If-Match": '"r1"'}).status_code == 403
    assert decide(desk.ann, shown).status_code == 200
    assert desk.art.post(*freeze, headers={"If-Match": '"r1"'}).status_code == 404


@pytest.mark.parametrize("action", ["grant", "revoke"])
def test_nobody_proposes_a_role_for_oneself(desk: Desk, action: str) -> None:
    role = "teller" if action == "grant" else "admin"
    assert told(change_role(desk.ada, "ada", role, action)) == (403, "own-proposal")


@pytest.mark.parametrize(("action", "role"), [("grant", "auditor"), ("revoke", "teller")])
def test_what_is_so_already_is_no_proposal(desk: Desk, action: str, role: str) -> None:
    assert told(change_role(desk.ada, "art", role, action)) == (409, "already-in-state")


def test_two_admins_remain(desk: Desk) -> None:
    assert decide(desk.ann, change_role(desk.ada, "amy", "admin", "revoke")).status_code == 200
    assert told(change_role(desk.ada, "ann", "admin", "revoke")) == (409, "too-few-admins")


def test_of_admins_who_take_each_other_s_role_at_once_two_remain(
    app: Flask, desk: Desk, bank: Bank
) -> None:
    one = change_role(desk.ada, "amy", "admin", "revoke"), desk.ann
    two = change_role(desk.ann, "ada", "admin", "revoke"), desk.amy

    def act(number: int) -> int:
        shown, approver = (one, two)[number]
        window = Person(app.test_client(), approver.username, approver.tokens)
        return int(decide(window, shown).status_code)

    assert sorted(together(2, act)) in ([200, 403], [200, 409])
    held = role_grants.everyone(bank.database).values()
    assert sum("admin" in roles for roles in held) == 2


@pytest.mark.parametrize("username", ["nobody", "dana"])
def test_who_is_no_banker_has_no_roles(client: FlaskClient, desk: Desk, username: str) -> None:
    make.customer(client, "dana")
    answer = change_role(desk.ada, username, "teller", "grant")
    assert told(answer) == (404, "banker-not-found")


def enrolled(bank: Bank, username: str) -> str:
    """The secret of an app that was set up for somebody."""
    user = users.find_by_username(bank.database, username)
    assert user is not None
    secret = factors.begin_totp(bank, user).secret_base32
    factors.confirm_totp(bank, user.id, code_of(bank, secret))
    return secret


def enrol(bank: Bank, username: str) -> str:
    """Set up an app for somebody, whose id this is."""
    enrolled(bank, username)
    user = users.find_by_username(bank.database, username)
    assert user is not None
    return user.id


def test_a_customer_s_app_is_forgotten_by_two_and_every_session_ends(
    client: FlaskClient, desk: Desk, bank: Bank
) -> None:
    dana = make.customer(client, "dana")
    id = enrol(bank, "dana")
    shown = desk.tess.post(f"/banker/customers/{id}/reset_factor", REASON)
    assert dana.get("/balance").status_code == 200
    assert decide(desk.abe, shown).status_code == 200
    assert dana.get("/balance").status_code == 401
    user = users.get_customer(bank.database, id)
    assert "totp" not in factors.methods_of(bank, user)
    again = desk.tess.post(f"/banker/customers/{id}/reset_factor", REASON)
    assert told(again) == (409, "no-authenticator")


def test_a_banker_whose_app_was_forgotten_comes_back_by_a_link(
    client: FlaskClient, desk: Desk, bank: Bank
) -> None:
    id = enrol(bank, "ann")
    done = decide(desk.amy, desk.ada.post("/banker/bankers/ann/reset_factor", REASON))
    token = token_of(done.json["link"])
    code = app_code(bank, client, token)
    accepted = accept(client, token, code=code, password="another-harbour-74")
    assert (accepted.status_code, accepted.json["roles"]) == (201, ["admin"])
    user = users.find_by_username(bank.database, "ann")
    assert user is not None
    assert user.id == id
    assert bank.passwords.verify("another-harbour-74", user.password_hash)
    assert role_grants.roles_of(bank.database, id) == {"admin"}


def test_a_banker_with_an_app_decides_by_a_code_of_it(
    client: FlaskClient, desk: Desk, bank: Bank, clock: Clock
) -> None:
    dana = make.customer(client, "dana")
    secret = enrolled(bank, "abe")
    shown = adjust(desk.tess, dana, "5")
    assert told(decide(desk.abe, shown)) == (403, "second-factor-needed")
    assert told(decide(desk.abe, shown, code="000000")) == (422, "invalid-code")
    clock.forward(seconds=30)
    assert decide(desk.abe, shown, code=code_of(bank, secret)).status_code == 200
    assert dana.balance() == "5.00"


def test_a_banker_with_an_app_proposes_by_a_code_of_it(
    client: FlaskClient, desk: Desk, bank: Bank, clock: Clock
) -> None:
    dana = make.customer(client, "dana")
    secret = enrolled(bank, "tess")
    assert told(adjust(desk.tess, dana, "5")) == (403, "second-factor-needed")
    clock.forward(seconds=30)
    body = {**REASON, "amount": "5", "code": code_of(bank, secret)}
    assert desk.tess.post(f"/banker/accounts/{dana.account}/adjust", body).status_code == 202


def test_a_banker_s_app_is_forgotten_by_two_other_admins(desk: Desk, bank: Bank) -> None:
    enrol(bank, "ann")
    path = "/banker/bankers/ann/reset_factor"
    assert told(desk.ann.post(path, REASON)) == (403, "own-proposal")
    shown = desk.ada.post(path, REASON)
    assert told(decide(desk.ann, shown)) == (403, "own-proposal")
    assert decide(desk.amy, shown).status_code == 200
    assert desk.ann.get("/me").status_code == 401


def test_the_first_two_are_admins_by_invitation(client: FlaskClient, bank: Bank) -> None:
    links = invitations.bootstrap(bank, ("ann", "ben"))
    assert [link.startswith("http://127.0.0.1:5000/invitation#") for link in links.values()] == [
        True, True,
    ]  # fmt: skip
    for name, link in links.items():
        code = app_code(bank, client, token_of(link))
        accepted = accept(client, token_of(link), code=code).json
        assert accepted["roles"] == ["admin"]
        person = log_in(client, name, accepted["recovery_codes"][0])
        assert person.get("/banker/bankers").status_code == 200
    with pytest.raises(AlreadyBootstrapped):
        invitations.bootstrap(bank, ("cleo", "dirk"))


def test_there_is_one_bootstrap_even_while_its_links_wait(bank: Bank) -> None:
    invitations.bootstrap(bank, ("ann", "ben"))
    with pytest.raises(AlreadyBootstrapped):
        invitations.bootstrap(bank, ("ann", "ben"))


def test_of_ten_bootstraps_at_once_one_wins(bank: Bank, database: Database) -> None:
    def act(number: int) -> bool:
        try:
            return bool(invitations.bootstrap(bank, (f"ann{number}", f"ben{number}")))
        except AlreadyBootstrapped:
            return False

    assert sum(together(10, act)) == 1
    assert database.collection("invitations").count_documents({}) == 2


def test_a_first_link_that_was_not_used_in_time_is_made_again_for_the_same_two(
    client: FlaskClient, bank: Bank, clock: Clock
) -> None:
    ann = token_of(invitations.bootstrap(bank, ("ann", "ben"))["ann"])
    assert accept(client, ann, code=app_code(bank, client, ann)).status_code == 201
    clock.forward(minutes=31)
    with pytest.raises(AlreadyBootstrapped):
        invitations.bootstrap(bank, ("ben", "cleo"))
    ben = invitations.bootstrap(bank, ("ann", "ben"))
    assert list(ben) == ["ben"]
    code = app_code(bank, client, token_of(ben["ben"]))
    assert accept(client, token_of(ben["ben"]), code=code).status_code == 201
    clock.forward(minutes=31)
    with pytest.raises(AlreadyBootstrapped):
        invitations.bootstrap(bank, ("ann", "ben"))


@pytest.mark.parametrize("names", [("ann", "ANN"), ("a", "ben"), ("ann ", "ben"), ("", "")])
def test_the_first_two_have_names_of_two_people(bank: Bank, names: tuple[str, str]) -> None:
    with pytest.raises(InvalidField):
        invitations.bootstrap(bank, names)
    assert not role_grants.bootstrapped(bank.database)


def test_a_customer_does_not_become_a_banker(client: FlaskClient, bank: Bank) -> None:
    make.customer(client, "ann")
    with pytest.raises(UsernameTaken):
        invitations.bootstrap(bank, ("ann", "ben"))
