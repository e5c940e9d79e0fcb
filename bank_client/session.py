"""The tokens of a log-in, renewed in time, whichever thread asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Self, TypeAlias

import httpx

from bank_client.problems import Problem, Unauthenticated
from bank_client.reading import Json
from bank_client.wire import Call, Patience, Wire

MARGIN_SECONDS = 30.0
# The bank gives a lost answer again for ten seconds; a token that comes later ends the session.
_REFRESHING = Patience(answer_seconds=3.0, deadline_seconds=8.0)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a log-in is worth. `expires_in` seconds, from when it was given; 0 is not known."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int = 0

    @classmethod
    def read(cls, body: Json) -> Self:
        """From the bank's JSON."""
        return cls(body["access_token"], body["refresh_token"], int(body["expires_in"]))


Shared: TypeAlias = Callable[[], AbstractContextManager[Tokens | None]]
"""Keeps other programs from renewing the same log-in meanwhile; gives the tokens that are kept."""


class Session:
    """Says who asks, with a token that is good; a refresh token is used once, by one thread."""

    def __init__(
        self,
        wire: Wire,
        tokens: Tokens | None,
        told: Callable[[Tokens | None], None] | None,
        clock: Callable[[], float] = time.monotonic,
        shared: Shared | None = None,
    ) -> None:
        self._wire, self._told, self._clock = wire, told, clock
        self._shared = shared or nullcontext
        self._lock = RLock()
        self._tokens: Tokens | None = None
        self._renew_at = 0.0
        if tokens:
            self._keep(tokens)

    @property
    def tokens(self) -> Tokens | None:
        """The tokens now; None for nobody."""
        return self._tokens

    def begin(self, tokens: Tokens | None) -> None:
        """Be somebody else, or nobody."""
        with self._lock:
            self._keep(tokens)
            if self._told:
                self._told(tokens)

    def authorize(self, request: httpx.Request) -> None:
        """Put in a token that is good for a while. Raises Unauthenticated for nobody."""
        with self._lock:
            if self._tokens and self._clock() >= self._renew_at:
                self._renew(self._tokens)
            if self._tokens is None:
                raise _nobody()
            request.headers["Authorization"] = f"Bearer {self._tokens.access_token}"

    def renew(self, refused: httpx.Request) -> bool:
        """Have a newer token than the one that was refused."""
        with self._lock:
            if self._tokens is None:
                return False
            if refused.headers["Authorization"] == f"Bearer {self._tokens.access_token}":
                self._renew(self._tokens)
            return True

    def _renew(self, tokens: Tokens) -> None:
        with self._shared() as kept:
            # Another program may have done it: a refresh token that comes twice ends the session.
            if kept and kept.refresh_token != tokens.refresh_token:
                self._keep(kept)
            else:
                self._exchange(tokens)

    def _exchange(self, tokens: Tokens) -> None:
        body = {"refresh_token": tokens.refresh_token}
        call = Call("POST", "/auth/refresh", body, harmless=True)
        patience = replace(_REFRESHING, wait=self._wire.patience.wait)
        try:
            self.begin(self._wire.send(call, Tokens.read, patience=patience))
        except Unauthenticated:
            self.begin(None)
            raise
        except Problem as problem:
            # Of what is asked for with the new token, nothing was done.
            problem.outcome = "not_applied"
            raise

    def _keep(self, tokens: Tokens | None) -> None:
        self._tokens = tokens
        life = tokens.expires_in if tokens else 0
        margin = min(MARGIN_SECONDS, life / 10)
        self._renew_at = self._clock() + life - margin if life else float("inf")


def _nobody() -> Problem:
    detail = "log in first"
    return Unauthenticated("not-logged-in", "Nobody is logged in.", 401, detail)
