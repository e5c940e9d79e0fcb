"""Secrets that would be recognised anywhere, in a story that uses them all: found nowhere.

Looked for in the bank's log, MongoDB's own log with every command in it, every body of an error,
subjects of mails, and every text of the database.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers.bank import Bank
from app.models import outbox
from app.models.database import Database
from app.models.schema import SHAPES
from tests import make, tills
from tests.authenticator import AuthenticatorApp
from tests.conftest import Clock
from tests.make import Person
from tests.pages import Browser
from tests.views.test_logs import Log, log

__all__ = ["log"]
PASSWORD, LATER, RESET = "canary-violet-harbour", "canary-amber-lantern", "canary-green-meadow"
PIN, WRONG_PIN = "739158", "915837"
WRONG = ("canary-wrong-password", "canary-wrong-token", "canary-wrong-code")


@dataclass
class Story:
    """What happened, and every secret that played a part in it."""

    client: FlaskClient
    bank: Bank
    clock: Clock
    secrets: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def tell(self) -> None:
        """Register, confirm, add an app, log in with it, pay, change and forget the password."""
        dana = self._register()
        app = self._add_app(dana)
        dana = self._log_in(app)
        self._pay(dana, app)
        self._set_pin(dana, app)
        self._pay_a_shop(dana, app)
        self._change_password(dana, app)
        self._forget(app)
        self._be_wrong(dana)

    def keep(self, **found: str) -> None:
        """Remember secrets by the part that they played."""
        self.secrets |= found

    def said(self, answer: TestResponse) -> Any:
        """The answer's body; that of an error is kept."""
        if answer.status_code >= 400:
            self.errors.append(answer.text)
        return answer.json

    def _post(self, path: str, **body: str) -> Any:
        return self.said(self.client.post(path, json=body))

    def _mailed(self) -> str:
        return make.code_in(make.mails(self.bank)[0])

    def _register(self) -> Person:
        who = {"username": "dana", "email": "dana@example.com"}
        flow = self._post("/auth/register", **who, password=PASSWORD)["flow_id"]
        self.keep(password=PASSWORD, register_code=self._mailed())
        self._post("/auth/register/verify", flow_id=flow, code=WRONG[2])
        self._post("/auth/register/verify", flow_id=flow, code=self.secrets["register_code"])
        return self._entered(self._post("/auth/login", username="dana", password=PASSWORD), "first")

    def _entered(self, tokens: dict[str, str], when: str) -> Person:
        names = ("access_token", "refresh_token", "device_token")
        self.keep(**{f"{when}_{name}": tokens[name] for name in names})
        return Person(self.client, "dana", tokens)

    def _add_app(self, dana: Person) -> AuthenticatorApp:
        self.said(dana.post("/auth/codes", {"purpose": "second_factor"}))
        self.keep(factor_code=self._mailed())
        proof = {"password": PASSWORD, "code": self.secrets["factor_code"]}
        begun = self.said(dana.post("/auth/totp", proof))
        seed = base64.b32decode(begun["secret"])
        self.keep(seed=begun["secret"], seed_in_hex=seed.hex())
        app = AuthenticatorApp(begun["secret"], self.clock)
        confirmed = self.said(dana.post("/auth/totp/confirm", {"code": self._shown(app)}))
        for number, code in enumerate(confirmed["recovery_codes"]):
            self.keep(**{f"recovery_{number}": code, f"plain_{number}": code.replace("-", "")})
        return app

    def _shown(self, app: AuthenticatorApp) -> str:
        """The app's next code, which nobody has used."""
        self.clock.forward(seconds=30)
        self.keep(**{f"app_code_{len(self.secrets)}": app.shows()})
        return app.shows()

    def _log_in(self, app: AuthenticatorApp) -> Person:
        waiting = self._post("/auth/login", username="dana", password=PASSWORD)["mfa_token"]
        self.keep(mfa_token=waiting)
        self._post("/auth/login/verify", mfa_token=waiting, code=WRONG[2])
        entered = self._post("/auth/login/verify", mfa_token=waiting, code=self._shown(app))
        dana = self._entered(entered, "second")
        self.keep(refreshed=self._post("/auth/refresh", **_refresh(dana))["refresh_token"])
        return dana

    def _pay(self, dana: Person, app: AuthenticatorApp) -> None:
        dana.has("500.00")
        payment = {"amount": "60.00"}
        self.said(dana.post("/withdraw", payment))
        self.said(dana.post("/auth/codes", {"purpose": "withdraw", **payment}))
        self.said(dana.post("/withdraw", {**payment, "code": WRONG[2]}))
        paid = dana.post("/withdraw", {**payment, "code": self._shown(app)})
        assert paid.status_code == 201, paid.text

    def _set_pin(self, dana: Person, app: AuthenticatorApp) -> None:
        number = dana.get("/balance").json["account"]
        body = {"pin": PIN, "code": self._shown(app)}
        assert dana.send("PUT", f"/accounts/{number}/pin", json=body).status_code == 204
        self.keep(pin=PIN)

    def _pay_a_shop(self, dana: Person, app: AuthenticatorApp) -> None:
        browser, intent = Browser(self.client.application), tills.shop(self.bank).asks("20.00")
        number = dana.get("/balance").json["account"]
        for pin in (WRONG_PIN, PIN):
            typed = {"account": number, "pin": pin}
            self.said(browser.send(f"/pay/{intent.id}", typed, holding="pin"))
        cookie = browser.client.get_cookie("__Host-pay")
        assert cookie
        self.keep(wrong_pin=WRONG_PIN, payer_cookie=cookie.value)
        path = f"/pay/{intent.id}/code"
        self.said(browser.send(path, {"code": WRONG[2]}, holding="code"))
        self.said(browser.send(path, {"code": self._shown(app)}, holding="code"))
        assert tills.now(self.bank, intent).status == "succeeded"

    def _change_password(self, dana: Person, app: AuthenticatorApp) -> None:
        body = {"current_password": PASSWORD, "new_password": LATER, "code": self._shown(app)}
        assert dana.post("/auth/password", body).status_code == 204
        self.keep(later_password=LATER)

    def _forget(self, app: AuthenticatorApp) -> None:
        self._post("/auth/password/forgot", email="dana@example.com")
        [token] = re.findall(r"/reset#(\S+)", make.mails(self.bank)[0].text)
        body = {"token": token, "new_password": RESET, "code": self._shown(app)}
        assert self.client.post("/auth/password/reset", json=body).status_code == 204
        self.keep(reset_token=token, reset_password=RESET)

    def _be_wrong(self, dana: Person) -> None:
        self._post("/auth/login", username="dana", password=WRONG[0])
        self._post("/auth/login/verify", mfa_token=WRONG[1], code=WRONG[2])
        self._post("/auth/refresh", refresh_token=WRONG[1])
        self._post("/auth/password/reset", token=WRONG[1], new_password=WRONG[0])
        self._post("/auth/register", username="dana", password=WRONG[0], unknown=WRONG[0])
        self.said(dana.get("/me"))
        self.keep(**{f"wrong_{number}": text for number, text in enumerate(WRONG)})


