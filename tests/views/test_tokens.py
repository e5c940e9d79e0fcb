"""Access tokens: one form is right, every other is answered with one and the same 401."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Config, key_id
from app.controllers.bank import Bank
from tests import make
from tests.make import Person
from tests.views.forge import GONE, claims_of, expired, header_of, raw, signed

Forger = Callable[[Person, Person, Config], str]
HEAD = b'{"alg":"HS256"}'
NOW = int(time.time())
CLAIMS = ("iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "type", "auth_time", "amr")


def _tail(token: str) -> str:
    return token.rpartition(".")[2]


def _unsigned(person: Person) -> str:
    headers = header_of(person) | {"alg": "none"}
    return jwt.encode(claims_of(person), "", "none", headers=headers)


def _as_text(config: Config) -> bytes:
    return config.key("access token customer").hex().encode()


def _kid(config: Config, plane: str) -> str:
    return key_id(plane, config.key(f"access token {plane}"))


def _changed(**changes: Any) -> Forger:
    return lambda dana, eve, config: signed(dana, config, **changes)


def _headed(**header: Any) -> Forger:
    return lambda dana, eve, config: signed(dana, config, header=header)


FORGED: dict[str, Forger] = {
    "none at all": lambda d, e, c: "",
    "a word": lambda d, e, c: "secret",
    "two parts": lambda d, e, c: d.tokens["access_token"].rpartition(".")[0],
    "four parts": lambda d, e, c: d.tokens["access_token"] + ".a",
    "five parts": lambda d, e, c: d.tokens["access_token"] + ".a.b",
    "empty parts": lambda d, e, c: "..",
    "garbage base64": lambda d, e, c: "!!!.???.###",
    "3 MB": lambda d, e, c: "a" * 3 * 2**20,
    "3 MB of parts": lambda d, e, c: "a." * (3 * 2**19),
    "3 MB of claims": lambda d, e, c: signed(d, c, key=b"x" * 32, filler="a" * 3 * 2**20),
    "a header nested 3,000 deep": lambda d, e, c: raw(b"[" * 3000 + b"]" * 3000, b"{}"),
    "claims nested 3,000 deep": lambda d, e, c: raw(HEAD, b"[" * 3000 + b"]" * 3000),
    "claims nested 90,000 deep": lambda d, e, c: raw(HEAD, b'{"a":' * 90000),
    "claims of 5,000 digits": lambda d, e, c: raw(HEAD, b'{"exp":' + b"9" * 5000 + b"}"),
    "claims that are a list": lambda d, e, c: raw(HEAD, b"[]"),
    "claims that are no UTF-8": lambda d, e, c: raw(HEAD, b'{"a":"\xff"}'),
    "a header that is null": lambda d, e, c: raw(b"null", b"{}"),
    "alg none": lambda d, e, c: _unsigned(d),
    "alg none with a signature": lambda d, e, c: signed(d, c, header={"alg": "none"}),
    "alg None": lambda d, e, c: signed(d, c, header={"alg": "None"}),
    "alg HS512": lambda d, e, c: signed(d, c, alg="HS512"),
    "alg HS384": lambda d, e, c: signed(d, c, alg="HS384"),
    "alg RS256": _headed(alg="RS256"),
    "alg a list": _headed(alg=["HS256"]),
    "alg missing": _headed(alg=GONE),
    "a wrong key": lambda d, e, c: signed(d, c, key=b"x" * 32),
    "an empty key": lambda d, e, c: signed(d, c, key=b""),
    "the key as text": lambda d, e, c: signed(d, c, key=_as_text(c)),
    "the master key": lambda d, e, c: signed(d, c, key=c.secret_key.reveal().encode()),
    "the refresh key": lambda d, e, c: signed(d, c, key=c.key("refresh token")),
    "the bankers' key": lambda d, e, c: signed(d, c, key=c.key("access token banker")),
    "the bankers' key and its id": lambda d, e, c: signed(
        d, c, header={"kid": _kid(c, "banker")}, key=c.key("access token banker")
    ),
    "the bankers' audience": lambda d, e, c: signed(
        d, c, aud="strongroom:banker", key=c.key("access token customer")
    ),
    "the bankers' key, id and audience": lambda d, e, c: signed(
        d, c, aud="strongroom:banker", header={"kid": _kid(c, "banker")}
    ),
    "another's signature": lambda d, e, c: (
        d.tokens["access_token"].rpartition(".")[0] + "." + _tail(e.tokens["access_token"])
    ),
    "no kid": _headed(kid=GONE),
    "an unknown kid": _headed(kid="customer-1"),
    "a kid that is a number": _headed(kid=1),
    "a kid that is a list": lambda d, e, c: signed(d, c, header={"kid": [_kid(c, "customer")]}),
    "a kid that is a path": _headed(kid="../../../dev/null"),
    "a kid that is an operator": _headed(kid={"$ne": None}),
    "no typ": _headed(typ=GONE),
    "typ JWT": _headed(typ="JWT"),
    "typ in capitals": _headed(typ="AT+JWT"),
    "a critical extension": _headed(crit=["b64"], b64=False),
    **{f"no {name}": _changed(**{name: GONE}) for name in CLAIMS},
    **{f"{name} null": _changed(**{name: None}) for name in CLAIMS},
    "a wrong iss": _changed(iss="somebody"),
    "an iss that is a list": _changed(iss=["strongroom"]),
    "a wrong aud": _changed(aud="strongroom:merchant"),
    "both auds": _changed(aud=["strongroom:customer", "strongroom:banker"]),
    "its aud in a list": _changed(aud=["strongroom:customer"]),
    "over an hour ago": lambda d, e, c: expired(d, c),
    "over eleven seconds ago": _changed(iat=NOW - 500, nbf=NOW - 500, exp=NOW - 11),
    "not yet": _changed(nbf=NOW + 3600),
    "made in the future": _changed(iat=NOW + 3600, exp=NOW + 3700),
    "good for too long": _changed(exp=NOW + 3600),
    "good for ever": _changed(exp=2**63),
    "exp of 400 digits": _changed(exp=10**400),
    "exp as text": _changed(exp=str(NOW + 60)),
    "exp as a fraction": _changed(exp=NOW + 60.5),
    "exp infinite": _changed(exp=float("inf")),
    "exp not a number": _changed(exp=float("nan")),
    "nbf infinite": _changed(nbf=float("-inf")),
    "iat infinite": _changed(iat=float("inf")),
    "exp true": _changed(exp=True),
    "exp a list": _changed(exp=[NOW + 60]),
    "iat as text": _changed(iat=str(NOW)),
    "nbf as a word": _changed(nbf="now"),
    "type refresh": _changed(type="refresh"),
    "type Access": _changed(type="Access"),
    "a sub that is a number": _changed(sub=1),
    "a sub that is an operator": _changed(sub={"$ne": None}),
    "a sub that is nobody": _changed(sub="nobody"),
    "a sid that is an operator": _changed(sid={"$ne": None}),
    "a sid that is a list": _changed(sid=["a"]),
    "a sid that is nothing": _changed(sid=""),
    "a sid with NUL": _changed(sid="a\x00"),
    "the session of somebody else": lambda d, e, c: signed(d, c, sid=claims_of(e)["sid"]),
    "somebody else in this session": lambda d, e, c: signed(d, c, sub=claims_of(e)["sub"]),
    "a refresh token": lambda d, e, c: d.tokens["refresh_token"],
}  # fmt: skip


def _refused(answer: TestResponse) -> dict[str, Any]:
    """The problem but for the one member that differs between any two answers."""
    assert answer.status_code == 401, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return {name: value for name, value in answer.json.items() if name != "request_id"}


def test_every_forged_token_gets_the_same_401(client: FlaskClient, bank: Bank) -> None:
    dana, eve = make.customer(client, "dana"), make.customer(client, "eve")
    plain = _refused(client.get("/me"))
    found = []
    for name, forge in FORGED.items():
        token = forge(dana, eve, bank.config)
        answer = client.get("/me", headers={"Authorization": f"Bearer {token}"})
        told = {n: v for n, v in (answer.get_json(silent=True) or {}).items() if n != "request_id"}
        if answer.status_code != 401 or told != plain or not answer.headers["WWW-Authenticate"]:
            found.append(f"{name}: {answer.status} {answer.text}")
    assert found == []
    assert dana.get("/me").status_code == 200


def test_a_token_signed_as_the_bank_signs_it_is_good(client: FlaskClient, bank: Bank) -> None:
    # Or else every row of the table above could be refused for being badly forged.
    dana = make.customer(client)
    token = signed(dana, bank.config, jti="another")
    answer = client.get("/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["username"]) == (200, "dana")


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic {token}",
        "Token {token}",
        "{token}",
        "Bearer{token}",
        "Bearer {token} {token}",
        "Bearer {token}, Bearer {token}",
        "Bearer {token},Bearer {token}",
        "Bearer a.b.c, Bearer {token}",
        'Bearer "{token}"',
        "Bearer token={token}",
    ],
)
def test_a_token_stands_alone_behind_the_word_bearer(
    client: FlaskClient, authorization: str
) -> None:
    dana = make.customer(client)
    header = authorization.format(token=dana.tokens["access_token"])
    assert _refused(client.get("/me", headers={"Authorization": header})) == _refused(
        client.get("/me")
    )


def test_two_authorization_headers_are_none(client: FlaskClient) -> None:
    dana, eve = make.customer(client, "dana"), make.customer(client, "eve")
    headers = [("Authorization", f"Bearer {who.tokens['access_token']}") for who in (dana, eve)]
    assert client.get("/me", headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["jwt", "token", "access_token", "access_token_cookie"])
def test_a_token_counts_nowhere_but_in_the_header(client: FlaskClient, name: str) -> None:
    dana = make.customer(client)
    token = dana.tokens["access_token"]
    client.set_cookie(name, token)
    _refused(client.get("/me"))
    _refused(client.get(f"/me?{name}={token}"))
    _refused(client.post("/deposit", json={name: token, "amount": "1.00"}))
    _refused(client.post("/deposit", data={name: token}))
    assert dana.balance() == "0.00"


def test_a_bankers_token_lives_half_as_long_as_a_customers(client: FlaskClient) -> None:
    spans = {}
    for person in (make.customer(client), make.banker(client)):
        claims = claims_of(person)
        spans[claims["aud"]] = claims["exp"] - claims["iat"]
    assert spans == {"strongroom:customer": 600, "strongroom:banker": 300}


def test_a_token_says_nothing_about_its_holder(client: FlaskClient) -> None:
    dana = make.confirmed(client, name="Dana Scott", email="dana@example.com")
    assert set(claims_of(dana)) == {*CLAIMS, "csrf", "fresh"}
    assert not {"dana", "Dana Scott", "dana@example.com", dana.account} & {
        str(value) for value in claims_of(dana).values()
    }
