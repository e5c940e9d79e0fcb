"""A merchant of the bank: every call is signed, and none moves money twice."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence

import httpx

from bank_client import signing
from bank_client.connection import Connected
from bank_client.orders import Amount, asked_of, segment, spread
from bank_client.paging import pages
from bank_client.payments import Captured, Delivery, Endpoint, Intent, Refunded, Shop
from bank_client.reading import items, nothing
from bank_client.wire import AGENT, Call, Patience, Wire, given


class Signer:
    """Signs each request on its own, with the present time and a nonce that is used once."""

    def __init__(self, key: str, secret: str, clock: Callable[[], float]) -> None:
        self._key, self._secret, self._clock = key, secret, clock

    def authorize(self, request: httpx.Request) -> None:
        """Sign what is sent, byte for byte."""
        request.headers["Authorization"] = signing.sign(
            self._key,
            self._secret,
            request.method,
            request.url.raw_path.decode(),
            request.content,
            timestamp=int(self._clock()),
            nonce=secrets.token_urlsafe(24),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
        )

    def renew(self, refused: httpx.Request) -> bool:
        """A signature that was refused is refused again."""
        return False


class Merchant(Connected):
    """One merchant at one bank, with an API key and its secret. Threads may share it.

    Calls that make something take a `key`, the Idempotency-Key: with one of your own, kept beside
    your order, you may ask again after a crash and nothing is done twice. Without one, one is made
    and kept for the tries of this call. Whatever goes wrong is raised as a Problem.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        secret: str,
        *,
        patience: Patience | None = None,
        agent: str = AGENT,
        insecure: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        wire = Wire(base_url, patience=patience, agent=agent, insecure=insecure)
        super().__init__(wire, Signer(key, secret, clock))

    def shop(self) -> Shop:
        """What the bank knows of you, and what your key may do."""
        return self._send(Call("GET", "/merchant"), Shop.read)

    def create_intent(
        self,
        amount: Amount,
        *,
        order: str,
        return_url: str,
        description: str | None = None,
        capture: str | None = None,
        expires_in: int | None = None,
        key: str | None = None,
    ) -> Intent:
        """Ask for a payment; `capture` "manual" holds the money until you take it.

        One intent for one order: another one is a Conflict with the fact `intent`.
        """
        asked = asked_of(
            amount, order=order, return_url=return_url, description=description,
            capture=capture, expires_in=expires_in,
        )  # fmt: skip
        return self._make("/payment_intents", asked, key, Intent.read)

    def intent(self, id: str) -> Intent:
        """A payment as it is now."""
        return self._send(Call("GET", _intent(id)), Intent.read)

    def intents(
        self, *, order: str | None = None, status: str | None = None, page_size: int = 100
    ) -> Iterator[Intent]:
        """Your payments, newest first, fetched page by page."""
        query = spread(order=order, status=status, limit=page_size)
        return pages(self._send, "/payment_intents", query, Intent.read)

    def cancel(self, id: str, *, reason: str | None = None) -> Intent:
        """Give up a payment that nobody has made, or free what is held. Once more is no mistake."""
        call = Call("POST", f"{_intent(id)}/cancel", given(reason=reason), harmless=True)
        return self._send(call, Intent.read)

    def capture(
        self, id: str, amount: Amount | None = None, *, final: bool = True, key: str | None = None
    ) -> Captured:
        """Take what is held, or a part; the rest is freed unless the capture is not `final`."""
        asked = asked_of(amount, final=final)
        return self._make(f"{_intent(id)}/capture", asked, key, Captured.read)

    def refund(
        self,
        id: str,
        amount: Amount | None = None,
        *,
        reason: str | None = None,
        key: str | None = None,
    ) -> Refunded:
        """Give back what was paid, or a part."""
        asked = asked_of(amount, reason=reason)
        return self._make(f"{_intent(id)}/refunds", asked, key, Refunded.read)

    def webhook_endpoints(self) -> list[Endpoint]:
        """Where you are told of payments."""
        return self._send(Call("GET", "/webhook_endpoints"), items(Endpoint.read))

    def add_webhook_endpoint(self, url: str, *, events: Sequence[str] | None = None) -> Endpoint:
        """Be told of these events, or of all. Keep the `secret`: it is told once."""
        asked = given(url=url, events=None if events is None else list(events))
        return self._send(Call("POST", "/webhook_endpoints", asked), Endpoint.read)

    def remove_webhook_endpoint(self, id: str) -> None:
        """Be told there no longer."""
        self._send(Call("DELETE", _endpoint(id)), nothing)

    def rotate_webhook_secret(self, id: str) -> Endpoint:
        """A new `secret`; for a day the old one signs, too."""
        return self._send(Call("POST", f"{_endpoint(id)}/rotate"), Endpoint.read)

    def deliveries(self, *, status: str | None = None, page_size: int = 100) -> Iterator[Delivery]:
        """The webhooks that were sent or wait, newest first, fetched page by page."""
        query = spread(status=status, limit=page_size)
        return pages(self._send, "/webhook_deliveries", query, Delivery.read)

    def send_again(self, id: str) -> Delivery:
        """Have a webhook sent once more, with the event's id it had."""
        return self._send(Call("POST", f"/webhook_deliveries/{segment(id)}/send"), Delivery.read)


def _intent(id: str) -> str:
    return f"/payment_intents/{segment(id)}"


def _endpoint(id: str) -> str:
    return f"/webhook_endpoints/{segment(id)}"
