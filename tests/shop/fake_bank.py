"""A bank for the shop's tests: payments in memory, by the bank's own rules, with failures to order.

It answers as `bank_client.Merchant` does, so that the shop is handed it as its till.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from bank_client import Conflict, Intent, NotFound, Refund, Refunded, Refused, Unreachable
from money import Money

PAY_PAGES = "http://127.0.0.1:9"


class FakeBank:
    """Payments of one merchant. `down`: nobody answers; `deaf`: what is asked is done, and its
    answer lost; `asked` counts the calls."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.made: dict[str, Intent] = {}
        self.keys: dict[str, Any] = {}
        self.down = self.deaf = False
        self.refusal: Refused | None = None
        self.asked: list[str] = []
        self.lock = RLock()

    def create_intent(
        self, amount: Money, *, order: str, return_url: str, description: str | None = None,
        expires_in: int | None = None, key: str | None = None,
    ) -> Intent:  # fmt: skip
        """Make a payment, or the one that this key has made."""
        return self._answer(
            "create", lambda: self._create(amount, order, return_url, expires_in, key)
        )

    def _create(
        self, amount: Money, order: str, return_url: str, expires_in: int | None, key: str | None
    ) -> Intent:
        if key in self.keys:
            return self._now(str(self.keys[key]))
        for each in self.made.values():
            if each.order == order:
                raise Conflict("/problems/order-taken", "Taken", 409, "", {"intent": each.id})
        now, nothing = self.clock(), Money.zero(amount.currency)
        id = f"pi_{secrets.token_urlsafe(16)}"
        self.made[id] = Intent(
            id=id, merchant="m_1", merchant_name="Shop", order=order, description="",
            amount=amount, captured=nothing, refunded=nothing, held=nothing,
            status="requires_customer", capture="automatic", pay_url=f"{PAY_PAGES}/pay/{id}",
            return_url=return_url, created_at=now,
            expires_at=now + timedelta(seconds=expires_in or 900), held_until=None, paid_at=None,
            payer=None, reason=None, captures=(), refunds=(),
        )  # fmt: skip
        self.keys[str(key)] = id
        return self.made[id]

    def intent(self, id: str) -> Intent:
        """A payment."""
        return self._answer("intent", lambda: self._now(id))

    def intents(self, *, order: str | None = None) -> Iterator[Intent]:
        """Payments, newest first."""
        found = [each for each in list(self.made) if order in (None, self.made[each].order)]
        return self._answer("intents", lambda: map(self._now, reversed(found)))

    def cancel(self, id: str, *, reason: str | None = None) -> Intent:
        """Give it up."""
        return self._answer("cancel", lambda: self._cancel(id))

    def _cancel(self, id: str) -> Intent:
        found = self._now(id)
        if found.status not in ("requires_customer", "canceled"):
            raise Conflict("/problems/wrong-state", "Wrong", 409, "", {"status": found.status})
        return self._set(id, status="canceled")

    def refund(
        self, id: str, amount: Money | None = None, *, reason: str | None = None,
        key: str | None = None,
    ) -> Refunded:  # fmt: skip
        """Give it back, once for each key."""
        return self._answer("refund", lambda: self._refund(id, amount, key))

    def _refund(self, id: str, amount: Money | None, key: str | None) -> Refunded:
        if key in self.keys:
            return Refunded(self.keys[key], self._now(id))
        found = self._now(id)
        given = amount or found.captured
        if found.captured < found.refunded + given:
            raise Refused("/problems/refund-too-large", "Too large", 422)
        refund = Refund(f"re_{secrets.token_urlsafe(16)}", given, None, self.clock())
        self.keys[str(key)] = refund
        after = self._set(
            id, refunded=found.refunded + given, refunds=(*found.refunds, refund)
        )  # fmt: skip
        return Refunded(refund, after)

    def pay(self, id: str) -> Intent:
        """A customer pays."""
        with self.lock:
            found = self._now(id)
            assert found.status == "requires_customer"
            return self._set(id, status="succeeded", captured=found.amount, paid_at=self.clock())

    def force(self, id: str, **values: Any) -> Intent:
        """A payment as a broken or hostile bank would show it."""
        with self.lock:
            return self._set(id, **values)

    def _set(self, id: str, **values: Any) -> Intent:
        self.made[id] = replace(self.made[id], **values)
        return self.made[id]

    def _now(self, id: str) -> Intent:
        if id not in self.made:
            raise NotFound("/problems/intent-not-found", "There is no such payment.", 404)
        found = self.made[id]
        if found.status == "requires_customer" and self.clock() >= found.expires_at:
            return self._set(id, status="expired")
        return found

    def refuse(self) -> None:
        """Take no payment from now on."""
        self.refusal = Refused("/problems/posting-limit-exceeded", "It is too much at once.", 422)

    def _answer(self, call: str, work: Callable[[], Any]) -> Any:
        if call == "create" and self.refusal:
            raise self.refusal
        if self.down:
            raise Unreachable("nobody answers", outcome="not_applied")
        with self.lock:
            self.asked.append(call)
            answer = work()
        if self.deaf:
            raise Unreachable("the answer was lost")
        return answer