def _refresh(person: Person) -> dict[str, str]:
    return {"refresh_token": person.tokens["refresh_token"]}


@pytest.fixture
def story(log: Log, database: Database, clock: Clock) -> Iterator[Story]:
    """The story, told to a bank that logs all it can, on a MongoDB that logs every command."""
    before = database.command("profile", 0, slowms=-1)
    told = Story(log.app.test_client(), log.app.extensions["bank"], clock)
    try:
        told.tell()
        yield told
    finally:
        database.command("profile", 0, slowms=before["slowms"])


def texts(value: object) -> Iterator[str]:
    """Every text and every run of bytes within a stored document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, str):
        yield value


def found_in(text: str, secrets: dict[str, str]) -> list[str]:
    """The parts of the secrets that a text holds; short ones as whole words alone."""
    return [part for part, secret in secrets.items() if re.search(_pattern(secret), text)]


def _pattern(secret: str) -> str:
    text = re.escape(secret)
    return text if len(secret) > 10 else rf"(?<![\w.-]){text}(?![\w.-])"


def test_the_search_finds_what_is_there(story: Story) -> None:
    secrets = {"code": "123456", "password": PASSWORD}
    assert found_in("your code: 123456", secrets) == ["code"]
    assert found_in(f"x{PASSWORD}x", secrets) == ["password"]
    assert found_in("account 123456789012, at 00:00:00.123456", secrets) == []
    assert len(story.secrets) > 40
    assert len(story.errors) > 8


def test_no_secret_is_in_any_document(story: Story, database: Database) -> None:
    found = []
    for shape in SHAPES:
        for document in database.collection(shape.name).find({}):
            hits = {part for text in texts(document) for part in found_in(text, story.secrets)}
            found += [f"{shape.name}: {part}" for part in hits]
    assert found == []


def test_no_secret_is_in_the_log_of_the_bank(story: Story, log: Log) -> None:
    assert len(log.lines) > 20
    assert found_in(log.text, story.secrets) == []


def test_no_secret_is_in_the_log_of_mongodb(
    story: Story, database: Database, mongo_log: Path
) -> None:
    text = mongo_log.read_text(encoding="utf-8", errors="replace")
    # It does hold what is asked for, or there would be nothing to be found.
    assert '"username_key":{"$eq":"dana"}' in text
    long = {part: secret for part, secret in story.secrets.items() if len(secret) > 10}
    assert found_in(text, long) == []


def test_no_secret_is_in_the_body_of_an_error(story: Story) -> None:
    assert [part for body in story.errors for part in found_in(body, story.secrets)] == []


def test_no_secret_is_in_the_subject_of_a_mail(story: Story, bank: Bank) -> None:
    subjects = [row["subject"] for row in bank.database.collection(outbox.NAME).find({})]
    assert len(subjects) > 4
    assert [part for each in subjects for part in found_in(each, story.secrets)] == []
