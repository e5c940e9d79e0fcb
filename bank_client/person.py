"""Somebody who logs in at the bank, then every call has a token that is good."""

from __future__ import annotations

import time
from collections.abc import Callable

from bank_client.connection import Connected
from bank_client.entrance import Entrance, LoggedIn, PendingLogIn
from bank_client.orders import Amount, asked_of
from bank_client.problems import Unauthenticated
from bank_client.session import Session, Shared, Tokens
from bank_client.shapes import CodeAsked, Profile
from bank_client.wire import AGENT, Call, Patience, Wire, given


class Person(Connected):
    """One person at one bank. Threads may share it.

    `tokens` are of a log-in before; `on_tokens` is told whenever they change (None: logged out),
    so that they can be kept. Where several programs keep the same log-in, `shared` lets one of
    them renew it at a time. Whatever goes wrong is raised as a Problem.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tokens: Tokens | None = None,
        on_tokens: Callable[[Tokens | None], None] | None = None,
        shared: Shared | None = None,
        patience: Patience | None = None,
        agent: str = AGENT,
        insecure: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        wire = Wire(base_url, patience=patience, agent=agent, insecure=insecure)
        self._session = Session(wire, tokens, on_tokens, clock, shared)
        super().__init__(wire, self._session)
        self._entrance = Entrance(wire, self._session)

    @property
    def tokens(self) -> Tokens | None:
        """The tokens now, to be kept; None for nobody."""
        return self._session.tokens

    def log_in(
        self, username: str, password: str, *, device_token: str | None = None
    ) -> LoggedIn | PendingLogIn:
        """Log in; a pending log-in waits for a code: `verify` it."""
        return self._entrance.log_in(username, password, device_token)

    def log_out(self) -> None:
        """End the session at the bank; the tokens are forgotten here in any case."""
        try:
            self.ask("POST", "/auth/logout")
        except Unauthenticated:
            pass
        finally:
            self._session.begin(None)

    def profile(self) -> Profile:
        """What the bank knows of you."""
        return self._send(Call("GET", "/me"), Profile.read)

    def ask_code(
        self,
        purpose: str,
        *,
        account: str | None = None,
        to: str | None = None,
        amount: Amount | None = None,
        approval: str | None = None,
    ) -> CodeAsked:
        """Ask for a code, for exactly this: "transfer", "withdraw", "set_pin", "change_password",
        "change_email", "second_factor" or "approve"."""
        about = asked_of(amount, account=account, to=to, approval=approval)
        asked = {**about, "purpose": purpose}
        return self._send(Call("POST", "/auth/codes", asked), CodeAsked.read)

    def change_password(self, current: str, new: str, *, code: str | None = None) -> None:
        """Set another password; you stay logged in here alone."""
        self.ask(
            "POST", "/auth/password", given(current_password=current, new_password=new, code=code)
        )
