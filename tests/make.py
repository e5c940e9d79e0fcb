"""Builders: people and accounts, made through public doors."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controllers import audits, bankers, customers
from app.controllers.bank import Actor, Bank
from app.controllers.bankers import NewBanker
from app.controllers.ledger import Line, Posting
from app.controllers.mail import Letter, printed
from app.controllers.orders import CreateIntentSchema, Register
from app.controllers.payments import intents, keys
from app.controllers.payments.keys import SCOPES
from app.models import merchants, outbox
from app.models.accounts import Account, find_account
from app.models.intent import Intent
from app.models.merchants import Merchant, new_merchant

PASSWORD = "violet-harbour-73"


@dataclass
class Person:
    """Somebody who is logged in and sends requests."""

    client: FlaskClient
    username: str
    tokens: dict[str, Any]
    account: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        """A request with this person's token."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        headers |= options.pop("headers", {})
        return self.client.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET with this person's token."""
        return self.send("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> TestResponse:
        """POST a JSON body with this person's token."""
        return self.send("POST", path, json={} if body is None else body, **options)

    def has(self, amount: str) -> Person:
        """Deposit something first."""
        answer = self.post("/deposit", {"amount": amount})
        assert answer.status_code == 201, answer.text
        return self

    def balance(self) -> str:
        """The balance of the default account."""
        return str(self.get("/balance").json["balance"]["amount"])


def customer(client: FlaskClient, username: str = "dana", **more: Any) -> Person:
    """A registered customer who is logged in."""
    body = {"username": username, "password": PASSWORD, **more}
    registered = client.post("/auth/register", json=body)
    assert registered.status_code == 201, registered.text
    person = log_in(client, username)
    person.account = registered.json["account"]["account"]
    return person


def log_in(client: FlaskClient, username: str, password: str = PASSWORD) -> Person:
    """Somebody who exists, logged in."""
    answer = client.post("/auth/login", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    return Person(client, username, answer.json)


def banker(client: FlaskClient, *, roles: tuple[str, ...] = ("teller", "approver")) -> Person:
    """A banker who is logged in."""
    return two_bankers(client, roles=roles)[0]


def two_bankers(
    client: FlaskClient, *, roles: tuple[str, ...] = ("teller", "approver")
) -> tuple[Person, Person]:
    """Two bankers who are logged in, for what needs four eyes."""
    held = " ".join(roles)
    one, two = staff(client, **{f"banker-{uuid4().hex[:8]}": held for _ in range(2)}).values()
    return one, two


def staff(client: FlaskClient, **roles: str) -> dict[str, Person]:
    """Bankers who are logged in, by user name; roles as in `tess="teller approver"`."""
    bank: Bank = client.application.extensions["bank"]
    newcomers = [NewBanker(name, PASSWORD, frozenset(held.split())) for name, held in roles.items()]
    bankers.bootstrap(bank, newcomers)
    return {name: log_in(client, name) for name in roles}


def account(bank: Bank, balance: int = 0, username: str | None = None) -> Account:
    """A customer's first account, holding `balance` minor units from an interest posting."""
    name = username or f"customer-{uuid4().hex[:12]}"
    order = Register(name, PASSWORD, "", None, None)
    _, opened = customers.register(bank, order)
    if balance:
        bank.ledger.post(interest(opened, balance))
    return opened


def interest(account: Account, minor: int, **more: Any) -> Posting:
    """Money that the bank pays: the one way in that has no limit of its own."""
    return Posting(
        kind="interest",
        currency=account.currency,
        entries=(Line(account.number, minor),),
        contra=(Line("interest", -minor),),
        actor="tests",
        **more,
    )


def move(source: Account, target: Account, minor: int, **more: Any) -> Posting:
    """A transfer as the ledger sees it."""
    return Posting(
        kind="transfer",
        currency=source.currency,
        entries=(Line(source.number, -minor), Line(target.number, minor)),
        actor=source.owner,
        **more,
    )


def withdrawal(source: Account, minor: int, **more: Any) -> Posting:
    """A withdrawal as the ledger sees it."""
    return Posting(
        kind="withdrawal",
        currency=source.currency,
        entries=(Line(source.number, -minor),),
        contra=(Line("cash", minor),),
        actor=source.owner,
        **more,
    )


def mails(bank: Bank) -> list[Letter]:
    """Everything that the bank has mailed in this test, newest first; what waits is sent now."""
    while bank.post.send_next():
        pass
    # What was printed before belongs to other tests, and to outboxes that were emptied.
    present = {row["_id"] for row in bank.database.collection(outbox.NAME).find({})}
    return [shown.letter for shown in printed(bank.post) if shown.id in present]


def code_in(letter: Letter) -> str:
    """The six digits of a mail."""
    found = re.search(r"\b[0-9]{6}\b", letter.text)
    assert found, letter.text
    return found[0]


def confirmed(client: FlaskClient, username: str = "dana", **more: Any) -> Person:
    """A customer with a confirmed address, who is logged in."""
    bank: Bank = client.application.extensions["bank"]
    body = {"username": username, "password": PASSWORD, "email": f"{username}@example.com"}
    applied = client.post("/auth/register", json={**body, **more})
    assert applied.status_code == 202, applied.text
    answer = {"flow_id": applied.json["flow_id"], "code": code_in(mails(bank)[0])}
    registered = client.post("/auth/register/verify", json=answer)
    assert registered.status_code == 201, registered.text
    person = log_in(client, username)
    person.account = registered.json["account"]["account"]
    return person


SHOP_URL = "https://kabel.example/paid"


def merchant(
    bank: Bank, number: str | None = None, *, name: str = "Kabel & Co", direct_pin: bool = False
) -> Merchant:
    """A shop that is paid onto that account, or onto one of a new customer."""
    credited = find_account(bank.database, number) if number else account(bank)
    assert credited
    shop = new_merchant(
        name=name, account=credited.number, owner=credited.owner, currency=credited.currency,
        return_urls=[SHOP_URL], direct_pin=direct_pin, now=bank.now(),
    )  # fmt: skip
    merchants.insert_merchant(bank.database, shop)
    return shop


@dataclass
class Till(Person):
    """A shop that sends signed requests."""

    merchant: str = ""
    key: str = ""
    secret: str = ""

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        """A request that is signed with the till's key."""
        if "json" in options:
            options["data"] = json.dumps(options.pop("json"))
            options.setdefault("content_type", "application/json")
        data = options.get("data", b"")
        data = data.encode() if isinstance(data, str) else data
        headers = dict(options.pop("headers", {}))
        headers.setdefault("Authorization", self.signature(method, path, data, headers))
        return self.client.open(path, method=method, headers=headers, **options)

    def signature(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> str:
        """The header that signs a request, as docs/decisions/0027 says; no code of the bank."""
        bank: Bank = self.client.application.extensions["bank"]
        timestamp, nonce = str(int(bank.now().timestamp())), secrets.token_urlsafe(16)
        digest = hashlib.sha256(body).hexdigest()
        keyed = (headers or {}).get("Idempotency-Key", "")
        message = "\n".join(("v1", method, path, timestamp, nonce, digest, keyed))
        mac = hmac.new(self.secret.encode(), message.encode(), "sha256").hexdigest()
        return (
            f"Strongroom-HMAC-SHA256 key={self.key}, timestamp={timestamp}, nonce={nonce}, "
            f"signature={mac}"
        )

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE, signed."""
        return self.send("DELETE", path, **options)


def till(client: FlaskClient, shop: Merchant, *, scopes: Iterable[str] = SCOPES) -> Till:
    """A till of a shop, with a new key of its own."""
    bank: Bank = client.application.extensions["bank"]
    issued = keys.issue(bank, audits.SERVER, shop, scopes)
    return Till(
        client, shop.name, {}, shop.account, merchant=shop.id, key=issued.key.id,
        secret=issued.secret,
    )  # fmt: skip


def seller(shop: Merchant) -> Actor:
    """The shop as its controllers know it."""
    return Actor(user=shop.id, session="mk_tests", plane="merchant", roles=frozenset(SCOPES))


def intent(bank: Bank, shop: Merchant, amount: str = "12.50", **more: Any) -> Intent:
    """A payment that a shop has asked for."""
    asked = {"amount": amount, "order": f"A-{uuid4().hex[:8]}", "return_url": SHOP_URL, **more}
    made, _ = intents.create(bank, seller(shop), CreateIntentSchema().load(asked), uuid4().hex)
    return made
