"""Registering and logging in, each in one step or two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bank_client.reading import Json, nothing
from bank_client.session import Session, Tokens
from bank_client.shapes import Registered
from bank_client.wire import Call, Wire, given


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody is logged in. Keep the `device_token` for the next log-in on this device: then
    nobody shuts you out who tries your name."""

    device_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PendingLogIn:
    """The password was right; `verify` with a code within `expires_in` seconds."""

    methods: tuple[str, ...]
    expires_in: int
    verify: Callable[[str], LoggedIn] = field(repr=False)
    resend: Callable[[], None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PendingRegistration:
    """A code is on its way to the address, good for `expires_in` seconds; `verify` with it.

    After `resend_in` seconds, `resend` has another one mailed.
    """

    expires_in: int
    resend_in: int
    verify: Callable[[str], Registered] = field(repr=False)
    resend: Callable[[], PendingRegistration] = field(repr=False)


class Entrance:
    """The calls for those whom the bank does not know yet."""

    def __init__(self, wire: Wire, session: Session) -> None:
        self._wire, self._session = wire, session

    def log_in(
        self, username: str, password: str, device_token: str | None
    ) -> LoggedIn | PendingLogIn:
        """Log in, or learn that a code is needed. Raises Unauthenticated."""
        body = given(username=username, password=password, device_token=device_token)
        answer = self._send("/auth/login", body)
        return self._pending_log_in(answer) if "mfa_token" in answer else self._enter(answer)

    def register(self, **fields: str | None) -> Registered | PendingRegistration:
        """Become a customer; with an address, once a code has come there."""
        answer = self._send("/auth/register", given(**fields))
        return self._pending_registration(answer) if "flow_id" in answer else _registered(answer)

    def _pending_log_in(self, answer: Json) -> PendingLogIn:
        token = {"mfa_token": answer["mfa_token"]}

        def verify(code: str) -> LoggedIn:
            return self._enter(self._send("/auth/login/verify", {**token, "code": code}))

        def resend() -> None:
            self._wire.send(Call("POST", "/auth/login/resend", token), nothing)

        return PendingLogIn(tuple(answer["methods"]), answer["expires_in"], verify, resend)

    def _pending_registration(self, answer: Json) -> PendingRegistration:
        flow = {"flow_id": answer["flow_id"]}

        def verify(code: str) -> Registered:
            return _registered(self._send("/auth/register/verify", {**flow, "code": code}))

        def resend() -> PendingRegistration:
            return self._pending_registration(self._send("/auth/register/resend", flow))

        return PendingRegistration(answer["expires_in"], answer["resend_in"], verify, resend)

    def _enter(self, answer: Json) -> LoggedIn:
        self._session.begin(Tokens.read(answer))
        return LoggedIn(answer["device_token"])

    def _send(self, path: str, body: dict[str, Any]) -> Json:
        return self._wire.send(Call("POST", path, body), dict)


def _registered(answer: Json) -> Registered:
    return Registered.read(answer)
