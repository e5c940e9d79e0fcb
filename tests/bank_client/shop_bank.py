"""The bank as a merchant sees it, in small: checks signatures on its own, keeps intents in memory.

It is written from the description of the calls and shares nothing with the client it checks.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from money import Money
from tests.bank_client.servers import Asked, Listener, Says, problem

KEY, SECRET = "mk_0123456789abcdefghijAB", "sks_Zm9yLXRlc3RzLW9ubHktbm90LWEtcmVhbC1zZWNyZXQ"
SHOP = {"id": "m_1", "name": "Cables & Co", "account": "100000000093", "currency": "USD",
        "status": "active", "return_urls": ["https://shop.example/paid"], "direct_pin": False,
        "scopes": ["payments:read", "payments:create"]}  # fmt: skip
AT = "2026-01-01T00:00:00.000Z"
_HEADER = re.compile(
    r"Strongroom-HMAC-SHA256 key=(mk_\w+), timestamp=([0-9]+), "
    r"nonce=([A-Za-z0-9_-]{16,64}), signature=([0-9a-f]{64})"
)


class ShopBank(Listener):
    """Answers one merchant, after it has looked at the signature."""

    def __init__(self) -> None:
        super().__init__()
        self.nonces: set[str] = set()
        self.answers: dict[str, Says] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self._numbers = count(1)

    def answer(self, asked: Asked) -> Says:
        """What the bank says; under a known key, what it said before."""
        if why := self.mistrusted(asked):
            return problem(401, "invalid-signature", detail=why)
        if asked.key and asked.key in self.answers:
            return self.answers[asked.key]
        said = self._do(asked)
        if asked.key:
            self.answers[asked.key] = said
        return said

    def mistrusted(self, asked: Asked) -> str:
        """What is wrong with a signature; nothing when it is right."""
        found = _HEADER.fullmatch(asked.headers.get("Authorization", ""))
        if not found:
            return "malformed"
        key, timestamp, nonce, given = found.groups()
        if key != KEY or abs(time.time() - int(timestamp)) > 300 or nonce in self.nonces:
            return "key, time or nonce"
        body = hashlib.sha256(asked.body).hexdigest()
        lines = ["v1", asked.method, asked.target, timestamp, nonce, body, asked.key]
        right = hmac.digest(SECRET.encode(), "\n".join(lines).encode(), "sha256").hex()
        if right != given:
            return "signature"
        self.nonces.add(nonce)
        return ""

    def _do(self, asked: Asked) -> Says:
        parts = urlsplit(asked.target)
        noun, _, rest = parts.path.strip("/").partition("/")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        id, _, verb = rest.partition("/")
        return Says(*getattr(self, f"_{asked.method}_{noun}".lower())(asked, id, verb, query))

    def _get_merchant(self, *_: Any) -> tuple[int, Any]:
        return 200, SHOP

    def _get_payment_intents(self, _: Asked, id: str, __: str, query: dict[str, str]) -> Any:
        if id:
            found = self.intents.get(id)
            return (200, found) if found else (404, {"type": "/problems/intent-not-found"})
        return self._page([i for i in self.intents.values() if _fits(i, query)], query)

    def _post_payment_intents(self, asked: Asked, id: str, verb: str, _: Any) -> Any:
        if not id:
            return self._open(asked)
        intent = self.intents[id]
        if verb == "cancel":
            intent |= {"status": "canceled", "reason": asked.json.get("reason")}
            return 200, intent
        part = {"id": f"{verb[:2]}_1", "amount": _money(asked, intent), "at": AT}
        if verb == "capture":
            intent |= {"captured": part["amount"], "captures": [part], "final": asked.json["final"]}
            return 201, {"capture": part, "intent": intent}
        part["reason"] = asked.json.get("reason")
        intent |= {"refunded": part["amount"], "refunds": [part]}
        return 201, {"refund": part, "intent": intent}

    def _open(self, asked: Asked) -> Any:
        order, nothing = asked.json["order"], {"amount": "0.00", "currency": "USD"}
        for intent in self.intents.values():
            if intent["order"] == order:
                return 409, {"type": "/problems/order-taken", "intent": intent["id"]}
        id = f"pi_{next(self._numbers)}"
        self.intents[id] = {
            "id": id, "merchant": {"id": "m_1", "name": "Cables & Co"}, "order": order,
            "description": asked.json.get("description", ""), "amount": _money(asked, {}),
            "captured": nothing, "refunded": nothing, "held": nothing, "captures": [],
            "status": "requires_customer", "capture": asked.json.get("capture", "automatic"),
            "pay_url": f"{self.address}/pay/{id}", "return_url": asked.json["return_url"],
            "created_at": AT, "expires_at": AT, "held_until": None, "paid_at": None,
            "payer": None, "reason": None, "refunds": [],
        }  # fmt: skip
        return 201, self.intents[id]

    def _get_webhook_endpoints(self, *_: Any) -> Any:
        shown = [{**each, "secret": None} for each in self.endpoints.values()]
        return 200, {"items": shown}

    def _post_webhook_endpoints(self, asked: Asked, id: str, verb: str, _: Any) -> Any:
        if verb == "rotate":
            return 200, {**self.endpoints[id], "secret": "whsec_new"}
        id = f"we_{next(self._numbers)}"
        self.endpoints[id] = {
            "id": id, "events": ["payment.succeeded"], "status": "active", "created_at": AT,
            "old_secrets_until": None, **asked.json,
        }  # fmt: skip
        return 201, {**self.endpoints[id], "secret": "whsec_first"}

    def _delete_webhook_endpoints(self, _: Asked, id: str, *__: Any) -> Any:
        del self.endpoints[id]
        return 204, None

    def _get_webhook_deliveries(self, _: Asked, __: str, ___: str, query: dict[str, str]) -> Any:
        return self._page([_delivery(f"wd_{n}", "given_up") for n in range(3)], query)

    def _post_webhook_deliveries(self, _: Asked, id: str, verb: str, __: Any) -> Any:
        return (202, _delivery(id, "waiting")) if verb == "send" else (404, None)

    def _page(self, rows: list[Any], query: dict[str, str]) -> tuple[int, Any]:
        start, size = int(query.get("cursor", 0)), int(query["limit"])
        following = str(start + size) if len(rows) > start + size else None
        return 200, {"items": rows[start : start + size], "next": following}


def _delivery(id: str, status: str) -> dict[str, Any]:
    return {
        "id": id, "event": "evt_1", "type": "payment.succeeded", "endpoint": "we_1",
        "intent": "pi_1", "status": status, "created_at": AT, "delivered_at": None,
        "next_at": None, "tries": [{"at": AT, "status": 500, "error": "the server answered 500"}],
    }  # fmt: skip


def _fits(intent: dict[str, Any], query: dict[str, str]) -> bool:
    return all(intent[name] == query[name] for name in ("order", "status") if name in query)


def _money(asked: Asked, intent: dict[str, Any]) -> dict[str, str]:
    if "amount" not in asked.json:
        return dict(intent["amount"])
    return Money.parse(asked.json["amount"], asked.json.get("currency", "USD")).as_dict()
