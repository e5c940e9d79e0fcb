"""One visit to the bank: who asks, by which way, and the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar
from urllib.parse import urlsplit

import click

from bank_client import Banker, Customer, Forbidden, Tokens
from bank_client.person import Person
from console.kept import Kept
from console.showing import Screen

P = TypeVar("P", bound=Person)
_AGENT = "strongroom-console/0.1"


class Visit:
    """The bank at an address, with the log-in that is kept for it."""

    def __init__(self, address: str, screen: Screen) -> None:
        self.address, self.screen = _checked(address), screen
        self.kept = Kept(self.address)
        self.username = self.kept.username

    @cached_property
    def customer(self) -> Customer:
        """The bank as customers see it."""
        return self._seen_by(Customer)

    @cached_property
    def banker(self) -> Banker:
        """The bank as bankers see it."""
        return self._seen_by(Banker)

    def is_bankers(self) -> bool:
        """Whether a banker is logged in."""
        try:
            self.customer.accounts()
        except Forbidden as problem:
            if problem.kind == "not-a-customer":
                return True
            raise
        return False

    def forget(self) -> None:
        """Nobody is logged in here any more."""
        self.kept.keep(self.username, None)
        self._renew()

    @contextmanager
    def stranger(self, username: str) -> Iterator[Customer]:
        """The bank for somebody about to log in; whoever was here before stays until then."""
        bank = Customer(
            self.address, on_tokens=lambda tokens: self.kept.keep(username, tokens), agent=_AGENT
        )
        with bank:
            yield bank
        self._renew()

    def _renew(self) -> None:
        """Look again at who is logged in here."""
        self.close()
        for name in ("customer", "banker"):
            self.__dict__.pop(name, None)
        self.username = self.kept.username

    def close(self) -> None:
        """Hang up."""
        for name in ("customer", "banker"):
            if name in self.__dict__:
                self.__dict__[name].close()

    def _seen_by(self, kind: type[P]) -> P:
        return kind(
            self.address, tokens=self.kept.tokens(), on_tokens=self._keep,
            shared=self.kept.renewing, agent=_AGENT,
        )  # fmt: skip

    def _keep(self, tokens: Tokens | None) -> None:
        self.kept.keep(self.username, tokens)


def _checked(address: str) -> str:
    """An address that a bank can have; plain http only on this machine."""
    url = urlsplit(address)
    near = url.hostname in ("localhost", "127.0.0.1", "::1")
    if not url.hostname or (url.scheme != "https" and not (url.scheme == "http" and near)):
        message = "the bank's address is https://..., or http://127.0.0.1:PORT on this machine"
        raise click.UsageError(message)
    return address.rstrip("/")
