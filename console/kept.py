"""What is kept on this machine for one bank: the log-in, and orders that have no answer yet."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock, Timeout
from platformdirs import user_config_path

from bank_client import Tokens

_LOCK_SECONDS = 30


class InFlight(Exception):
    """The same order is being sent by another console now; wait for its answer."""


@dataclass(frozen=True, slots=True)
class Order:
    """Money that is to move, as it was asked for under a key; never a code or a password.

    `named` is a key that the person gave: then only the same key is the same order.
    """

    act: str
    username: str
    amount: str
    account: str | None
    to: str | None
    memo: str
    key: str = field(compare=False)
    named: bool = False

    def is_again(self, other: Order) -> bool:
        """Whether the other one asks for the same once more."""
        if self.named or other.named:
            return self.key == other.key and self.username == other.username
        return self == other

    def __str__(self) -> str:
        to = f" to {self.to}" if self.to else ""
        return f"{self.act} {self.amount}{to}" + (f" ({self.memo})" if self.memo else "")


@dataclass(slots=True)
class Taken:
    """An order that only this console sends now; once `settled`, it is forgotten.

    `waited` says that it was sent before, and that nobody knows what became of it.
    """

    order: Order
    waited: bool
    settled: bool = False


class Kept:
    """The files for one bank in the configuration folder; nobody else may read them."""

    def __init__(self, address: str, folder: Path | None = None) -> None:
        place = folder or user_config_path("strongroom", appauthor=False)
        self._folder = place / quote(address, safe="")
        self._orders = self._folder / "orders"

    @property
    def username(self) -> str:
        """Who is logged in here; empty for nobody."""
        return str(_read(self._folder / "login.json").get("username", ""))

    def tokens(self) -> Tokens | None:
        """The tokens of the log-in that is kept."""
        found = _read(self._folder / "login.json")
        try:
            # How long they live is not known any more; the bank's 401 renews them.
            return Tokens(found["access_token"], found["refresh_token"])
        except KeyError:
            return None

    def keep(self, username: str, tokens: Tokens | None) -> None:
        """Keep the log-in; None forgets it."""
        path = self._folder / "login.json"
        if tokens is None:
            path.unlink(missing_ok=True)
        else:
            both = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
            _write(path, {"username": username, **both})

    @contextmanager
    def renewing(self) -> Iterator[Tokens | None]:
        """Only one console renews the log-in at a time."""
        with self._lock("login"):
            yield self.tokens()

    def device(self, username: str) -> str | None:
        """What the bank gave this machine, so that nobody shuts its person out."""
        found = _read(self._folder / "devices.json").get(username)
        return str(found) if found else None

    def keep_device(self, username: str, token: str) -> None:
        """Keep what the bank gave for the next log-in."""
        path = self._folder / "devices.json"
        _write(path, {**_read(path), username: token})

    def waiting(self, username: str) -> list[Order]:
        """Orders of a person that were sent and have no answer yet, oldest first."""
        paths = sorted(self._orders.glob("*.json"), key=_age)
        found = [order for path in paths if (order := _order(path))]
        return [order for order in found if order.username == username]

    @contextmanager
    def taking(self, order: Order) -> Iterator[Taken]:
        """Take an order in hand: the same one as before, where that has no answer yet.

        Raises InFlight.
        """
        with self._lock("orders"):
            before = [each for each in self.waiting(order.username) if each.is_again(order)]
            taken = Taken(before[0] if before else order, waited=bool(before))
            hold = FileLock(self._path(taken.order).with_suffix(".lock"), mode=0o600)
            self._hold(hold)
            _write(self._path(taken.order), asdict(taken.order))
        try:
            yield taken
        finally:
            with self._lock("orders"):
                if taken.settled:
                    self._path(taken.order).unlink(missing_ok=True)
                hold.release()
                if taken.settled:
                    Path(hold.lock_file).unlink(missing_ok=True)

    def _hold(self, hold: FileLock) -> None:
        _private(self._orders)
        try:
            hold.acquire(timeout=0)
        except Timeout:
            raise InFlight(InFlight.__doc__) from None

    def _path(self, order: Order) -> Path:
        return self._orders / f"{sha256(order.key.encode()).hexdigest()[:32]}.json"

    def _lock(self, name: str) -> FileLock:
        _private(self._folder)
        return FileLock(self._folder / f"{name}.lock", timeout=_LOCK_SECONDS, mode=0o600)


def _order(path: Path) -> Order | None:
    with suppress(TypeError):
        return Order(**_read(path))
    return None


def _age(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _read(path: Path) -> dict[str, Any]:
    """What a file says; nothing for one that is not there or is no JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, body: dict[str, Any]) -> None:
    """Write a file wholly or not at all, for this person's eyes."""
    _private(path.parent)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(body, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
